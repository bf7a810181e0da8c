import { BASE } from "../api";
import { useState } from "preact/hooks";
import { browsed, browseMore, browseOn, busy, filtered, MOST, order, problem, result, searching, showMore, shownUpTo, wanted } from "../state";
import type { Item, Match, Result } from "../types";
import { nearOf, plural, told, valueOf } from "../words";
import { Tile } from "./Tile";

export function Matches() {
  if (busy.value && !(searching.value ? result.value : browsed.value.length)) return <Skeleton />;
  if (problem.value && !result.value) return null;
  if (searching.value && result.value && told(result.value).kind === "none") return <Near answer={result.value} key={result.value} />;
  const all = searching.value ? (result.value?.matches ?? []) : browsed.value;
  const things = ordered(searching.value ? all.slice(0, shownUpTo.value) : all);
  const more = searching.value ? all.length > things.length || (all.length === wanted.value && wanted.value < MOST) : browseMore.value;
  if (!searching.value && !things.length) return busy.value ? null : <Nothing />;
  return (
    <>
      <Sorting things={things} />
      <ul class="grid" data-busy={busy.value} onKeyDown={walk}>
        {things.map((thing, index) => <Tile key={thing.item_id} thing={thing} eager={index < FIRST} />)}
      </ul>
      {more && (
        <button class="button more" type="button" onClick={searching.value ? showMore : () => void browseOn()}>Show more</button>
      )}
    </>
  );
}

/** Under "no match": what is near, and the rest only on demand. */
function Near({ answer }: { answer: Result }) {
  const [all, setAll] = useState(false);
  const near = nearOf(answer);
  const far = answer.matches.length - near.length;
  return (
    <>
      <ul class="grid" data-busy={busy.value} onKeyDown={walk}>
        {(all ? answer.matches : near).map((match) => <Tile key={match.item_id} thing={match} />)}
      </ul>
      {far > 0 && !all && (
        <button class="button more" type="button" onClick={() => setAll(true)}>Show {plural(far, "product")} that look less like it</button>
      )}
    </>
  );
}

/** So many pictures are loaded at once; the others as they come into view. */
const FIRST = 4;

const costOf = (thing: Match | Item) => valueOf(thing.attributes, "price");
const priced = (thing: Match | Item) => typeof costOf(thing) === "number";

function ordered<T extends Match | Item>(things: T[]): T[] {
  if (order.value === "best") return things;
  const sign = order.value === "cheap" ? 1 : -1;
  return [...things].sort((a, b) => Number(priced(b)) - Number(priced(a)) || (priced(a) ? sign * (Number(costOf(a)) - Number(costOf(b))) : 0));
}

/** By price among what is shown; only where products have one. */
function Sorting({ things }: { things: (Match | Item)[] }) {
  if ((!searching.value && !filtered.value) || things.filter(priced).length < 2) return null;
  return (
    <label class="sorting">Order
      <select value={order.value} onChange={({ currentTarget }) => (order.value = currentTarget.value as typeof order.value)}>
        <option value="best">{searching.value ? "Best first" : "As in the catalog"}</option>
        <option value="cheap">Cheapest first</option>
        <option value="dear">Dearest first</option>
      </select>
    </label>
  );
}

function Nothing() {
  return (
    <div class="nothing">
      <h2>{filtered.value ? "Nothing passes these filters" : "The catalog is empty"}</h2>
      {!filtered.value && <p>Fill it: <code>sosie index pictures/ --store {BASE.href.replace(/\/$/, "")}</code></p>}
    </div>
  );
}

function Skeleton() {
  return <div class="grid" aria-hidden="true">{Array.from({ length: 18 }, (_, i) => <div key={i} class="tile skeleton" />)}</div>;
}

/** Arrow keys go from tile to tile: along the row, and to the nearest one above or below. */
function walk(event: KeyboardEvent): void {
  const list = event.currentTarget as HTMLElement;
  const buttons = [...list.querySelectorAll<HTMLElement>(".ask")];
  const here = buttons.indexOf(document.activeElement as HTMLElement);
  if (here < 0) return;
  const to = target(event.key, buttons, here);
  if (!to) return;
  event.preventDefault();
  to.focus();
}

function target(key: string, buttons: HTMLElement[], here: number): HTMLElement | undefined {
  if (key === "ArrowRight") return buttons[here + 1];
  if (key === "ArrowLeft") return buttons[here - 1];
  if (key !== "ArrowDown" && key !== "ArrowUp") return undefined;
  const from = buttons[here]!.getBoundingClientRect();
  const middle = from.left + from.width / 2;
  const beyond = buttons.map((button) => ({ button, place: button.getBoundingClientRect() }))
    .filter(({ place }) => (key === "ArrowDown" ? place.top > from.bottom - 4 : place.bottom < from.top + 4));
  const far = ({ place }: { place: DOMRect }) =>
    Math.abs(place.top - from.top) * 4 + Math.abs(place.left + place.width / 2 - middle);
  return beyond.sort((a, b) => far(a) - far(b))[0]?.button;
}
