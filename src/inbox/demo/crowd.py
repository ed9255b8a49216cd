"""The crowd that keeps writing, over all four channels and through the public interfaces alone.

Chats come over the visitors' websocket, comments and calls by signed webhook, mails lie in the mailbox of the far ends.
Who gets an answer sometimes answers back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from itertools import count
from random import Random
from typing import Any

import structlog

from inbox.channel.host import Http
from inbox.demo import stage
from inbox.demo.backstage import Backstage
from inbox.demo.cast import Person, crowd
from inbox.demo.envelopes import (
    SITE,
    call_event,
    comment_event,
    identity_token,
    mail_bytes,
    page_of,
    written_mail,
)
from inbox.demo.far_ends import FarEnds
from inbox.demo.memory import Memory
from inbox.demo.phrases import common
from inbox.demo.scenario import CallFact, ChatLine, Comment, Mail, Said, told
from inbox.errors import InboxError
from inbox.testing.hooks import WebhookSender
from inbox.testing.http import plain_http
from inbox.testing.smtp import SentMail
from inbox.testing.visitor import Visitor, visitor

log = structlog.get_logger()

_GAP = timedelta(seconds=13)  # between two conversations; each has some 1.7 things in it
_STAYS = 15 * 60.0  # seconds that a visitor keeps the page open
_REMEMBERED = 500  # comments whose answers somebody may answer


@dataclass(slots=True)
class Crowd:
    """Everybody who writes."""

    backstage: Backstage
    memory: Memory
    ends: FarEnds
    http: Http
    tasks: asyncio.TaskGroup
    random: Random
    chats: dict[str, asyncio.Queue[ChatLine]] = field(default_factory=dict)  # by session
    comments: dict[str, Comment] = field(default_factory=dict)  # the latest, by id
    people: dict[str, Person] = field(default_factory=dict)  # by address
    numbers: Iterator[int] = field(default_factory=count)

    async def write(self) -> None:
        """Write for ever, calmly."""
        memory, clock = self.memory, self.backstage.clock
        self.people = {person.email: person for person in crowd(memory.seed)}
        story = told(memory.seed, start=clock(), gap=_GAP, chapter=memory.chapter)
        for pause, said in zip(self._pauses(), each_kind_first(story), strict=False):
            await asyncio.sleep(pause)
            await self._try(lambda said=said: self._say(replace(said, at=clock())))  # type: ignore[misc]  # a default keeps this one

    async def _try(self, attempt: Callable[[], Awaitable[object]]) -> None:
        """Let one thing fail without the others: a crowd does not stop because one mail did not arrive."""
        try:
            await attempt()
        except InboxError as error:
            log.warning("demo.unsaid", reason=str(error))

    def _pauses(self) -> Iterator[float]:
        pace, passed = self.backstage.pace, 0.0
        for number in count():
            is_first = passed < pace.first_lasts.total_seconds()
            span = pace.opening if number < len(_KINDS) else pace.first if is_first else pace.later
            pause = self.random.uniform(*span)
            passed += pause
            yield pause

    async def _say(self, said: Said) -> None:
        match said:
            case ChatLine():
                self._chat(said)
            case Comment():
                self._keep(said)
                await self._post(said, comment_event(said, reply_url=self.ends.replies.url(said.id)))
            case CallFact():
                await self._post(said, call_event(said))
            case Mail():
                self.ends.imap.append(mail_bytes(said), folder=said.campaign.key)

    def _keep(self, comment: Comment) -> None:
        self.comments[comment.id] = comment
        if len(self.comments) > _REMEMBERED:
            self.comments.pop(next(iter(self.comments)))

    async def _post(self, said: Said, event: dict[str, Any]) -> None:
        inbox_id = stage.inbox_of(said, self.memory.inboxes)
        sender = WebhookSender(f"{self.backstage.address}/hooks/{inbox_id}", self.memory.secret, self.http)
        answer = await sender.send(event)
        if answer.status >= 400:
            log.warning("demo.refused", inbox=str(inbox_id), status=answer.status)

    # ---------------------------------------------------------------------------------------------------------- chat

    def _chat(self, line: ChatLine) -> None:
        if line.session not in self.chats:
            self.chats[line.session] = asyncio.Queue()
            self.tasks.create_task(self._visit(line, self.chats[line.session]))
        self.chats[line.session].put_nowait(line)

    async def _visit(self, first: ChatLine, lines: asyncio.Queue[ChatLine]) -> None:
        """Keep somebody on the platform's page for a while, who says their lines and hears the answers."""
        inbox_id = stage.inbox_of(first, self.memory.inboxes)
        token = None
        if first.author is not None:
            now = self.backstage.clock()
            token = identity_token(first.author, self.memory.secret, inbox_id=str(inbox_id), at=now)
        service = self.backstage.address.replace("http", "ws", 1)
        page = {"url": page_of(first.campaign), "title": first.campaign.name, "campaign": first.campaign.key}
        try:
            async with (
                asyncio.timeout(_STAYS),
                visitor(
                    service, inbox_id, origin=SITE, locale=first.language, page=page, identity_token=token
                ) as guest,
                asyncio.TaskGroup() as both,
            ):
                both.create_task(self._speak(guest, lines))
                both.create_task(self._converse(guest, first.language))
        except* (InboxError, TimeoutError):
            log.info("demo.visitor_left")
        finally:
            self.chats.pop(first.session, None)

    async def _speak(self, guest: Visitor, lines: asyncio.Queue[ChatLine]) -> None:
        while True:
            line = await lines.get()
            await guest.send("typing", on=True)
            await asyncio.sleep(self.random.uniform(0.2, 0.8))
            await guest.say(line.text)

    async def _converse(self, guest: Visitor, language: str) -> None:
        """Answer back, two times of three."""
        heard = 0
        while True:
            heard = await guest.until(lambda: _more_of_team(guest, than=heard), within=_STAYS)  # noqa: B023 - used at once
            await asyncio.sleep(1)
            await guest.send("read", seq=guest.seen)
            if self.random.random() < 0.66:
                await guest.send("typing", on=True)
                await self._think()
                await guest.say(self._back(language))

    # -------------------------------------------------------------------------------------------- comments and mails

    async def hear_replies(self) -> None:
        """Read the answers to comments, and now and then go on with them."""
        sink, seen = self.ends.replies, len(self.ends.replies.replies)
        while True:
            async with sink.arrived:
                await sink.arrived.wait_for(lambda: len(sink.replies) > seen)  # noqa: B023 - used at once
            new, seen = list(sink.replies.values())[seen:], len(sink.replies)
            for reply in new:
                asked = self.comments.get(reply["comment_id"])
                if asked is not None and self.random.random() < 0.5:
                    await self._think()
                    await self._try(lambda asked=asked: self._say(self._further(asked)))  # type: ignore[misc]  # as above

    async def hear_mails(self) -> None:
        """Read the answers to mails, and now and then answer them."""
        sink, seen = self.ends.smtp, len(self.ends.smtp.mails)
        while True:
            async with sink.arrived:
                await sink.arrived.wait_for(lambda: len(sink.mails) > seen)  # noqa: B023 - used at once
            new, seen = sink.mails[seen:], len(sink.mails)
            for mail in new:
                if self.random.random() < 0.5:
                    await self._think()
                    self._answer_mail(mail)

    def _further(self, asked: Comment) -> Comment:
        """Return what the author of a comment says about our answer to it."""
        return replace(
            asked,
            at=self.backstage.clock(),
            id=self._name("b"),
            parent=asked.id,
            version=1,
            kind="comment.created",
            text=self._back(asked.language),
        )

    def _answer_mail(self, mail: SentMail) -> None:
        person = self.people.get(mail.recipients[0]) if mail.recipients else None
        if person is None:
            return  # the newcomer wrote to somebody of their own
        read = message_from_bytes(mail.body, policy=default)
        subject = str(read["Subject"] or "")
        written = written_mail(
            person,
            mail.sender,
            subject if subject.lower().startswith("re:") else f"Re: {subject}",
            f"{self._back(person.language)}\n\n{person.name}",
            message_id=f"<{self._name('b')}@post.example>",
            at=self.backstage.clock(),
            answers=str(read["Message-ID"] or ""),
        )
        self.ends.imap.append(written, folder=mail.sender.partition("@")[0])

    async def _think(self) -> None:
        await asyncio.sleep(self.random.uniform(*self.backstage.pace.thinking))

    def _back(self, language: str) -> str:
        kind = "thanks" if self.random.random() < 0.6 else "further"
        return str(self.random.choice(common()["back"][kind][language]))

    def _name(self, kind: str) -> str:
        return f"{kind}{next(self.numbers)}-{self.memory.seed}.{self.memory.chapter}"


_KINDS = (ChatLine, Comment, Mail, CallFact)


def each_kind_first(story: Iterator[Said]) -> Iterator[Said]:
    """Yield the story with the first word of each channel at its beginning, so that nobody waits for one of them."""
    held: list[Said] = []
    missing = set[type[Said]](_KINDS)
    for said in story:
        if type(said) in missing:
            missing.discard(type(said))
            yield said
        else:
            held.append(said)
        if not missing:
            break
    yield from held
    yield from story


def _more_of_team(guest: Visitor, *, than: int) -> int | None:
    """Return how much the team has said, once it is more."""
    said = sum(message["from"]["side"] == "team" for message in guest.messages.values())
    return said if said > than else None


async def keep_writing(backstage: Backstage, memory: Memory, ends: FarEnds) -> None:
    """Let the crowd write until cancelled."""
    async with plain_http() as http, asyncio.TaskGroup() as tasks:
        random = Random(f"crowd {memory.seed} {memory.chapter}")  # noqa: S311 - a story, not a secret
        everybody = Crowd(backstage, memory, ends, http, tasks, random)
        tasks.create_task(everybody.hear_replies())
        tasks.create_task(everybody.hear_mails())
        await everybody.write()
