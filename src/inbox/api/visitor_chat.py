"""One visitor's chat, once they are let in: listens to them, and tells them what their ticket's public log holds.

Whatever a visitor sees stands in that log under a dense number, written in the transaction of the change; a socket
only reads it. So a client resumes by the number it has, and one that reads too slowly can be dropped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from inbox.api import visitor_answers as answers
from inbox.api.services import Services
from inbox.api.visitor_answers import Place
from inbox.api.visitor_frames import (
    Close,
    End,
    FrameRejected,
    Hello,
    History,
    Introduce,
    Ping,
    Rate,
    Read,
    Refusal,
    Say,
    Typing,
)
from inbox.api.visitor_hub import News, VisitorHub
from inbox.api.visitor_said import external_id, received
from inbox.api.visitor_shown import Viewer, frame_of, said_of, shown_state
from inbox.api.visitor_wire import Closed, Wire
from inbox.app import visit
from inbox.app.intake import take_message
from inbox.app.opened import Opened
from inbox.app.presence import Whisper
from inbox.app.visit import Guest
from inbox.app.visitor_files import file_limit, files_for
from inbox.channel.contract import Continues, Visits
from inbox.domain.ids import MessageId
from inbox.domain.message import Attachment
from inbox.domain.ticket import Ticket
from inbox.errors import InboxError, Invalid

_PAGE = 50  # entries of one look into the log
_RESUMED = 500  # entries; who missed more gets the end of the conversation
_TYPING_AGAIN = 1.0  # seconds
_SORRY = 2.0  # seconds until a message that we failed on may be said again


@dataclass(frozen=True, slots=True)
class Admitted:
    """A visitor who was let in."""

    opened: Opened
    visits: Visits
    hello: Hello
    guest: Guest
    session: str


def hashed(token: str) -> bytes:
    """Return a session's token as it is stored: 256 random bits need no salt and no slow hash."""
    return sha256(token.encode()).digest()


class VisitorChat:
    """One tab of a visitor."""

    __slots__ = (
        "_admitted", "_busy", "_form", "_guest", "_here", "_hub", "_news", "_online", "_seen", "_seq", "_tasks",
        "_ticket", "_typed_at", "_typist", "_wire",
    )  # fmt: skip

    def __init__(self, here: Services, hub: VisitorHub, wire: Wire, admitted: Admitted) -> None:
        self._here = here
        self._hub = hub
        self._wire = wire
        self._admitted = admitted
        self._guest = admitted.guest
        self._form: Mapping[str, str] = admitted.hello.form
        self._ticket: Ticket | None = None
        self._seen = 0  # by the team: as far as they have looked
        self._seq = 0  # of the public log: as far as this client was told
        self._online = False
        self._typed_at = 0.0
        self._typist: tuple[bool, str | None] = (False, None)
        self._tasks: asyncio.TaskGroup | None = None
        self._news = News(0)
        self._busy = False  # the news are being told

    async def run(self) -> None:
        """Greet, then listen; news are told beside."""
        inbox_id, visitor = self._admitted.opened.inbox.id, self._guest.visitor
        with self._hub.joined(self, inbox_id, visitor.id), self._here.presence.visited(visitor.id):
            self._hub.known(self, None, visitor.contact_id)
            try:
                await self._welcome()
                async with asyncio.TaskGroup() as self._tasks:
                    self.wake(News.TICKET | News.LOG)  # what came since we looked
                    await self._listen()
            finally:
                self._tasks = None
                self._hub.moved(self, self._ticket.id if self._ticket else None, None)
                self._hub.known(self, self._guest.visitor.contact_id, None)

    async def _welcome(self) -> None:
        hello = self._admitted.hello
        ticket = await self._find_ticket()
        self._follow(ticket)
        end = ticket.public_seq if ticket else 0
        resumed = ticket is not None and hello.ticket == str(ticket.id) and _is_near(hello.since, end)
        self._seq = (hello.since or 0) if resumed else end
        self._online = await self._hub.is_online(self._admitted.opened.inbox.id)
        place = Place(
            ticket=str(ticket.id) if ticket else None,
            since=self._seq,
            seq=end,
            state=shown_state(ticket.state) if ticket else None,
        )
        await self._wire.send(self._welcome_to(place))
        if ticket is not None and not resumed:
            await self._history(end + 1)
        await self._tell_seen()

    async def _tell_seen(self) -> None:
        if self._ticket is None:
            return
        async with self._here.units.reading() as unit:
            self._seen = await unit.visitors.read_by_team(self._ticket.id)
        if self._seen:
            await self._wire.send(answers.read(self._seen))

    def _welcome_to(self, place: Place) -> str:
        admitted = self._admitted
        return answers.welcome(
            admitted.session,
            place,
            online=self._online,
            greeting=self._greeting(admitted.hello.locale),
            file_limit=file_limit(admitted.opened.capabilities, admitted.opened.connection),
        )

    def _greeting(self, locale: str) -> Mapping[str, Any]:
        greeting = self._admitted.visits.greeting(locale)
        # Whom we know already is not asked again.
        asked = greeting if self._guest.contact is None else {**greeting, "form": []}
        return {**asked, "mail": self._mails and self._guest.visitor.address is None}

    @property
    def _mails(self) -> bool:
        connection = self._admitted.opened.connection
        return isinstance(connection, Continues) and connection.continues_in() is not None

    # ------------------------------------------------------------------------------------------------- listening

    async def _listen(self) -> None:
        while True:
            try:
                await self._answer(await self._wire.receive())
            except FrameRejected as error:
                await self._wire.refuse(error)

    async def _answer(self, frame: object) -> None:
        match frame:
            case Ping():
                await self._wire.send(answers.pong())
            case Say():
                await self._say(frame)
            case Typing():
                self._type(on=frame.on)
            case Read():
                await self._read(frame.seq)
            case History():
                await self._history(frame.before)
            case Introduce() | End() | Rate():
                await self._take_aside(frame)
            case _:
                raise FrameRejected(Refusal.BAD_FRAME, "Hello is said once.")

    async def _say(self, frame: Say) -> None:
        pause = self._hub.pace(self._guest.visitor.id).wait(_now())
        if pause:
            await self._later(frame, Refusal.RATE_LIMITED, "Too many messages at once.", pause)
            return
        admitted = self._admitted
        word = received(frame, self._guest, admitted.visits, admitted.hello, self._form, self._here.clock())
        kept = await self._files(frame) if frame.files else ()
        try:
            taken = await take_message(self._here.door, admitted.opened, word, kept=kept)
        except InboxError:
            await self._later(frame, Refusal.SERVER_ERROR, "This could not be stored yet.", _SORRY)
            return
        if taken.ticket is not None:
            await self._know_contact(taken.ticket)
            await self._turn_to(taken.ticket)
        if taken.message is not None:
            seq = taken.entry.seq if taken.entry else await self._place_of(taken.message.id)
            await self._wire.send(answers.ack(frame.client_id, str(taken.message.id), seq=seq))

    async def _later(self, frame: Say, refusal: Refusal, words: str, pause: float) -> None:
        await self._wire.send(answers.error(refusal, words, client_id=frame.client_id, retry_after=round(pause, 3)))

    async def _files(self, frame: Say) -> tuple[Attachment, ...]:
        """Return the uploads that a message names, none for one that was stored before; refuse what is not waiting."""
        async with self._here.units.reading() as unit:
            found = await files_for(unit, self._guest.visitor.id, frame.files, now=self._here.clock())
            if found is not None:
                return found
            known = external_id(self._guest, frame.client_id)
            if await unit.messages.by_external_id(self._admitted.opened.inbox.id, known) is not None:
                return ()
        raise FrameRejected(Refusal.UNKNOWN_FILE, "There is no such upload (any more).", client_id=frame.client_id)

    async def _place_of(self, message_id: MessageId) -> int:
        async with self._here.units.reading() as unit:
            return await unit.visitors.place_of(message_id) or 0

    async def _know_contact(self, ticket: Ticket) -> None:
        """Note, after the first message, whose visit it is."""
        if self._guest.contact is not None or ticket.contact_id is None:
            return
        visitor = self._guest.visitor
        async with self._here.units() as unit:
            await unit.visitors.belongs_to(visitor.id, ticket.contact_id, now=self._here.clock())
            contact = await unit.contacts.find(ticket.contact_id)
        self._guest = Guest(replace(visitor, contact_id=contact.id), contact)
        self._hub.known(self, None, contact.id)
        self._hub.named(visitor.id)

    def _type(self, *, on: bool) -> None:
        if self._ticket is None or (on and _now() - self._typed_at < _TYPING_AGAIN):
            return
        self._typed_at = _now() if on else 0.0
        by = {"kind": "contact", "id": str(self._ticket.contact_id), "name": self._ticket.contact_name or ""}
        ticket, frame = self._ticket, {"type": "typing", "ticket_id": str(self._ticket.id), "by": by, "on": on}
        self._here.presence.whisper(Whisper(ticket.id, ticket.inbox_id, frame, ticket.campaign_id))

    async def _read(self, seq: int) -> None:
        if self._ticket is None:
            return
        async with self._here.units() as unit:
            await visit.has_read(unit, self._ticket.id, min(seq, self._seq), now=self._here.clock())

    async def _take_aside(self, frame: Introduce | End | Rate) -> None:
        """Take what is no message and is kept all the same: names, addresses, ratings; not without end."""
        pause = self._hub.asides.wait(str(self._guest.visitor.id), _now())
        if pause:
            words = "Too many answers at once."
            await self._wire.send(answers.error(Refusal.RATE_LIMITED, words, retry_after=round(pause, 3)))
        elif isinstance(frame, Introduce):
            await self._introduce(frame.form)
        else:
            await self._leave(frame)

    async def _introduce(self, form: Mapping[str, str]) -> None:
        try:
            sender = self._admitted.visits.identify(None, form)
        except Invalid as error:
            raise FrameRejected(Refusal.FORM_REQUIRED, str(error)) from error
        self._form = form
        async with self._here.units() as unit:
            self._guest = await visit.introduce(unit, self._guest, sender, now=self._here.clock())
        await self._wire.send(answers.introduced())

    async def _leave(self, frame: End | Rate) -> None:
        if self._ticket is None:
            return
        async with self._here.units() as unit:
            if isinstance(frame, End):
                await visit.end(unit, self._ticket.id, now=self._here.clock())
            else:
                await visit.rate(unit, self._ticket.id, frame.score, frame.comment, now=self._here.clock())

    # -------------------------------------------------------------------------------------------------- telling

    def wake(self, news: News) -> None:
        """Hear that there may be something to tell."""
        self._news |= news
        if self._tasks is not None and not self._busy:
            self._busy = True
            self._tasks.create_task(self._tell())

    def whispered(self, frame: dict[str, Any]) -> None:
        """Hear what a screen says in passing: that somebody types."""
        if frame.get("type") == "typing":
            by = frame.get("by") or {}
            self._typist = (bool(frame.get("on")), by.get("name"))
            self.wake(News.TYPING)
        elif frame.get("type") == "read":
            self._seen = frame["seq"]
            self.wake(News.READ)

    async def _tell(self) -> None:
        while self._news:
            news, self._news = self._news, News(0)
            if News.INBOX in news and not self._hub.is_current(self._admitted.opened.inbox):
                raise Closed(Close.GOING_AWAY, "settings", reconnect=True)
            if News.TICKET in news:
                await self._turn_to(await self._find_ticket())
            if News.TICKET in news or News.LOG in news:
                await self._tell_log()
            if News.QUEUE in news:
                await self._tell_queue()
            if News.TYPING in news:
                on, name = self._typist
                await self._wire.send(answers.typing(on=on, name=name))
            if News.READ in news and self._seen:
                await self._wire.send(answers.read(self._seen))
        self._busy = False

    async def _find_ticket(self) -> Ticket | None:
        before = self._guest.visitor.contact_id
        async with self._here.units.reading() as unit:
            self._guest = await visit.known_by_now(unit, self._guest)
            ticket = await unit.visitors.ticket_of(self._guest.visitor)
        self._hub.known(self, before, self._guest.visitor.contact_id)
        return ticket

    async def _turn_to(self, ticket: Ticket | None) -> None:
        """Follow another ticket from its beginning, and say so before anything of it is told."""
        before = self._ticket
        if ticket is None or (before is not None and ticket.id == before.id):
            return
        if before is not None and ticket.created_at < before.created_at:
            return  # what we looked up was older than what we were told meanwhile
        self._follow(ticket)
        await self._wire.send(answers.ticket(str(ticket.id), seq=0, state=shown_state(ticket.state)))

    def _follow(self, ticket: Ticket | None) -> None:
        self._hub.moved(self, self._ticket.id if self._ticket else None, ticket.id if ticket else None)
        self._ticket, self._seq, self._seen = ticket, 0, 0

    async def _tell_log(self) -> None:
        """Tell what the log holds beyond what this client was told."""
        ticket, more = self._ticket, True
        while ticket is not None and more:
            async with self._here.units.reading() as unit:
                entries = await unit.visitors.log_since(ticket.id, self._seq, limit=_PAGE)
            more = len(entries) == _PAGE
            for entry in entries:
                if self._ticket is not ticket:
                    return  # the visitor's next message began another one
                self._seq = entry.seq
                await self._wire.send(frame_of(entry, self._viewer, now=self._here.clock()))

    async def _tell_queue(self) -> None:
        online = await self._hub.is_online(self._admitted.opened.inbox.id)
        if online != self._online:
            self._online = online
            await self._wire.send(answers.queue(online=online))

    async def _history(self, before: int) -> None:
        if self._ticket is None:
            return
        async with self._here.units.reading() as unit:
            entries = await unit.visitors.log_before(self._ticket.id, before, limit=_PAGE)
        viewer, now = self._viewer, self._here.clock()
        said = tuple(said_of(entry, viewer, now=now) for entry in entries if entry.message_id is not None)
        more = bool(entries) and entries[0].seq > 1
        await self._wire.send(answers.history(said, more=more))

    @property
    def _viewer(self) -> Viewer:
        return Viewer(self._admitted.opened.inbox.id, self._guest.visitor.id, hashed(self._admitted.session))


def _is_near(since: int | None, end: int) -> bool:
    """Tell whether what a client missed can be told one by one; it cannot be ahead, unless we were restored."""
    return since is not None and 0 <= end - since <= _RESUMED


def _now() -> float:
    return asyncio.get_running_loop().time()
