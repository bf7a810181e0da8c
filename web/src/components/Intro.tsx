import { stats } from "../state";
import { plural } from "../words";
import { take } from "../chosen";
import { Icon } from "./Icon";

export function Intro() {
  const held = stats.value;
  return (
    <section class="intro">
      <h1>Which product is this?</h1>
      <p>
        {held ? `Ask ${plural(held.items, "picture")} of ${plural(held.products, "product")} with a photo.` : "Ask the catalogue with a photo."}
      </p>
      <label class="dropzone">
        <Icon name="upload" />
        <strong>Drop a picture anywhere</strong>
        <span>or choose one, paste one with <kbd>Ctrl</kbd> <kbd>V</kbd>, or take a photo</span>
        <input class="hidden" type="file" accept="image/*,.heic,.heif,.avif" multiple onChange={take} />
      </label>
    </section>
  );
}
