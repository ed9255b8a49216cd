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
from inbox.errors import ConfigRejected, Unavailable
from inbox_email.account import Account
from inbox_email.config import EmailConfig, Security
from inbox_email.imap import ImapClient, Listed, Mailbox, Refused
from inbox_email.places import Place, Places
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
    others: float = 60  # between two looks into the folders beside the main one
    heard: float = 60  # between two words that the server and the folder are there
    reconcile: float = 3_600  # between two looks for mails whose numbers were passed without them


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
        fetching = _Fetching(client, host, Places.of(config, cursor))
        await fetching.open(config.imap_folder)
        yield fetching.batch()  # says that the inbox works, and where it begins
        compared, others, heard = (_Due(host, every) for every in (timing.reconcile, timing.others, timing.heard))
        while True:
            seen, last, is_thorough = client.news, fetching.last_uid, compared.is_due()
            async for batch in fetching.here(compare=is_thorough):
                yield batch
            if config.folders[1:] and (others.is_due() or is_thorough):
                async for batch in fetching.others(config.folders[1:], compare=is_thorough):
                    yield batch
                await fetching.open(config.imap_folder)
            # A mail that was announced while we searched is not in what was found, and will not be announced again.
            elif client.news == seen and fetching.last_uid == last:
                await client.idle(since=seen, refresh=timing.refresh, poll=timing.poll, pulse=timing.pulse)
                if heard.is_due():
                    # Whoever renames the folder takes us along; what has its name by then is what we are to read.
                    await fetching.open(config.imap_folder)
                    yield fetching.batch()  # says that the server is there, which the inbox's health shows


class _Due:
    """Says when something is to be done again, and at first at once."""

    def __init__(self, host: Host, every: float) -> None:
        self._host, self._every = host, timedelta(seconds=every)
        self._done: datetime | None = None

    def is_due(self) -> bool:
        """Tell whether it is time; then it counts as done."""
        now = self._host.clock()
        if self._done is not None and now - self._done < self._every:
            return False
        self._done = now
        return True


class _Fetching:
    """One connection that reads the folders of an inbox, one after the other."""

    def __init__(self, client: ImapClient, host: Host, places: Places) -> None:
        self._client, self._host, self._places = client, host, places
        self._place: Place
        self._looked_at: dict[str, Mailbox] = {}  # how the other folders were when they were read last
        self._fault: str | None = None  # what is wrong with one of the other folders

    @property
    def last_uid(self) -> int:
        """Return the number up to which this folder is fetched."""
        return self._place.last_uid

    def batch(self, place: Place | None = None, originals: tuple[Original, ...] = ()) -> Batch:
        """Return originals with the cursor that is true once they are stored."""
        places = self._places.moved(place or self._place)
        return Batch(originals, places.cursor, fault=self._fault)

    async def open(self, folder: str) -> None:
        """Go on in this folder."""
        mailbox = await self._client.examine(folder)
        self._place = self._places.opened(folder, mailbox, now=self._host.clock())
        self._places = self._places.moved(self._place)
        self._looked_at[folder] = mailbox

    async def others(self, folders: Sequence[str], *, compare: bool) -> AsyncIterator[Batch]:
        """Fetch what the folders hold beside the main one; one that is not there holds up no other."""
        self._fault = None
        for folder in folders:
            try:
                if not (compare or await self._has_news(folder)):
                    continue
                await self.open(folder)
            except ConfigRejected as error:
                self._fault = str(error)
                continue
            async for batch in self.here(compare=compare):
                yield batch
        yield self.batch()

    async def _has_news(self, folder: str) -> bool:
        """Tell whether a folder is not as it was; the server says so without opening it."""
        return await self._client.status(folder) != self._looked_at.get(folder)

    async def here(self, *, compare: bool) -> AsyncIterator[Batch]:
        """Fetch what came into this folder, and with `compare` what was overlooked before."""
        if compare:
            async for batch in self._missed():
                yield batch
        async for batch in self._new():
            yield batch

    async def _new(self) -> AsyncIterator[Batch]:
        """Fetch what came after the place in this folder."""
        last = self._place.last_uid
        found = [uid for uid in await self._above(last) if uid > last]
        for uids in _chunks(found):
            async for batch in self._batches(uids, last=uids[-1]):
                yield batch
            self._place = replace(self._place, last_uid=uids[-1])
            self._places = self._places.moved(self._place)
        if self._client.uidvalidity != self._place.uidvalidity:
            raise Unavailable("The IMAP server has numbered its mails anew.")

    async def _above(self, last: int) -> list[int]:
        """Return the numbers above this one; of mails that were there before, only those whose date may do."""
        since, new_from = self._place.since, self._place.new_from
        if since is None or 0 < new_from <= last + 1:
            return await self._client.search(b"UID %d:*" % (last + 1))
        if not new_from:
            return await self._client.search(b"UID %d:* " % (last + 1) + _since(since))
        before = await self._client.search(b"UID %d:%d " % (last + 1, new_from - 1) + _since(since))
        # Names the highest there is, also if that is lower (RFC 9051 section 9, seq-range).
        return sorted({*before, *await self._client.search(b"UID %d:*" % new_from)})

    async def _missed(self) -> AsyncIterator[Batch]:
        """Fetch what the folder holds of the last days and we do not, whatever its number; there should be nothing."""
        place = self._place
        recent = await self._client.search(_since(self._host.clock() - RECONCILED))
        passed = [uid for uid in recent if uid <= place.last_uid]
        for start in range(0, len(passed), _ASKED):
            keys = {place.key_of(uid): uid for uid in passed[start : start + _ASKED]}
            kept = await self._host.kept(list(keys))
            for uids in _chunks([uid for key, uid in keys.items() if key not in kept]):
                async for batch in self._batches(uids, last=place.last_uid):
                    if batch.originals:
                        self._host.log.warning("imap.reconcile_missing", mails=len(batch.originals))
                        yield replace(batch, cursor=self._places.cursor, missed=True)

    async def _batches(self, uids: Sequence[int], *, last: int) -> AsyncIterator[Batch]:
        """Fetch mails in batches of bounded size; the place of each is its last mail, of the last one `last`."""
        place = self._place
        groups = list(_groups([mail for mail in await self._client.listed(uids) if place.wants(mail)]))
        for group in groups:
            originals = tuple([mail async for mail in self._originals(group)])
            yield self.batch(replace(place, last_uid=last if group is groups[-1] else group[-1].uid), originals)
        if not groups:
            yield self.batch(replace(place, last_uid=last))

    async def _originals(self, group: list[Listed]) -> AsyncIterator[Original]:
        bodies = await _bodies(self._client, [mail for mail in group if mail.size <= MAX_MAIL])
        for mail in group:
            key, at = self._place.key_of(mail.uid), mail.at or self._host.clock()
            found = await self._whole_or_not(mail, bodies.get(mail.uid))
            if found is not None:
                yield Original(key, found[0], found[1], at, self._places.marks(self._place, at))

    async def _whole_or_not(self, mail: Listed, body: bytes | Refused | None) -> tuple[bytes, str] | None:
        """Return what there is to keep of a mail, and as what; None if it is gone."""
        if mail.size > MAX_MAIL:
            header = (await self._client.bodies([mail.uid], section=b"HEADER")).get(mail.uid, b"")
            return header, f"{HEADERS_ONLY}; size={mail.size}"
        if isinstance(body, Refused):
            words = f"Mail {mail.uid} of {self._place.uidvalidity}: {body}"
            return words.encode(), f"{HEADERS_ONLY}; refused=yes"
        return (body, "message/rfc822") if body is not None else None


def _since(moment: datetime) -> bytes:
    # A day earlier: the server's days are those of its own time zone.
    day = moment - timedelta(days=1)
    return f"SINCE {day.day}-{_MONTHS[day.month - 1]}-{day.year}".encode()


def _chunks(uids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (uids[start : start + MAX_MAILS] for start in range(0, len(uids), MAX_MAILS))


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
