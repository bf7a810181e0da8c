"""Recognizes an adaptation that would repeat the last one, because neither photos nor catalog have changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from sosie.errors import ImageError
from sosie.images.fetch.window import is_remote
from sosie.images.limits import Limits
from sosie.indexing.embedding import read_picture
from sosie.learning.adapting import AdaptReport
from sosie.learning.feedback import FeedbackLog
from sosie.stores.base import Store
from sosie.stores.manifests import change_manifest
from sosie.support.version import sosie_version
from sosie.types import EMBEDDING, JSON, Item, Manifest, Rejection

_NOTHING: Mapping[str, str] = MappingProxyType({})

LAST_ADAPTATION = "last_adaptation"
"""Key of the manifest's settings for the last adaptation: its digest, its report, and the generation that became
active."""


def was_adapted(manifest: Manifest) -> bool:
    """True if the store has the report of an adaptation that another run could repeat."""
    return LAST_ADAPTATION in manifest.settings


def digest_of_catalog(store: Store) -> str | None:
    """SHA-256 of the items and their pictures; None if the hash of a picture is missing."""
    digest = hashlib.sha256(store.manifest.embedder.fingerprint.encode())
    for record in store.scan():
        if not record.content_sha256:
            return None
        digest.update(json.dumps([record.item_id, record.product_id, record.content_sha256]).encode())
    return digest.hexdigest()


def digest_of_run(
    catalog: str,
    photos: Iterable[Item | Rejection],
    feedback: FeedbackLog | None,
    limits: Limits,
    settings: JSON,
    contents: Mapping[str, str] = _NOTHING,
) -> str | None:
    """SHA-256 of everything that an adaptation depends on; None if a photo is behind a URL.

    - ``catalog``: the digest of the catalog.
    - ``settings``: the settings of the adaptation.
    - ``contents``: the SHA-256 of photos that were already read, by ``item_id``. Other photos are read from the disk.
    """
    digest = hashlib.sha256(json.dumps([sosie_version(), catalog, settings]).encode())
    for part in _parts(photos, feedback, limits, contents):
        if part is None:
            return None
        digest.update(part.encode() + b"\n")
    return digest.hexdigest()


def read_repeated(manifest: Manifest, digest: str) -> AdaptReport | None:
    """The report of the last adaptation if it has the same digest and is still in force, else None."""
    last = manifest.settings.get(LAST_ADAPTATION, {})
    if (last.get("digest"), last.get("active")) != (digest, manifest.active[EMBEDDING]):
        return None
    return replace(AdaptReport.from_dict(last["report"]), repeated=True, seconds=0.0)


def remember_adaptation(store: Store, digest: str, report: AdaptReport) -> None:
    """Stores the report, for a later adaptation with the same photos."""

    def remembered(now: Manifest) -> Manifest:
        last = {"digest": digest, "active": now.active[EMBEDDING], "report": report.to_dict()}
        return replace(now, settings={**now.settings, LAST_ADAPTATION: last})

    change_manifest(store, remembered)


def _parts(
    photos: Iterable[Item | Rejection], feedback: FeedbackLog | None, limits: Limits, contents: Mapping[str, str]
) -> Iterator[str | None]:
    """The parts to hash, in a fixed order; None for a photo whose bytes are not available."""
    yield from (_of_photo(photo, limits, contents) for photo in photos)
    for entry in feedback.entries if feedback else ():
        vectors = hashlib.sha256(np.ascontiguousarray(entry.vectors, np.float32).tobytes()).hexdigest()
        yield json.dumps(["feedback", entry.opinion, entry.product_id, entry.content_sha256, vectors])


def _of_photo(photo: Item | Rejection, limits: Limits, contents: Mapping[str, str]) -> str | None:
    if isinstance(photo, Rejection):
        return json.dumps(["rejection", photo.item_id, photo.reason])
    if is_remote(photo):
        return None
    content = contents.get(photo.item_id) or _content_of(photo, limits)
    return json.dumps(["photo", photo.product_id, content])


def _content_of(photo: Item, limits: Limits) -> str:
    try:
        return hashlib.sha256(read_picture(photo, limits)).hexdigest()
    except ImageError as error:
        return str(error)
