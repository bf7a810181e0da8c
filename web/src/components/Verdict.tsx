import { busy, problem, refresh, result, browseTotal, filtered, searching, stats, words, query, clearAll, clearQuery, filters, searchWords } from "../state";
import type { Result } from "../types";
import { plural, summaryOf } from "../words";

export function Verdict() {
  if (problem.value) {
    return (
      <div class="verdict bad" role="alert">
        <div>
          <h2>{isBoth() ? "Words and a picture cannot be combined here" : problem.value.title}</h2>
          <p>{isBoth() ? "Search with one of them." : problem.value.message}</p>
        </div>
        {isBoth()
          ? <span class="choices"><button class="button" type="button" onClick={clearQuery}>Words only</button><button class="button" type="button" onClick={() => searchWords("")}>Picture only</button></span>
          : problem.value.mayPass
            ? <button class="button" type="button" onClick={() => void refresh()}>Try again</button>
            : <button class="button" type="button" onClick={startOver}>Start over</button>}
      </div>
    );
  }
  if (!searching.value) {
    if (!filtered.value) return <h2 class="quiet">Or begin with one of these</h2>;
    return <h2 class="quiet">{browseTotal.value === null ? "Looking …" : plural(browseTotal.value, "picture")}</h2>;
  }
  if (!result.value) return busy.value ? <h2 class="quiet">Looking …</h2> : null;
  return <Answer answer={result.value} />;
}

function startOver(): void {
  filters.value = {};
  clearAll();
}

/** Whether words stand beside a picture, which not every network can read together. */
const isBoth = () => problem.value?.status === 400 && query.value !== null && words.value !== "";

function Answer({ answer }: { answer: Result }) {
  const { kind, help, ...verdict } = summaryOf(answer);
  const title = words.value && !query.value && answer.matches.length ? `Products for “${words.value}”` : verdict.title;
  const seconds = Object.values(answer.timings).reduce((sum, part) => sum + part, 0);
  const facts = [help, plural(answer.matches.length, "product"), `${Math.round(seconds * 1000)} ms`];
  if (answer.calibration === "provisional") facts.push("probabilities are provisional");
  return (
    <div class={`verdict ${kind}`}>
      <div>
        <h2>{answer.matches.length || stats.value?.items !== 0 ? title : "The catalog is empty"}</h2>
        <p>{answer.matches.length ? facts.filter(Boolean).join(" · ") : whyNothing()}</p>
      </div>
    </div>
  );
}

function whyNothing(): string {
  if (stats.value?.items === 0) return "Nothing can be found before products are indexed.";
  return filtered.value ? "No product passes the filters. Take one away and it may be there." : words.value ? "No product has these words. Try others, or a photo." : "Try another picture.";
}
