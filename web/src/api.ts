import type { Facet, Item, ItemPage, Picture, Query, Result, Stats } from "./types";

const KEY = "sosie-key";

export class Problem extends Error {
  constructor(readonly status: number, readonly title: string, detail: string) {
    super(detail);
  }
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
    response = await fetch(path, { ...init, headers });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, "No answer", "The server does not answer. Is it still running?");
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

async function problemOf(response: Response): Promise<Problem> {
  const told = await response.json().catch(() => null);
  const wait = response.headers.get("Retry-After");
  const detail = told?.detail ?? `The server answered ${response.status}.`;
  return new Problem(response.status, told?.title ?? "Error", wait ? `${detail} (wait ${wait} s)` : detail);
}

async function json<T>(path: string, init?: RequestInit): Promise<T> {
  return (await request(path, init)).json();
}

const id = encodeURIComponent;

function parameters(where: string[], more: Record<string, string>): string {
  const search = new URLSearchParams(more);
  for (const condition of where) search.append("where", condition);
  return search.toString();
}

export interface Asked {
  query: Query;
  k: number;
  where: string[];
  crop: string | null;
}

export async function search(asked: Asked, signal: AbortSignal): Promise<Result> {
  const answer = asked.query.kind === "item"
    ? await json<{ results: Result[] }>(
        `/v1/items/${id(asked.query.item)}/similar?${parameters(asked.where, { k: String(asked.k) })}`, { signal })
    : await json<{ results: Result[] }>("/v1/search", { method: "POST", signal, ...bodyOf(asked, asked.query.pictures) });
  return answer.results[0]!;
}

function bodyOf(asked: Asked, pictures: Picture[]): RequestInit {
  if (pictures.every((picture) => typeof picture.source === "string")) {
    const images = pictures.map((picture) => ({ url: picture.source }));
    return jsonBody({ images, k: asked.k, where: asked.where, crop: asked.crop });
  }
  const form = new FormData();
  for (const picture of pictures) {
    if (typeof picture.source !== "string") form.append("image", picture.source, picture.name);
  }
  form.append("k", String(asked.k));
  for (const condition of asked.where) form.append("where", condition);
  if (asked.crop) form.append("crop", asked.crop);
  return { body: form };
}

function jsonBody(body: unknown): RequestInit {
  return { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
}

export const stats = () => json<Stats>("/v1/stats");
export const item = (itemId: string) => json<Item>(`/v1/items/${id(itemId)}`);

export const facets = async () => (await json<{ attributes: Facet[] }>("/v1/attributes?limit=40")).attributes;

export function items(where: string[], limit: number, cursor: string | null = null): Promise<ItemPage> {
  return json<ItemPage>(`/v1/items?${parameters(where, { limit: String(limit), ...(cursor ? { cursor } : {}) })}`);
}

export async function feedback(picture: Picture, itemId: string, confirmed: boolean, crop: string | null): Promise<void> {
  if (typeof picture.source === "string") {
    const said = { image: { url: picture.source }, item_id: itemId, confirmed, crop };
    await request("/v1/feedback", { method: "POST", ...jsonBody(said) });
    return;
  }
  const form = new FormData();
  form.append("image", picture.source, picture.name);
  form.append("item_id", itemId);
  form.append("confirmed", String(confirmed));
  if (crop) form.append("crop", crop);
  await request("/v1/feedback", { method: "POST", body: form });
}
