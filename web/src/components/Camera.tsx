import { useEffect, useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { searchFiles } from "../state";
import { Modal } from "./Dialogs";
import { take } from "../chosen";
import { Icon } from "./Icon";

/** Phones have a camera of their own for pages; elsewhere the page shows what the camera sees. */
export function CameraButton() {
  const open = useSignal(false);
  if (!hasLiveCamera()) {
    return (
      <label class="round" title="Take a photo">
        <Icon name="camera" />
        <span class="hidden">Take a photo</span>
        <input class="hidden" type="file" accept="image/*" capture="environment" onChange={take} />
      </label>
    );
  }
  return (
    <>
      <button class="round" type="button" title="Take a photo" aria-label="Take a photo" onClick={() => (open.value = true)}><Icon name="camera" /></button>
      {open.value && <Camera onClose={() => (open.value = false)} />}
    </>
  );
}

function hasLiveCamera(): boolean {
  return Boolean(navigator.mediaDevices?.getUserMedia) && matchMedia("(pointer: fine)").matches;
}

function Camera({ onClose }: { onClose: () => void }) {
  const video = useRef<HTMLVideoElement>(null);
  const ready = useSignal(false);
  const failed = useSignal("");
  useEffect(() => {
    const opening = navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1920 } } });
    opening.then(
      (stream) => video.current && (video.current.srcObject = stream),
      (error: Error) => (failed.value = `The camera cannot be used: ${error.message}. Choose a picture instead.`),
    );
    return () => void opening.then((stream) => stream.getTracks().forEach((track) => track.stop()), () => undefined);
  }, []);
  const shoot = async () => {
    searchFiles([await still(video.current!)]);
    onClose();
  };
  return (
    <Modal label="Take a photo" onClose={onClose}>
      <h2>Take a photo</h2>
      {failed.value
        ? <p role="alert">{failed.value}</p>
        : <video class="camera" ref={video} autoplay playsInline muted onLoadedData={() => (ready.value = true)} />}
      <div class="actions">
        <button class="button primary" type="button" disabled={!ready.value} onClick={() => void shoot()}><Icon name="camera" /> Take it</button>
        <button class="button" type="button" onClick={onClose}>Cancel</button>
      </div>
    </Modal>
  );
}

async function still(video: HTMLVideoElement): Promise<File> {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: video.videoWidth, height: video.videoHeight });
  canvas.getContext("2d")!.drawImage(video, 0, 0);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92));
  return new File([blob!], "photo.jpg", { type: "image/jpeg" });
}
