import { useEffect, useState } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { BASE } from "../api";
import { queryItem, searchUrl, searchWords, clearAll, clearFilters, choosing, clearQuery, filters, pictures, query, removePicture, setFilter, words } from "../state";
import type { Filters } from "../types";
import { capital, isRange, titleOf } from "../words";
import { ACCEPTED, take } from "../chosen";
import { touch } from "../device";
import { CATALOG, SEVERAL } from "../catalogs";
import { CameraButton } from "./Camera";
import { CatalogMenu } from "./Catalogs";
import { Icon } from "./Icon";
import { Preview } from "./Preview";
import { Thumb } from "./Thumb";

export function Header({ onHelp }: { onHelp: () => void }) {
  return (
    <header class="top">
      <a class="brand" href={BASE.pathname} onClick={goHome} aria-label="Sosie, to the beginning">
        <svg viewBox="0 0 32 32" aria-hidden="true"><circle class="left" cx="12" cy="16" r="9" /><circle class="right" cx="20" cy="16" r="9" /></svg>
        <span>Sosie</span>
      </a>
      {CATALOG !== null && SEVERAL && <CatalogMenu />}
      {choosing ? <span class="bar-holder" /> : <SearchBar />}
      <ThemeButton />
      <button class="round" type="button" onClick={onHelp} aria-label="Keyboard and help" title="Keyboard and help (?)">?</button>
    </header>
  );
}

function goHome(event: Event): void {
  event.preventDefault();
  filters.value = {};
  clearAll();
}

/** One field for words and for the address of a picture. */
function SearchBar() {
  const typed = useSignal(words.value);
  useEffect(() => void (typed.value = words.value), [words.value]);
  const submit = (event: Event) => {
    event.preventDefault();
    const text = typed.value.trim();
    if (/^https?:\/\/\S+$/.test(text) && URL.canParse(text)) {
      typed.value = words.value;
      return searchUrl(text);
    }
    if (text !== words.value) searchWords(text);
  };
  return (
    <search class="bar-holder">
      <form class="bar" onSubmit={submit}>
        <Icon name="search" />
        <Chips />
        <input
          id="address" type="text" autocomplete="off" enterkeyhint="search" value={typed.value}
          placeholder={query.value ? "Add words, such as “in blue”" : touch ? "Words, or a picture's address" : "Search with words, or a picture's address"}
          aria-label="Words, or the address of a picture" onInput={({ currentTarget }) => (typed.value = currentTarget.value)}
        />
        {words.value && <button class="round" type="button" onClick={() => searchWords("")} aria-label="Remove the words"><Icon name="close" /></button>}
        <PictureButtons />
      </form>
    </search>
  );
}

function Chips() {
  const current = query.value;
  return (
    <>
      {pictures.value.map((picture, index) => (
        <span class="chip" key={picture}>
          <Preview picture={picture} alt="" />
          <span class="chip-text">{pictures.value.length > 1 ? `View ${index + 1}` : picture.name}</span>
          <button type="button" onClick={() => removePicture(picture)} aria-label={`Remove ${picture.name}`}><Icon name="close" /></button>
        </span>
      ))}
      {current?.kind === "item" && (
        <span class="chip">
          <Thumb src={`/v1/thumbnails/${encodeURIComponent(current.item)}`} alt="" eager />
          <span class="chip-text">{queryItem.value ? titleOf(queryItem.value) : current.item}</span>
          <button type="button" onClick={clearQuery} aria-label={`Remove ${queryItem.value ? titleOf(queryItem.value) : current.item}`}><Icon name="close" /></button>
        </span>
      )}
      {Object.entries(filters.value).map(([name, filter]) => (
        <span class="chip filter" key={name}>
          <span class="chip-text">{filterText(name, filter)}</span>
          <button type="button" onClick={() => setFilter(name, null)} aria-label={`Remove the filter ${name}`}><Icon name="close" /></button>
        </span>
      ))}
      {Object.keys(filters.value).length > 1 && <button class="text" type="button" onClick={clearFilters}>Clear</button>}
    </>
  );
}

function filterText(name: string, filter: Filters[string]): string {
  if (!isRange(filter)) return filter.join(", ");
  return `${capital(name)} ${filter.from ?? "…"} – ${filter.to ?? "…"}`;
}

function PictureButtons() {
  return (
    <span class="bar-tools">
      <CameraButton />
      <label class="round primary" title="Choose pictures (u)">
        <Icon name="upload" />
        <span class="hidden">Choose pictures</span>
        <input id="choose" class="hidden" type="file" accept={ACCEPTED} multiple onChange={take} />
      </label>
    </span>
  );
}

const THEME = "sosie-theme";

function ThemeButton() {
  const [dark, setDark] = useState(() => preferred());
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  const toggle = () => {
    localStorage.setItem(THEME, dark ? "light" : "dark");
    setDark(!dark);
  };
  return (
    <button class="round" type="button" onClick={toggle} aria-pressed={dark} aria-label="Dark mode" title="Dark mode">
      <Icon name={dark ? "sun" : "moon"} />
    </button>
  );
}

function preferred(): boolean {
  const chosen = localStorage.getItem(THEME);
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}
