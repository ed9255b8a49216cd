"""The loop that fetches mails: what the server holds is the truth, and a number that was passed is never needed again.

Flags are nobody's state here: a colleague who reads a mail in webmail must not make it invisible to us.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from inbox.channel.host import Host
from inbox.channel.model import Batch, Original
from inbox.errors import Unavailable
from inbox_email.account import Account
from inbox_email.config import EmailConfig, Security, SyncFrom
from inbox_email.imap import ImapClient, Listed, Mailbox, Refused
from inbox_email.understand import HEADERS_ONLY
from inbox_email.wire import Server, dialled

MAX_MAILS = 50  # of one batch
MAX_BATCH = 8_000_000  # bytes of one batch, unless one mail alone is larger
RECONCILED = timedelta(days=7)  # a server may show a mail late, below numbers that were passed
MAX_MAIL = 50_000_000  # bytes; of a larger one only the header is fetched
_ASKED = 1_000  # names that the service is asked for at once
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Timing:
    """How long is waited, in seconds."""

    connect: float = 20
    answer: float = 22  # for every piece of an answer
    refresh: float = 15  # of IDLE: routers forget a silent connection, and a peer that is gone says nothing at all
    pulse: float = 8  # for the answer to that
    poll: float = 15  # where the server cannot idle
    reconcile: float = 3_600  # between two looks for mails whose numbers were passed without them


@dataclass(frozen=True, slots=True)
class Place:
    """How far a mailbox is fetched; the cursor of its inbox."""

    folder: str
    uidvalidity: int
    last_uid: int
    since: datetime | None = None  # older mails are not ours: the inbox began then

    @property
    def cursor(self) -> dict[str, Any]:
        """Return the place as it is stored."""
        since = {"since": self.since.isoformat()} if self.since else {}
        return {"folder": self.folder, "uidvalidity": self.uidvalidity, "last_uid": self.last_uid} | since

    def key_of(self, uid: int) -> str:
        """Return the name of a mail within its inbox."""
        return f"{self.folder}:{self.uidvalidity}:{uid}"

    def wants(self, mail: Listed) -> bool:
        """Tell whether a mail belongs to the inbox."""
        return self.since is None or mail.at is None or mail.at >= self.since


@asynccontextmanager
async def connected(
    config: EmailConfig, host: Host, timing: Timing, *, account: Account | None = None
) -> AsyncIterator[ImapClient]:
    """Connect and sign in; raise Unavailable or ConfigRejected."""
    account = account or Account(config, host)
    account.admit("imap")
    server = Server("imap", config.imap_host, config.imap_port, config.imap_security)
    wire = await dialled(host.dialer, server, within=timing.connect, patience=timing.answer)
    client = ImapClient(wire)
    try:
        await client.greet()
        if config.imap_security is Security.STARTTLS:
            await client.start_tls(host.dialer.tls)
        await account.enter(client, server)
        yield client
    except Refused as error:
        raise Unavailable(f"The IMAP server refused a command: {error}") from error
    finally:
        wire.close()


async def pull(
    config: EmailConfig,
    host: Host,
    cursor: Mapping[str, Any] | None,
    *,
    timing: Timing,
    account: Account | None = None,
) -> AsyncGenerator[Batch, None]:
    """Yield what arrives after `cursor`, for as long as the connection lasts."""
    async with connected(config, host, timing, account=account) as client:
        mailbox = await client.examine(config.imap_folder)
        place = _place(config, cursor, mailbox, now=host.clock())
        yield Batch((), place.cursor)  # says that the inbox works, and where it begins
        reconciled: datetime | None = None
        while True:
            if reconciled is None or (host.clock() - reconciled).total_seconds() >= timing.reconcile:
                async for batch in _missed(client, host, place):
                    yield batch
                reconciled = host.clock()
            seen = client.news
            found = [uid for uid in await client.search(b"UID %d:*" % (place.last_uid + 1)) if uid > place.last_uid]
            for uids in _chunks(found):
                async for batch in _batches(client, host, place, uids):
                    yield batch
                place = replace(place, last_uid=uids[-1])
            if client.uidvalidity != place.uidvalidity:
                raise Unavailable("The IMAP server has numbered its mails anew.")
            # A mail that was announced while we searched is not in what was found, and will not be announced again.
            if client.news == seen and not found:
                await client.idle(since=seen, refresh=timing.refresh, poll=timing.poll, pulse=timing.pulse)
                yield Batch((), place.cursor)  # says that the server is there


async def _missed(client: ImapClient, host: Host, place: Place) -> AsyncIterator[Batch]:
    """Fetch what the server holds of the last days and we do not, whatever number it has; there should be nothing."""
    passed = [uid for uid in await client.search(_since(host.clock() - RECONCILED)) if uid <= place.last_uid]
    for start in range(0, len(passed), _ASKED):
        keys = {place.key_of(uid): uid for uid in passed[start : start + _ASKED]}
        kept = await host.kept(list(keys))
        missing = [uid for key, uid in keys.items() if key not in kept]
        for uids in _chunks(missing):
            async for batch in _batches(client, host, place, uids):
                if batch.originals:
                    host.log.warning("imap.reconcile_missing", mails=len(batch.originals))
                    yield replace(batch, cursor=place.cursor)


def _since(moment: datetime) -> bytes:
    # A day earlier: the server's days are those of its own time zone.
    day = moment - timedelta(days=1)
    return f"SINCE {day.day}-{_MONTHS[day.month - 1]}-{day.year}".encode()


def _place(config: EmailConfig, cursor: Mapping[str, Any] | None, mailbox: Mailbox, *, now: datetime) -> Place:
    """Return where to go on: at the cursor, at the start after a renumbering, or where a new inbox begins."""
    if cursor is None or cursor.get("folder") != config.imap_folder:
        return _beginning(config, mailbox, now)
    since = datetime.fromisoformat(cursor["since"]) if cursor.get("since") else None
    if cursor["uidvalidity"] != mailbox.uidvalidity:
        # The old numbers mean nothing any more; the service knows by their content the mails that it has.
        return Place(config.imap_folder, mailbox.uidvalidity, 0, since)
    return Place(config.imap_folder, mailbox.uidvalidity, cursor["last_uid"], since)


def _beginning(config: EmailConfig, mailbox: Mailbox, now: datetime) -> Place:
    if config.sync_from is SyncFrom.ALL:
        return Place(config.imap_folder, mailbox.uidvalidity, 0)
    last = mailbox.uidnext - 1 if mailbox.uidnext else 0
    # A server's clock may be behind ours.
    return Place(config.imap_folder, mailbox.uidvalidity, last, now - timedelta(minutes=5) if last else now)


def _chunks(uids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (uids[start : start + MAX_MAILS] for start in range(0, len(uids), MAX_MAILS))


async def _batches(client: ImapClient, host: Host, place: Place, uids: Sequence[int]) -> AsyncIterator[Batch]:
    """Fetch mails in batches of bounded size; the cursor of each is its last mail, of the last all that was asked."""
    groups = list(_groups([mail for mail in await client.listed(uids) if place.wants(mail)]))
    for group in groups:
        originals = tuple([mail async for mail in _originals(client, host, place, group)])
        last = uids[-1] if group is groups[-1] else group[-1].uid
        yield Batch(originals, replace(place, last_uid=last).cursor)
    if not groups:
        yield Batch((), replace(place, last_uid=uids[-1]).cursor)


def _groups(mails: Sequence[Listed]) -> Iterator[list[Listed]]:
    group: list[Listed] = []
    size = 0
    for mail in mails:
        if group and size + mail.size > MAX_BATCH:
            yield group
            group, size = [], 0
        group.append(mail)
        size += min(mail.size, MAX_MAIL)
    if group:
        yield group


async def _originals(client: ImapClient, host: Host, place: Place, group: list[Listed]) -> AsyncIterator[Original]:
    whole = [mail for mail in group if mail.size <= MAX_MAIL]
    bodies = await _bodies(client, whole)
    for mail in group:
        key, at = place.key_of(mail.uid), mail.at or host.clock()
        body = bodies.get(mail.uid)
        if mail.size > MAX_MAIL:
            header = (await client.bodies([mail.uid], section=b"HEADER")).get(mail.uid, b"")
            yield Original(key, header, f"{HEADERS_ONLY}; size={mail.size}", at)
        elif isinstance(body, Refused):
            words = f"Mail {mail.uid} of {place.uidvalidity}: {body}"
            yield Original(key, words.encode(), f"{HEADERS_ONLY}; refused=yes", at)
        elif body is not None:
            yield Original(key, body, "message/rfc822", at)


async def _bodies(client: ImapClient, mails: Sequence[Listed]) -> dict[int, bytes | Refused]:
    """Fetch mails together, and one by one if the server trips over one of them: the others must get past it."""
    try:
        return dict(await client.bodies([mail.uid for mail in mails])) if mails else {}
    except Refused as error:
        if len(mails) == 1:
            return {mails[0].uid: error}
    found: dict[int, bytes | Refused] = {}
    for mail in mails:
        found |= await _bodies(client, [mail])
    return found
