import { pictureOf } from "./pictures";
import type { Filters, Query } from "./types";
import { isRange } from "./words";

export interface Address {
  query: Query | null;
  words: string;
  crop: string | null;
  filters: Filters;
  sort: string | null;
  opened: string | null;
}

const FILTER = "f.";
const RANGE = /^(-?[\d.]*)\.\.(-?[\d.]*)$/;

/** What the page's address opens: an item or a picture by URL, filters, an open item. */
export function readAddress(): Address {
  const search = new URLSearchParams(location.search);
  const filters: Filters = {};
  for (const [key, value] of search) {
    if (!key.startsWith(FILTER)) continue;
    const name = key.slice(FILTER.length);
    const range = RANGE.exec(value);
    const before = filters[name];
    if (range) filters[name] = { from: number(range[1]), to: number(range[2]) };
    else filters[name] = [...(Array.isArray(before) ? before : []), value];
  }
  return { query: queryOf(search), words: search.get("q") ?? "", crop: search.get("crop"), filters, sort: search.get("sort"), opened: search.get("open") };
}

function queryOf(search: URLSearchParams): Query | null {
  const item = search.get("item");
  if (item) return { kind: "item", item };
  const url = search.get("url");
  if (!url || !/^https?:\/\//.test(url) || !URL.canParse(url)) return null;
  return { kind: "pictures", pictures: [pictureOf(url)] };
}

function number(text: string | undefined): number | null {
  return text ? Number(text) : null;
}

export function addressOf({ query, words, crop, filters, sort, opened }: Address): string {
  const search = new URLSearchParams();
  if (query?.kind === "item") search.set("item", query.item);
  const [first] = query?.kind === "pictures" ? query.pictures : [];
  if (typeof first?.source === "string") {
    search.set("url", first.source);
    if (crop) search.set("crop", crop);
  }
  if (words) search.set("q", words);
  for (const [name, filter] of Object.entries(filters)) {
    if (isRange(filter)) search.append(FILTER + name, `${filter.from ?? ""}..${filter.to ?? ""}`);
    else for (const value of filter) search.append(FILTER + name, value);
  }
  if (sort) search.set("sort", sort);
  if (opened) search.set("open", opened);
  const text = search.toString();
  return text ? `${location.pathname}?${text}` : location.pathname;
}

export function writeAddress(address: Address, queryId: string, replace: boolean): void {
  const url = addressOf(address);
  if (replace) history.replaceState({ queryId }, "", url);
  else history.pushState({ queryId }, "", url);
}
