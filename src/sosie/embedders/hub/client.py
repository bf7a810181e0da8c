"""Accesses the Hub's API and cache through ``huggingface_hub``, which no other module imports.

``HF_ENDPOINT``, ``HF_HOME``, ``HF_HUB_CACHE``, ``HF_HUB_OFFLINE`` and ``HF_TOKEN`` have their usual meaning, and are
read at each call. Downloads can be continued, and files appear in the cache only when they are complete.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sosie.embedders.hub.faults import OFFLINE_HINT, translate_hub_errors
from sosie.embedders.runtime import Weights
from sosie.errors import EmbedderUnavailable

TIMEOUT = 10.0
_TRUE = {"1", "on", "yes", "true"}
NO_LICENSE = "none named"


@dataclass(frozen=True, slots=True)
class RepositoryFile:
    """Size in bytes and SHA-256 of a file; None if the Hub does not list it."""

    size: int | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a repository at one commit."""

    repository: str
    commit: str
    files: Mapping[str, RepositoryFile]
    license: str = NO_LICENSE


def is_offline() -> bool:
    """True if the environment forbids use of the network."""
    return os.environ.get("HF_HUB_OFFLINE", "").lower() in _TRUE


def list_repository(repository: str, revision: str | None) -> Listing:
    """The files at a revision on the Hub; ``UnknownEmbedder`` or ``EmbedderUnavailable`` on failure."""
    hub = _import()
    if is_offline():
        raise EmbedderUnavailable(f"{repository} is not in the cache, and HF_HUB_OFFLINE is set: {OFFLINE_HINT}")
    with translate_hub_errors(hub.errors, repository, revision):
        api = hub.HfApi(endpoint=_endpoint(), library_name="sosie")
        info = api.model_info(repository, revision=revision, files_metadata=True, timeout=TIMEOUT)
    files = {sibling.rfilename: _file(sibling) for sibling in info.siblings or ()}
    return Listing(repository, str(info.sha), files, _license(info))


def fetch_file(listing: Listing, name: str) -> Path:
    """The path of a file in the cache, downloaded if necessary. A file that does not match its hash is removed."""
    hub = _import()
    if cached := cached_file(listing.repository, listing.commit, name):
        return cached
    if name not in listing.files:
        raise EmbedderUnavailable(f"{listing.repository} at {listing.commit} has no {name}; name another network")
    with translate_hub_errors(hub.errors, listing.repository, listing.commit):
        path = Path(
            hub.hf_hub_download(
                listing.repository, name, revision=listing.commit, cache_dir=_cache(hub), endpoint=_endpoint(),
                library_name="sosie", local_files_only=is_offline(),
            )
        )  # fmt: skip
    _check_hash(path, listing, name)
    return path


def cached_file(repository: str, commit: str, name: str) -> Path | None:
    """The path of a file of a commit; None if it is not in the cache."""
    path = _folder(repository) / "snapshots" / commit / name
    return path if path.is_file() else None


def cached_commit(repository: str, revision: str | None) -> str | None:
    """The commit of a branch or tag at its last look-up; None if there was none."""
    reference = _folder(repository) / "refs" / (revision or "main")
    return reference.read_text(encoding="utf-8").strip() if reference.is_file() else None


def remember_commit(repository: str, revision: str | None, commit: str) -> None:
    """Stores the current commit of a branch or tag in the cache, as a download by its name would."""
    reference = _folder(repository) / "refs" / (revision or "main")
    reference.parent.mkdir(parents=True, exist_ok=True)
    reference.write_text(commit, encoding="utf-8")


def cached_listing(repository: str, commit: str) -> Listing:
    """The files of a commit that are in the cache."""
    folder = _folder(repository) / "snapshots" / commit
    paths = [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []
    files = {path.relative_to(folder).as_posix(): RepositoryFile(path.stat().st_size) for path in sorted(paths)}
    return Listing(repository, commit, files)


def cached_repositories() -> list[tuple[str, str]]:
    """Every repository with a commit in the cache."""
    folders = sorted(_cache(_import()).glob("models--*/snapshots/*"))
    named = [(folder.parent.parent.name.removeprefix("models--"), folder.name) for folder in folders]
    return [(name.replace("--", "/", 1), commit) for name, commit in named]


def _folder(repository: str) -> Path:
    return _cache(_import()) / f"models--{repository.replace('/', '--')}"


def _import() -> Any:
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        import huggingface_hub
        import huggingface_hub.constants
        import huggingface_hub.errors
    except ImportError as error:
        raise EmbedderUnavailable(
            "networks on the Hub need huggingface_hub and tokenizers: pip install 'sosie[hub]'"
        ) from error
    return huggingface_hub


def _cache(hub: Any) -> Path:
    if folder := os.environ.get("HF_HUB_CACHE"):
        return Path(folder)
    home = os.environ.get("HF_HOME")
    return Path(home) / "hub" if home else Path(hub.constants.HF_HUB_CACHE)


def _endpoint() -> str | None:
    return os.environ.get("HF_ENDPOINT") or None


def _file(sibling: Any) -> RepositoryFile:
    return RepositoryFile(sibling.size, sibling.lfs.sha256 if sibling.lfs else None)


def _license(info: Any) -> str:
    tags = [tag.removeprefix("license:") for tag in info.tags or () if tag.startswith("license:")]
    return tags[0] if tags else NO_LICENSE


def _check_hash(path: Path, listing: Listing, name: str) -> None:
    expected = listing.files.get(name, RepositoryFile()).sha256
    if expected is None or Weights(path).sha256() == expected:
        return
    path.resolve().unlink()
    path.unlink(missing_ok=True)
    raise EmbedderUnavailable(
        f"{name} of {listing.repository} at {listing.commit} is not the file that the Hub lists (SHA-256 {expected}); "
        "it was removed: try again, or use another mirror"
    )
