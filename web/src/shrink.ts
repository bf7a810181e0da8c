/** Photos are made smaller before they are sent, and upright. What it costs is in benchmarks/RESULTS.md. */

export interface Shrinking {
  /** Pixels of the shorter side, and quality: the first that is small enough, else the last. */
  steps: [side: number, quality: number][];
  type: "image/jpeg" | "image/webp";
  /** Bytes that are small enough. */
  most: number;
  /** Files of fewer bytes are sent as they are. */
  small: number;
}

/** Networks, and the comparison of details, look at 480 pixels at most; 75 kB take 1.5 s at 400 kbit/s. */
export const WHOLE: Shrinking = { steps: [[640, 0.92], [480, 0.92], [480, 0.8]], type: "image/jpeg", most: 75_000, small: 60_000 };
/** For what lies in a part of the photo: a marked region, or the bars of a code. */
export const CLOSE: Shrinking = { steps: [[960, 0.92]], type: "image/jpeg", most: Infinity, small: 150_000 };

/** The picture to send in place of a file: the file itself where the browser cannot read it or nothing is gained. */
export async function shrunk(file: Blob, { steps, type, most, small }: Shrinking): Promise<Blob> {
  if (file.size < small) return file;
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    let smaller: Blob | null = null;
    for (const [side, quality] of steps) {
      smaller = await drawn(picture, side, type, quality);
      if (smaller && smaller.size <= most) break;
    }
    picture.close();
    return smaller && smaller.size < file.size ? smaller : file;
  } catch {
    return file;
  }
}

async function drawn(picture: ImageBitmap, side: number, type: string, quality: number): Promise<Blob | null> {
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
