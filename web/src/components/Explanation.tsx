import { pictures } from "../state";
import type { Match } from "../types";
import { Thumb } from "./Thumb";

type Pair = [number, number, number, number];

/** Points of the query and of the item that agree, as the server gives them in `evidence.points`: shares of width and height. */
export function Explanation({ match }: { match: Match }) {
  const points = pairs(match.evidence.points);
  const [picture] = pictures.value;
  if (!points.length || !picture || typeof picture.source === "string") return null;
  return (
    <figure class="explanation">
      <div>
        <img src={picture.preview} alt="Your picture" />
        <Thumb src={match.thumbnail} alt="The item" eager />
        <svg viewBox="0 0 2 1" preserveAspectRatio="none" aria-hidden="true">
          {points.map(([x, y, u, v], index) => <line key={index} x1={x} y1={y} x2={1 + u} y2={v} />)}
        </svg>
      </div>
      <figcaption>{points.length} details agree in their geometry</figcaption>
    </figure>
  );
}

function pairs(points: unknown): Pair[] {
  return Array.isArray(points) ? points.filter((one): one is Pair => Array.isArray(one) && one.length === 4) : [];
}
