"""Sends HTTP requests; no other module uses the network."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from sosie.images.fetch import robots, waiting
from sosie.images.fetch.bodies import BoundedBody, too_large
from sosie.images.fetch.faults import ForbiddenAddress, failure
from sosie.images.fetch.messages import Body, Job, NotModified, Redirect
from sosie.images.fetch.options import AGENT, FetchOptions, World
from sosie.images.fetch.reasons import FetchError, Reason, status_reason

_MOVED = frozenset({301, 302, 303, 307, 308})
_CHUNK = 1 << 16
_WORTH_DRAINING = 1 << 15
_DNS_SECONDS = 300
_IDLE_SECONDS = 10.0


class Transport:
    """Sends requests through one pool of connections, in one event loop.

    Every address is checked twice: when a name is resolved, forbidden addresses are removed; and the socket checks its
    own address again before it connects. Redirects are not followed here. Proxies and cookies are not used.
    """

    def __init__(self, options: FetchOptions, world: World) -> None:
        self._options = options
        self._world = world
        connector = aiohttp.TCPConnector(
            limit=0,
            resolver=_Resolver(options, world),
            ttl_dns_cache=_DNS_SECONDS,
            keepalive_timeout=_IDLE_SECONDS,
            socket_factory=self._guarded_socket,
            ssl=world.tls or True,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            headers={"User-Agent": options.user_agent, "Accept": "image/*,*/*;q=0.5", "Accept-Encoding": "identity"},
            timeout=aiohttp.ClientTimeout(
                total=None, connect=options.connect_timeout, sock_read=options.first_byte_timeout
            ),
        )

    async def close(self) -> None:
        """Closes every connection."""
        await self._session.close()

    async def send(self, job: Job, keep: bool) -> Body | Redirect | NotModified:
        """The server's response to a request for ``job.target``; ``FetchError`` on failure.

        ``keep`` keeps the connection open for more requests.
        """
        try:
            async with asyncio.timeout(max(0.001, self._options.total_timeout - job.seconds)):
                return await self._exchange(job, keep)
        except TimeoutError as error:
            if isinstance(error, aiohttp.ServerTimeoutError):
                raise failure(error) from error
            raise FetchError(Reason.TIMEOUT_TOTAL, f"not done within {self._options.total_timeout:g} s") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise failure(error) from error

    async def _exchange(self, job: Job, keep: bool) -> Body | Redirect | NotModified:
        headers = {"If-None-Match": job.etag, "If-Modified-Since": job.last_modified}
        sent = {name: value for name, value in headers.items() if value}
        try:
            response = await self._session.get(URL(job.target, encoded=True), headers=sent, allow_redirects=False)
        except aiohttp.SocketTimeoutError as error:
            limit = self._options.first_byte_timeout
            raise FetchError(Reason.TIMEOUT_FIRST_BYTE, f"no answer within {limit:g} s") from error
        try:
            return await self._read(response, conditional=bool(sent))
        finally:
            if keep:
                response.release()
            else:
                response.close()

    async def _read(self, response: aiohttp.ClientResponse, conditional: bool) -> Body | Redirect | NotModified:
        if response.status == 200:
            return await self._body(response)
        await _drain(response)
        if response.status == 304 and conditional:
            return NotModified()
        if response.status in _MOVED and "Location" in response.headers:
            return Redirect(response.headers["Location"])
        pause = waiting.retry_after(response.headers.get("Retry-After"), self._world.wall())
        reason = Reason.REDIRECT_BAD if response.status in _MOVED else status_reason(response.status)
        raise FetchError(reason, f"status {response.status} {(response.reason or '')[:80]}".rstrip(), pause)

    async def _body(self, response: aiohttp.ClientResponse) -> Body:
        wish = robots.forbidding_directive(response.headers.getall("X-Robots-Tag", []), AGENT)
        if wish and self._options.respect_robots:
            raise FetchError(Reason.NOAI, f"X-Robots-Tag says {wish}; --ignore-robots overrides it")
        most = self._options.max_bytes
        if (response.content_length or 0) > most:
            raise too_large(most)
        body = BoundedBody(response.headers.get("Content-Encoding", ""), most)
        async for chunk in response.content.iter_chunked(_CHUNK):
            body.add(chunk)
        return Body(body.finish(), response.headers.get("ETag", ""), response.headers.get("Last-Modified", ""))

    def _guarded_socket(self, info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, address = info
        _refuse_unless_allowed(str(address[0]), self._options, self._world)
        return socket.socket(family=family, type=kind, proto=protocol)


class _Resolver(AbstractResolver):
    """Resolves names to addresses, and leaves out forbidden addresses."""

    def __init__(self, options: FetchOptions, world: World) -> None:
        self._options = options
        self._world = world

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        endpoints = await (self._world.resolve or _system_addresses)(host, port)
        allowed = [end for end in endpoints if self._options.allow_private or self._world.allowed(end[0])]
        if endpoints and not allowed:
            _refuse_unless_allowed(endpoints[0][0], self._options, self._world)
        if not endpoints:
            raise OSError(f"no address for {host}")
        return [_result(host, address, at) for address, at in allowed]

    async def close(self) -> None:
        """Does nothing, because nothing is open."""


async def _system_addresses(host: str, port: int) -> Sequence[tuple[str, int]]:
    results = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(str(address[0]), port) for _, _, _, _, address in results]


def _result(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST)


def _refuse_unless_allowed(address: str, options: FetchOptions, world: World) -> None:
    if not options.allow_private and not world.allowed(address.partition("%")[0]):
        raise ForbiddenAddress(
            f"{address} is not a public address; `sosie index` and `sosie fetch` permit it with --allow-private"
        )


async def _drain(response: aiohttp.ClientResponse) -> None:
    """Reads a short body to its end, so that the connection can be reused."""
    if response.content_length is not None and response.content_length <= _WORTH_DRAINING:
        await response.content.read()
