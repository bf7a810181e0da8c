function e(e) {
	let { title: t, name: n } = e.attributes;
	return String(t ?? n ?? e.product_id);
}
function t(e) {
	let { price: t, currency: n } = e;
	return typeof t == "number" ? typeof n == "string" && /^[A-Z]{3}$/.test(n) ? new Intl.NumberFormat(void 0, {
		style: "currency",
		currency: n
	}).format(t) : t.toFixed(2) : null;
}
var n = (e) => e < .01 ? "< 1 %" : `${Math.round(e * 100)} %`, r = "\n:host { display: block; container-type: inline-size; font: 15px/1.4 system-ui, sans-serif; color: var(--sosie-ink, inherit); }\nlabel { display: flex; gap: 10px; align-items: center; justify-content: center; min-height: 48px; padding: 10px 20px; border: 1.5px dashed currentColor; border-radius: 24px; font-weight: 600; cursor: pointer; }\nlabel:hover, label:focus-within, label.over { background: color-mix(in srgb, var(--sosie-accent, #4f43d8) 12%, transparent); outline: 2px solid var(--sosie-accent, #4f43d8); }\ninput { position: absolute; width: 1px; height: 1px; opacity: 0; }\np { margin: 14px 0 10px; font-weight: 600; min-height: 1.4em; }\nul { display: grid; grid-template-columns: repeat(auto-fill, minmax(130px, 1fr)); gap: 14px; margin: 0; padding: 0; list-style: none; }\na { color: inherit; text-decoration: none; display: block; }\na:focus-visible { outline: 3px solid var(--sosie-accent, #4f43d8); outline-offset: 3px; }\nimg { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; border-radius: 12px; background: #fff; box-shadow: inset 0 0 0 1px #0002; }\nb { display: block; margin-top: 6px; font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }\nsmall { font-size: 14px; opacity: 0.85; }\n", i = class extends HTMLElement {
	#e = this.attachShadow({ mode: "open" });
	#t = 0;
	connectedCallback() {
		let e = new CSSStyleSheet();
		e.replaceSync(r), this.#e.adoptedStyleSheets = [e];
		let t = a("label", this.getAttribute("label") ?? "Search by photo"), n = a("input");
		Object.assign(n, {
			type: "file",
			accept: "image/*,.heic,.heif,.avif"
		}), n.addEventListener("change", () => n.files?.[0] && void this.search(n.files[0])), t.append(n), this.#u(t);
		let i = a("p");
		i.setAttribute("role", "status"), this.#e.replaceChildren(t, i, a("ul"));
	}
	async search(e) {
		let t = ++this.#t;
		this.#l("Looking …");
		try {
			let n = await this.#r(e);
			if (t !== this.#t) return;
			this.#o(n), this.dispatchEvent(new CustomEvent("sosie-result", {
				detail: n,
				bubbles: !0
			}));
		} catch (e) {
			if (t !== this.#t) return;
			this.#l(e instanceof Error ? e.message : String(e)), this.dispatchEvent(new CustomEvent("sosie-error", {
				detail: e,
				bubbles: !0
			}));
		}
	}
	get #n() {
		return (this.getAttribute("endpoint") ?? "").replace(/\/$/, "");
	}
	async #r(e) {
		let t = new FormData();
		t.append("image", e, e instanceof File ? e.name : "photo"), t.append("k", this.getAttribute("k") ?? "12");
		let n = this.getAttribute("where");
		return n && t.append("where", n), (await (await this.#a("/v1/search", {
			method: "POST",
			body: t
		})).json()).results[0];
	}
	#i(e) {
		return this.#n + e.slice(e.indexOf("/v1/"));
	}
	async #a(e, t = {}) {
		let n = this.getAttribute("key"), r = await fetch(this.#i(e), {
			...t,
			headers: n ? { Authorization: `Bearer ${n}` } : {}
		});
		if (!r.ok) throw Error((await r.json().catch(() => null))?.detail ?? `The search answered ${r.status}.`);
		return r;
	}
	#o(t) {
		let [r] = t.matches, i = r && t.verdict === "match" && r.same_product !== null;
		this.#l(r ? i ? `This is ${e(r)} – ${n(r.same_product)} sure` : "Similar products" : "Nothing found"), this.#e.querySelector("ul").replaceChildren(...t.matches.map((e) => this.#s(e)));
	}
	#s(n) {
		let r = a("li"), i = a("a"), o = n.links.find((e) => /^https?:\/\//.test(e));
		o && (i.href = o);
		let s = a("img");
		return s.alt = e(n), s.loading = "lazy", this.#c(s, n.thumbnail), i.append(s, a("b", e(n)), a("small", t(n.attributes) ?? "")), r.append(i), r;
	}
	async #c(e, t) {
		if (!this.hasAttribute("key")) {
			e.src = this.#i(t);
			return;
		}
		let n = await (await this.#a(t)).blob();
		e.onload = () => URL.revokeObjectURL(e.src), e.src = URL.createObjectURL(n);
	}
	#l(e) {
		this.#e.querySelector("p").textContent = e;
	}
	#u(e) {
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
function a(e, t = "") {
	let n = document.createElement(e);
	return n.textContent = t, n;
}
customElements.define("sosie-search", i);
export { i as SosieSearch };
