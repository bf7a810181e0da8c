import { useEffect, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import * as api from "../api";
import { addressOf } from "../address";
import { announce, askItem, open, pictures, result } from "../state";
import type { Item, Match } from "../types";
import { capital, percent, priceOf, productOf, shown, titleOf } from "../words";
import { Icon } from "./Icon";
import { Explanation } from "./Explanation";
import { Thumb } from "./Thumb";
import { Judge } from "./Tile";

const MOST_VIEWS = 24;

export function Drawer({ itemId }: { itemId: string }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const item = useSignal<Item | null>(null);
  const views = useSignal<Item[]>([]);
  const failed = useSignal("");
  useEffect(() => {
    dialog.current?.showModal();
    load(itemId).then(
      ([found, others]) => ((item.value = found), (views.value = others)),
      (error: Error) => (failed.value = error.message),
    );
  }, [itemId]);
  const match = result.value?.matches.find((one) => one.item_id === itemId) ?? null;
  return (
    <dialog
      class="drawer" ref={dialog} aria-label="Item" onClose={() => open(null)}
      onClick={(event) => event.target === dialog.current && dialog.current?.close()}
    >
      <div class="sheet">
        <button class="round close" type="button" onClick={() => dialog.current?.close()} aria-label="Close"><Icon name="close" /></button>
        {failed.value && <p class="verdict bad" role="alert">{failed.value}</p>}
        {item.value && <Details item={item.value} match={match} views={views.value} />}
      </div>
    </dialog>
  );
}

async function load(itemId: string): Promise<[Item, Item[]]> {
  const found = await api.item(itemId);
  const page = await api.items([productOf(found.product_id)], MOST_VIEWS);
  return [found, page.items];
}

function Details({ item, match, views }: { item: Item; match: Match | null; views: Item[] }) {
  const price = priceOf(item.attributes);
  return (
    <>
      <div class="picture"><Thumb src={item.thumbnail} alt={titleOf(item)} eager /></div>
      {views.length > 1 && (
        <ul class="strip" aria-label="All views">
          {views.map((view) => (
            <li key={view.item_id}>
              <button type="button" aria-current={view.item_id === item.item_id} onClick={() => open(view.item_id)} aria-label={`View ${view.item_id}`}>
                <Thumb src={view.thumbnail} alt="" eager />
              </button>
            </li>
          ))}
        </ul>
      )}
      <h2>{titleOf(item)}</h2>
      {price && <p class="price">{price}</p>}
      {match && <Sureness match={match} />}
      {match && <Explanation match={match} />}
      <div class="actions">
        <button class="button primary" type="button" onClick={() => askItem(item)}><Icon name="similar" /> Find similar</button>
        <button class="button" type="button" onClick={() => void copy(item)}><Icon name="link" /> Copy link</button>
        {match && pictures.value.length > 0 && <Judge itemId={item.item_id} title={titleOf(item)} worded />}
      </div>
      <dl>
        {Object.entries(item.attributes).map(([name, value]) => (
          <div key={name}><dt>{capital(name)}</dt><dd>{shown(value)}</dd></div>
        ))}
        <div><dt>Product</dt><dd>{item.product_id}</dd></div>
        <div><dt>Item</dt><dd>{item.item_id}</dd></div>
      </dl>
      {item.links.filter((link) => /^https?:\/\//.test(link)).map((link) => (
        <a class="out" key={link} href={link} target="_blank" rel="noreferrer noopener">{link}</a>
      ))}
    </>
  );
}

function Sureness({ match }: { match: Match }) {
  return (
    <p class="sureness">
      {match.same_product !== null && <span><strong>{percent(match.same_product)}</strong> the same product</span>}
      {match.score !== null && <span>score <strong>{match.score.toFixed(3)}</strong></span>}
      <span>place <strong>{match.rank}</strong></span>
    </p>
  );
}

async function copy(item: Item): Promise<void> {
  const address = addressOf({ query: { kind: "item", item: item.item_id }, crop: null, filters: {}, opened: null });
  await navigator.clipboard.writeText(new URL(address, location.href).href);
  announce("The link is copied");
}
