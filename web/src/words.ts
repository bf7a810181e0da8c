import type { Attributes, Filters, Range, Value } from "./types";

const quoted = (text: string) => `"${text.replace(/["\\]/g, "\\$&")}"`;

export function isRange(filter: string[] | Range): filter is Range {
  return !Array.isArray(filter);
}

/** Filters in the where-language of the API. */
export function conditions(filters: Filters): string[] {
  return Object.entries(filters).flatMap(([name, filter]) => {
    if (!isRange(filter)) return filter.length ? [`${quoted(name)}=${filter.map(quoted).join(",")}`] : [];
    const from = filter.from === null ? [] : [`${quoted(name)}>=${filter.from}`];
    const to = filter.to === null ? [] : [`${quoted(name)}<=${filter.to}`];
    return [...from, ...to];
  });
}

export const productOf = (productId: string) => `product_id=${quoted(productId)}`;

export function titleOf(thing: { product_id: string; attributes: Attributes }): string {
  const { title, name } = thing.attributes;
  return String(title ?? name ?? thing.product_id);
}

export function priceOf(attributes: Attributes): string | null {
  const { price, currency } = attributes;
  if (typeof price !== "number") return null;
  if (typeof currency === "string" && /^[A-Z]{3}$/.test(currency)) {
    return new Intl.NumberFormat(undefined, { style: "currency", currency }).format(price);
  }
  return price.toFixed(2);
}

export const percent = (probability: number) => `${Math.round(probability * 100)} %`;
export const shown = (value: Value) => (Array.isArray(value) ? value.join(", ") : String(value));
export const plural = (count: number, word: string) => `${count.toLocaleString()} ${word}${count === 1 ? "" : "s"}`;
export const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1).replace(/_/g, " ");
