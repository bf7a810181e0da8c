import { BASE } from "./api";

/** Whether the server has several catalogs; the page itself carries this, so a single catalog costs no request. */
export const SEVERAL = "catalogs" in document.documentElement.dataset;

const below = /^(.*\/)catalogs\/([^/]+)\/$/.exec(BASE.pathname);

/** The catalog of this page; null where the address names none. */
export const CATALOG = below?.[2] ?? null;

/** The page of a catalog. */
export function homeOf(name: string): string {
  return `${below?.[1] ?? BASE.pathname}catalogs/${name}/`;
}
