import type { ComponentChildren } from "preact";
import { crop, pictures } from "../state";
import { detailsOf, type Match, type Polygon } from "../types";
import { plural } from "../words";
import { Thumb } from "./Thumb";

/** Where the query and the match show the same, as the server gives it in `evidence`. */
export function Explanation({ match }: { match: Match }) {
  const details = detailsOf(match.evidence);
  const [picture] = pictures.value;
  const shown = pictures.value.length === 1 ? picture?.preview.value : null;
  if (!details) return null;
  const { inliers, query_polygon, item_polygon } = details;
  return (
    <figure class="explanation">
      <div>
        {shown && <Outlined corners={inWhole(query_polygon, crop.value)}><img src={shown} alt="Your picture, with the product outlined" /></Outlined>}
        <Outlined corners={item_polygon}><Thumb src={match.thumbnail} alt="The match, with the same part outlined" eager /></Outlined>
      </div>
      <figcaption>{plural(inliers, "detail")} of the two pictures agree in their geometry</figcaption>
    </figure>
  );
}

function Outlined({ corners, children }: { corners: Polygon; children: ComponentChildren }) {
  return <span class="outlined">{children}<Shape outlines={[corners]} /></span>;
}

/** Outlines over a picture. */
export function Shape({ outlines }: { outlines: Polygon[] }) {
  return (
    <svg class="shape" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
      {outlines.map((corners) => <polygon points={corners.join(" ")} />)}
    </svg>
  );
}

/** The server sees the marked region only; the page shows all of the picture. */
export function inWhole(corners: Polygon, region: string | null): Polygon {
  if (!region) return corners;
  const [left = 0, top = 0, width = 1, height = 1] = region.split(",").map(Number);
  return corners.map(([x, y]) => [left + x * width, top + y * height]);
}
