import { signal } from "@preact/signals";
import * as api from "./api";
import { CLOSE, shrunk, WHOLE } from "./shrink";
import type { Picture } from "./types";

/** A picture to search with: a file, which the browser shows, or a URL, whose thumbnail the server draws. */
export function pictureOf(source: Blob | string, named = ""): Picture {
  if (typeof source !== "string") {
    const name = named || (source instanceof File && source.name ? source.name : "pasted picture");
    return { source, sent: smaller(source), name, preview: signal(URL.createObjectURL(source)), drawn: false };
  }
  const picture: Picture = { source, sent: () => Promise.resolve(source), name: nameOf(source), preview: signal(""), drawn: false };
  void draw(picture);
  return picture;
}

/** Both sizes of a photo, each made on first use; the usual size at once. */
function smaller(file: Blob): Picture["sent"] {
  const whole = shrunk(file, WHOLE);
  let near: Promise<Blob> | undefined;
  return (close) => (close ? (near ??= shrunk(file, CLOSE)) : whole);
}

/** Let the server draw what the browser cannot show; what the server cannot read either has no preview. */
export async function draw(picture: Picture): Promise<void> {
  if (picture.drawn) return void (picture.preview.value = null);
  picture.drawn = true;
  try {
    picture.preview.value = URL.createObjectURL(await api.preview(picture));
  } catch {
    picture.preview.value = null;
  }
}

function nameOf(address: string): string {
  const { pathname, hostname } = new URL(address);
  return decodeURI(pathname.split("/").pop() ?? "") || hostname;
}
