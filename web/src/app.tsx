import { useEffect } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { ChooseCatalog } from "./components/Catalogs";
import { DropHint } from "./components/DropHint";
import { Facets } from "./components/Facets";
import { Header } from "./components/Header";
import { HelpDialog, KeyDialog } from "./components/Dialogs";
import { Intro } from "./components/Intro";
import { Matches } from "./components/Matches";
import { Product } from "./components/Product";
import { QueryPanel } from "./components/QueryPanel";
import { Recents } from "./components/Recents";
import { Verdict } from "./components/Verdict";
import { searchFiles, browsed, busy, choosing, filtered, opened, said, searching, stats } from "./state";

export function App() {
  const help = useSignal(false);
  useEffect(() => listen(() => (help.value = true)), []);
  if (choosing) return <><Header onHelp={() => (help.value = true)} /><main class="home"><ChooseCatalog /></main><KeyDialog />{help.value && <HelpDialog onClose={() => (help.value = false)} />}</>;
  const empty = !searching.value && !filtered.value;
  return (
    <>
      <a class="skip" href="#results">Skip to the results</a>
      <Header onHelp={() => (help.value = true)} />
      <div class="progress" data-on={busy.value} aria-hidden="true" />
      <main class={empty ? "home" : "answered"}>
        {empty ? <><Intro /><Recents /></> : <h1 class="hidden">{searching.value ? "Search" : "Catalog"}</h1>}
        {!empty && (
          <aside class="side" aria-label="The query and filters">
            <QueryPanel />
            <Facets />
          </aside>
        )}
        <section id="results" class="results" aria-label={searching.value ? "Products found" : "Catalog"} aria-busy={busy.value} tabIndex={-1}>
          {!(empty && stats.value?.items === 0) && <><Verdict /><Matches /></>}
        </section>
      </main>
      <DropHint />
      {opened.value !== null && <Product itemId={opened.value} key={opened.value} />}
      <KeyDialog />
      {help.value && <HelpDialog onClose={() => (help.value = false)} />}
      <div class="announcer" role="status" aria-live="polite">{said.value}</div>
      <footer class="foot">{browsed.value.length > 0 && empty ? "Everything stays on this server: pictures you search with are not kept." : ""}</footer>
    </>
  );
}

function listen(showHelp: () => void): () => void {
  const onPaste = (event: ClipboardEvent) => {
    const files = [...(event.clipboardData?.files ?? [])].filter((file) => file.type.startsWith("image/"));
    if (files.length) searchFiles(files);
  };
  const onKey = (event: KeyboardEvent) => {
    const typing = event.target instanceof HTMLElement && event.target.matches("input, textarea, select");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.key === "/") {
      event.preventDefault();
      document.getElementById("address")?.focus();
    }
    if (event.key === "u") document.getElementById("choose")?.click();
    if (event.key === "?") showHelp();
  };
  addEventListener("paste", onPaste);
  addEventListener("keydown", onKey);
  return () => {
    removeEventListener("paste", onPaste);
    removeEventListener("keydown", onKey);
  };
}
