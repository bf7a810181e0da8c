import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { needsKey, useKey } from "../state";

export function Modal({ label, onClose, children }: { label: string; onClose?: () => void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return <dialog class="modal" ref={dialog} aria-label={label} onClose={onClose}>{children}</dialog>;
}

export function KeyDialog() {
  if (!needsKey.value) return null;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const key = new FormData(event.currentTarget as HTMLFormElement).get("key");
    if (typeof key === "string" && key.trim()) useKey(key.trim());
  };
  return (
    <Modal label="A key is needed">
      <form onSubmit={submit}>
        <h2>A key is needed</h2>
        <p>This server answers those who have a key. It is kept until you close this tab.</p>
        <label class="field">Key<input name="key" type="password" autocomplete="off" required /></label>
        <button class="button primary" type="submit">Continue</button>
      </form>
    </Modal>
  );
}

const KEYS = [
  ["u", "choose a picture"],
  ["Ctrl V", "search by the picture in the clipboard"],
  ["/", "type a picture's address"],
  ["← ↑ → ↓", "go from product to product"],
  ["Enter", "search by the product"],
  ["Esc", "close, or search the whole picture again"],
];

export function HelpDialog({ onClose }: { onClose: () => void }) {
  return (
    <Modal label="Keyboard and help" onClose={onClose}>
      <h2>Keyboard</h2>
      <dl class="keys">{KEYS.map(([key, does]) => <div key={key}><dt><kbd>{key}</kbd></dt><dd>{does}</dd></div>)}</dl>
      <p>
        The percentage is how probable it is that a product is the one you ask for. The score beside it is a cosine: the
        nearer to 1, the more alike. Provisional probabilities come with the network; <code>sosie calibrate</code> fits
        them to this catalogue.
      </p>
      <form method="dialog"><button class="button primary">Close</button></form>
    </Modal>
  );
}
