import { useRef, useState } from "preact/hooks";

interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

interface Props {
  src: string;
  region: string | null;
  onRegion: (region: string | null) => void;
}

const SMALLEST = 0.04;
const STEP = 0.04;
const CENTRE: Box = { x: 0.25, y: 0.25, w: 0.5, h: 0.5 };

/** The query with a box that can be drawn with the pointer, or moved and sized with the arrow keys. */
export function CropBox({ src, region, onRegion }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const from = useRef<{ x: number; y: number } | null>(null);
  const [drawn, setDrawn] = useState<Box | null>(null);
  const [broken, setBroken] = useState(false);
  const box = drawn ?? parse(region);

  const at = (event: PointerEvent) => {
    const { left, top, width, height } = frame.current!.getBoundingClientRect();
    return { x: clamp((event.clientX - left) / width), y: clamp((event.clientY - top) / height) };
  };
  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    from.current = at(event);
    frame.current!.setPointerCapture(event.pointerId);
  };
  const move = (event: PointerEvent) => {
    if (from.current) setDrawn(between(from.current, at(event)));
  };
  const up = (event: PointerEvent) => {
    if (!from.current) return;
    const done = between(from.current, at(event));
    from.current = null;
    setDrawn(null);
    if (done.w > SMALLEST && done.h > SMALLEST) onRegion(format(done));
  };
  const key = (event: KeyboardEvent) => {
    const next = moved(box ?? CENTRE, event);
    if (next === undefined) return;
    event.preventDefault();
    onRegion(next && format(next));
  };

  if (broken) return <p class="nopreview">Your browser cannot show this picture; the server may read it all the same.</p>;
  return (
    <div
      class="cropbox" ref={frame} tabIndex={0} role="group" onPointerDown={down} onPointerMove={move} onPointerUp={up}
      onPointerCancel={() => ((from.current = null), setDrawn(null))} onKeyDown={key}
      aria-label="The query. Arrow keys mark and move a part of it, with Shift they size it, Escape takes the whole picture."
    >
      <img src={src} alt="The picture you search with" draggable={false} onError={() => setBroken(true)} />
      {box && <span class="box" style={{ left: pc(box.x), top: pc(box.y), width: pc(box.w), height: pc(box.h) }} />}
    </div>
  );
}

function moved(box: Box, event: KeyboardEvent): Box | null | undefined {
  const dx = event.key === "ArrowRight" ? STEP : event.key === "ArrowLeft" ? -STEP : 0;
  const dy = event.key === "ArrowDown" ? STEP : event.key === "ArrowUp" ? -STEP : 0;
  if (event.key === "Escape") return null;
  if (!dx && !dy) return undefined;
  if (event.shiftKey) {
    return { ...box, w: within(box.w + dx, 2 * STEP, 1 - box.x), h: within(box.h + dy, 2 * STEP, 1 - box.y) };
  }
  return { ...box, x: within(box.x + dx, 0, 1 - box.w), y: within(box.y + dy, 0, 1 - box.h) };
}

function between(a: { x: number; y: number }, b: { x: number; y: number }): Box {
  return { x: Math.min(a.x, b.x), y: Math.min(a.y, b.y), w: Math.abs(a.x - b.x), h: Math.abs(a.y - b.y) };
}

function parse(region: string | null): Box | null {
  const [x, y, w, h] = (region ?? "").split(",").map(Number);
  return x === undefined || y === undefined || w === undefined || h === undefined ? null : { x, y, w, h };
}

/** Rounded down, so that the box never ends beyond the picture. */
const format = ({ x, y, w, h }: Box) => [x, y, w, h].map((n) => (Math.floor(n * 1000) / 1000).toString()).join(",");
const within = (value: number, least: number, most: number) => Math.max(least, Math.min(most, value));
const clamp = (value: number) => within(value, 0, 1);
const pc = (share: number) => `${share * 100}%`;
