import { batch, computed, signal } from "@preact/signals";
import * as api from "./api";
import { Problem } from "./problems";
import { readAddress, writeAddress } from "./address";
import { pictureOf } from "./pictures";
import type { Facet, Filters, Item, Match, Picture, Query, Result, Stats } from "./types";
import { conditions, takeRolesFrom, told } from "./words";

export const PAGE = 30;
export const MOST = 300;
export const MOST_TOGETHER = 8;

export const query = signal<Query | null>(null);
export const crop = signal<string | null>(null);
export const filters = signal<Filters>({});
export const wanted = signal(PAGE);
export const opened = signal<string | null>(null);

export const result = signal<Result | null>(null);
export const busy = signal(false);
export const problem = signal<Problem | null>(null);
export const needsKey = signal(false);

export const stats = signal<Stats | null>(null);
takeRolesFrom(() => stats.value?.roles ?? {});
export const facets = signal<Facet[]>([]);
export const browsed = signal<Item[]>([]);
export const browseTotal = signal(0);
const browseCursor = signal<string | null>(null);
export const browseMore = computed(() => browseCursor.value !== null);

export const askedItem = signal<Item | null>(null);
export const judged = signal<Record<string, boolean>>({});
export const said = signal("");

export const where = computed(() => conditions(filters.value));
export const filtered = computed(() => where.value.length > 0);
export const pictures = computed(() => (query.value?.kind === "pictures" ? query.value.pictures : []));

let running: AbortController | null = null;
/** Pictures cannot stand in an address: going back finds them here. */
const asked = new Map<number, Query>();

export function announce(text: string): void {
  said.value = "";
  requestAnimationFrame(() => (said.value = text));
}

export async function start(): Promise<void> {
  apply();
  addEventListener("popstate", apply);
  await guarded(async () => {
    [stats.value, facets.value] = await Promise.all([api.stats(), api.facets()]);
  });
}

function apply(): void {
  const address = readAddress();
  batch(() => {
    query.value = asked.get(history.state?.asked) ?? address.query;
    crop.value = address.crop;
    filters.value = address.filters;
    opened.value = address.opened;
    wanted.value = PAGE;
  });
  void refresh();
}

function remember(replace = false): void {
  const id = replace ? (history.state?.asked ?? asked.size) : asked.size;
  if (query.value) asked.set(id, query.value);
  writeAddress({ query: query.value, crop: crop.value, filters: filters.value, opened: opened.value }, id, replace);
}

export async function refresh(): Promise<void> {
  running?.abort();
  const mine = (running = new AbortController());
  batch(() => {
    busy.value = true;
    problem.value = null;
  });
  await guarded(async () => {
    if (query.value) await findMatches(query.value, mine.signal);
    else await browse();
  });
  if (running === mine) busy.value = false;
}

async function findMatches(asked: Query, aborted: AbortSignal): Promise<void> {
  void showAsked(asked);
  const answer = await api.search({ query: asked, k: wanted.value, where: where.value, crop: crop.value }, aborted);
  result.value = answer;
  announce(told(answer).title);
}

/** What is known of the item that is searched by; a search by pictures has none. */
async function showAsked(asked: Query): Promise<void> {
  const id = asked.kind === "item" ? asked.item : null;
  if (askedItem.value?.item_id === id) return;
  askedItem.value = null;
  if (id !== null) askedItem.value = await api.item(id).catch(() => null);
}

async function browse(): Promise<void> {
  const page = await api.items(where.value, PAGE * 2);
  batch(() => {
    result.value = null;
    browsed.value = page.items;
    browseTotal.value = page.total;
    browseCursor.value = page.next;
  });
}

export async function browseOn(): Promise<void> {
  await guarded(async () => {
    const page = await api.items(where.value, PAGE * 2, browseCursor.value);
    batch(() => {
      browsed.value = [...browsed.value, ...page.items];
      browseCursor.value = page.next;
    });
  });
}

async function guarded(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return;
    const told = error instanceof Problem ? error : new Problem(0, "Something went wrong", String(error));
    if (told.status === 401) needsKey.value = true;
    problem.value = told;
    announce(told.message);
  }
}

function ask(next: Query | null): void {
  batch(() => {
    query.value = next;
    crop.value = null;
    opened.value = null;
    wanted.value = PAGE;
    result.value = null;
    judged.value = {};
  });
  remember();
  scrollTo({ top: 0 });
  void refresh();
}

export function askFiles(files: Iterable<File>, add = false): void {
  const before = add ? pictures.value : [];
  const more = [...files].map(pictureOf);
  if (more.length) ask({ kind: "pictures", pictures: [...before, ...more].slice(-MOST_TOGETHER) });
}

export function askUrl(url: string): void {
  ask({ kind: "pictures", pictures: [pictureOf(url)] });
}

export function askItem(match: Match | Item): void {
  ask({ kind: "item", item: match.item_id });
}

export function removePicture(gone: Picture): void {
  const left = pictures.value.filter((picture) => picture !== gone);
  ask(left.length ? { kind: "pictures", pictures: left } : null);
}

export const clearQuery = () => ask(null);

export function setCrop(region: string | null): void {
  crop.value = region;
  remember(true);
  void refresh();
}

export function setFilter(name: string, filter: Filters[string] | null): void {
  const { [name]: _, ...others } = filters.value;
  filters.value = filter === null ? others : { ...others, [name]: filter };
  remember();
  void refresh();
}

export function clearFilters(): void {
  filters.value = {};
  remember();
  void refresh();
}

export function showMore(): void {
  wanted.value = Math.min(MOST, wanted.value + PAGE);
  void refresh();
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
