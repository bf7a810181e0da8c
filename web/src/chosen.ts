import { searchFiles } from "./state";

/** What an input for pictures takes. */
export const ACCEPTED = "image/*,.heic,.heif,.avif";

/** Search with the files chosen in an input, and clear it, so that the same files can be chosen again. */
export function take({ currentTarget }: { currentTarget: HTMLInputElement }): void {
  if (currentTarget.files?.length) searchFiles(currentTarget.files);
  currentTarget.value = "";
}
