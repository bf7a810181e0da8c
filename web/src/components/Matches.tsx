import { BASE } from "../api";
import { useEffect, useRef, useState } from "preact/hooks";
import { browsed, busy, facets, filtered, hasMore, problem, query, result, searching, setSort, showMore, sort, stats } from "../state";
import type { Item, Match, Result } from "../types";
import { capital, nearOf, plural, summaryOf } from "../words";
import { Tile } from "./Tile";

export function Matches() {
  const answer = searching.value ? result.value : null;
  if (busy.value && !(searching.value ? answer : browsed.value.length)) return <Skeleton />;
  if (problem.value && !result.value) return null;
  if (answer && summaryOf(answer).kind === "none") return <Near answer={answer} key={answer.query} />;
  const things = sorted(searching.value ? (answer?.matches ?? []) : browsed.value);
  if (!searching.value && !things.length) return busy.value ? null : <Nothing />;
  return (
    <>
      <Sorting />
      <Grid things={things} />
      <More />
    </>
  );
}

function Grid({ things }: { things: (Match | Item)[] }) {
  return (
    <ul class="grid" data-busy={busy.value} onKeyDown={walk}>
      {things.map((thing, index) => <Tile key={thing.item_id} thing={thing} eager={index < FIRST} />)}
    </ul>
  );
}

/** Under "no match": what is near, and the rest only on demand. */
function Near({ answer }: { answer: Result }) {
  const [all, setAll] = useState(false);
  const near = nearOf(answer);
  const far = answer.matches.length - near.length;
  return (
    <>
      {answer.matches.length > 0 && <Sorting />}
      <Grid things={sorted(all ? answer.matches : near)} />
      {far > 0 && !all && (
        <button class="button more" type="button" onClick={() => setAll(true)}>Show {plural(far, "product")} that look less like it</button>
      )}
      {(all || !far) && <More />}
    </>
  );
}

/** Loads what follows when it comes into view; by keyboard it is pressed. */
function More() {
  const button = useRef<HTMLButtonElement>(null);
  const shown = hasMore.value;
  useEffect(() => {
    if (!button.current) return;
    const watching = new IntersectionObserver(([seen]) => seen?.isIntersecting && scrollY > 0 && void showMore());
    watching.observe(button.current);
    return () => watching.disconnect();
  }, [shown, result.value, browsed.value]);
  return shown ? <button ref={button} class="button more" type="button" onClick={() => void showMore()}>Show more</button> : null;
}

/** The number of pictures that are loaded at once; further pictures load as they come into view. */
const FIRST = 4;

/** The matches of a picture in the order that was chosen, those without the attribute last; the server sorts the rest. */
function sorted<T extends Match | Item>(things: T[]): T[] {
  const by = sort.value;
  if (by === null || !query.value) return things;
  const name = by.replace(/^-/, "");
  const of = ({ attributes }: T) => attributes[name];
  const sign = by === name ? 1 : -1;
  const has = (thing: T) => typeof of(thing) === "number";
  return [...things].sort((a, b) => Number(has(b)) - Number(has(a)) || (has(a) ? sign * (Number(of(a)) - Number(of(b))) : 0));
}

/** The numbers that products can be sorted by, the price first. */
function sortable(): string[] {
  const numbers = facets.value.filter(({ type, minimum, maximum }) => type === "number" && minimum !== maximum);
  const names = numbers.map(({ attribute }) => attribute);
  const prices = stats.value?.roles.price ?? [];
  return [...prices.filter((name) => names.includes(name)), ...names.filter((name) => !prices.includes(name))];
}

function Sorting() {
  const names = sortable();
  if (!names.length || (!searching.value && !filtered.value)) return null;
  return (
    <label class="sorting">Order
      <select value={sort.value ?? ""} onChange={({ currentTarget }) => setSort(currentTarget.value || null)}>
        <option value="">{searching.value ? "Best first" : "As in the catalog"}</option>
        {names.flatMap((name) => [
          <option key={name} value={name}>{capital(name)}: lowest first</option>,
          <option key={`-${name}`} value={`-${name}`}>{capital(name)}: highest first</option>,
        ])}
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

/** Arrow keys go from tile to tile: along the row, and to the nearest tile above or below. */
function walk(event: KeyboardEvent): void {
  const list = event.currentTarget as HTMLElement;
  const buttons = [...list.querySelectorAll<HTMLElement>(".opener")];
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
