"""The only way out: HTTP and mail servers, each by an address that was checked before the connection.

Whoever sets a URL or a host in the settings could else let the service speak to what only it can reach. A name is
resolved once, every address it has is checked, and the connection goes to a checked one while TLS still asks for the
name: one that changes its mind in between gains nothing. Private, closed and unknown look alike to the caller; the log
knows which it was.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from typing import TypeAlias, TypeVar

import httpcore
import httpx
import structlog

from inbox.addresses import Address, Allowance, is_public, plain, read_allowance
from inbox.channel.host import HttpAnswer
from inbox.errors import CertificateRefused, OutgoingFailed, OutgoingRefused

log = structlog.get_logger(__name__)

Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]

HTTP_PORTS = frozenset({80, 443, 8443})
MAIL_PORTS = frozenset({25, 143, 465, 587, 993, 2525})

_ATTEMPT = timedelta(seconds=4)
_TOTAL = timedelta(seconds=10)
_LARGEST = 1 << 20  # bytes of an answer
_LONGEST_LINE = 1 << 20  # bytes; an IMAP SEARCH of a large mailbox is one line
# A refusal takes as long as a closed port far away, whatever its reason.
_REFUSAL = timedelta(milliseconds=250)

_NO_ANSWER = (OSError, httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError)
_T = TypeVar("_T")


async def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system for the addresses of a host, in the order in which to try them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(place[0]) for *_, place in found))


@dataclass(frozen=True, slots=True)
class Guard:
    """Decides which addresses are called."""

    allowance: Allowance
    ports: frozenset[int]
    resolve: Resolve = resolve
    places: Collection[tuple[str, int]] = ()  # addresses with their ports that may be called as well; may grow

    async def checked(self, host: str, port: int) -> tuple[str, ...]:
        """Return the addresses of `host`; raise OutgoingFailed if there are none, or if even one must not be called."""
        try:
            addresses = await self.resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise _unreachable(host, port, "unknown host") from error
        if not addresses:
            raise _unreachable(host, port, "no address")
        for address in addresses:
            if not self._may_call(host, port, ip_address(address)):
                raise _unreachable(host, port, f"{address} port {port} is not called from here")
        return tuple(addresses)

    def _may_call(self, host: str, port: int, address: Address) -> bool:
        is_place = host == str(address) and (host, port) in self.places
        return is_place or self.allowance.covers(host, address) or (port in self.ports and is_public(address))


def http_guard(allow: Iterable[str] = (), *, places: Collection[tuple[str, int]] = ()) -> Guard:
    """Return the guard of outgoing HTTP."""
    return Guard(read_allowance(allow), HTTP_PORTS, places=places)


def picture_guard(allow: Iterable[str] = ()) -> Guard:
    """Return the guard of what strangers make us fetch: it has an allowance of its own, and no other place."""
    return Guard(read_allowance(allow, of="INBOX_PICTURE_ALLOW"), HTTP_PORTS)


def mail_guard(allow: Iterable[str] = (), *, places: Collection[tuple[str, int]] = ()) -> Guard:
    """Return the guard of IMAP and SMTP."""
    return Guard(read_allowance(allow), MAIL_PORTS, places=places)


async def checked_address(host: str, port: int, *, guard: Guard) -> tuple[str, int]:
    """Return a checked address of a server, for a client that connects by itself."""
    async with _evenly(host, port):
        return (await guard.checked(host, port))[0], port


class GuardedHttp:
    """The service's HTTP client: checked addresses, no redirects, no cookies, no proxies, bounded in time and size."""

    __slots__ = ("_largest", "_pool", "_within")

    def __init__(
        self,
        guard: Guard,
        *,
        tls: ssl.SSLContext | None = None,
        within: timedelta = _TOTAL,
        largest: int = _LARGEST,
    ) -> None:
        self._within = within
        self._largest = largest
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls or tls_context(),
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=5.0,
            network_backend=_GuardedNetwork(guard),
        )

    async def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        return await self._exchange(_request("GET", url, headers))

    async def post(self, url: str, *, content: bytes, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        return await self._exchange(_request("POST", url, headers, content=content))

    async def close(self) -> None:
        """Close what is still open."""
        await self._pool.aclose()

    async def _exchange(self, request: httpx.Request) -> HttpAnswer:
        course = _Course()
        try:
            async with _evenly(request.url.host, request.url.port), asyncio.timeout(self._within.total_seconds()):
                return await self._answer(request, course)
        except OutgoingFailed as failed:
            failed.may_have_arrived = course.is_under_way
            raise

    async def _answer(self, request: httpx.Request, course: _Course) -> HttpAnswer:
        answer = await self._pool.handle_async_request(_bare(request, course))
        try:
            body = bytearray()
            async for chunk in answer.aiter_stream():
                body += chunk
                self._refuse_larger(body)
        finally:
            await answer.aclose()
        headers = httpx.Headers(answer.headers)
        body = _inflated(body, headers, limit=self._largest)
        self._refuse_larger(body)
        return HttpAnswer(answer.status, dict(headers.items()), bytes(body))

    def _refuse_larger(self, body: bytearray) -> None:
        if len(body) > self._largest:
            raise OutgoingFailed("The far end's answer is too large.")


class GuardedDialer:
    """Connects to mail servers at checked addresses."""

    __slots__ = ("_guard", "_tls", "_within")

    def __init__(self, guard: Guard, *, tls: ssl.SSLContext | None = None, within: timedelta = _TOTAL) -> None:
        self._guard = guard
        self._tls = tls or tls_context()
        self._within = within

    @property
    def tls(self) -> ssl.SSLContext:
        return self._tls

    async def dial(self, host: str, port: int, *, tls: bool) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        async with _evenly(host, port), asyncio.timeout(self._within.total_seconds()):
            return await first_answering(
                await self._guard.checked(host, port), lambda at: self._dialled(at, host, port, tls=tls)
            )

    async def _dialled(
        self, address: str, host: str, port: int, *, tls: bool
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if not tls:
            return await asyncio.open_connection(address, port, limit=_LONGEST_LINE)
        return await asyncio.open_connection(
            address, port, limit=_LONGEST_LINE, ssl=self._tls, server_hostname=plain(host)
        )


def tls_context() -> ssl.SSLContext:
    """Return what is believed of certificates: the well-known authorities and those of this machine."""
    context = httpx.create_ssl_context()
    context.load_default_certs()
    return context


class _GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Connects by checked address; httpcore goes on to speak TLS and HTTP with the name."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        def connect(address: str) -> Awaitable[httpcore.AsyncNetworkStream]:
            return self._network.connect_tcp(address, port, timeout, local_address, socket_options)

        return await first_answering(await self._guard.checked(host, port), connect)

    async def sleep(self, seconds: float) -> None:
        await self._network.sleep(seconds)


class _Course:
    """How far a request has come."""

    __slots__ = ("is_under_way",)

    def __init__(self) -> None:
        self.is_under_way = False

    async def note(self, event: str, _: Mapping[str, object]) -> None:
        self.is_under_way |= event.endswith("send_request_headers.started")


def _request(method: str, url: str, headers: Mapping[str, str] | None, content: bytes | None = None) -> httpx.Request:
    every = httpx.Headers({"user-agent": "Crowd-Inbox", "accept": "*/*", "accept-encoding": "identity"})
    every.update(headers)
    try:
        request = httpx.Request(method, url, headers=every, content=content)
    except (httpx.InvalidURL, ValueError) as error:
        raise OutgoingRefused("This is not a web address.") from error
    if request.url.scheme not in {"http", "https"} or not request.url.host or request.url.userinfo:
        raise OutgoingRefused("Only http and https addresses without a password in them are called.")
    return request


def _bare(request: httpx.Request, course: _Course) -> httpcore.Request:
    url = request.url
    return httpcore.Request(
        request.method,
        httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        headers=request.headers.raw,
        content=request.content,
        extensions={"timeout": {"connect": _ATTEMPT.total_seconds()}, "trace": course.note},
    )


def _inflated(body: bytearray, headers: httpx.Headers, *, limit: int) -> bytearray:
    # It was not asked for; some servers do it all the same, and a small body can hide a vast one.
    if headers.get("content-encoding", "").strip().lower() not in {"gzip", "x-gzip", "deflate"}:
        return body
    try:
        return bytearray(zlib.decompressobj(wbits=47).decompress(body, limit + 1))
    except zlib.error as error:
        raise OutgoingFailed("The far end's answer cannot be read.") from error


async def first_answering(addresses: Sequence[str], connect: Callable[[str], Awaitable[_T]]) -> _T:
    """Connect to the first address that answers."""
    for address in addresses[:-1]:
        try:
            async with asyncio.timeout(_ATTEMPT.total_seconds()):
                return await connect(address)
        except _NO_ANSWER as error:
            log.info("outgoing.next_address", reason=repr(error))
    return await connect(addresses[-1])


@asynccontextmanager
async def _evenly(host: str, port: int | None) -> AsyncIterator[None]:
    """Tell every kind of failure in the same words, and no sooner than another."""
    started = time.monotonic()
    try:
        yield
    except OutgoingFailed:
        await _until(started + _REFUSAL.total_seconds())
        raise
    except _NO_ANSWER as error:
        log.warning("outgoing.failed", host=host, port=port, reason=repr(error))
        await _until(started + _REFUSAL.total_seconds())
        trouble = _certificate_trouble(error, host)
        raise CertificateRefused(trouble) if trouble else OutgoingFailed() from error


async def _until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - time.monotonic()))


def _unreachable(host: str, port: int, reason: str) -> OutgoingFailed:
    log.warning("outgoing.failed", host=host, port=port, reason=reason)
    return OutgoingFailed()


def _certificate_trouble(error: BaseException | None, host: str) -> str | None:
    # Only a checked address ever shows a certificate, so this tells nothing about what is private.
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"The certificate of {host} is not accepted: {error.verify_message}."
        error = error.__cause__ or error.__context__
    return None
