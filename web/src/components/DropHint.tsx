import { useEffect } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { announce, searchFiles, searchUrl } from "../state";
import { Icon } from "./Icon";

export function DropHint() {
  const over = useSignal(false);
  useEffect(() => {
    const onOver = (event: DragEvent) => {
      event.preventDefault();
      over.value = true;
    };
    const onLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) over.value = false;
    };
    const onDrop = (event: DragEvent) => {
      event.preventDefault();
      over.value = false;
      take(event.dataTransfer);
    };
    addEventListener("dragover", onOver);
    addEventListener("dragleave", onLeave);
    addEventListener("drop", onDrop);
    return () => {
      removeEventListener("dragover", onOver);
      removeEventListener("dragleave", onLeave);
      removeEventListener("drop", onDrop);
    };
  }, []);
  if (!over.value) return null;
  return (
    <div class="drophint" aria-hidden="true">
      <div><Icon name="upload" /><strong>Drop it to search</strong><span>several pictures are taken as views of one product</span></div>
    </div>
  );
}

function take(dropped: DataTransfer | null): void {
  if (dropped?.files.length) return searchFiles(dropped.files);
  const url = dropped?.getData("text/uri-list").split("\n")[0]?.trim();
  if (url && /^https?:/.test(url)) searchUrl(url);
  else announce("That was no picture");
}
