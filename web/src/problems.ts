/** What went wrong, in words for people who never heard of a protocol. */
export class Problem extends Error {
  constructor(readonly status: number, readonly title: string, detail: string) {
    super(detail);
  }

  /** Whether the same search may succeed later; what was sent was right. */
  get mayPass(): boolean {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

/** A refusal of the server, by its status and the kind that its document names. */
export function problemIn(status: number, type: string, detail: string, wait: string | null): Problem {
  const said = (title: string, help: string) => new Problem(status, title, help);
  const kind = type.split(":").pop() ?? "";
  if (kind === "ImageNotFetched" || (kind === "ImageNotFound" && status === 422)) {
    return said("That page could not be reached", "Check the address, or save the picture and choose it here.");
  }
  if (status === 401) return said("A key is needed", "This server answers those who have a key.");
  if (status === 403) return said("That is not allowed", "Your key may search, but not change anything.");
  if (kind === "UnknownCatalog") return said("This catalog is not here", "Its name may be mistyped, or the server no longer has it.");
  if (status === 404) return said("This product is not here", "It may have been removed from the catalog.");
  if (status === 408) return said("The picture took too long to arrive", "Try again, or choose a smaller one.");
  if (status === 413) return said("The picture is too large", "Choose a smaller one, or take a photo of it.");
  if (status === 415) return said("This is not a picture that can be read", "JPEG, PNG, WebP, HEIC, AVIF and TIFF can be.");
  if (status === 422) return said("This picture cannot be read", "It is damaged or incomplete. Choose another one.");
  if (status === 429) return said("Too many searches at once", wait ? `Try again in ${wait} seconds.` : "Try again in a moment.");
  if (status === 503) return said("The search is busy", wait ? `Try again in ${wait} seconds.` : "Try again in a moment.");
  if (status === 400 && detail) return said("This search cannot be made", sentence(detail));
  return said("Something went wrong", "It is not your fault. Try again; if it happens again, report it to the administrator of this server.");
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
