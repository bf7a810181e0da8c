/** `<sosie-search endpoint="https://search.shop.example" key="…" k="12" where="brand=Acme">`: search by photo in any page. */

import type { Match, Result } from "./types";
import { CLOSE, shrunk } from "./shrink";
import { type Problem, problemIn } from "./problems";
import { nearOf, priceOf, shopLinkOf, takeRolesFrom, titleOf, summaryOf } from "./words";

const STYLE = `
:host { display: block; container-type: inline-size; font: 15px/1.4 system-ui, sans-serif; color: var(--sosie-ink, inherit); }
label { display: flex; gap: 10px; align-items: center; justify-content: center; min-height: 48px; padding: 10px 20px; border: 1.5px dashed currentColor; border-radius: 24px; font-weight: 600; cursor: pointer; }
label:hover, label:focus-within, label.over { background: color-mix(in srgb, var(--sosie-accent, #4f43d8) 12%, transparent); outline: 2px solid var(--sosie-accent, #4f43d8); }
input { position: absolute; width: 1px; height: 1px; opacity: 0; }
p { margin: 14px 0 10px; font-weight: 600; min-height: 1.4em; }
ul { display: grid; grid-template-columns: repeat(auto-fill, minmax(130px, 1fr)); gap: 14px; margin: 0; padding: 0; list-style: none; }
a { color: inherit; text-decoration: none; display: block; }
a:focus-visible { outline: 3px solid var(--sosie-accent, #4f43d8); outline-offset: 3px; }
img { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; border-radius: var(--sosie-radius, 12px); background: var(--sosie-ground, #fff); box-shadow: inset 0 0 0 1px var(--sosie-line, #0002); }
b { display: block; margin-top: 6px; font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
small { font-size: 14px; opacity: 0.85; }
`;

export class SosieSearch extends HTMLElement {
  #root = this.attachShadow({ mode: "open" });
  #searches = 0;
  #roles: Promise<void> | null = null;

  connectedCallback(): void {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    this.#root.adoptedStyleSheets = [sheet];
    const label = element("label", this.getAttribute("label") ?? "Search by photo");
    const input = element("input");
    Object.assign(input, { type: "file", accept: "image/*,.heic,.heif,.avif" });
    input.addEventListener("change", () => input.files?.[0] && void this.search(input.files[0]));
    label.append(input);
    this.#acceptDrops(label);
    const status = element("p");
    status.setAttribute("role", "status");
    this.#root.replaceChildren(label, status, element("ul"));
  }

  /** Searches by a picture; `sosie-result` carries the answer, `sosie-error` the reason why there is none. */
  async search(picture: Blob): Promise<void> {
    const mine = ++this.#searches;
    this.#say("Looking …");
    try {
      const [result] = await Promise.all([this.#fetchAnswer(picture), this.#learnRoles()]);
      if (mine !== this.#searches) return;
      this.#show(result);
      this.dispatchEvent(new CustomEvent("sosie-result", { detail: result, bubbles: true }));
    } catch (error) {
      if (mine !== this.#searches) return;
      this.#fail(error);
      this.dispatchEvent(new CustomEvent("sosie-error", { detail: error, bubbles: true }));
    }
  }

  get #endpoint(): string {
    return (this.getAttribute("endpoint") ?? "").replace(/\/$/, "");
  }

  async #fetchAnswer(picture: Blob): Promise<Result> {
    const form = new FormData();
    form.append("image", await shrunk(picture, CLOSE), picture instanceof File ? picture.name : "photo");
    form.append("k", this.getAttribute("k") ?? "12");
    const where = this.getAttribute("where");
    if (where) form.append("where", where);
    const response = await this.#fetch("/v1/search", { method: "POST", body: form });
    return (await response.json()).results[0];
  }

  /** Fetches once which attributes have a role; if this fails, the usual names count. */
  #learnRoles(): Promise<void> {
    this.#roles ??= this.#fetch("/v1/stats")
      .then((response) => response.json())
      .then(({ roles }) => takeRolesFrom(() => roles ?? {}))
      .catch(() => undefined);
    return this.#roles;
  }

  /** The address of a path of the API; the endpoint has the prefix that a proxy adds, whatever the server knows of it. */
  #at(path: string): string {
    return this.#endpoint + path.slice(path.lastIndexOf("/v1/"));
  }

  async #fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const key = this.getAttribute("key");
    const response = await fetch(this.#at(path), { ...init, headers: key ? { Authorization: `Bearer ${key}` } : {} });
    if (!response.ok) throw await this.#problem(response);
    return response;
  }

  async #problem(response: Response): Promise<Problem> {
    const document = await response.json().catch(() => null);
    return problemIn(response.status, String(document?.type ?? ""), String(document?.detail ?? ""), response.headers.get("Retry-After"));
  }

  #show(result: Result): void {
    const { title, help } = summaryOf(result);
    this.#say(help ? `${title} · ${help}` : title);
    this.#root.querySelector("ul")!.replaceChildren(...nearOf(result).map((match) => this.#tile(match)));
  }

  #tile(match: Match): HTMLLIElement {
    const tile = element("li");
    const link = element("a");
    const href = shopLinkOf(match);
    if (href) link.href = href;
    const picture = element("img");
    picture.alt = titleOf(match);
    picture.loading = "lazy";
    void this.#load(picture, match.thumbnail);
    link.append(picture, element("b", titleOf(match)), element("small", priceOf(match.attributes) ?? ""));
    tile.append(link);
    return tile;
  }

  async #load(picture: HTMLImageElement, path: string): Promise<void> {
    if (!this.hasAttribute("key")) {
      picture.src = this.#at(path);
      return;
    }
    const blob = await (await this.#fetch(path)).blob();
    picture.onload = () => URL.revokeObjectURL(picture.src);
    picture.src = URL.createObjectURL(blob);
  }

  #fail(error: unknown): void {
    this.#root.querySelector("ul")!.replaceChildren();
    if (!(error instanceof TypeError)) return this.#say(`${(error as Problem).title}. ${(error as Problem).message}`);
    this.#say("The search by photo cannot be reached just now.");
    console.warn(`sosie-search: ${this.#endpoint} cannot be reached from ${location.origin}. Is the server up, and was it started with --allow-origin ${location.origin}?`);
  }

  #say(text: string): void {
    this.#root.querySelector("p")!.textContent = text;
  }

  #acceptDrops(label: HTMLElement): void {
    const mark = (event: DragEvent, over: boolean) => {
      event.preventDefault();
      event.stopPropagation();
      label.classList.toggle("over", over);
    };
    label.addEventListener("dragover", (event) => mark(event, true));
    label.addEventListener("dragleave", (event) => mark(event, false));
    label.addEventListener("drop", (event) => {
      mark(event, false);
      const file = event.dataTransfer?.files[0];
      if (file) void this.search(file);
    });
  }
}

function element<K extends keyof HTMLElementTagNameMap>(name: K, text = ""): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

customElements.define("sosie-search", SosieSearch);
