import { Problem, problemIn } from "./problems";
import type { Catalog, Facet, Item, ItemPage, Picture, Place, Query, Result, Stats } from "./types";

const KEY = "sosie-key";
const module = import.meta.url;

/** Where the server is, also below a prefix that a proxy adds: the page's scripts lie one folder below it. */
export const BASE = new URL("..", module);

/** The address of a path of the API, whether or not the server knows its prefix. */
export function at(path: string): string {
  return new URL(path.slice(path.lastIndexOf("/v1/") + 1), BASE).href;
}

export function storedKey(): string | null {
  return sessionStorage.getItem(KEY);
}

export function storeKey(key: string): void {
  sessionStorage.setItem(KEY, key);
}

export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const key = storedKey();
  if (key) headers.set("Authorization", `Bearer ${key}`);
  let response: Response;
  try {
    response = await fetch(at(path), { ...init, headers });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, "No answer", "The server does not answer. Is it still running?");
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

async function problemOf(response: Response): Promise<Problem> {
  const document = await response.json().catch(() => null);
  return problemIn(response.status, String(document?.type ?? ""), String(document?.detail ?? ""), response.headers.get("Retry-After"));
}

async function json<T>(path: string, init?: RequestInit): Promise<T> {
  return (await request(path, init)).json();
}

function parameters(where: string[], more: Record<string, string>): string {
  const search = new URLSearchParams(more);
  for (const condition of where) search.append("where", condition);
  return search.toString();
}

export interface SearchRequest {
  query: Query | null;
  words: string;
  k: number;
  where: string[];
  crop: string | null;
  /** Whether a part of the photos is looked at. */
  close: boolean;
  /** An attribute that the server sorts by; only of words alone. */
  sort: string | null;
}

export async function search(request: SearchRequest, signal: AbortSignal): Promise<Result> {
  return (await answerOf(request, signal)).results[0]!;
}

/** The matches behind an answer, whose `next` is given. */
export async function more(cursor: string, k: number): Promise<Result> {
  return (await json<{ results: Result[] }>("/v1/search:more", { method: "POST", ...jsonBody({ cursor, k }) })).results[0]!;
}

/** Every product in a photo whose details agree. */
export async function places(picture: Picture, where: string[]): Promise<Place[]> {
  const image = await inJson(picture, true);
  return (await json<{ products: Place[] }>("/v1/search:all", { method: "POST", ...jsonBody({ image, where, k: 1 }) })).products;
}

async function answerOf({ query, words, sort, ...rest }: SearchRequest, signal: AbortSignal): Promise<{ results: Result[] }> {
  const text: Record<string, string> = words ? { text: words } : {};
  if (query?.kind === "pictures") {
    return json("/v1/search", { method: "POST", signal, ...(await bodyOf({ ...rest, ...text }, query.pictures)) });
  }
  const k = String(rest.k);
  if (query) return json(`/v1/item/similar?${parameters(rest.where, { item_id: query.item, k, ...text })}`, { signal });
  return json(`/v1/search?${parameters(rest.where, { k, ...text, ...(sort ? { sort } : {}) })}`, { signal });
}

interface Fields {
  close: boolean;
  k: number;
  where: string[];
  crop: string | null;
  text?: string;
}

async function bodyOf({ where, crop, close, ...fields }: Fields, pictures: Picture[]): Promise<RequestInit> {
  if (pictures.some((picture) => typeof picture.source === "string")) {
    const images = await Promise.all(pictures.map((picture) => inJson(picture, close)));
    return jsonBody({ images, where, crop, ...fields });
  }
  const form = new FormData();
  for (const picture of pictures) form.append("image", (await picture.sent(close)) as Blob, picture.name);
  for (const [name, value] of Object.entries(fields)) form.append(name, String(value));
  for (const condition of where) form.append("where", condition);
  if (crop) form.append("crop", crop);
  return { body: form };
}

async function inJson(picture: Picture, close: boolean): Promise<{ url: string } | { base64: string }> {
  const sent = await picture.sent(close);
  return typeof sent === "string" ? { url: sent } : { base64: await dataUrl(sent) };
}

function dataUrl(blob: Blob): Promise<string> {
  const reader = new FileReader();
  return new Promise((resolve, reject) => {
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(new Problem(0, "Unreadable", "Your browser cannot read this picture any more."));
    reader.readAsDataURL(blob);
  });
}

function jsonBody(body: unknown): RequestInit {
  return { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
}

export const catalogs = async () => (await json<{ catalogs: Catalog[] }>("/v1/catalogs")).catalogs;
export const stats = () => json<Stats>("/v1/stats");
export const item = (itemId: string) => json<Item>(`/v1/item?${parameters([], { item_id: itemId })}`);

/** The address of an item's own picture, larger than its thumbnail; it may be gone. */
export const pictureOf = ({ item_id }: Item) => `/v1/picture?${parameters([], { item_id })}`;

/** The values of attributes, of all attributes if no name is given, each counted over the items that pass the conditions on the other attributes. */
export async function facets(where: string[] = [], names: string[] = [], limit = 40): Promise<Facet[]> {
  const search = new URLSearchParams(parameters(where, { limit: String(limit), ...(where.length ? { disjunctive: "true" } : {}) }));
  for (const name of names) search.append("name", name);
  return (await json<{ attributes: Facet[] }>(`/v1/attributes?${search}`)).attributes;
}

export function items(where: string[], limit: number, sort: string | null = null, cursor: string | null = null): Promise<ItemPage> {
  return json<ItemPage>(`/v1/items?${parameters(where, { limit: String(limit), ...(sort ? { sort } : {}), ...(cursor ? { cursor } : {}) })}`);
}

/** A JPEG of the picture as the server reads it. */
export async function preview(picture: Picture): Promise<Blob> {
  return (await request("/v1/preview", { method: "POST", ...jsonBody({ image: await inJson(picture, true) }) })).blob();
}

export async function feedback(picture: Picture, itemId: string, confirmed: boolean, crop: string | null): Promise<void> {
  const said = { image: await inJson(picture, crop !== null), item_id: itemId, confirmed, crop };
  await request("/v1/feedback", { method: "POST", ...jsonBody(said) });
}
