// src/shrink.ts
var e = {
	steps: [[960, .92]],
	type: "image/jpeg",
	most: Infinity,
	small: 15e4
};
async function t(e, { steps: t, type: r, most: i, small: a }) {
	if (e.size < a) return e;
	try {
		let a = await createImageBitmap(e, { imageOrientation: "from-image" }), o = null;
		for (let [e, s] of t) if (o = await n(a, e, r, s), o && o.size <= i) break;
		return a.close(), o && o.size < e.size ? o : e;
	} catch {
		return e;
	}
}
async function n(e, t, n, r) {
	let i = Math.min(1, t / Math.min(e.width, e.height)), a = document.createElement("canvas");
	a.width = Math.round(e.width * i), a.height = Math.round(e.height * i);
	let o = a.getContext("2d");
	return o.fillStyle = "#fff", o.fillRect(0, 0, a.width, a.height), o.imageSmoothingQuality = "high", o.drawImage(e, 0, 0, a.width, a.height), new Promise((e) => a.toBlob(e, n, r));
}
// src/problems.ts
var r = class extends Error {
	status;
	title;
	constructor(e, t, n) {
		super(n), this.status = e, this.title = t;
	}
	get mayPass() {
		return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
	}
};
function i(e, t, n, i) {
	let o = (t, n) => new r(e, t, n), s = t.split(":").pop() ?? "";
	return s === "ImageNotFetched" || s === "ImageNotFound" && e === 422 ? o("That page could not be reached", "Check the address, or save the picture and choose it here.") : e === 401 ? o("A key is needed", "This server answers those who have a key.") : e === 403 ? o("That is not allowed", "Your key may search, but not change anything.") : s === "UnknownCatalog" ? o("This catalog is not here", "Its name may be mistyped, or the server no longer has it.") : e === 404 ? o("This product is not here", "It may have been removed from the catalog.") : e === 408 ? o("The picture took too long to arrive", "Try again, or choose a smaller one.") : e === 413 ? o("The picture is too large", "Choose a smaller one, or take a photo of it.") : e === 415 ? o("This is not a picture that can be read", "JPEG, PNG, WebP, HEIC, AVIF and TIFF can be.") : e === 422 ? o("This picture cannot be read", "It is damaged or incomplete. Choose another one.") : e === 429 ? o("Too many searches at once", i ? `Try again in ${i} seconds.` : "Try again in a moment.") : e === 503 ? o("The search is busy", i ? `Try again in ${i} seconds.` : "Try again in a moment.") : e === 400 && n ? o("This search cannot be made", a(n)) : o("Something went wrong", "It is not your fault. Try again; if it happens again, report it to the administrator of this server.");
}
function a(e) {
	return `${e.charAt(0).toUpperCase()}${e.slice(1)}.`;
}
var o = .5;
function s(e) {
	let [t] = e.matches;
	if (!t) return {
		kind: "none",
		title: "Nothing found",
		help: ""
	};
	let n = t.same_product, r = n === null || n >= o;
	if (e.verdict === "match" && r) return {
		kind: "sure",
		title: `This is ${p(t)}`,
		help: n === null ? "" : `${h(n)} sure`
	};
	if (n !== null && r) return {
		kind: "alike",
		title: `This may be ${p(t)}`,
		help: `${h(n)} sure`
	};
	let i = n === null ? "" : `The first is the same product with ${h(n)}`;
	if (e.verdict === "no match") {
		let e = n !== null && n < .01;
		return {
			kind: "none",
			title: e ? "No match – nothing comes near" : "No match – these only look a little like it",
			help: e ? "" : i
		};
	}
	return {
		kind: "alike",
		title: "Similar products",
		help: i
	};
}
function c(e) {
	return s(e).kind === "none" ? e.matches.filter(({ same_product: e }) => e === null || e >= .01) : e.matches;
}
var l = (e) => e.links.find((e) => /^https?:\/\//.test(e)), u = () => ({});
function d(e) {
	u = e;
}
function f(e, t) {
	return [...u()[t] ?? [], t].map((t) => e[t]).find((e) => e !== void 0);
}
function p(e) {
	return g(f(e.attributes, "title") ?? e.product_id);
}
function m(e) {
	let t = f(e, "price"), n = f(e, "currency");
	return typeof t == "number" ? typeof n == "string" && /^[A-Z]{3}$/.test(n) ? new Intl.NumberFormat(void 0, {
		style: "currency",
		currency: n
	}).format(t) : t.toFixed(2) : null;
}
var h = (e) => e < .01 ? "< 1 %" : `${Math.round(e * 100)} %`, g = (e) => Array.isArray(e) ? e.join(", ") : String(e), _ = "\n:host { display: block; container-type: inline-size; font: 15px/1.4 system-ui, sans-serif; color: var(--sosie-ink, inherit); }\nlabel { display: flex; gap: 10px; align-items: center; justify-content: center; min-height: 48px; padding: 10px 20px; border: 1.5px dashed currentColor; border-radius: 24px; font-weight: 600; cursor: pointer; }\nlabel:hover, label:focus-within, label.over { background: color-mix(in srgb, var(--sosie-accent, #4f43d8) 12%, transparent); outline: 2px solid var(--sosie-accent, #4f43d8); }\ninput { position: absolute; width: 1px; height: 1px; opacity: 0; }\np { margin: 14px 0 10px; font-weight: 600; min-height: 1.4em; }\nul { display: grid; grid-template-columns: repeat(auto-fill, minmax(130px, 1fr)); gap: 14px; margin: 0; padding: 0; list-style: none; }\na { color: inherit; text-decoration: none; display: block; }\na:focus-visible { outline: 3px solid var(--sosie-accent, #4f43d8); outline-offset: 3px; }\nimg { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; border-radius: var(--sosie-radius, 12px); background: var(--sosie-ground, #fff); box-shadow: inset 0 0 0 1px var(--sosie-line, #0002); }\nb { display: block; margin-top: 6px; font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }\nsmall { font-size: 14px; opacity: 0.85; }\n", v = class extends HTMLElement {
	#e = this.attachShadow({ mode: "open" });
	#t = 0;
	#n = null;
	connectedCallback() {
		let e = new CSSStyleSheet();
		e.replaceSync(_), this.#e.adoptedStyleSheets = [e];
		let t = y("label", this.getAttribute("label") ?? "Search by photo"), n = y("input");
		Object.assign(n, {
			type: "file",
			accept: "image/*,.heic,.heif,.avif"
		}), n.addEventListener("change", () => n.files?.[0] && void this.search(n.files[0])), t.append(n), this.#m(t);
		let r = y("p");
		r.setAttribute("role", "status"), this.#e.replaceChildren(t, r, y("ul"));
	}
	async search(e) {
		let t = ++this.#t;
		this.#p("Looking …");
		try {
			let [n] = await Promise.all([this.#i(e), this.#a()]);
			if (t !== this.#t) return;
			this.#l(n), this.dispatchEvent(new CustomEvent("sosie-result", {
				detail: n,
				bubbles: !0
			}));
		} catch (e) {
			if (t !== this.#t) return;
			this.#f(e), this.dispatchEvent(new CustomEvent("sosie-error", {
				detail: e,
				bubbles: !0
			}));
		}
	}
	get #r() {
		return (this.getAttribute("endpoint") ?? "").replace(/\/$/, "");
	}
	async #i(n) {
		let r = new FormData();
		r.append("image", await t(n, e), n instanceof File ? n.name : "photo"), r.append("k", this.getAttribute("k") ?? "12");
		let i = this.getAttribute("where");
		return i && r.append("where", i), (await (await this.#s("/v1/search", {
			method: "POST",
			body: r
		})).json()).results[0];
	}
	#a() {
		return this.#n ??= this.#s("/v1/stats").then((e) => e.json()).then(({ roles: e }) => d(() => e ?? {})).catch(() => void 0), this.#n;
	}
	#o(e) {
		return this.#r + e.slice(e.lastIndexOf("/v1/"));
	}
	async #s(e, t = {}) {
		let n = this.getAttribute("key"), r = await fetch(this.#o(e), {
			...t,
			headers: n ? { Authorization: `Bearer ${n}` } : {}
		});
		if (!r.ok) throw await this.#c(r);
		return r;
	}
	async #c(e) {
		let t = await e.json().catch(() => null);
		return i(e.status, String(t?.type ?? ""), String(t?.detail ?? ""), e.headers.get("Retry-After"));
	}
	#l(e) {
		let { title: t, help: n } = s(e);
		this.#p(n ? `${t} · ${n}` : t), this.#e.querySelector("ul").replaceChildren(...c(e).map((e) => this.#u(e)));
	}
	#u(e) {
		let t = y("li"), n = y("a"), r = l(e);
		r && (n.href = r);
		let i = y("img");
		return i.alt = p(e), i.loading = "lazy", this.#d(i, e.thumbnail), n.append(i, y("b", p(e)), y("small", m(e.attributes) ?? "")), t.append(n), t;
	}
	async #d(e, t) {
		if (!this.hasAttribute("key")) {
			e.src = this.#o(t);
			return;
		}
		let n = await (await this.#s(t)).blob();
		e.onload = () => URL.revokeObjectURL(e.src), e.src = URL.createObjectURL(n);
	}
	#f(e) {
		if (this.#e.querySelector("ul").replaceChildren(), !(e instanceof TypeError)) return this.#p(`${e.title}. ${e.message}`);
		this.#p("The search by photo cannot be reached just now."), console.warn(`sosie-search: ${this.#r} cannot be reached from ${location.origin}. Is the server up, and was it started with --allow-origin ${location.origin}?`);
	}
	#p(e) {
		this.#e.querySelector("p").textContent = e;
	}
	#m(e) {
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
function y(e, t = "") {
	let n = document.createElement(e);
	return n.textContent = t, n;
}
customElements.define("sosie-search", v);
export { v as SosieSearch };
