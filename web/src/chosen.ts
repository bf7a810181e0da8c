import { askFiles } from "./state";

/** What an input for pictures takes. */
export const ACCEPTED = "image/*,.heic,.heif,.avif";

/** Ask with the files that were chosen in an input, which is ready for the same ones again. */
export function take({ currentTarget }: { currentTarget: HTMLInputElement }): void {
  if (currentTarget.files?.length) askFiles(currentTarget.files);
  currentTarget.value = "";
}
