/** Regions of a picture, in shares of its width and height. */

export interface Point {
  x: number;
  y: number;
}

export interface Box extends Point {
  w: number;
  h: number;
}

export const SMALLEST = 0.04;
export const STEP = 0.04;
export const CENTER: Box = { x: 0.25, y: 0.25, w: 0.5, h: 0.5 };
const NEAR = 0.06;

export const within = (value: number, least: number, most: number) => Math.max(least, Math.min(most, value));

export function between(a: Point, b: Point): Box {
  return { x: Math.min(a.x, b.x), y: Math.min(a.y, b.y), w: Math.abs(a.x - b.x), h: Math.abs(a.y - b.y) };
}

export function holds({ x, y, w, h }: Box, point: Point): boolean {
  return point.x >= x && point.x <= x + w && point.y >= y && point.y <= y + h;
}

/** The corner opposite to the corner at the point, which stays in place when that is dragged; null if no corner is at the point. */
export function cornerOpposite({ x, y, w, h }: Box, point: Point): Point | null {
  const near = (a: number, b: number) => Math.abs(a - b) < NEAR;
  const across = near(point.x, x) ? x + w : near(point.x, x + w) ? x : null;
  const along = near(point.y, y) ? y + h : near(point.y, y + h) ? y : null;
  return across === null || along === null ? null : { x: across, y: along };
}

export function shifted(box: Box, dx: number, dy: number): Box {
  return { ...box, x: within(box.x + dx, 0, 1 - box.w), y: within(box.y + dy, 0, 1 - box.h) };
}

export function sized(box: Box, dx: number, dy: number): Box {
  return { ...box, w: within(box.w + dx, 2 * STEP, 1 - box.x), h: within(box.h + dy, 2 * STEP, 1 - box.y) };
}

export function parse(region: string | null): Box | null {
  const [x, y, w, h] = (region ?? "").split(",").map(Number);
  return x === undefined || y === undefined || w === undefined || h === undefined ? null : { x, y, w, h };
}

/** Rounded down, so that the box never ends beyond the picture. */
export const format = ({ x, y, w, h }: Box) => [x, y, w, h].map((n) => (Math.floor(n * 1000) / 1000).toString()).join(",");
