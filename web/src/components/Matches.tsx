import { BASE } from "../api";
import { useState } from "preact/hooks";
import { browsed, browseMore, browseOn, busy, filtered, MOST, problem, query, result, showMore, wanted } from "../state";
import type { Result } from "../types";
import { nearOf, plural, told } from "../words";
import { Tile } from "./Tile";

export function Matches() {
  if (busy.value && !(query.value ? result.value : browsed.value.length)) return <Skeleton />;
  if (problem.value && !result.value) return null;
  if (query.value && result.value && told(result.value).kind === "none") return <Near answer={result.value} key={result.value} />;
  const things = query.value ? (result.value?.matches ?? []) : browsed.value;
  const more = query.value ? things.length === wanted.value && wanted.value < MOST : browseMore.value;
  if (!query.value && !things.length) return busy.value ? null : <Nothing />;
  return (
    <>
      <ul class="grid" data-busy={busy.value} onKeyDown={walk}>
        {things.map((thing) => <Tile key={thing.item_id} thing={thing} />)}
      </ul>
      {more && (
        <button class="button more" type="button" onClick={query.value ? showMore : () => void browseOn()}>Show more</button>
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

function Nothing() {
  return (
    <div class="nothing">
      <h2>{filtered.value ? "Nothing passes these filters" : "The catalogue is empty"}</h2>
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
