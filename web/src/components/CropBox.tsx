import { useRef, useState } from "preact/hooks";
import { draw } from "../pictures";
import { placeAt } from "./Places";
import type { Picture } from "../types";
import { pc } from "../words";
import { type Box, between, CENTER, cornerOpposite, format, holds, type Point, parse, SMALLEST, STEP, shifted, sized, within } from "../boxes";

interface Props {
  picture: Picture;
  region: string | null;
  onRegion: (region: string | null) => void;
}

/** What the pointer does until it is lifted: draws from a corner that stays, or moves the box. */
type Grip = { corner: Point } | { box: Box; from: Point };

/** The query with a box that is drawn, moved and sized with the pointer or the arrow keys. */
export function CropBox({ picture, region, onRegion }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const grip = useRef<Grip | null>(null);
  const [drawn, setDrawn] = useState<Box | null>(null);
  const box = drawn ?? parse(region);
  const src = picture.preview.value;

  const at = (event: PointerEvent): Point => {
    const { left, top, width, height } = frame.current!.getBoundingClientRect();
    return { x: within((event.clientX - left) / width, 0, 1), y: within((event.clientY - top) / height, 0, 1) };
  };
  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    grip.current = gripped(box, at(event));
    frame.current!.setPointerCapture(event.pointerId);
  };
  const move = (event: PointerEvent) => {
    if (grip.current) setDrawn(pulled(grip.current, at(event)));
  };
  const up = (event: PointerEvent) => {
    if (!grip.current) return;
    const done = pulled(grip.current, at(event));
    grip.current = null;
    setDrawn(null);
    const tapped = done.w < SMALLEST && done.h < SMALLEST && placeAt(at(event));
    if (tapped) onRegion(tapped);
    if (done.w > SMALLEST && done.h > SMALLEST && format(done) !== region) onRegion(format(done));
  };
  const key = (event: KeyboardEvent) => {
    const next = stepped(box ?? CENTER, event);
    if (next === undefined) return;
    event.preventDefault();
    onRegion(next && format(next));
  };

  if (!src) return <div class="loading cropbox" role="img" aria-label="The picture is being fetched" />;
  return (
    <div
      class="cropbox" ref={frame} tabIndex={0} role="group" onPointerDown={down} onPointerMove={move} onPointerUp={up}
      onPointerCancel={() => ((grip.current = null), setDrawn(null))} onKeyDown={key}
      aria-label="The query. Arrow keys mark and move a part of it, with Shift they size it, Escape takes the whole picture."
    >
      <img src={src} alt="The picture you search with" draggable={false} onError={() => void draw(picture)} />
      {box && <Marked box={box} />}
    </div>
  );
}

function Marked({ box }: { box: Box }) {
  return (
    <span class="box" style={{ left: pc(box.x), top: pc(box.y), width: pc(box.w), height: pc(box.h) }}>
      <i /><i /><i /><i />
    </span>
  );
}

function gripped(box: Box | null, point: Point): Grip {
  const corner = box && cornerOpposite(box, point);
  if (corner) return { corner };
  return box && holds(box, point) ? { box, from: point } : { corner: point };
}

function pulled(grip: Grip, to: Point): Box {
  if ("corner" in grip) return between(grip.corner, to);
  return shifted(grip.box, to.x - grip.from.x, to.y - grip.from.y);
}

/** The box after a key: null for the whole picture, undefined for a key that does nothing here. */
function stepped(box: Box, event: KeyboardEvent): Box | null | undefined {
  const dx = event.key === "ArrowRight" ? STEP : event.key === "ArrowLeft" ? -STEP : 0;
  const dy = event.key === "ArrowDown" ? STEP : event.key === "ArrowUp" ? -STEP : 0;
  if (event.key === "Escape") return null;
  if (!dx && !dy) return undefined;
  return event.shiftKey ? sized(box, dx, dy) : shifted(box, dx, dy);
}
