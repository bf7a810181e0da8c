"""Sends requests to a Sosie server, and raises the server's errors as exceptions."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from sosie import errors
from sosie.types import JSON

KEY_VARIABLE = "SOSIE_API_KEY"
TRIES = 6
LONGEST_WAIT = 10.0
RESTART_SECONDS = 120.0
"""Longest time in seconds to wait for a server that restarts."""

LONGEST_ADDRESS = 4000
"""Most characters of path and query. Longer queries are sent as a body, because proxies refuse URLs over 8,000
bytes."""

TYPE_PREFIX = "urn:sosie:error:"
_BUSY = (429, 503)
_RESTARTING = (502, 504)
"""The statuses that a proxy returns while the server behind it starts."""

_TIMEOUT = httpx.Timeout(60.0, connect=5.0)


class Client:
    """A client of a server. ``key`` is the API key; if it is None, the environment variable SOSIE_API_KEY."""

    def __init__(self, uri: str, key: str | None = None, sleep: Callable[[float], None] = time.sleep) -> None:
        self.uri = uri.rstrip("/")
        self._sleep = sleep
        secret = key or os.environ.get(KEY_VARIABLE)
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        self._has_answered = False
        self._http = httpx.Client(base_url=self.uri, headers=headers, timeout=_TIMEOUT, trust_env=False)

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def get(self, path: str, **parameters: Any) -> JSON:
        """Returns the JSON at a path."""
        return self.request("GET", path, params=parameters).json()

    def query(self, path: str, long_path: str, parameters: Mapping[str, Any]) -> JSON:
        """Gets ``path`` with parameters. If the URL is too long, sends them as a JSON body to ``long_path``."""
        if len(str(httpx.URL(path).copy_merge_params(parameters))) <= LONGEST_ADDRESS:
            return self.get(path, **parameters)
        return self.post(long_path, dict(parameters))

    def post(self, path: str, body: JSON, headers: Mapping[str, str] | None = None) -> JSON:
        """Posts a JSON body to a path, and returns the JSON of the response."""
        return self.request("POST", path, json=body, headers=headers).json()

    def request(self, method: str, path: str, **how: Any) -> httpx.Response:
        """Sends a request, and retries while the server is busy. The server's errors become ``sosie.errors``."""
        for attempt in range(TRIES):
            response = self._while_it_restarts(method, path, **how)
            if response.status_code not in _BUSY or attempt == TRIES - 1:
                break
            self._sleep(min(LONGEST_WAIT, _seconds_until_retry(response)))
        if response.is_error:
            raise _error_of(response, self.uri)
        self._has_answered = True
        return response

    def _while_it_restarts(self, method: str, path: str, **how: Any) -> httpx.Response:
        """Sends a request, and retries while the server restarts. Every request of this client can be repeated."""
        waited, wait = 0.0, 0.5
        while True:
            try:
                response = self._send(method, path, **how)
                if response.status_code not in _RESTARTING or not self._may_wait(waited):
                    return response
            except errors.StoreUnavailable:
                if not self._may_wait(waited):
                    raise
            self._sleep(wait)
            waited, wait = waited + wait, min(LONGEST_WAIT, 2 * wait)

    def _may_wait(self, waited: float) -> bool:
        return self._has_answered and waited < RESTART_SECONDS

    def _send(self, method: str, path: str, params: Mapping[str, Any] | None = None, **how: Any) -> httpx.Response:
        try:
            return self._http.request(method, httpx.URL(path).copy_merge_params(params or {}), **how)
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise errors.StoreUnavailable(f"no answer from the server {self.uri}: {reason}; is it running?") from error
        except (httpx.InvalidURL, ValueError) as error:
            raise errors.UsageError(f"{self.uri} is not the address of a server: {error}") from error


def _error_of(response: httpx.Response, uri: str) -> errors.SosieError:
    problem = _problem_of(response)
    name = str(problem.get("type", "")).removeprefix(TYPE_PREFIX)
    detail = str(problem.get("detail", f"status {response.status_code}"))
    if name == errors.ImageNotFetched.__name__:
        return errors.ImageNotFetched(detail, "source")
    kind = getattr(errors, name, None)
    if isinstance(kind, type) and issubclass(kind, errors.SosieError):
        return kind(detail)
    if response.status_code in (400, 404, 413):
        return errors.UsageError(f"{uri}: {detail}" if response.status_code == 404 else detail)
    return errors.StoreUnavailable(f"{uri} answered {response.status_code}: {detail}")


def _seconds_until_retry(response: httpx.Response) -> float:
    seconds = response.headers.get("Retry-After", "")
    return float(seconds) if seconds.isdigit() else 1.0


def _problem_of(response: httpx.Response) -> dict[str, JSON]:
    try:
        problem = response.json()
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}
