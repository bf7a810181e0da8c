import { useState } from "preact/hooks";
import * as api from "../api";
import { facets, filters, query, result, setFilter, stats, where } from "../state";
import type { Facet, Range } from "../types";
import { capital, isRange } from "../words";
import { Icon } from "./Icon";

const FEW = 6;
const MOST_VALUES = 1000;
const MOSTLY_UNIQUE = 0.7;

export function Facets() {
  const useful = facets.value.map(counted).filter(isUseful);
  if (!useful.length) return null;
  return (
    <details class="facets" open={matchMedia("(min-width: 800px)").matches}>
      <summary><Icon name="tune" /> Filters</summary>
      {useful.map((facet) => (
        <fieldset key={facet.attribute}>
          <legend>{capital(facet.attribute)}</legend>
          {facet.type === "number" ? <Numbers facet={facet} /> : <Values facet={facet} />}
        </fieldset>
      ))}
    </details>
  );
}

/** Texts longer than this are read, not chosen. */
const LONGEST = 40;

const isLong = (value: unknown) => String(value).length > LONGEST || /^https?:/.test(String(value));

type Single = Facet["values"][number]["value"];

/** A name of its own for nearly every picture is no filter, and neither are titles and paragraphs. */
function isUseful(facet: Facet): boolean {
  if (facet.attribute in filters.value) return true;
  if (facet.attribute === stats.value?.roles.title?.[0]) return false;
  if (facet.values.filter(({ value }) => isLong(value)).length > facet.values.length / 4) return false;
  if (facet.type === "number") return facet.minimum !== facet.maximum;
  const items = stats.value?.products ?? 0;
  return facet.distinct > 1 && (items < 10 || facet.distinct < items * MOSTLY_UNIQUE);
}

/** Where all that words find is shown, its own values are offered; a filter's values stay, so that more can be chosen. */
function counted(facet: Facet): Facet {
  const isWhole = !query.value && result.value?.next === null;
  if (!isWhole || facet.attribute in filters.value) return facet;
  const values = [...inAnswer(facet.attribute)].map(([value, items]) => ({ value, items })).sort((a, b) => b.items - a.items);
  const numbers = facet.type === "number" ? values.map(({ value }) => Number(value)) : [];
  const [minimum, maximum] = numbers.length ? [Math.min(...numbers), Math.max(...numbers)] : [null, null];
  return { ...facet, values, distinct: values.length, minimum, maximum };
}

/** How many matches of the answer have each value: these are offered first. */
function inAnswer(attribute: string): Map<Single, number> {
  const counts = new Map<Single, number>();
  for (const { attributes } of result.value?.matches ?? []) {
    for (const value of new Set([attributes[attribute] ?? []].flat())) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}

function Values({ facet }: { facet: Facet }) {
  const [all, setAll] = useState(false);
  const [sought, setSought] = useState("");
  const [every, setEvery] = useState<Facet["values"] | null>(null);
  const filter = filters.value[facet.attribute];
  const chosen = filter && !isRange(filter) ? filter : [];
  const counts = inAnswer(facet.attribute);
  const offered = (all && every ? every : facet.values)
    .filter(({ value }) => !isLong(value) || chosen.includes(String(value)))
    .sort((a, b) => (counts.get(b.value) ?? 0) - (counts.get(a.value) ?? 0));
  const fits = (value: unknown) => String(value).toLowerCase().includes(sought.toLowerCase());
  const values = offered.filter(({ value }, i) => chosen.includes(String(value)) || (all ? fits(value) : i < FEW));
  const expand = () => {
    setAll(!all);
    setSought("");
    if (!all && facet.distinct > facet.values.length) {
      void api.facets(where.value, [facet.attribute], MOST_VALUES).then(([whole]) => setEvery(whole?.values ?? null));
    }
  };
  const toggle = (value: string, on: boolean) => {
    const next = on ? [...chosen, value] : chosen.filter((kept) => kept !== value);
    setFilter(facet.attribute, next.length ? next : null);
  };
  return (
    <>
      {all && (
        <input
          class="within" type="search" placeholder="Search these" value={sought} aria-label={`Search in ${capital(facet.attribute)}`}
          onInput={({ currentTarget }) => setSought(currentTarget.value)}
        />
      )}
      {values.map(({ value, items }) => (
        <label class="value" key={String(value)}>
          <input type="checkbox" checked={chosen.includes(String(value))} onChange={({ currentTarget }) => toggle(String(value), currentTarget.checked)} />
          <span>{String(value)}</span>
          <span class="count">{items.toLocaleString()}</span>
        </label>
      ))}
      {offered.length > FEW && (
        <button class="text" type="button" aria-expanded={all} onClick={expand}>{all ? "Fewer" : `All ${facet.distinct}`}</button>
      )}
    </>
  );
}

function Numbers({ facet }: { facet: Facet }) {
  const filter = filters.value[facet.attribute];
  const range: Range = filter && isRange(filter) ? filter : { from: null, to: null };
  const change = (end: keyof Range, text: string) => {
    const next = { ...range, [end]: text === "" ? null : Number(text) };
    setFilter(facet.attribute, next.from === null && next.to === null ? null : next);
  };
  const input = (end: keyof Range, limit: number | null) => (
    <input
      type="number" step="any" value={range[end] ?? ""} placeholder={limit?.toString()}
      aria-label={`${capital(facet.attribute)} ${end === "from" ? "at least" : "at most"}`}
      onChange={({ currentTarget }) => change(end, currentTarget.value)}
    />
  );
  return <div class="range">{input("from", facet.minimum)}<span>to</span>{input("to", facet.maximum)}</div>;
}
