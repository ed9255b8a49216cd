"""The e-mail channel and its opened inboxes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from inbox.channel.grants import Grant, GrantRefused
from inbox.channel.host import Host
from inbox.channel.model import (
    CONTRACT,
    Acknowledgement,
    Batch,
    Capabilities,
    Health,
    Original,
    Outgoing,
    Receipt,
    Received,
    Told,
    Undelivered,
)
from inbox.domain.fates import due
from inbox.domain.recipients import Recipient
from inbox.domain.threading import Threading
from inbox.errors import DeliveryFailed, InboxError
from inbox_email.account import Account
from inbox_email.acknowledge import acknowledgement
from inbox_email.compose import compose, probe_mail, written_to
from inbox_email.config import EmailConfig
from inbox_email.html import CLEANER
from inbox_email.imap import ImapClient
from inbox_email.marks import envelope_id, marked_address, message_id, probe_mark
from inbox_email.oauth import bound_to, by_code, consent_url
from inbox_email.pool import Pool, Room
from inbox_email.pull import Timing, connected, pull
from inbox_email.repeats import fold
from inbox_email.smtp import Envelope, Patience, Reply, send, signed_in
from inbox_email.understand import Reader
from inbox_email.ways_in import BY_CONSENT
from inbox_email.wire import SettingRejected

_CHECK = 9.5  # seconds for either server


class EmailConnection:
    """One address: the mailbox behind it, and the server that sends for it."""

    def __init__(
        self,
        config: EmailConfig,
        host: Host,
        *,
        timing: Timing | None = None,
        patience: Patience | None = None,
        room: Room | None = None,
    ) -> None:
        self._config = config
        self._host = host
        self._timing = timing or Timing()
        self._patience = patience or Patience()
        self._account = Account(config, host)
        self._pool = Pool(config, host, self._account, patience=self._patience, room=room)
        self._reader = Reader(config.address, host.signing_key, config.authentication_server)

    def receive(self, cursor: Mapping[str, Any] | None) -> AsyncIterator[Batch]:
        return pull(self._config, self._host, cursor, timing=self._timing, account=self._account)

    @property
    def reader(self) -> Reader:
        return self._reader

    @property
    def cleaner(self) -> int:
        return CLEANER

    def understand(self, original: Original) -> Sequence[Received]:
        return self._reader.understand(original)

    def fold(self, received: Received, told: Sequence[Told]) -> Received:
        return fold(received, told, own=self._config.address)

    def prepare(self, message: Outgoing) -> tuple[str, bytes]:
        return compose(self._config, self._host.signing_key, message)

    async def send(self, message: Outgoing) -> Receipt:
        whom = written_to(message)
        if not whom:
            raise DeliveryFailed("There is no address to write to.")
        octets = message.frozen or self.prepare(message)[1]
        # A mail that no person wrote comes back to nobody (RFC 3834 section 3.3).
        to = [each.address for each in due(whom)]
        own_id = message_id(self._host.signing_key, message.ticket_id, message.id, domain=self._config.domain)
        envelope = Envelope(self._config.address, to, envelope_id(own_id), returns=not message.automatic)
        refused = await send(self._pool.lend, envelope, octets, patience=self._patience) if to else {}
        return Receipt(external_id=own_id, undelivered=_undelivered(message, whom, refused))

    def wants_proof(self) -> bool:
        return self._config.plus_addresses and not self._config.marks_replies

    async def probe(self) -> None:
        key = self._host.signing_key
        to = marked_address(self._config.address, probe_mark(key, self._config.address))
        if to is None:
            return
        octets = probe_mail(self._config, key, to=to, at=self._host.clock())
        envelope = Envelope(self._config.address, (to,), returns=False)
        await send(self._pool.lend, envelope, octets, patience=self._patience)

    def per_minute(self) -> int:
        return self._config.per_minute

    def close(self) -> None:
        """End the connections that are kept for the next mail."""
        self._pool.close()

    def addresses(self) -> Sequence[str]:
        return (self._config.address,)

    def signature(self, language: str | None) -> str:
        return self._config.signed(language)

    def acknowledgement(self, language: str | None, number: int) -> Acknowledgement | None:
        if not self._config.acknowledge:
            return None
        return acknowledgement(self._config.acknowledgements, language, number)

    def needs_consent(self) -> bool:
        return self._config.sign_in in BY_CONSENT

    def fits(self, grant: Grant) -> bool:
        return grant.values.get("bound") == bound_to(self._config)

    def consent_at(self, *, redirect_uri: str, state: str, challenge: str) -> str:
        return consent_url(self._config, redirect_uri=redirect_uri, state=state, challenge=challenge)

    async def redeem(self, code: str, *, redirect_uri: str, verifier: str) -> Mapping[str, Any]:
        return await by_code(self._config, self._host, code, redirect_uri=redirect_uri, verifier=verifier)

    async def check(self) -> Health:
        for protocol, attempt in (("imap", self._check_imap), ("smtp", self._check_smtp)):
            try:
                async with asyncio.timeout(_CHECK):
                    await attempt()
            except SettingRejected as error:
                return Health(ok=False, note=str(error), field=error.field, level="failing")
            except GrantRefused as error:
                return Health(ok=False, note=str(error), field="sign_in", level="failing")
            except InboxError as error:
                return Health(ok=False, note=str(error), field=f"{protocol}_host", level="failing")
            except TimeoutError:
                note = f"The {protocol.upper()} server is too slow."
                return Health(ok=False, note=note, field=f"{protocol}_host", level="failing")
        return Health(ok=True, note="Signed in to the mailbox and to the sending server.")

    async def _check_imap(self) -> None:
        # With an account of its own: a person who asks is told what is so now, not what was a while ago.
        async with connected(self._config, self._host, self._timing) as client:
            for folder in self._config.folders:
                await self._examine(client, folder)
            await client.logout()

    async def _examine(self, client: ImapClient, folder: str) -> None:
        try:
            await client.examine(folder)
        except SettingRejected as error:
            raise SettingRejected(str(error), field=self._config.setting_of(folder)) from error

    async def _check_smtp(self) -> None:
        async with signed_in(self._config, self._host, self._patience) as client:
            reply = await client.command(f"MAIL FROM:<{self._config.address}>")
            if reply.code != 250:
                words = f"The mail server does not send for {self._config.address}: {reply}"
                raise SettingRejected(words, field="address")


def _undelivered(message: Outgoing, whom: Sequence[Recipient], refused: Mapping[str, Reply]) -> tuple[Undelivered, ...]:
    """Return the refused by the addresses that the message knows them by."""
    names = {wire.address: named.address for wire, named in zip(whom, message.recipients or whom, strict=True)}
    return tuple(
        Undelivered(names[address], str(reply), reply.code >= 500, reply.enhanced or None, gone=reply.says_gone)
        for address, reply in refused.items()
    )


class EmailChannel:
    """Mail in by IMAP and out by SMTP; answers find their ticket by our own signed marks."""

    kind: ClassVar[str] = "email"
    title: ClassVar[Mapping[str, str]] = {"en": "E-mail", "de": "E-Mail"}
    contract: ClassVar[int] = CONTRACT
    capabilities: ClassVar[Capabilities] = Capabilities(
        threading=Threading.REFERENCES,
        html=True,
        attachments=True,
        starts_tickets=True,
        subject=True,
        recipients=True,
        schedules=True,
        signs=True,
        recall=True,
    )

    @property
    def config(self) -> type[EmailConfig]:
        """Return the model of the settings."""
        return EmailConfig

    @asynccontextmanager
    async def open(self, config: EmailConfig, host: Host) -> AsyncIterator[EmailConnection]:
        """Open an inbox; its servers are called only when something is to be done."""
        connection = EmailConnection(config, host)
        try:
            yield connection
        finally:
            connection.close()
