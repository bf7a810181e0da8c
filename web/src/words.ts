import type { Attributes, Filters, Match, Range, Result, Roles, Value } from "./types";

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

/** Under "no match", products below this probability are folded away. */
export const FAR = 0.01;
const EVEN = 0.5;

export interface Summary {
  kind: "sure" | "alike" | "none";
  title: string;
  help: string;
}

/** The verdict in words; the probability that is shown decides, so that the two cannot contradict each other. */
export function summaryOf(answer: Result): Summary {
  const [best] = answer.matches;
  if (!best) return { kind: "none", title: "Nothing found", help: "" };
  const probability = best.same_product;
  const even = probability === null || probability >= EVEN;
  if (answer.verdict === "match" && even) {
    return { kind: "sure", title: `This is ${titleOf(best)}`, help: probability === null ? "" : `${percent(probability)} sure` };
  }
  if (probability !== null && even) {
    return { kind: "alike", title: `This may be ${titleOf(best)}`, help: `${percent(probability)} sure` };
  }
  const first = probability === null ? "" : `The first is the same product with ${percent(probability)}`;
  if (answer.verdict === "no match") {
    const far = probability !== null && probability < FAR;
    return { kind: "none", title: far ? "No match – nothing comes near" : "No match – these only look a little like it", help: far ? "" : first };
  }
  return { kind: "alike", title: "Similar products", help: first };
}

/** The matches worth a look: all, except under "no match", where those of hardly any probability are left out. */
export function nearOf(answer: Result): Match[] {
  if (summaryOf(answer).kind !== "none") return answer.matches;
  return answer.matches.filter(({ same_product }) => same_product === null || same_product >= FAR);
}

export const shopLinkOf = (thing: { links: string[] }) => thing.links.find((link) => /^https?:\/\//.test(link));

export const productOf = (productId: string) => `product_id=${quoted(productId)}`;

let roles: () => Roles = () => ({});

/** Where to learn which attributes play the roles. */
export function takeRolesFrom(source: () => Roles): void {
  roles = source;
}

/** What an item says for a role, whatever its attribute is called. */
export function valueOf(attributes: Attributes, role: keyof Roles): Value | undefined {
  return [...(roles()[role] ?? []), role].map((name) => attributes[name]).find((value) => value !== undefined);
}

export function titleOf(thing: { product_id: string; attributes: Attributes }): string {
  return shown(valueOf(thing.attributes, "title") ?? thing.product_id);
}

export function priceOf(attributes: Attributes): string | null {
  const price = valueOf(attributes, "price");
  const currency = valueOf(attributes, "currency");
  if (typeof price !== "number") return null;
  if (typeof currency === "string" && /^[A-Z]{3}$/.test(currency)) {
    return new Intl.NumberFormat(undefined, { style: "currency", currency }).format(price);
  }
  return price.toFixed(2);
}

export const pc = (share: number) => `${share * 100}%`;
export const percent = (probability: number) => (probability < FAR ? "< 1 %" : `${Math.round(probability * 100)} %`);
export const shown = (value: Value) => (Array.isArray(value) ? value.join(", ") : String(value));
export const plural = (count: number, word: string) => `${count.toLocaleString()} ${word}${count === 1 ? "" : "s"}`;
export const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1).replace(/_/g, " ");
