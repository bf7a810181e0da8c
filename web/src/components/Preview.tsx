import { draw } from "../pictures";
import type { Picture } from "../types";
import { Icon } from "./Icon";

/** A picture that is searched with, as far as it can be shown. */
export function Preview({ picture, alt }: { picture: Picture; alt: string }) {
  const src = picture.preview.value;
  if (src === null) return <Icon name="link" />;
  if (src === "") return <span class="loading" role="img" aria-label={alt} />;
  return <img src={src} alt={alt} draggable={false} onError={() => void draw(picture)} />;
}
