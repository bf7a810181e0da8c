import { useEffect, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import * as api from "../api";
import { addressOf } from "../address";
import { announce, searchItem, open, pictures, result } from "../state";
import type { Item, Match } from "../types";
import { capital, percent, priceOf, productOf, shopLinkOf, shown, titleOf, valueOf } from "../words";
import { Icon } from "./Icon";
import { Explanation } from "./Explanation";
import { Thumb } from "./Thumb";
import { agreement, Judge } from "./Tile";

const MOST_VIEWS = 24;

/** One product: its pictures, what it costs, where it is sold, and why it matches. */
export function Product({ itemId }: { itemId: string }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const item = useSignal<Item | null>(null);
  const views = useSignal<Item[]>([]);
  const failed = useSignal("");
  useEffect(() => {
    dialog.current?.showModal();
    load(itemId).then(
      ([loaded, images]) => ((item.value = loaded), (views.value = images)),
      (error: Error) => (failed.value = error.message),
    );
  }, [itemId]);
  const match = result.value?.matches.find(({ item_id }) => item_id === itemId) ?? null;
  return (
    <dialog
      class="drawer" ref={dialog} aria-label="Product" onClose={() => open(null)}
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
  const loaded = await api.item(itemId);
  const page = await api.items([productOf(loaded.product_id)], MOST_VIEWS);
  return [loaded, page.items];
}

function Details({ item, match, views }: { item: Item; match: Match | null; views: Item[] }) {
  const price = priceOf(item.attributes);
  const brand = valueOf(item.attributes, "brand");
  return (
    <>
      <Picture item={item} />
      {views.length > 1 && <Views item={item} views={views} />}
      {brand !== undefined && <p class="brandname">{shown(brand)}</p>}
      <h2>{titleOf(item)}</h2>
      {price && <p class="price">{price}</p>}
      {match && <Reason match={match} />}
      <Actions item={item} match={match} />
      <dl>
        {Object.entries(item.attributes).map(([name, value]) => (
          <div key={name}><dt>{capital(name)}</dt><dd>{shown(value)}</dd></div>
        ))}
        <div><dt>Product</dt><dd>{item.product_id}</dd></div>
        <div><dt>Item</dt><dd>{item.item_id}</dd></div>
      </dl>
    </>
  );
}

/** The thumbnail at once, and the original over it where the server can still reach it. */
function Picture({ item }: { item: Item }) {
  return (
    <div class="picture">
      <Thumb src={item.thumbnail} alt={titleOf(item)} eager />
      <Thumb src={api.pictureOf(item)} alt="" eager optional />
    </div>
  );
}

function Views({ item, views }: { item: Item; views: Item[] }) {
  return (
    <ul class="strip" aria-label="All views">
      {views.map((view, index) => (
        <li key={view.item_id}>
          <button
            type="button" aria-current={view.item_id === item.item_id} onClick={() => open(view.item_id)}
            aria-label={`View ${index + 1} of ${views.length}`}
          >
            <Thumb src={view.thumbnail} alt="" eager />
          </button>
        </li>
      ))}
    </ul>
  );
}

/** What a person does next, always in reach: on a phone the bar stays at the foot of the screen. */
function Actions({ item, match }: { item: Item; match: Match | null }) {
  const shop = shopLinkOf(item);
  return (
    <div class="actions bar-of-actions">
      {shop && <a class="button primary" href={shop} target="_blank" rel="noreferrer noopener">Open in shop</a>}
      <button class={shop ? "button" : "button primary"} type="button" onClick={() => searchItem(item)}><Icon name="similar" /> Find similar</button>
      {match && pictures.value.length > 0 && <Judge itemId={item.item_id} title={titleOf(item)} worded />}
      <button class="round" type="button" onClick={() => void copy(item)} aria-label="Copy link" title="Copy link"><Icon name="link" /></button>
    </div>
  );
}

function Reason({ match }: { match: Match }) {
  const why = agreement(match);
  return (
    <>
      <p class="sureness">
        {match.same_product !== null && <span><strong>{percent(match.same_product)}</strong> the same product</span>}
        {why && <span>{why}</span>}
        {!why && match.score !== null && <span>it looks alike</span>}
        <span class="count">{[`place ${match.rank}`, match.score === null ? "" : `score ${match.score.toFixed(3)}`].filter(Boolean).join(" · ")}</span>
      </p>
      <Explanation match={match} />
    </>
  );
}

async function copy(item: Item): Promise<void> {
  const address = addressOf({ query: { kind: "item", item: item.item_id }, words: "", crop: null, filters: {}, sort: null, opened: null });
  await navigator.clipboard.writeText(new URL(address, location.href).href);
  announce("The link is copied");
}
