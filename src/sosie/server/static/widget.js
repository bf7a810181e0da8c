var e = () => ({});
function t(t) {
	e = t;
}
function n(t, n) {
	return [...e()[n] ?? [], n].map((e) => t[e]).find((e) => e !== void 0);
}
function r(e) {
	return o(n(e.attributes, "title") ?? e.product_id);
}
function i(e) {
	let t = n(e, "price"), r = n(e, "currency");
	return typeof t == "number" ? typeof r == "string" && /^[A-Z]{3}$/.test(r) ? new Intl.NumberFormat(void 0, {
		style: "currency",
		currency: r
	}).format(t) : t.toFixed(2) : null;
}
var a = (e) => e < .01 ? "< 1 %" : `${Math.round(e * 100)} %`, o = (e) => Array.isArray(e) ? e.join(", ") : String(e), s = "\n:host { display: block; container-type: inline-size; font: 15px/1.4 system-ui, sans-serif; color: var(--sosie-ink, inherit); }\nlabel { display: flex; gap: 10px; align-items: center; justify-content: center; min-height: 48px; padding: 10px 20px; border: 1.5px dashed currentColor; border-radius: 24px; font-weight: 600; cursor: pointer; }\nlabel:hover, label:focus-within, label.over { background: color-mix(in srgb, var(--sosie-accent, #4f43d8) 12%, transparent); outline: 2px solid var(--sosie-accent, #4f43d8); }\ninput { position: absolute; width: 1px; height: 1px; opacity: 0; }\np { margin: 14px 0 10px; font-weight: 600; min-height: 1.4em; }\nul { display: grid; grid-template-columns: repeat(auto-fill, minmax(130px, 1fr)); gap: 14px; margin: 0; padding: 0; list-style: none; }\na { color: inherit; text-decoration: none; display: block; }\na:focus-visible { outline: 3px solid var(--sosie-accent, #4f43d8); outline-offset: 3px; }\nimg { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; border-radius: 12px; background: #fff; box-shadow: inset 0 0 0 1px #0002; }\nb { display: block; margin-top: 6px; font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }\nsmall { font-size: 14px; opacity: 0.85; }\n", c = class extends HTMLElement {
	#e = this.attachShadow({ mode: "open" });
	#t = 0;
	#n = null;
	connectedCallback() {
		let e = new CSSStyleSheet();
		e.replaceSync(s), this.#e.adoptedStyleSheets = [e];
		let t = l("label", this.getAttribute("label") ?? "Search by photo"), n = l("input");
		Object.assign(n, {
			type: "file",
			accept: "image/*,.heic,.heif,.avif"
		}), n.addEventListener("change", () => n.files?.[0] && void this.search(n.files[0])), t.append(n), this.#f(t);
		let r = l("p");
		r.setAttribute("role", "status"), this.#e.replaceChildren(t, r, l("ul"));
	}
	async search(e) {
		let t = ++this.#t;
		this.#d("Looking …");
		try {
			let [n] = await Promise.all([this.#i(e), this.#a()]);
			if (t !== this.#t) return;
			this.#c(n), this.dispatchEvent(new CustomEvent("sosie-result", {
				detail: n,
				bubbles: !0
			}));
		} catch (e) {
			if (t !== this.#t) return;
			this.#d(e instanceof Error ? e.message : String(e)), this.dispatchEvent(new CustomEvent("sosie-error", {
				detail: e,
				bubbles: !0
			}));
		}
	}
	get #r() {
		return (this.getAttribute("endpoint") ?? "").replace(/\/$/, "");
	}
	async #i(e) {
		let t = new FormData();
		t.append("image", e, e instanceof File ? e.name : "photo"), t.append("k", this.getAttribute("k") ?? "12");
		let n = this.getAttribute("where");
		return n && t.append("where", n), (await (await this.#s("/v1/search", {
			method: "POST",
			body: t
		})).json()).results[0];
	}
	#a() {
		return this.#n ??= this.#s("/v1/stats").then((e) => e.json()).then(({ roles: e }) => t(() => e ?? {})).catch(() => void 0), this.#n;
	}
	#o(e) {
		return this.#r + e.slice(e.indexOf("/v1/"));
	}
	async #s(e, t = {}) {
		let n = this.getAttribute("key"), r = await fetch(this.#o(e), {
			...t,
			headers: n ? { Authorization: `Bearer ${n}` } : {}
		});
		if (!r.ok) throw Error((await r.json().catch(() => null))?.detail ?? `The search answered ${r.status}.`);
		return r;
	}
	#c(e) {
		let [t] = e.matches, n = t && e.verdict === "match" && t.same_product !== null;
		this.#d(t ? n ? `This is ${r(t)} – ${a(t.same_product)} sure` : "Similar products" : "Nothing found"), this.#e.querySelector("ul").replaceChildren(...e.matches.map((e) => this.#l(e)));
	}
	#l(e) {
		let t = l("li"), n = l("a"), a = e.links.find((e) => /^https?:\/\//.test(e));
		a && (n.href = a);
		let o = l("img");
		return o.alt = r(e), o.loading = "lazy", this.#u(o, e.thumbnail), n.append(o, l("b", r(e)), l("small", i(e.attributes) ?? "")), t.append(n), t;
	}
	async #u(e, t) {
		if (!this.hasAttribute("key")) {
			e.src = this.#o(t);
			return;
		}
		let n = await (await this.#s(t)).blob();
		e.onload = () => URL.revokeObjectURL(e.src), e.src = URL.createObjectURL(n);
	}
	#d(e) {
		this.#e.querySelector("p").textContent = e;
	}
	#f(e) {
		let t = (t, n) => {
			t.preventDefault(), t.stopPropagation(), e.classList.toggle("over", n);
		};
		e.addEventListener("dragover", (e) => t(e, !0)), e.addEventListener("dragleave", (e) => t(e, !1)), e.addEventListener("drop", (e) => {
			t(e, !1);
			let n = e.dataTransfer?.files[0];
			n && this.search(n);
		});
	}
};
function l(e, t = "") {
	let n = document.createElement(e);
	return n.textContent = t, n;
}
customElements.define("sosie-search", c);
export { c as SosieSearch };
