import { useState } from "preact/hooks";
import { searchItem, judge, judged, open, pictures, result } from "../state";
import { detailsOf, type Item, type Match } from "../types";
import { percent, plural, priceOf, shown, titleOf, valueOf } from "../words";
import { Icon } from "./Icon";
import { Thumb } from "./Thumb";

const NARROWEST = 0.55;
const WIDEST = 2.2;

export function Tile({ thing, eager }: { thing: Match | Item; eager?: boolean }) {
  const [ratio, setRatio] = useState(1);
  const match = "rank" in thing ? thing : null;
  const title = titleOf(thing);
  const price = priceOf(thing.attributes);
  const kind = valueOf(thing.attributes, "brand") ?? valueOf(thing.attributes, "category") ?? thing.attributes.type;
  const fitted = Math.min(WIDEST, Math.max(NARROWEST, ratio));
  return (
    <li class="tile" style={{ "--ratio": String(fitted) }} data-same={match !== null && isSame(match)}>
      <button class="opener" type="button" onClick={() => open(thing.item_id)} aria-label={`Open ${title}${spoken(match)}`}>
        <Thumb src={thing.thumbnail} alt="" onRatio={setRatio} eager={eager} />
        {match && <Score match={match} />}
      </button>
      <div class="tools">
        {match && pictures.value.length > 0 && <Judge itemId={thing.item_id} title={title} />}
        <button class="round small" type="button" onClick={() => searchItem(thing)} aria-label={`Find similar to ${title}`} title="Find similar"><Icon name="similar" /></button>
      </div>
      <div class="caption">
        <span class="name" title={title}>{title}</span>
        {price && <span class="cost">{price}</span>}
        <span class="meta">{[kind === undefined ? null : shown(kind), agreement(match), views(match)].filter(Boolean).join(" · ")}</span>
      </div>
    </li>
  );
}

function isSame(match: Match): boolean {
  return result.value?.verdict === "match" && match.same_product !== null && match.same_product >= 0.5;
}

export function agreement(match: Match | null): string | null {
  if (!match) return null;
  if ("code" in match.evidence) return "its code is in the photo";
  const details = detailsOf(match.evidence);
  return details && `${plural(details.inliers, "detail")} agree`;
}

function views(match: Match | null): string | null {
  return match && match.views > 1 ? `${match.views} views` : null;
}

function spoken(match: Match | null): string {
  if (!match) return "";
  if (match.same_product !== null) return `, ${percent(match.same_product)} the same product`;
  return match.score === null ? "" : `, score ${match.score.toFixed(2)}`;
}

export function Score({ match }: { match: Match }) {
  if (match.same_product === null && match.score === null) return null;
  return (
    <span class="score">
      {match.same_product !== null && <strong>{percent(match.same_product)}</strong>}
      {match.score !== null && <span title="How alike they are: the nearer to 1, the more">{match.score.toFixed(2)}</span>}
    </span>
  );
}

export function Judge({ itemId, title, worded }: { itemId: string; title: string; worded?: boolean }) {
  const said = judged.value[itemId];
  const shape = worded ? "button" : "round small";
  return (
    <>
      <button
        class={`${shape} yes`} type="button" aria-pressed={said === true} onClick={() => void judge(itemId, true)}
        aria-label={`This is it: ${title}`} title="This is it"
      ><Icon name="check" />{worded && " This is it"}</button>
      <button
        class={`${shape} no`} type="button" aria-pressed={said === false} onClick={() => void judge(itemId, false)}
        aria-label={`Not this: ${title}`} title="Not this"
      ><Icon name="close" />{worded && " Not this"}</button>
    </>
  );
}
