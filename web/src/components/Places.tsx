import { type Box, holds, type Point, within } from "../boxes";
import { crop, places, setCrop } from "../state";
import { detailsOf, type Place, type Polygon } from "../types";
import { pc, percent, titleOf } from "../words";
import { inWhole, Shape } from "./Explanation";

const regionOf = ({ region }: Place) => region.join(",");

/** The outline of the product in the photo, or of the region if only the code of the product was read. */
function cornersOf(place: Place): Polygon {
  const details = detailsOf(place.result.matches[0]!.evidence);
  return inWhole(details?.query_polygon ?? [[0, 0], [1, 0], [1, 1], [0, 1]], regionOf(place));
}

function boxOf(place: Place): Box {
  const [left, right, top, bottom] = [0, 1].flatMap((axis) => {
    const along = cornersOf(place).map((corner) => within(corner[axis]!, 0, 1));
    return [Math.min(...along), Math.max(...along)];
  }) as [number, number, number, number];
  return { x: left, y: top, w: right - left, h: bottom - top };
}

/** The region of the smallest product at a point of the photo. */
export function placeAt(point: Point): string | undefined {
  const area = (place: Place) => boxOf(place).w * boxOf(place).h;
  const [nearest] = (places.value ?? []).filter((place) => holds(boxOf(place), point)).sort((a, b) => area(a) - area(b));
  return nearest && regionOf(nearest);
}

/** Outlines of the products in the photo. The photo below takes taps, so that boxes can still be drawn; keys come here. */
export function Places() {
  const shown = places.value ?? [];
  return (
    <div class="places">
      <Shape outlines={shown.map(cornersOf)} />
      <ul aria-label="Products in the picture">
        {shown.map((place) => {
          const { x, y, w, h } = boxOf(place);
          const best = place.result.matches[0]!;
          const region = regionOf(place);
          return (
            <li key={region}>
              <button
                type="button" style={{ left: pc(x), top: pc(y), width: pc(w), height: pc(h) }} aria-pressed={crop.value === region} onClick={() => setCrop(region)}
                aria-label={titleOf(best) + (best.same_product === null ? "" : `, ${percent(best.same_product)}`)}
              />
            </li>
          );
        })}
      </ul>
    </div>
  );
}
