"""Translates the client's errors to Sosie's errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from elastic_transport import ConnectionError as NotConnected
from elastic_transport import ConnectionTimeout, TlsError, TransportError
from elasticsearch import ApiError, UnsupportedProductError

from sosie.errors import StoreDamaged, StoreError, StoreNotFound, StoreUnavailable, UsageError

UNAUTHENTICATED, FORBIDDEN, MISSING, CONFLICT = 401, 403, 404, 409
BUSY = frozenset({429, 502, 503, 504})
"""Temporary HTTP statuses: the server is overloaded, a shard is moving, or a node has gone."""
READ_ONLY = (
    "the index is read-only, as Elasticsearch makes it when a disk is nearly full: free space, or lift "
    "index.blocks.read_only_allow_delete, and run this again"
)


@contextmanager
def translate_client_errors(uri: str) -> Iterator[None]:
    """Raises the client's errors inside the block as ``StoreError``."""
    try:
        yield
    except ApiError as error:
        raise _from_api(uri, error) from error
    except UnsupportedProductError as error:
        raise StoreUnavailable(f"the server at {uri} is not Elasticsearch: check host and port") from error
    except TlsError as error:
        raise StoreUnavailable(
            f"the certificate of {uri} cannot be trusted ({error.message}): name the authority that signed it in "
            "SOSIE_ELASTICSEARCH_CA; there is no way around it"
        ) from error
    except ConnectionTimeout as error:
        raise StoreUnavailable(f"{uri} did not answer in time ({error.message}): check the cluster's load") from error
    except NotConnected as error:
        raise StoreUnavailable(
            f"nothing answers at {uri} ({_short(error)}): is Elasticsearch running there, and is it http or https?"
        ) from error
    except TransportError as error:
        raise StoreError(f"{uri}: {_short(error)}") from error


def document_error(uri: str, info: Mapping[str, Any]) -> StoreError | None:
    """The error of a refused document if the cluster is the cause, else None."""
    kind, reason = reason_of(info)
    if kind == "cluster_block_exception":
        return StoreUnavailable(f"{uri}: {READ_ONLY} ({reason})")
    if kind == "index_not_found_exception" or "require_alias" in reason:
        return StoreNotFound(f"the catalog {uri} is not there any more: index into it again")
    if info["status"] in BUSY or info["status"] >= 500:
        return StoreUnavailable(
            f"{uri} could not take everything ({info['status']}, {reason}): what it acknowledged is safe; run this "
            "again when the cluster has recovered"
        )
    if info["status"] in (UNAUTHENTICATED, FORBIDDEN):
        return StoreUnavailable(f"{uri} may not be written with these credentials ({reason})")
    return None


def reason_of(info: Mapping[str, Any]) -> tuple[str, str]:
    """The type and reason of a document's error."""
    error = info.get("error", "")
    if not isinstance(error, Mapping):
        return "", str(error)
    cause = error.get("caused_by", {}).get("reason")
    return str(error.get("type", "")), ": ".join(str(part) for part in (error.get("reason"), cause) if part)


def _from_api(uri: str, error: ApiError) -> StoreError:
    status, reason = error.status_code, _reason(error)
    if status == UNAUTHENTICATED:
        return StoreUnavailable(
            f"{uri} does not accept these credentials: set SOSIE_ELASTICSEARCH_API_KEY, or SOSIE_ELASTICSEARCH_USER "
            "and SOSIE_ELASTICSEARCH_PASSWORD"
        )
    if "cluster_block_exception" in (error.error, reason) or "read-only" in reason:
        return StoreUnavailable(f"{uri}: {READ_ONLY} ({reason})")
    if status == FORBIDDEN:
        return StoreUnavailable(f"these credentials do not permit this request to {uri} ({reason})")
    if status == MISSING:
        return StoreNotFound(f"the catalog {uri} is not there: index into it first, or look at the name ({reason})")
    if status in BUSY or status >= 500:
        return StoreUnavailable(f"{uri} cannot answer now ({status}, {reason}): check the cluster's health")
    if "limit of total fields" in reason:
        return StoreError(f"{uri} has more attributes than the index takes: raise index.mapping.total_fields.limit")
    return StoreDamaged(f"{uri} refuses a request of Sosie ({reason}): was its mapping changed by hand?")


def _reason(error: ApiError) -> str:
    body = error.body.get("error", {}) if isinstance(error.body, Mapping) else {}
    cause = body.get("root_cause") if isinstance(body, Mapping) else None
    return str(cause[0].get("reason")) if cause else str(error)[:300]


def _short(error: Exception) -> str:
    return str(error)[:200]


def dimension_refused(name: str, dim: int) -> UsageError:
    """The error for vectors of a dimension that Elasticsearch cannot index."""
    return UsageError(f"vectors {name!r} have {dim} numbers, and Elasticsearch takes 4096: use another embedder")
