"""The folder of pictures. Each picture is stored once, under the hash of its content, and written in one step."""

from __future__ import annotations

import hashlib
import io
import shutil
import threading
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from sosie.errors import StoreUnavailable
from sosie.images.decode import decode
from sosie.images.fetch.inspection import PictureHeader, errors_with_reason, inspect_header, inspect_picture
from sosie.images.fetch.messages import Body

_ENCODERS = {"jpeg": "JPEG", "webp": "WEBP"}
_QUALITY = 90
_DOWNSCALING = Image.Resampling.HAMMING


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A picture on disk: the SHA-256 of its file in hex, extension without dot, number of bytes, size in pixels."""

    sha256: str
    extension: str
    bytes: int
    width: int
    height: int


def path_of(sha256: str, extension: str) -> str:
    """A picture's path relative to the download folder. There are two levels of 256 folders each."""
    return f"pictures/{sha256[:2]}/{sha256[2:4]}/{sha256}.{extension}"


class PictureWriter:
    """Saves pictures below ``folder``: unchanged, or as ``format`` with no side longer than ``resize``; thread-safe."""

    def __init__(self, folder: Path, format: str, resize: int | None) -> None:
        self._folder = folder
        self._half_written = folder / "tmp"
        self._format = format
        self._resize = resize
        shutil.rmtree(self._half_written, ignore_errors=True)
        self._half_written.mkdir(parents=True)

    def save(self, body: Body) -> StoredPicture:
        """Checks and stores the bytes of a response.

        ``FetchError`` if they are no picture, ``StoreUnavailable`` if the disk fails.
        """
        data, kept = self._converted(body.data)
        stored = StoredPicture(hashlib.sha256(data).hexdigest(), kept.extension, len(data), kept.width, kept.height)
        try:
            self._write(self._folder / path_of(stored.sha256, stored.extension), data)
        except OSError as error:
            raise StoreUnavailable(
                f"{self._folder} cannot be written: {error.strerror}; nothing else was lost"
            ) from error
        return stored

    def _converted(self, data: bytes) -> tuple[bytes, PictureHeader]:
        header = inspect_header(data)
        longest = max(header.width, header.height)
        too_long = self._resize is not None and longest > self._resize
        if self._format == "keep" and not too_long:
            return data, inspect_picture(data)
        side = min(longest, self._resize or longest)
        with errors_with_reason(data):
            picture = decode(data, shorter_side=max(1, round(side * min(header.width, header.height) / longest)))
        picture.thumbnail((side, side), _DOWNSCALING)
        format = _ENCODERS.get(self._format) or (header.format if header.format in ("PNG", "WEBP") else "JPEG")
        out = io.BytesIO()
        picture.save(out, format, quality=_QUALITY)
        return out.getvalue(), PictureHeader(format, *picture.size)

    def _write(self, target: Path, data: bytes) -> None:
        if target.exists() and target.stat().st_size == len(data):
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        half_written = self._half_written / f"{threading.get_ident()}-{target.name}"
        half_written.write_bytes(data)
        half_written.replace(target)
