import { batch, computed, signal } from "@preact/signals";
import * as api from "./api";
import { Problem } from "./problems";
import { CATALOG, SEVERAL } from "./catalogs";
import { readAddress, writeAddress } from "./address";
import { pictureOf } from "./pictures";
import { keep, queryOf, type Recent, recent } from "./recents";
import type { Catalog, Facet, Filters, Item, Match, Picture, Place, Query, Result, Stats } from "./types";
import { conditions, plural, takeRolesFrom, titleOf, summaryOf } from "./words";

export const PAGE = 30;
export const MOST_TOGETHER = 8;

export const query = signal<Query | null>(null);
export const words = signal("");
/** An attribute to sort by, with "-" before it the highest first; null for the best first, or as in the catalog. */
export const sort = signal<string | null>(null);
export const crop = signal<string | null>(null);
export const filters = signal<Filters>({});
export const opened = signal<string | null>(null);

export const result = signal<Result | null>(null);
/** The products in the photo; null until they are searched for. */
export const places = signal<Place[] | null>(null);
export const busy = signal(false);
export const problem = signal<Problem | null>(null);
export const needsKey = signal(false);

export const catalogs = signal<Catalog[]>([]);
/** Whether a catalog must be chosen before anything else. */
export const choosing = SEVERAL && CATALOG === null;
export const stats = signal<Stats | null>(null);
takeRolesFrom(() => stats.value?.roles ?? {});
export const facets = signal<Facet[]>([]);
export const browsed = signal<Item[]>([]);
/** How many items pass the filters; null until the server has said so. */
export const browseTotal = signal<number | null>(null);
const browseCursor = signal<string | null>(null);

export const queryItem = signal<Item | null>(null);
export const judged = signal<Record<string, boolean>>({});
export const said = signal("");

export const where = computed(() => conditions(filters.value));
export const searching = computed(() => query.value !== null || words.value !== "");
/** Whether there is more than what is shown. */
export const hasMore = computed(() => (searching.value ? result.value?.next : browseCursor.value) != null);
export const filtered = computed(() => where.value.length > 0);
export const pictures = computed(() => (query.value?.kind === "pictures" ? query.value.pictures : []));

let running: AbortController | null = null;
/** Pictures cannot stand in an address: going back finds them here. */
const queries = new Map<string, Query>();

export function announce(text: string): void {
  said.value = "";
  requestAnimationFrame(() => (said.value = text));
}

export async function start(): Promise<void> {
  if (SEVERAL) void guarded(async () => void (catalogs.value = await api.catalogs()));
  if (choosing) return;
  void apply();
  addEventListener("popstate", () => void apply());
  await guarded(async () => void (stats.value = await api.stats()));
}

async function apply(): Promise<void> {
  const address = readAddress();
  const remembered = await rememberedQuery(history.state?.queryId);
  batch(() => {
    query.value = remembered ?? address.query;
    words.value = address.words;
    sort.value = address.sort;
    crop.value = address.crop;
    filters.value = address.filters;
    opened.value = address.opened;
  });
  void refresh();
}

/** The pictures of an entry of the history; after a reload this browser's database still has them. */
async function rememberedQuery(id: string | undefined): Promise<Query | null> {
  if (!id) return null;
  const held = queries.get(id);
  if (held) return held;
  const kept = await recent(id);
  const again = kept && queryOf(kept);
  if (again) queries.set(id, again);
  return again;
}

const newId = () => `${Date.now()}-${Math.random().toString(36).slice(2)}`;

function remember(replace = false): void {
  const id = (replace && history.state?.queryId) || newId();
  if (query.value) queries.set(id, query.value);
  writeAddress({ query: query.value, words: words.value, crop: crop.value, filters: filters.value, sort: sort.value, opened: opened.value }, id, replace);
}

export async function refresh(): Promise<void> {
  running?.abort();
  const mine = (running = new AbortController());
  batch(() => {
    busy.value = true;
    browseTotal.value = null;
    problem.value = null;
  });
  await guarded(async () => {
    if (searching.value) await findMatches(query.value, mine.signal);
    else await browse();
  });
  if (running !== mine) return;
  busy.value = false;
  if (searching.value || filtered.value) await countValues(mine).catch(() => undefined);
}

/** Bars are read only where a catalog has codes. */
const close = computed(() => crop.value !== null || Boolean(stats.value?.roles.gtin?.length));

/** Of words alone the server sorts all that they find; the matches of a picture are sorted here, as they come. */
const sortThere = computed(() => (query.value ? null : sort.value));

async function findMatches(current: Query | null, aborted: AbortSignal): Promise<void> {
  void showQueryItem(current);
  const answer = await api.search({ query: current, words: words.value, k: PAGE, where: where.value, crop: crop.value, close: close.value, sort: sortThere.value }, aborted);
  result.value = answer;
  announce(summaryOf(answer).title);
}

/** Load the item that is the query; null in a search by pictures. */
async function showQueryItem(current: Query | null): Promise<void> {
  const id = current?.kind === "item" ? current.item : null;
  if (queryItem.value?.item_id === id) return;
  queryItem.value = null;
  if (id !== null) queryItem.value = await api.item(id).catch(() => null);
}

async function browse(): Promise<void> {
  const page = await api.items(where.value, PAGE, sort.value);
  batch(() => {
    result.value = null;
    browsed.value = page.items;
    browseTotal.value = page.total;
    browseCursor.value = page.next;
  });
}

let fetching = false;

/** Further products after those that are shown, without a new search. */
export async function showMore(): Promise<void> {
  if (fetching || !hasMore.value) return;
  fetching = true;
  const mine = running;
  await guarded(searching.value ? () => moreMatches(mine) : () => moreItems(mine));
  fetching = false;
}

async function moreMatches(mine: AbortController | null): Promise<void> {
  const before = result.value!;
  const answer = await api.more(before.next!, PAGE);
  if (running === mine) result.value = { ...before, matches: [...before.matches, ...answer.matches], next: answer.next };
}

async function moreItems(mine: AbortController | null): Promise<void> {
  const page = await api.items(where.value, PAGE, sort.value, browseCursor.value);
  if (running !== mine) return;
  batch(() => {
    browsed.value = [...browsed.value, ...page.items];
    browseCursor.value = page.next;
  });
}

async function guarded(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return;
    const failure = error instanceof Problem ? error : new Problem(0, "Something went wrong", String(error));
    if (failure.status === 401) needsKey.value = true;
    problem.value = failure;
    announce(failure.message);
  }
}

/** The values of the filters, each counted over what passes the other filters, so that a second brand widens the answer. */
async function countValues(mine: AbortController): Promise<void> {
  const counted = await api.facets(where.value);
  if (running === mine) facets.value = counted;
}

function startSearch(next: Query | null, text = words.value): void {
  batch(() => {
    query.value = next;
    words.value = text;
    sort.value = null;
    crop.value = null;
    opened.value = null;
    result.value = null;
    places.value = null;
    judged.value = {};
  });
  remember();
  void keepRecent(history.state.queryId);
  scrollTo({ top: 0 });
  void refresh();
}

async function keepRecent(key: string): Promise<void> {
  const sought = query.value;
  const text = words.value;
  if (!searching.value) return;
  const sources = await Promise.all(pictures.value.map(async ({ sent, name }) => ({ source: await sent(true), name })));
  const item = sought?.kind === "item" ? sought.item : null;
  const title = item === null ? (sources[0]?.name ?? "") : await api.item(item).then(titleOf, () => item);
  const label = [title, text].filter(Boolean).join(" + ");
  await keep({ key, at: Date.now(), label, words: text, item, sources });
}

export function searchAgain(kept: Recent): void {
  startSearch(queryOf(kept), kept.words);
}

export function searchWords(text: string): void {
  startSearch(query.value, text);
}

export function searchFiles(files: Iterable<File>, add = false): void {
  const before = add ? pictures.value : [];
  const more = [...files].map((file) => pictureOf(file));
  if (more.length) startSearch({ kind: "pictures", pictures: [...before, ...more].slice(-MOST_TOGETHER) }, add ? words.value : "");
}

export function searchUrl(url: string): void {
  startSearch({ kind: "pictures", pictures: [pictureOf(url)] }, "");
}

export function searchItem(match: Match | Item): void {
  startSearch({ kind: "item", item: match.item_id }, "");
  // The button that was pressed goes with the old results; without this the next Tab would begin at the top.
  requestAnimationFrame(() => document.getElementById("results")?.focus({ preventScroll: true }));
}

export function removePicture(gone: Picture): void {
  const left = pictures.value.filter((picture) => picture !== gone);
  startSearch(left.length ? { kind: "pictures", pictures: left } : null);
}

export const clearQuery = () => startSearch(null);
export const clearAll = () => startSearch(null, "");

export function setCrop(region: string | null): void {
  crop.value = region;
  remember(true);
  void refresh();
}

export async function findPlaces(): Promise<void> {
  const [picture] = pictures.value;
  busy.value = true;
  await guarded(async () => {
    const outlined = await api.places(picture!, where.value);
    if (pictures.value[0] !== picture) return;
    places.value = outlined;
    announce(`${plural(outlined.length, "product")} found in the picture`);
  });
  busy.value = false;
}

export function setFilter(name: string, filter: Filters[string] | null): void {
  const { [name]: _, ...rest } = filters.value;
  filters.value = filter === null ? rest : { ...rest, [name]: filter };
  remember();
  void refresh();
}

export function clearFilters(): void {
  filters.value = {};
  remember();
  void refresh();
}

export function setSort(by: string | null): void {
  const again = query.value === null;
  sort.value = by;
  remember(true);
  if (again) void refresh();
}

export function open(itemId: string | null): void {
  opened.value = itemId;
  remember(itemId === null);
}

export async function judge(itemId: string, confirmed: boolean): Promise<void> {
  await guarded(async () => {
    await Promise.all(pictures.value.map((picture) => api.feedback(picture, itemId, confirmed, crop.value)));
    judged.value = { ...judged.value, [itemId]: confirmed };
    announce(confirmed ? "Thank you: noted as the same product" : "Thank you: noted as another product");
  });
}

export function useKey(key: string): void {
  api.storeKey(key);
  needsKey.value = false;
  void start();
}
