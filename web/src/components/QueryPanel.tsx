import { askFiles, crop, MOST_TOGETHER, pictures, query, removePicture, setCrop } from "../state";
import { CropBox } from "./CropBox";
import { Icon } from "./Icon";
import { Thumb } from "./Thumb";

export function QueryPanel() {
  const asked = query.value;
  if (!asked) return null;
  if (asked.kind === "item") {
    return (
      <figure class="asked">
        <Thumb src={`/v1/thumbnails/${encodeURIComponent(asked.item)}`} alt={`The query: ${asked.item}`} eager />
        <figcaption>Looks like this item</figcaption>
      </figure>
    );
  }
  const [first] = pictures.value;
  const single = pictures.value.length === 1 && first && typeof first.source !== "string";
  return (
    <figure class="asked">
      {single ? <CropBox src={first.preview} region={crop.value} onRegion={setCrop} /> : <Views />}
      <figcaption>
        {single && <span><Icon name="crop" /> {crop.value ? "Searching the marked part" : "Drag a box to search a part"}</span>}
        {single && crop.value && <button class="text" type="button" onClick={() => setCrop(null)}>Whole picture</button>}
        {!single && <span>{pictures.value.length > 1 ? "Searching these views together" : "Searching by address"}</span>}
      </figcaption>
      <AddView />
    </figure>
  );
}

function Views() {
  return (
    <div class="views">
      {pictures.value.map((picture, index) => (
        <span class="view" key={picture.preview}>
          {typeof picture.source === "string" ? <Icon name="link" /> : <img src={picture.preview} alt={`View ${index + 1} of the query`} />}
          <button type="button" class="round small" onClick={() => removePicture(picture)} aria-label={`Remove view ${index + 1}`}><Icon name="close" /></button>
        </span>
      ))}
    </div>
  );
}

function AddView() {
  const files = pictures.value.every((picture) => typeof picture.source !== "string");
  if (!files || pictures.value.length >= MOST_TOGETHER) return null;
  return (
    <label class="addview">
      <Icon name="plus" /> Add another view of it
      <input
        class="hidden" type="file" accept="image/*,.heic,.heif,.avif" multiple
        onChange={({ currentTarget }) => currentTarget.files && askFiles(currentTarget.files, true)}
      />
    </label>
  );
}
