"""Controls access: keys with scopes, and rate limits for each key and address."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeAlias

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from sosie.errors import UsageError
from sosie.server.forwarding import is_forwarded
from sosie.server.keys import Key, KeyRing, Scope
from sosie.server.naming import PREFIX
from sosie.server.problems import Forbidden, KeysUnreadable, ServerRefusal, Unauthorized
from sosie.server.rates import RateLimit
from sosie.server.settings import Settings

_bearer = HTTPBearer(
    scheme_name="key",
    auto_error=False,
    description="A key from `sosie keys add`. Not needed for requests from the server's own machine, unless they come "
    "through a proxy or the server was started with `--require-key`, `--keys` or `--allowed-host`.",
)
_log = logging.getLogger("sosie.server")
_CHALLENGE = {"WWW-Authenticate": "Bearer"}


class Access:
    """Checks every request to the API."""

    def __init__(self, settings: Settings, keys: KeyRing | None) -> None:
        self._keys = keys
        self._required = settings.key_required
        self._by_key = RateLimit(settings.rate, settings.burst)
        self._by_address = RateLimit(settings.rate, settings.burst)

    def check(self, address: str, presented: str | None, scope: Scope, forwarded: bool = False) -> Key | None:
        """Checks a request, and returns its key; None if it needs none.

        ``TooManyRequests`` above the rate limit, ``Unauthorized`` without a valid key, ``Forbidden`` without the scope.
        A request that a proxy has ``forwarded`` needs a key even on loopback, because its sender may be on another
        machine.
        """
        self._by_address.take(address)
        key = self.key_of(presented, forwarded)
        if key is not None:
            self._by_key.take(key.key_id)
            if scope not in key.scopes:
                raise Forbidden(f"this key may {' and '.join(key.scopes)}, and the request needs the scope {scope}")
        return key

    def key_of(self, presented: str | None, forwarded: bool) -> Key | None:
        """The key that was sent; None if the request needs none. ``Unauthorized`` if a valid key is missing."""
        if presented is None and not self._required and not forwarded:
            return None
        return self._valid_key(presented)

    def _valid_key(self, presented: str | None) -> Key:
        if presented is None:
            raise Unauthorized("a key is needed: send the header `Authorization: Bearer KEY`", _CHALLENGE)
        try:
            key = self._keys.find(presented) if self._keys else None
        except (UsageError, OSError) as error:
            _log.error("the keys cannot be read", exc_info=error)
            raise KeysUnreadable("the server cannot read its keys; its log says why") from error
        if key is None:
            raise Unauthorized("this key is not valid; `sosie keys add` creates one", _CHALLENGE)
        return key


Credentials: TypeAlias = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


async def listing_key(request: Request, credentials: Credentials) -> Key | None:
    """The key of a request with the scope ``read``; None if it needs none."""
    return _checked(request, credentials, "read")


async def visible_catalogs(request: Request, credentials: Credentials) -> Callable[[str], bool]:
    """Returns a test that is True for catalogs whose names the sender may see."""
    access: Access = request.app.state.access
    try:
        key = access.key_of(_secret_of(credentials), is_forwarded(request.headers))
    except ServerRefusal:
        return lambda catalog: False
    return lambda catalog: key is None or key.opens(catalog)


def _needs(scope: Scope) -> Callable[..., Awaitable[None]]:
    async def check(request: Request, credentials: Credentials) -> None:
        key = _checked(request, credentials, scope)
        if key is not None and not key.opens(request.scope["catalog"]):
            first = key.catalogs[0]
            raise Forbidden(
                f"this key is for {' and '.join(key.catalogs)} only: its addresses begin with {PREFIX}/{first}"
            )

    return check


def _checked(request: Request, credentials: HTTPAuthorizationCredentials | None, scope: Scope) -> Key | None:
    access: Access = request.app.state.access
    address = request.client.host if request.client else "unknown"
    return access.check(address, _secret_of(credentials), scope, is_forwarded(request.headers))


def _secret_of(credentials: HTTPAuthorizationCredentials | None) -> str | None:
    return credentials.credentials if credentials else None


reader = Depends(_needs("read"))
"""For routes that only read."""

writer = Depends(_needs("write"))
"""For routes that change the catalog."""
