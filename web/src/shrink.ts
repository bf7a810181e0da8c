/** Photos are made smaller before they are sent, and upright; nothing that the search looks at is lost. */

export interface Shrinking {
  /** Pixels of the shorter side. */
  side: number;
  quality: number;
  type: "image/jpeg" | "image/webp";
}

export const SHRINKING: Shrinking = { side: 960, quality: 0.88, type: "image/jpeg" };
/** Files below this are sent as they are: making them smaller would gain nothing. */
const SMALL_BYTES = 150_000;

/** The picture to send in place of a file: the file itself where the browser cannot read it or nothing is gained. */
export async function shrunk(file: Blob, how = SHRINKING, small = SMALL_BYTES): Promise<Blob> {
  if (file.size < small) return file;
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const smaller = await drawn(picture, how);
    picture.close();
    return smaller && smaller.size < file.size ? smaller : file;
  } catch {
    return file;
  }
}

async function drawn(picture: ImageBitmap, { side, quality, type }: Shrinking): Promise<Blob | null> {
  const scale = Math.min(1, side / Math.min(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  const context = canvas.getContext("2d")!;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, type, quality));
}
