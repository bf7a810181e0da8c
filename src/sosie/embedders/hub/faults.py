"""Translates errors of the Hub into messages that say what to do."""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sosie.embedders.hub.recommended import RECOMMENDED
from sosie.errors import EmbedderUnavailable, UnknownEmbedder

OFFLINE_HINT = "unset HF_HUB_OFFLINE, or run `sosie embedders pull` on a machine with network and copy its cache"


@contextmanager
def translate_hub_errors(errors: Any, repository: str, revision: str | None) -> Iterator[None]:
    """Raises errors of ``huggingface_hub`` as ``UnknownEmbedder`` or ``EmbedderUnavailable``."""
    place = f"{repository} at {revision}" if revision else repository
    try:
        yield
    except errors.GatedRepoError as error:
        raise EmbedderUnavailable(
            f"{repository} is gated: accept its terms on its page, then set HF_TOKEN to a token of that account"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise UnknownEmbedder(
            f"{repository} has no branch, tag or commit {revision!r}; leave it out for the newest"
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise UnknownEmbedder(_unknown(repository)) from error
    except (errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled) as error:
        raise EmbedderUnavailable(f"{place} is not in the cache and cannot be fetched: {OFFLINE_HINT}") from error
    except errors.EntryNotFoundError as error:
        raise EmbedderUnavailable(f"{place} lacks a file: {_as_single_line(error)}; name another network") from error
    except (errors.HfHubHTTPError, errors.HTTPError, OSError) as error:
        raise EmbedderUnavailable(_why_not_reached(place, error)) from error


def _unknown(repository: str) -> str:
    near = difflib.get_close_matches(repository, [network.repository for network in RECOMMENDED], n=2, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else "check the spelling."
    return f"the Hub has no {repository}, or it is private; {hint} A private one needs HF_TOKEN"


def _why_not_reached(place: str, error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return f"the disk is full: {place} could not be downloaded; free space, or set HF_HOME to a folder with room"
    return (
        f"{place} could not be downloaded: {_as_single_line(error)}; check the network and HF_ENDPOINT, and run this "
        "again: it resumes"
    )


def _as_single_line(error: Exception) -> str:
    return " ".join(str(error).split())
