// src/shrink.ts
var e = {
	side: 960,
	quality: .88,
	type: "image/jpeg"
}, t = 15e4;
async function n(n, i = e, a = t) {
	if (n.size < a) return n;
	try {
		let e = await createImageBitmap(n, { imageOrientation: "from-image" }), t = await r(e, i);
		return e.close(), t && t.size < n.size ? t : n;
	} catch {
		return n;
	}
}
async function r(e, { side: t, quality: n, type: r }) {
	let i = Math.min(1, t / Math.min(e.width, e.height)), a = document.createElement("canvas");
	a.width = Math.round(e.width * i), a.height = Math.round(e.height * i);
	let o = a.getContext("2d");
	return o.fillStyle = "#fff", o.fillRect(0, 0, a.width, a.height), o.imageSmoothingQuality = "high", o.drawImage(e, 0, 0, a.width, a.height), new Promise((e) => a.toBlob(e, r, n));
}
// src/problems.ts
var i = class extends Error {
	status;
	title;
	constructor(e, t, n) {
		super(n), this.status = e, this.title = t;
	}
	get mayPass() {
		return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
	}
};
function a(e, t, n, r) {
	let a = (t, n) => new i(e, t, n), s = t.split(":").pop() ?? "";
	return s === "ImageNotFetched" || s === "ImageNotFound" && e === 422 ? a("That page could not be reached", "Check the address, or save the picture and choose it here.") : e === 401 ? a("A key is needed", "This server answers those who have a key.") : e === 403 ? a("That is not allowed", "Your key may search, but not change anything.") : s === "UnknownCatalog" ? a("This catalog is not here", "Its name may be mistyped, or the server no longer has it.") : e === 404 ? a("This product is not here", "It may have been removed from the catalog.") : e === 408 ? a("The picture took too long to arrive", "Try again, or choose a smaller one.") : e === 413 ? a("The picture is too large", "Choose a smaller one, or take a photo of it.") : e === 415 ? a("This is not a picture that can be read", "JPEG, PNG, WebP, HEIC, AVIF and TIFF can be.") : e === 422 ? a("This picture cannot be read", "It is damaged or incomplete. Choose another one.") : e === 429 ? a("Too many searches at once", r ? `Try again in ${r} seconds.` : "Try again in a moment.") : e === 503 ? a("The search is busy", r ? `Try again in ${r} seconds.` : "Try again in a moment.") : e === 400 && n ? a("This search cannot be made", o(n)) : a("Something went wrong", "It is not your fault. Try again; if it stays, tell those who run this server.");
}
function o(e) {
	return `${e.charAt(0).toUpperCase()}${e.slice(1)}.`;
}
var s = .5;
function c(e) {
	let [t] = e.matches;
	if (!t) return {
		kind: "none",
		title: "Nothing found",
		help: ""
	};
	let n = t.same_product, r = n === null || n >= s;
	if (e.verdict === "match" && r) return {
		kind: "sure",
		title: `This is ${m(t)}`,
		help: n === null ? "" : `${g(n)} sure`
	};
	if (n !== null && r) return {
		kind: "alike",
		title: `This may be ${m(t)}`,
		help: `${g(n)} sure`
	};
	let i = n === null ? "" : `The first is the same product with ${g(n)}`;
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
function l(e) {
	return c(e).kind === "none" ? e.matches.filter(({ same_product: e }) => e === null || e >= .01) : e.matches;
}
var u = (e) => e.links.find((e) => /^https?:\/\//.test(e)), d = () => ({});
function f(e) {
	d = e;
}
function p(e, t) {
	return [...d()[t] ?? [], t].map((t) => e[t]).find((e) => e !== void 0);
}
function m(e) {
	return _(p(e.attributes, "title") ?? e.product_id);
}
function h(e) {
	let t = p(e, "price"), n = p(e, "currency");
	return typeof t == "number" ? typeof n == "string" && /^[A-Z]{3}$/.test(n) ? new Intl.NumberFormat(void 0, {
		style: "currency",
		currency: n
	}).format(t) : t.toFixed(2) : null;
}
var g = (e) => e < .01 ? "< 1 %" : `${Math.round(e * 100)} %`, _ = (e) => Array.isArray(e) ? e.join(", ") : String(e), v = "\n:host { display: block; container-type: inline-size; font: 15px/1.4 system-ui, sans-serif; color: var(--sosie-ink, inherit); }\nlabel { display: flex; gap: 10px; align-items: center; justify-content: center; min-height: 48px; padding: 10px 20px; border: 1.5px dashed currentColor; border-radius: 24px; font-weight: 600; cursor: pointer; }\nlabel:hover, label:focus-within, label.over { background: color-mix(in srgb, var(--sosie-accent, #4f43d8) 12%, transparent); outline: 2px solid var(--sosie-accent, #4f43d8); }\ninput { position: absolute; width: 1px; height: 1px; opacity: 0; }\np { margin: 14px 0 10px; font-weight: 600; min-height: 1.4em; }\nul { display: grid; grid-template-columns: repeat(auto-fill, minmax(130px, 1fr)); gap: 14px; margin: 0; padding: 0; list-style: none; }\na { color: inherit; text-decoration: none; display: block; }\na:focus-visible { outline: 3px solid var(--sosie-accent, #4f43d8); outline-offset: 3px; }\nimg { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; border-radius: var(--sosie-radius, 12px); background: var(--sosie-ground, #fff); box-shadow: inset 0 0 0 1px var(--sosie-line, #0002); }\nb { display: block; margin-top: 6px; font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }\nsmall { font-size: 14px; opacity: 0.85; }\n", y = class extends HTMLElement {
	#e = this.attachShadow({ mode: "open" });
	#t = 0;
	#n = null;
	connectedCallback() {
		let e = new CSSStyleSheet();
		e.replaceSync(v), this.#e.adoptedStyleSheets = [e];
		let t = b("label", this.getAttribute("label") ?? "Search by photo"), n = b("input");
		Object.assign(n, {
			type: "file",
			accept: "image/*,.heic,.heif,.avif"
		}), n.addEventListener("change", () => n.files?.[0] && void this.search(n.files[0])), t.append(n), this.#m(t);
		let r = b("p");
		r.setAttribute("role", "status"), this.#e.replaceChildren(t, r, b("ul"));
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
	async #i(e) {
		let t = new FormData();
		t.append("image", await n(e), e instanceof File ? e.name : "photo"), t.append("k", this.getAttribute("k") ?? "12");
		let r = this.getAttribute("where");
		return r && t.append("where", r), (await (await this.#s("/v1/search", {
			method: "POST",
			body: t
		})).json()).results[0];
	}
	#a() {
		return this.#n ??= this.#s("/v1/stats").then((e) => e.json()).then(({ roles: e }) => f(() => e ?? {})).catch(() => void 0), this.#n;
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
		return a(e.status, String(t?.type ?? ""), String(t?.detail ?? ""), e.headers.get("Retry-After"));
	}
	#l(e) {
		let { title: t, help: n } = c(e);
		this.#p(n ? `${t} · ${n}` : t), this.#e.querySelector("ul").replaceChildren(...l(e).map((e) => this.#u(e)));
	}
	#u(e) {
		let t = b("li"), n = b("a"), r = u(e);
		r && (n.href = r);
		let i = b("img");
		return i.alt = m(e), i.loading = "lazy", this.#d(i, e.thumbnail), n.append(i, b("b", m(e)), b("small", h(e.attributes) ?? "")), t.append(n), t;
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
function b(e, t = "") {
	let n = document.createElement(e);
	return n.textContent = t, n;
}
customElements.define("sosie-search", y);
export { y as SosieSearch };
