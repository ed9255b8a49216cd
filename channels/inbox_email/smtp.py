"""Hands mails to an SMTP server step by step, so that it is known at every loss whether the mail may have arrived.

Why not a library: docs/adr/0029-own-smtp-client.md.
"""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from inbox.channel.host import Host
from inbox.errors import (
    ConfigRejected,
    DeliveryDelayed,
    DeliveryFailed,
    DeliveryUncertain,
    FarEndGone,
    RecipientGone,
    Unavailable,
)
from inbox_email.account import Account
from inbox_email.bounces import is_gone
from inbox_email.config import EmailConfig, Security
from inbox_email.sasl import TokenRefused, explained
from inbox_email.wire import Server, Wire, dialled

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})\b")
_MAX_LINES = 200  # of one reply
_LOGIN_PAUSE = timedelta(minutes=2)  # providers lock an account that is knocked at
# The account's fault and not the message's: no sign-in, sending not allowed, not in this name (RFC 3463, RFC 5248).
_ACCOUNT_FAULTS = frozenset({"5.7.3", "5.7.8", "5.7.9", "5.7.14", "5.7.30", "5.7.57", "5.7.60", "5.7.139"})


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a mail may take, in seconds; together less than the service gives one delivery."""

    connect: float = 15
    envelope: float = 25  # from the greeting to the last recipient
    body: float = 30
    verdict: float = 30  # after the final dot, while the server looks for spam


@dataclass(frozen=True, slots=True)
class Envelope:
    """Whom a mail comes back to, and whom it goes to."""

    sender: str
    recipients: Sequence[str]
    id: str = ""  # what a report about it brings back, from a server that can (RFC 3461)
    returns: bool = True  # False: to nobody, where the server lets us say so (RFC 3834 section 3.3)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server answered."""

    code: int
    text: str

    @property
    def enhanced(self) -> str:
        """Return the enhanced status code; empty without one."""
        found = _ENHANCED.match(self.text)
        return found[1] if found else ""

    @property
    def is_account_fault(self) -> bool:
        """Tell whether the settings are to blame."""
        return self.code in {530, 535} or self.enhanced in _ACCOUNT_FAULTS

    @property
    def says_gone(self) -> bool:
        """Tell whether there is nobody behind the address."""
        return self.code >= 500 and is_gone(self.enhanced, self.text)

    def __str__(self) -> str:
        return f"{self.code} {self.text}"


# The mail server cannot write to such an address (RFC 6531 section 3.5).
_NO_UNICODE = Reply(553, "5.6.7 The mail server cannot write to addresses with other letters than a to z.")


Clients: TypeAlias = "Callable[[], AbstractAsyncContextManager[SmtpClient]]"  # lends one that is signed in


_NOT_UNDERSTOOD = frozenset({501, 504, 555})


def _wish(address: str) -> str:
    """Ask for reports of failure and delay that name the address as we know it (RFC 3461 sections 4.1 and 4.2)."""
    if not address.isascii():
        return " NOTIFY=FAILURE,DELAY"
    xtext = re.sub(r"[^!-*,-<>-~]", lambda found: f"+{ord(found[0]):02X}", address)
    return f" NOTIFY=FAILURE,DELAY ORCPT=rfc822;{xtext}"


class SmtpClient:
    """A connection to a submission server (RFC 5321, RFC 6409)."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._offers: dict[str, str] = {}

    async def greet(self, name: str) -> None:
        """Read the greeting and say who we are."""
        greeting = await self._reply()
        self._expect(greeting, 220, "turned us away")
        await self._hello(name)

    async def start_tls(self, context: ssl.SSLContext, name: str) -> None:
        """Encrypt the connection; a server that cannot is refused, for a listener may have made it say so."""
        if "STARTTLS" not in self._offers:
            raise self._wire.server.rejected("The mail server offers no STARTTLS.", "security")
        self._expect(await self.command("STARTTLS"), 220, "does not encrypt")
        await self._wire.start_tls(context)
        await self._hello(name)

    async def login(self, user: str, password: str) -> None:
        """Sign in where the server asks for it."""
        if "PLAIN" in self.methods:
            reply = await self.command("AUTH PLAIN " + _base64(f"\0{user}\0{password}"))
        elif "LOGIN" in self.methods:
            reply = await self.command("AUTH LOGIN")
            for answer in (user, password):
                reply = await self.command(_base64(answer)) if reply.code == 334 else reply
        else:
            return
        if 400 <= reply.code < 500:
            raise FarEndGone(f"The server lets nobody sign in now: {reply}", retry_after=_LOGIN_PAUSE)
        if reply.code != 235:
            raise self._wire.server.rejected(f"The mail server refused user and password: {reply}", "password")

    @property
    def methods(self) -> frozenset[str]:
        """Return the SASL mechanisms that the server offers."""
        return frozenset(self._offers.get("AUTH", "").upper().split())

    async def bear(self, mechanism: str, response: bytes, *, acknowledgement: bytes) -> None:
        """Sign in by an access token; raise TokenRefused, or FarEndGone for a server in trouble."""
        reply = await self.command(f"AUTH {mechanism} {base64.b64encode(response).decode('ascii')}")
        challenge = reply.text
        if reply.code == 334:  # a refusal comes as a challenge first, and is only told once that is answered
            reply = await self.command(base64.b64encode(acknowledgement).decode("ascii"))
        if 400 <= reply.code < 500:
            raise FarEndGone(f"The server lets nobody sign in now: {reply}", retry_after=_LOGIN_PAUSE)
        if reply.code != 235:
            raise TokenRefused(explained(challenge, str(reply)))

    async def envelope(self, envelope: Envelope, *, size: int) -> dict[str, Reply]:
        """Name sender and recipients; return the refused, which may be all where each has words of their own."""
        sender, recipients = envelope.sender, envelope.recipients
        options = (f" SIZE={size}" if "SIZE" in self._offers else "") + self._unicode_option(sender, recipients)
        wants_reports = bool(envelope.id) and envelope.returns and "DSN" in self._offers
        mark = f" RET=HDRS ENVID={envelope.id}" if wants_reports else ""
        reply = await self.command(f"MAIL FROM:<{sender if envelope.returns else ''}>{options}{mark}")
        if reply.code in _NOT_UNDERSTOOD and mark:
            # A gateway may offer what the server behind it does not know: reports are dispensable, the mail is not.
            wants_reports, reply = False, await self.command(f"MAIL FROM:<{sender}>{options}")
        if reply.code >= 500 and not envelope.returns:
            # Some providers let an account send in its own name only.
            reply = await self.command(f"MAIL FROM:<{sender}>{options}")
        if reply.code != 250:
            raise _sender_refused(reply)
        replies = {address: await self._recipient(address, reported=wants_reports) for address in recipients}
        refused = {address: reply for address, reply in replies.items() if reply.code not in {250, 251}}
        is_ours = any(reply.is_account_fault for reply in refused.values())
        if len(refused) == len(recipients) and (is_ours or len(refused) == 1):
            raise _recipients_refused(refused)
        return refused

    async def _recipient(self, address: str, *, reported: bool) -> Reply:
        if not address.isascii() and "SMTPUTF8" not in self._offers:
            return _NO_UNICODE
        return await self.command(f"RCPT TO:<{address}>{_wish(address) if reported else ''}")

    async def body(self, octets: bytes) -> None:
        """Send the mail up to, and without, the final dot: a loss until here means that it has not arrived."""
        reply = await self.command("DATA")
        if reply.code != 354:
            raise _refused(reply)
        # A dot alone on a line would end the mail (RFC 5321 section 4.5.2).
        stuffed = re.sub(rb"(?m)^\.", b"..", octets.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
        await self._wire.send(stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n")

    async def dot(self) -> Reply:
        """End the mail. From here on a loss leaves it unknown whether the server took it (RFC 1047)."""
        await self._wire.send(b".\r\n")
        return await self._reply()

    async def is_fresh(self) -> bool:
        """Tell whether another mail can be sent; what was begun is forgotten, and a lost connection is found."""
        try:
            return (await self.command("RSET")).code == 250
        except Unavailable:
            return False

    async def leave(self) -> None:
        """Say goodbye."""
        await self._wire.leave(b"QUIT\r\n")

    def drop(self) -> None:
        """End the connection at once."""
        self._wire.close()

    async def command(self, line: str) -> Reply:
        """Send a line and read the reply."""
        if "\r" in line or "\n" in line:
            raise DeliveryFailed("An address with a line break in it cannot be written to.")
        await self._wire.send(line.encode("utf-8") + b"\r\n")
        return await self._reply()

    async def _hello(self, name: str) -> None:
        reply = await self.command(f"EHLO {name}")
        self._expect(reply, 250, "does not speak ESMTP")
        offers = (line.partition(" ") for line in reply.text.split("\n")[1:])
        self._offers = {word.upper(): rest for word, _, rest in offers}

    def _expect(self, reply: Reply, code: int, what: str) -> None:
        if reply.code == code:
            return
        if 400 <= reply.code < 500:
            raise FarEndGone(f"The mail server {what}: {reply}")
        raise self._wire.server.rejected(f"The mail server {what}: {reply}", "host")

    async def _reply(self) -> Reply:
        lines: list[str] = []
        while len(lines) < _MAX_LINES:
            line = (await self._wire.line()).decode("utf-8", "replace")
            lines.append(line[4:])
            if line[3:4] != "-":
                return Reply(int(line[:3]) if line[:3].isdigit() else 500, "\n".join(lines))
        raise Unavailable("The SMTP server's reply has no end.")

    def _unicode_option(self, sender: str, recipients: Sequence[str]) -> str:
        is_needed = not all(address.isascii() for address in (sender, *recipients))
        return " SMTPUTF8" if is_needed and "SMTPUTF8" in self._offers else ""


@asynccontextmanager
async def signed_in(
    config: EmailConfig, host: Host, patience: Patience, *, account: Account | None = None
) -> AsyncIterator[SmtpClient]:
    """Connect and sign in for a while; raise FarEndGone or ConfigRejected."""
    client = await sign_in(config, host, patience, account=account)
    try:
        yield client
    finally:
        client.drop()


async def sign_in(config: EmailConfig, host: Host, patience: Patience, *, account: Account | None = None) -> SmtpClient:
    """Connect and sign in; raise FarEndGone or ConfigRejected."""
    try:
        return await _sign_in(config, host, patience, account=account or Account(config, host))
    except Unavailable as error:
        raise FarEndGone(str(error)) from error


async def _sign_in(config: EmailConfig, host: Host, patience: Patience, *, account: Account) -> SmtpClient:
    account.admit("smtp")
    server = Server("smtp", config.smtp_host, config.smtp_port, config.smtp_security)
    wire = await dialled(host.dialer, server, within=patience.connect, patience=patience.verdict)
    client = SmtpClient(wire)
    try:
        await client.greet(config.domain)
        if config.smtp_security is Security.STARTTLS:
            await client.start_tls(host.dialer.tls, config.domain)
        await account.enter(client, server)
    except BaseException:
        client.drop()
        raise
    return client


async def send(clients: Clients, envelope: Envelope, octets: bytes, *, patience: Patience) -> dict[str, Reply]:
    """Hand a mail over; return what the server answered to recipients that it refused, which may be all of several.

    Raises:
        DeliveryDelayed: it has surely not arrived, and may later.
        DeliveryFailed: it never will.
        DeliveryUncertain: the connection was lost behind the final dot.
        ConfigRejected: the account's fault.
    """
    try:
        async with asyncio.timeout(None) as deadline, clients() as client:
            deadline.reschedule(asyncio.get_running_loop().time() + patience.envelope)
            refused = await client.envelope(envelope, size=len(octets))
            if len(refused) == len(envelope.recipients):
                return refused
            deadline.reschedule(asyncio.get_running_loop().time() + patience.body)
            await client.body(octets)
            deadline.reschedule(None)
            await _settle(client, patience)
    except (Unavailable, TimeoutError) as error:
        raise DeliveryDelayed(str(error) or "The mail server is too slow.") from error
    return refused


async def _settle(client: SmtpClient, patience: Patience) -> None:
    try:
        async with asyncio.timeout(patience.verdict):
            reply = await client.dot()
    except (Unavailable, TimeoutError) as error:
        raise DeliveryUncertain(
            "The connection was lost after the mail was handed over; it may have arrived."
        ) from error
    if reply.code != 250:
        raise _refused(reply)


def _refused(reply: Reply) -> Exception:
    if 400 <= reply.code < 500:
        return DeliveryDelayed(f"Not accepted yet: {reply}")
    if reply.is_account_fault:
        return ConfigRejected(f"The mail server does not let this account send: {reply}")
    return DeliveryFailed(f"Refused: {reply}")


def _sender_refused(reply: Reply) -> Exception:
    """Only its size is the message's own fault here; for the rest the account may not send, or not as this address."""
    if 400 <= reply.code < 500:
        return DeliveryDelayed(f"Not accepted yet: {reply}")
    if reply.code == 552 or reply.enhanced in {"5.3.4", "5.2.3"}:
        return DeliveryFailed(f"The mail is too large for the server: {reply}")
    return ConfigRejected(f"The mail server does not let this account send: {reply}")


def _recipients_refused(refused: dict[str, Reply]) -> Exception:
    words = "; ".join(f"{address}: {reply}" for address, reply in refused.items())
    if any(reply.is_account_fault for reply in refused.values()):
        return ConfigRejected(f"The mail server does not let this account send: {words}")
    if any(400 <= reply.code < 500 for reply in refused.values()):
        return DeliveryDelayed(f"Not accepted yet: {words}")
    if all(reply.says_gone for reply in refused.values()):
        return RecipientGone(f"Refused: {words}")
    return DeliveryFailed(f"Refused: {words}")


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")
