"""Lines and bytes to and from a mail server; every wait ends, and a lost connection is noticed where it is lost."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from inbox.channel.host import Dialer
from inbox.errors import CertificateRefused, ConfigRejected, OutgoingFailed, OutgoingRefused, Unavailable
from inbox_email.config import Security

MAX_LINE = 16 * 1024 * 1024  # bytes: an IMAP SEARCH names two million mails in one line
MAX_OCTETS = 64 * 1024 * 1024


class SettingRejected(ConfigRejected):
    """A setting does not work; `field` names it."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server as the settings name it."""

    protocol: str  # "imap" or "smtp": the names of its settings begin with it
    host: str
    port: int
    security: Security

    def rejected(self, message: str, setting: str) -> SettingRejected:
        """Blame one of its settings."""
        return SettingRejected(message, field=f"{self.protocol}_{setting}")

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Wire:
    """A connection without any meaning."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, server: Server, patience: float
    ) -> None:
        self._reader, self._writer, self._patience = reader, writer, patience
        self.server = server
        self._buffer = bytearray()
        self._searched = 0  # how far the buffer is known to hold no end of a line

    async def send(self, octets: bytes) -> None:
        """Send bytes and wait until they are on their way."""
        try:
            async with asyncio.timeout(self._patience):
                self._writer.write(octets)
                await self._writer.drain()
        except TimeoutError as error:
            raise Unavailable(f"{self.server} takes nothing any more.") from error
        except OSError as error:
            raise Unavailable(f"The connection to {self.server} is lost.") from error

    async def line(self) -> bytes:
        """Read a line, without its end."""
        await self._wait_for(lambda: self._end_of_line() >= 0)
        end = self._end_of_line()
        line = bytes(self._buffer[:end]).removesuffix(b"\r")
        self._consume(end + 1)
        return line

    async def octets(self, size: int) -> bytes:
        """Read so many bytes."""
        if size > MAX_OCTETS:
            raise Unavailable(f"{self.server} announced {size} bytes at once.")
        await self._wait_for(lambda: len(self._buffer) >= size)
        octets = bytes(self._buffer[:size])
        self._consume(size)
        return octets

    async def is_ready(self, *, within: float) -> bool:
        """Wait until a line is there; False if none came. Nothing is read before it is whole, so nothing is lost."""
        try:
            async with asyncio.timeout(within):
                while self._end_of_line() < 0:
                    await self._fill()
        except TimeoutError:
            return False
        return True

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """Go on encrypted; what came before the handshake must not be taken for what came in it (CVE-2011-0411)."""
        if self._buffer:
            raise Unavailable(f"{self.server} sent more than it should before encryption.")
        try:
            async with asyncio.timeout(self._patience):
                await self._writer.start_tls(context, server_hostname=self.server.host)
        except ssl.SSLCertVerificationError as error:
            words = f"The certificate of {self.server} is not accepted: {error.verify_message}."
            raise self.server.rejected(words, "host") from error
        except (OSError, TimeoutError) as error:
            raise Unavailable(f"{self.server} does not finish the TLS handshake.") from error

    async def leave(self, farewell: bytes) -> None:
        """End a connection that is in order, without waiting for an answer."""
        with suppress(Unavailable):
            await self.send(farewell)
        self._writer.close()

    def close(self) -> None:
        """Drop the connection at once: a peer that is gone would never answer a farewell."""
        self._writer.transport.abort()

    async def _wait_for(self, condition: Callable[[], bool]) -> None:
        while not condition():
            try:
                async with asyncio.timeout(self._patience):
                    await self._fill()
            except TimeoutError as error:
                raise Unavailable(f"{self.server} does not answer any more.") from error

    async def _fill(self) -> None:
        try:
            octets = await self._reader.read(256 * 1024)
        except TimeoutError:
            raise
        except OSError as error:
            raise Unavailable(f"The connection to {self.server} is lost.") from error
        if not octets:
            raise Unavailable(f"{self.server} closed the connection.")
        self._buffer += octets

    def _end_of_line(self) -> int:
        end = self._buffer.find(b"\n", self._searched)
        self._searched = len(self._buffer) if end < 0 else end
        if end < 0 and len(self._buffer) > MAX_LINE:
            raise Unavailable(f"{self.server} sends a line without an end.")
        return end

    def _consume(self, size: int) -> None:
        del self._buffer[:size]
        self._searched = 0


async def dialled(dialer: Dialer, server: Server, *, within: float, patience: float) -> Wire:
    """Connect to a mail server by a checked address."""
    try:
        async with asyncio.timeout(within):
            reader, writer = await dialer.dial(server.host, server.port, tls=server.security is Security.TLS)
    except OutgoingRefused as error:
        raise server.rejected(f"{server} may not be called from here: {error}", "host") from error
    except CertificateRefused as error:
        raise server.rejected(str(error), "host") from error
    except OutgoingFailed as error:
        raise Unavailable(f"{server} does not answer: {error}") from error
    except (OSError, TimeoutError) as error:
        raise Unavailable(f"{server} does not answer.") from error
    _keep_alive(writer)
    return Wire(reader, writer, server=server, patience=patience)


def _keep_alive(writer: asyncio.StreamWriter) -> None:
    """Let the system find out that the peer's machine is gone."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, seconds in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, name):  # macOS has only some of them
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), seconds)
