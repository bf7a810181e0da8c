import { useEffect } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { forget, recents, type Recent } from "../recents";
import { searchAgain } from "../state";
import { Icon } from "./Icon";
import { Thumb } from "./Thumb";

/** What was searched for before, on this device. */
export function Recents() {
  const kept = useSignal<Recent[]>([]);
  useEffect(() => void recents().then((all) => (kept.value = all)), []);
  if (!kept.value.length) return null;
  const clear = async () => {
    await forget();
    kept.value = [];
  };
  return (
    <section class="recents" aria-label="Recent searches">
      <h2 class="quiet">Recent searches <button class="text" type="button" onClick={() => void clear()}>Forget them</button></h2>
      <ul>
        {kept.value.map((recent) => (
          <li key={recent.key}>
            <button type="button" onClick={() => searchAgain(recent)}><Sight kept={recent} /><span>{recent.label}</span></button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Sight({ kept }: { kept: Recent }) {
  const [first] = kept.sources;
  const address = useSignal("");
  useEffect(() => {
    if (!(first?.source instanceof Blob)) return;
    const made = URL.createObjectURL(first.source);
    address.value = made;
    return () => URL.revokeObjectURL(made);
  }, []);
  if (kept.item !== null) return <Thumb src={`/v1/thumbnail?item_id=${encodeURIComponent(kept.item)}`} alt="" eager />;
  if (address.value) return <img src={address.value} alt="" />;
  return <Icon name={first ? "link" : "search"} />;
}
