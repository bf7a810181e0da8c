async function e(e) {
	if (e.size < 15e4) return e;
	try {
		let n = await createImageBitmap(e, { imageOrientation: "from-image" }), r = await t(n);
		return n.close(), r && r.size < e.size ? r : e;
	} catch {
		return e;
	}
}
async function t(e) {
	let t = Math.min(1, 960 / Math.min(e.width, e.height)), n = document.createElement("canvas");
	n.width = Math.round(e.width * t), n.height = Math.round(e.height * t);
	let r = n.getContext("2d");
	return r.fillStyle = "#fff", r.fillRect(0, 0, n.width, n.height), r.imageSmoothingQuality = "high", r.drawImage(e, 0, 0, n.width, n.height), new Promise((e) => n.toBlob(e, "image/jpeg", .88));
}
// src/problems.ts
var n = class extends Error {
	status;
	title;
	constructor(e, t, n) {
		super(n), this.status = e, this.title = t;
	}
	get mayPass() {
		return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
	}
};
function r(e, t, r, a) {
	let o = (t, r) => new n(e, t, r), s = t.split(":").pop() ?? "";
	return s === "ImageNotFetched" || s === "ImageNotFound" && e === 422 ? o("That page could not be reached", "Check the address, or save the picture and choose it here.") : e === 401 ? o("A key is needed", "This server answers those who have a key.") : e === 403 ? o("That is not allowed", "Your key may search, but not change anything.") : s === "UnknownCatalog" ? o("This catalog is not here", "Its name may be mistyped, or the server no longer has it.") : e === 404 ? o("This product is not here", "It may have been removed from the catalog.") : e === 408 ? o("The picture took too long to arrive", "Try again, or choose a smaller one.") : e === 413 ? o("The picture is too large", "Choose a smaller one, or take a photo of it.") : e === 415 ? o("This is not a picture that can be read", "JPEG, PNG, WebP, HEIC, AVIF and TIFF can be.") : e === 422 ? o("This picture cannot be read", "It is damaged or incomplete. Choose another one.") : e === 429 ? o("Too many searches at once", a ? `Try again in ${a} seconds.` : "Try again in a moment.") : e === 503 ? o("The search is busy", a ? `Try again in ${a} seconds.` : "Try again in a moment.") : e === 400 && r ? o("This search cannot be made", i(r)) : o("Something went wrong", "It is not your fault. Try again; if it stays, tell those who run this server.");
}
function i(e) {
	return `${e.charAt(0).toUpperCase()}${e.slice(1)}.`;
}
var a = .5;
function o(e) {
	let [t] = e.matches;
	if (!t) return {
		kind: "none",
		title: "Nothing found",
		help: ""
	};
	let n = t.same_product, r = n === null || n >= a;
	if (e.verdict === "match" && r) return {
		kind: "sure",
		title: `This is ${f(t)}`,
		help: n === null ? "" : `${m(n)} sure`
	};
	if (n !== null && r) return {
		kind: "alike",
		title: `This may be ${f(t)}`,
		help: `${m(n)} sure`
	};
	let i = n === null ? "" : `The first is the same product with ${m(n)}`;
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
function s(e) {
	return o(e).kind === "none" ? e.matches.filter(({ same_product: e }) => e === null || e >= .01) : e.matches;
}
var c = (e) => e.links.find((e) => /^https?:\/\//.test(e)), l = () => ({});
function u(e) {
	l = e;
}
function d(e, t) {
	return [...l()[t] ?? [], t].map((t) => e[t]).find((e) => e !== void 0);
}
function f(e) {
	return h(d(e.attributes, "title") ?? e.product_id);
}
function p(e) {
	let t = d(e, "price"), n = d(e, "currency");
	return typeof t == "number" ? typeof n == "string" && /^[A-Z]{3}$/.test(n) ? new Intl.NumberFormat(void 0, {
		style: "currency",
		currency: n
	}).format(t) : t.toFixed(2) : null;
}
var m = (e) => e < .01 ? "< 1 %" : `${Math.round(e * 100)} %`, h = (e) => Array.isArray(e) ? e.join(", ") : String(e), g = "\n:host { display: block; container-type: inline-size; font: 15px/1.4 system-ui, sans-serif; color: var(--sosie-ink, inherit); }\nlabel { display: flex; gap: 10px; align-items: center; justify-content: center; min-height: 48px; padding: 10px 20px; border: 1.5px dashed currentColor; border-radius: 24px; font-weight: 600; cursor: pointer; }\nlabel:hover, label:focus-within, label.over { background: color-mix(in srgb, var(--sosie-accent, #4f43d8) 12%, transparent); outline: 2px solid var(--sosie-accent, #4f43d8); }\ninput { position: absolute; width: 1px; height: 1px; opacity: 0; }\np { margin: 14px 0 10px; font-weight: 600; min-height: 1.4em; }\nul { display: grid; grid-template-columns: repeat(auto-fill, minmax(130px, 1fr)); gap: 14px; margin: 0; padding: 0; list-style: none; }\na { color: inherit; text-decoration: none; display: block; }\na:focus-visible { outline: 3px solid var(--sosie-accent, #4f43d8); outline-offset: 3px; }\nimg { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; border-radius: var(--sosie-radius, 12px); background: var(--sosie-ground, #fff); box-shadow: inset 0 0 0 1px var(--sosie-line, #0002); }\nb { display: block; margin-top: 6px; font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }\nsmall { font-size: 14px; opacity: 0.85; }\n", _ = class extends HTMLElement {
	#e = this.attachShadow({ mode: "open" });
	#t = 0;
	#n = null;
	connectedCallback() {
		let e = new CSSStyleSheet();
		e.replaceSync(g), this.#e.adoptedStyleSheets = [e];
		let t = v("label", this.getAttribute("label") ?? "Search by photo"), n = v("input");
		Object.assign(n, {
			type: "file",
			accept: "image/*,.heic,.heif,.avif"
		}), n.addEventListener("change", () => n.files?.[0] && void this.search(n.files[0])), t.append(n), this.#m(t);
		let r = v("p");
		r.setAttribute("role", "status"), this.#e.replaceChildren(t, r, v("ul"));
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
	async #i(t) {
		let n = new FormData();
		n.append("image", await e(t), t instanceof File ? t.name : "photo"), n.append("k", this.getAttribute("k") ?? "12");
		let r = this.getAttribute("where");
		return r && n.append("where", r), (await (await this.#s("/v1/search", {
			method: "POST",
			body: n
		})).json()).results[0];
	}
	#a() {
		return this.#n ??= this.#s("/v1/stats").then((e) => e.json()).then(({ roles: e }) => u(() => e ?? {})).catch(() => void 0), this.#n;
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
		return r(e.status, String(t?.type ?? ""), String(t?.detail ?? ""), e.headers.get("Retry-After"));
	}
	#l(e) {
		let { title: t, help: n } = o(e);
		this.#p(n ? `${t} · ${n}` : t), this.#e.querySelector("ul").replaceChildren(...s(e).map((e) => this.#u(e)));
	}
	#u(e) {
		let t = v("li"), n = v("a"), r = c(e);
		r && (n.href = r);
		let i = v("img");
		return i.alt = f(e), i.loading = "lazy", this.#d(i, e.thumbnail), n.append(i, v("b", f(e)), v("small", p(e.attributes) ?? "")), t.append(n), t;
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
function v(e, t = "") {
	let n = document.createElement(e);
	return n.textContent = t, n;
}
customElements.define("sosie-search", _);
export { _ as SosieSearch };
