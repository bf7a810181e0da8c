import { askFiles } from "./state";

/** Ask with the files that were chosen in an input, which is ready for the same ones again. */
export function take({ currentTarget }: { currentTarget: HTMLInputElement }): void {
  if (currentTarget.files?.length) askFiles(currentTarget.files);
  currentTarget.value = "";
}
