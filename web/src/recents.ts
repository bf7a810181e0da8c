/** The last searches, kept in this browser only, with their photos. */

import { CATALOG } from "./catalogs";
import type { Query } from "./types";
import { pictureOf } from "./pictures";

export interface Recent {
  key: string;
  at: number;
  label: string;
  words: string;
  item: string | null;
  sources: { source: Blob | string; name: string }[];
}

export const MOST_RECENT = 8;
const DATABASE = CATALOG === null ? "sosie" : `sosie/${CATALOG}`;
const TABLE = "recent";

export async function recents(): Promise<Recent[]> {
  const all = await using<Recent[]>("readonly", (table) => table.getAll());
  return (all ?? []).sort((a, b) => b.at - a.at).slice(0, MOST_RECENT);
}

export async function recent(key: string): Promise<Recent | null> {
  return (await using<Recent | undefined>("readonly", (table) => table.get(key))) ?? null;
}

/** Keep a search, and remove the oldest and any equal one. */
export async function keep(kept: Recent): Promise<void> {
  const before = await recents();
  const gone = before.filter((recent, index) => recent.key !== kept.key && (index >= MOST_RECENT - 1 || isSame(recent, kept)));
  await using("readwrite", (table) => table.put(kept));
  for (const recent of gone) await using("readwrite", (table) => table.delete(recent.key));
}

export async function forget(): Promise<void> {
  await using("readwrite", (table) => table.clear());
}

export function queryOf(kept: Recent): Query | null {
  if (kept.item !== null) return { kind: "item", item: kept.item };
  if (!kept.sources.length) return null;
  return { kind: "pictures", pictures: kept.sources.map(({ source, name }) => pictureOf(source, name)) };
}

function isSame(first: Recent, second: Recent): boolean {
  const named = (kept: Recent) => JSON.stringify([kept.words, kept.item, kept.sources.map(({ source, name }) => (typeof source === "string" ? source : `${name} ${source.size}`))]);
  return named(first) === named(second);
}

/** One request of the browser's database; null where it has none, as in some private windows. */
async function using<T>(mode: IDBTransactionMode, operation: (table: IDBObjectStore) => IDBRequest): Promise<T | null> {
  try {
    const database = await opened();
    return await new Promise<T>((resolve, reject) => {
      const request = operation(database.transaction(TABLE, mode).objectStore(TABLE));
      request.onsuccess = () => resolve(request.result as T);
      request.onerror = () => reject(request.error);
    });
  } catch {
    return null;
  }
}

let opening: Promise<IDBDatabase> | null = null;

function opened(): Promise<IDBDatabase> {
  return (opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(TABLE, { keyPath: "key" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  }));
}
