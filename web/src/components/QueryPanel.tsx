import { queryItem, searchFiles, busy, crop, findPlaces, MOST_TOGETHER, open, pictures, places, query, removePicture, setCrop } from "../state";
import { plural, titleOf } from "../words";
import { ACCEPTED } from "../chosen";
import { CropBox } from "./CropBox";
import { Icon } from "./Icon";
import { Places } from "./Places";
import { Preview } from "./Preview";
import { Thumb } from "./Thumb";

export function QueryPanel() {
  const current = query.value;
  if (!current) return null;
  if (current.kind === "item") {
    return (
      <figure class="query">
        <Thumb src={`/v1/thumbnails/${encodeURIComponent(current.item)}`} alt={`The query: ${current.item}`} eager />
        <figcaption>
          <span>Looks like {queryItem.value ? <strong>{titleOf(queryItem.value)}</strong> : "this item"}</span>
          <button class="text" type="button" onClick={() => open(current.item)}>Details</button>
        </figcaption>
      </figure>
    );
  }
  const [first] = pictures.value;
  const single = pictures.value.length === 1 && first?.preview.value !== null ? first : undefined;
  return (
    <figure class="query">
      {single ? <div class="photo"><CropBox picture={single} region={crop.value} onRegion={setCrop} /><Places /></div> : <Views />}
      <figcaption>
        {single && <span><Icon name="crop" /> {crop.value ? "Searching the marked part" : "Drag a box to search a part"}</span>}
        {single && crop.value && <button class="text" type="button" onClick={() => setCrop(null)}>Whole picture</button>}
        {single && (places.value
          ? <span>{places.value.length ? `${plural(places.value.length, "product")} in it: tap one` : "No product with a print was found in it"}</span>
          : <button class="text" type="button" disabled={busy.value} onClick={() => void findPlaces()}>Find every product in it</button>)}
        {pictures.value.length > 1 && <span>Searching these views together</span>}
        {!single && pictures.value.length === 1 && <span>This picture cannot be shown</span>}
      </figcaption>
      <AddView />
    </figure>
  );
}

function Views() {
  return (
    <div class="views">
      {pictures.value.map((picture, index) => (
        <span class="view" key={picture}>
          <Preview picture={picture} alt={`View ${index + 1} of the query`} />
          <button type="button" class="round small" onClick={() => removePicture(picture)} aria-label={`Remove view ${index + 1}`}><Icon name="close" /></button>
        </span>
      ))}
    </div>
  );
}

function AddView() {
  if (pictures.value.length >= MOST_TOGETHER) return null;
  return (
    <label class="addview">
      <Icon name="plus" /> Add another view of it
      <input
        class="hidden" type="file" accept={ACCEPTED} multiple
        onChange={({ currentTarget }) => currentTarget.files && searchFiles(currentTarget.files, true)}
      />
    </label>
  );
}
