import type { Signal } from "@preact/signals";

export type Value = string | number | boolean | string[];
export type Attributes = Record<string, Value>;

export interface Match {
  rank: number;
  product_id: string;
  item_id: string;
  score: number | null;
  same_product: number | null;
  image: string | string[];
  thumbnail: string;
  links: string[];
  attributes: Attributes;
  views: number;
  evidence: Evidence;
}

/** Corners in shares of width and height, which may lie outside the picture. */
export type Polygon = [number, number][];

/** Nothing but its score speaks for a match. */
export type LooksEvidence = Record<string, never>;

/** Details of the query and of the item `item_id` agree in their geometry, and where. */
export interface DetailsEvidence {
  item_id: string;
  inliers: number;
  distinct: number;
  share: number;
  spread: number;
  query_polygon: Polygon;
  item_polygon: Polygon;
}

/** The product's code is in the query; its details may agree, too. */
export interface CodeEvidence {
  code: string;
  format: string;
  code_polygon: Polygon;
  details: DetailsEvidence | null;
}

export type Evidence = CodeEvidence | DetailsEvidence | LooksEvidence;

/** The details that agree, whatever else speaks for a match. */
export function detailsOf(evidence: Evidence): DetailsEvidence | null {
  if ("code" in evidence) return (evidence as CodeEvidence).details;
  return "inliers" in evidence ? (evidence as DetailsEvidence) : null;
}

export interface Result {
  query: string;
  verdict: "match" | "similar" | "no match" | null;
  matches: Match[];
  embedder: string;
  calibration: string | null;
  timings: Record<string, number>;
  /** Where the search goes on; null where there is no more. */
  next: string | null;
}

/** A product in a photo: its region (x, y, width and height in shares of the photo), and the answer for it. */
export interface Place {
  region: [number, number, number, number];
  result: Result;
}

export interface Item {
  item_id: string;
  product_id: string;
  image: string | string[];
  thumbnail: string;
  links: string[];
  attributes: Attributes;
}

export interface ItemPage {
  items: Item[];
  total: number;
  next: string | null;
}

export interface Facet {
  attribute: string;
  type: "string" | "number" | "boolean" | "strings";
  values: { value: string | number | boolean; items: number }[];
  distinct: number;
  minimum: number | null;
  maximum: number | null;
}

export interface Stats {
  store: string;
  items: number;
  products: number;
  embedder: string;
  attributes: Record<string, Facet["type"]>;
  roles: Roles;
}

/** Which attributes play a role, the likeliest first. */
export type Roles = Partial<Record<"title" | "brand" | "price" | "currency" | "category" | "gtin", string[]>>;

/** A catalog of the server; `items` is null while it cannot be read. */
export interface Catalog {
  name: string;
  items: number | null;
}

export interface Picture {
  source: Blob | string;
  /** What goes to the server: an address, or the photo made smaller, less so where a part of it is looked at. */
  sent: (close: boolean) => Promise<Blob | string>;
  name: string;
  /** Where the picture can be shown from: empty until it is there, null where it cannot be. */
  preview: Signal<string | null>;
  /** Whether the server draws it. */
  drawn: boolean;
}

export type Query = { kind: "pictures"; pictures: Picture[] } | { kind: "item"; item: string };

export interface Range {
  from: number | null;
  to: number | null;
}

export type Filters = Record<string, string[] | Range>;
