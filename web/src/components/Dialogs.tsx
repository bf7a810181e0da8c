import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { touch } from "../device";
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
  ["/", "type words, or a picture's address"],
  ["← ↑ → ↓", "go from product to product"],
  ["Enter", "open the product"],
  ["Esc", "close, or search the whole picture again"],
];

export function HelpDialog({ onClose }: { onClose: () => void }) {
  return (
    <Modal label="Keyboard and help" onClose={onClose}>
      {!touch && <h2>Keyboard</h2>}
      {!touch && <dl class="keys">{KEYS.map(([key, does]) => <div key={key}><dt><kbd>{key}</kbd></dt><dd>{does}</dd></div>)}</dl>}
      <h2>What the numbers say</h2>
      <p>
        The percentage is the probability that a product is the one in your picture. The number beside it says how alike
        two pictures are: the nearer to 1, the more. Provisional percentages come with the network; those who run this
        server can fit them to their catalog.
      </p>
      <form method="dialog"><button class="button primary">Close</button></form>
    </Modal>
  );
}
