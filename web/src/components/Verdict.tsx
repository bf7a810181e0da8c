import { busy, problem, refresh, result, browseTotal, filtered, query } from "../state";
import type { Result } from "../types";
import { percent, plural, titleOf } from "../words";

export function Verdict() {
  if (problem.value) {
    return (
      <div class="verdict bad" role="alert">
        <div><h2>{problem.value.title}</h2><p>{problem.value.message}</p></div>
        <button class="button" type="button" onClick={() => void refresh()}>Try again</button>
      </div>
    );
  }
  if (!query.value) {
    return <h2 class="quiet">{filtered.value ? plural(browseTotal.value, "picture") : "Or begin with one of these"}</h2>;
  }
  if (!result.value) return busy.value ? <h2 class="quiet">Looking …</h2> : null;
  return <Answer answer={result.value} />;
}

function Answer({ answer }: { answer: Result }) {
  const seconds = Object.values(answer.timings).reduce((sum, one) => sum + one, 0);
  const [best] = answer.matches;
  const told = tell(answer);
  const found = [`${plural(answer.matches.length, "product")}, best first`, `${Math.round(seconds * 1000)} ms`];
  if (answer.calibration === "provisional") found.push("probabilities are provisional");
  return (
    <div class={`verdict ${told.kind}`}>
      <div>
        <h2>{told.title}</h2>
        <p>{best ? found.join(" · ") : told.help}</p>
      </div>
    </div>
  );
}

function tell(answer: Result): { kind: string; title: string; help: string } {
  const [best] = answer.matches;
  if (!best) return { kind: "none", title: "Nothing found", help: "No product passes the filters. Take one away and it may be there." };
  if (answer.verdict === "match") {
    const sure = best.same_product === null ? "" : ` – ${percent(best.same_product)} sure`;
    return { kind: "sure", title: `This is ${titleOf(best)}${sure}`, help: "" };
  }
  if (answer.verdict === "no match") return { kind: "none", title: "No match – these only look a little like it", help: "" };
  return { kind: "alike", title: "Similar products", help: "" };
}
