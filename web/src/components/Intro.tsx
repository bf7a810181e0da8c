import { touch } from "../device";
import { stats } from "../state";
import { BASE } from "../api";
import { plural } from "../words";
import { ACCEPTED, take } from "../chosen";
import { Icon } from "./Icon";

export function Intro() {
  const held = stats.value;
  if (held?.items === 0) return <Empty />;
  return (
    <section class="intro">
      <h1>Which product is this?</h1>
      <p>{held ? `Find it among ${plural(held.products, "product")} with a photo or with words.` : "Find it with a photo or with words."}</p>
      {touch ? <Photograph /> : <Dropzone />}
    </section>
  );
}

function Dropzone() {
  return (
    <label class="dropzone">
      <Icon name="upload" />
      <strong>Drop a picture anywhere</strong>
      <span>or choose one, paste one with <kbd>Ctrl</kbd> <kbd>V</kbd>, or take a photo</span>
      <input class="hidden" type="file" accept={ACCEPTED} multiple onChange={take} />
    </label>
  );
}

/** On a phone the camera comes first. */
function Photograph() {
  return (
    <div class="photograph">
      <label class="button primary"><Icon name="camera" /> Take a photo
        <input class="hidden" type="file" accept="image/*" capture="environment" onChange={take} />
      </label>
      <label class="button"><Icon name="upload" /> Choose a picture
        <input class="hidden" type="file" accept={ACCEPTED} multiple onChange={take} />
      </label>
    </div>
  );
}

function Empty() {
  return (
    <section class="intro">
      <h1>The catalog is empty</h1>
      <p>Nothing can be found before products are indexed:</p>
      <p><code>sosie index pictures/ --store {BASE.href.replace(/\/$/, "")}</code></p>
    </section>
  );
}
