import { useEffect, useState } from "preact/hooks";
import { at, request, storedKey } from "../api";

interface Props {
  src: string;
  alt: string;
  onRatio?: (ratio: number) => void;
  eager?: boolean;
  /** Whether nothing is shown where there is no picture. */
  optional?: boolean;
}

/** A picture of the catalog; with a key it is fetched, since a plain picture element cannot send one. */
export function Thumb({ src, alt, onRatio, eager, optional }: Props) {
  const [address, setAddress] = useState(storedKey() ? undefined : at(src));
  const [gone, setGone] = useState(false);
  useEffect(() => {
    if (!storedKey()) return setAddress(at(src));
    let made: string | undefined;
    let left = false;
    request(src)
      .then((response) => response.blob())
      .then((blob) => {
        made = URL.createObjectURL(blob);
        if (!left) setAddress(made);
      })
      .catch(() => setGone(true));
    return () => {
      left = true;
      if (made) URL.revokeObjectURL(made);
    };
  }, [src]);
  if (gone && optional) return null;
  if (gone) return <span class="thumb missing" role="img" aria-label={`${alt} (no picture)`} />;
  return (
    <img
      class="thumb" src={address} alt={alt} loading={eager ? "eager" : "lazy"} fetchpriority={eager ? "high" : "low"} decoding="async" draggable={false}
      onError={() => setGone(true)}
      onLoad={({ currentTarget }) => onRatio?.(currentTarget.naturalWidth / currentTarget.naturalHeight)}
    />
  );
}
