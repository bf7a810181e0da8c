"""Fetches a feed from a URL into a cache. Later it is fetched again only if the server says that it has changed."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPResponse
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sosie.errors import SourceError
from sosie.sources.files.data import DataFile

CACHE_VARIABLE = "SOSIE_CACHE"
"""The environment variable for another cache folder."""

_TIMEOUT = 60.0
_LARGEST = 20_000_000_000
_PIECE = 1 << 20
_VALIDATORS = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}


def fetch_feed(url: str) -> DataFile:
    """The current file at a URL; ``SourceError`` if the server does not send it.

    A feed that is unchanged by its ETag or date is read from the cache. If fetching fails, the cached feed is not used.
    """
    place = _cache_folder() / hashlib.sha256(url.encode()).hexdigest()[:24]
    place.mkdir(parents=True, exist_ok=True)
    content, headers = place / _file_name(url), place / "headers.json"
    kept = _kept_validators(headers) if content.exists() else {}
    try:
        with _opened(url, kept) as response:
            _save(response, content, url)
            headers.write_text(
                json.dumps({name: response.headers[name] for name in _VALIDATORS if response.headers[name]})
            )
    except urllib.error.HTTPError as error:
        error.close()
        if error.code != http.client.NOT_MODIFIED or not content.exists():
            raise SourceError(_refused(url, error)) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise SourceError(
            f"cannot fetch the feed {_shown(url)}: {reason}; check the address and the connection"
        ) from error
    return DataFile(content, _shown(url))


def _opened(url: str, validators: Mapping[str, str]) -> HTTPResponse:
    request = urllib.request.Request(url, headers={"User-Agent": "Sosie", "Accept": "*/*", **validators})  # noqa: S310
    response: HTTPResponse = urllib.request.urlopen(request, timeout=_TIMEOUT)  # noqa: S310 - only http(s) gets here
    return response


def _save(response: HTTPResponse, to: Path, url: str) -> None:
    """Writes a response to a temporary file, which then replaces the old file. A truncated feed does not replace it."""
    temporary = to.with_name(f".{to.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            shutil.copyfileobj(response, file, _PIECE)
            size = file.tell()
        expected = response.headers.get("Content-Length")
        if expected is not None and expected.isdecimal() and size < int(expected):
            raise SourceError(
                f"the feed {_shown(url)} was cut off after {size:,} of {int(expected):,} bytes; try again"
            )
        temporary.replace(to)
    finally:
        temporary.unlink(missing_ok=True)


def _kept_validators(headers: Path) -> dict[str, str]:
    try:
        kept = json.loads(headers.read_text())
    except (OSError, ValueError):
        return {}
    return {_VALIDATORS[name]: value for name, value in kept.items() if name in _VALIDATORS}


def _refused(url: str, error: urllib.error.HTTPError) -> str:
    advice = {
        401: "it requires a password: put it into the address, or fetch the file yourself",
        403: "it denies access: fetch the file with a browser and give its path",
        404: "there is no file: check the address",
    }.get(error.code, "try again later")
    return f"cannot fetch the feed {_shown(url)}: the server responded {error.code} {error.reason}; {advice}"


def _file_name(url: str) -> str:
    name = Path(unquote(urlsplit(url).path)).name
    return name if name and name not in (".", "..") and len(name) < 100 else "feed"


def _shown(url: str) -> str:
    """The URL without password and query, which may contain secrets."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"


def _cache_folder() -> Path:
    if folder := os.environ.get(CACHE_VARIABLE):
        return Path(folder) / "feeds"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sosie" / "feeds"
