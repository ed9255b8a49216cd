"""What the crowd says, and when: an endless story from a seed, the same every time it is told. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Literal, TypeAlias

from inbox.demo.cast import CAMPAIGNS, LANGUAGES, Person, StagedCampaign, crowd
from inbox.demo.phrases import Phrases, Thread, Topic, about, common

CommentKind: TypeAlias = Literal["comment.created", "comment.edited", "comment.deleted"]
CallEvent: TypeAlias = Literal["ringing", "answered", "ended", "missed", "voicemail"]


@dataclass(frozen=True, slots=True)
class Comment:
    """Somebody writes, changes or takes back a comment."""

    at: datetime
    campaign: StagedCampaign
    author: Person
    language: str
    text: str
    id: str
    thread: Thread
    parent: str | None = None
    version: int = 1
    kind: CommentKind = "comment.created"


@dataclass(frozen=True, slots=True)
class ChatLine:
    """A visitor writes a line in a chat; lines of one `session` are one conversation."""

    at: datetime
    campaign: StagedCampaign
    author: Person | None  # None: does not say who they are
    language: str
    text: str
    session: str
    is_last: bool


@dataclass(frozen=True, slots=True)
class Mail:
    """Somebody sends a mail."""

    at: datetime
    campaign: StagedCampaign
    author: Person
    language: str
    text: str
    subject: str
    message_id: str
    answers: str | None = None  # their own earlier mail


@dataclass(frozen=True, slots=True)
class CallFact:
    """The telephone system reports something of a call."""

    at: datetime
    campaign: StagedCampaign
    author: Person | None  # None: withheld
    language: str
    call_id: str
    event: CallEvent
    caller: str
    cause: str | None = None
    duration: int | None = None
    manager: str | None = None
    text: str = ""  # the transcript of a voicemail


Said: TypeAlias = Comment | ChatLine | Mail | CallFact

_CHANNELS = {"comment": 45, "chat": 25, "mail": 18, "call": 12}
_ANSWERING = ("Aylin Demir", "Jonas Weber")
_SECOND = timedelta(seconds=1)


def told(seed: int, *, start: datetime, gap: timedelta, chapter: int = 0) -> Iterator[Said]:
    """Yield what is said from `start` on, in the order of time and without an end.

    Args:
        seed: the same seed tells the same story.
        start: when it begins.
        gap: the mean time between two conversations that begin.
        chapter: another one has the same people, who say other things.
    """
    random = Random(f"story {seed} {chapter}")  # noqa: S311 - a story, not a secret
    teller = _Teller(f"{seed}.{chapter}", random, crowd(seed), gap)
    to_come: list[tuple[datetime, int, Said]] = []
    order = count()
    now = start
    while True:
        for said in teller.conversation(now):
            heapq.heappush(to_come, (said.at, next(order), said))
        now += gap * teller.random.expovariate(1)
        while to_come and to_come[0][0] <= now:
            yield heapq.heappop(to_come)[2]


@dataclass(slots=True)
class _Teller:
    """Makes conversations up and remembers the comments, which others answer."""

    name: str  # of this telling; every id ends with it
    random: Random
    people: Sequence[Person]
    gap: timedelta
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    written: dict[str, list[Comment]] = field(default_factory=dict)  # by campaign

    def conversation(self, at: datetime) -> list[Said]:
        """Return all that somebody says about one matter."""
        kind = self._pick_weighted(_CHANNELS)
        ways: dict[str, Callable[[datetime], list[Said]]] = {
            "comment": self._comments,
            "chat": self._chat,
            "mail": self._mails,
            "call": self._call,
        }
        return ways[kind](at)

    def _comments(self, at: datetime) -> list[Said]:
        campaign, author, language = self._somebody()
        phrases = about(campaign.key)
        known = self.written.setdefault(campaign.key, [])
        if known and self.random.random() < 0.3:
            first = self._answer_of_the_crowd(at, campaign, author, language)
        else:
            first = self._new_comment(at, campaign, author, language, phrases)
        known.append(first)
        return [first, *self._second_thoughts(first)]

    def _new_comment(
        self, at: datetime, campaign: StagedCampaign, author: Person, language: str, phrases: Phrases
    ) -> Comment:
        thread = self.random.choice(phrases.threads)
        topic = self._topic(phrases, thread.topics)
        text = self.random.choice(topic.texts[language])
        if self.random.random() < 0.03:
            text = self.random.choice(common()["comment"]["spam"][language])
        return Comment(at, campaign, author, language, text, id=self._name("c"), thread=thread)

    def _answer_of_the_crowd(self, at: datetime, campaign: StagedCampaign, author: Person, language: str) -> Comment:
        answered = self.random.choice(self.written[campaign.key][-12:])
        text = self.random.choice(common()["comment"]["reply"][language])
        return Comment(
            at, campaign, author, language, text, id=self._name("c"), thread=answered.thread, parent=answered.id
        )

    def _second_thoughts(self, comment: Comment) -> list[Said]:
        """Return a later change of a comment: one in twelve is edited, one in forty taken back."""
        chance = self.random.random()
        later = comment.at + timedelta(seconds=self.random.randint(40, 400))
        if chance < 0.08:
            text = f"{comment.text}\n\n{common()['comment']['edited'][comment.language]}"
            return [_again(comment, later, "comment.edited", text)]
        if chance < 0.105:
            return [_again(comment, later, "comment.deleted", "")]
        return []

    def _chat(self, at: datetime) -> list[Said]:
        campaign, person, language = self._somebody()
        author = person if self.random.random() < 0.75 else None
        session, lines = self._name("v"), self._chat_lines(campaign, language)
        said: list[Said] = []
        for number, line in enumerate(lines, start=1):
            said.append(ChatLine(at, campaign, author, language, line, session, is_last=number == len(lines)))
            at += timedelta(seconds=self.random.randint(8, 40))
        return said

    def _chat_lines(self, campaign: StagedCampaign, language: str) -> list[str]:
        words = common()["chat"]
        question = self.random.choice(self._topic(about(campaign.key)).texts[language])
        opening = self.random.choice(words["opening"][language])
        more = self.random.sample(words["more"][language], self.random.randint(0, 2))
        begin = [f"{opening} {question}"] if self.random.random() < 0.5 else [opening.rstrip(",:"), question]
        return [*begin, *more]

    def _mails(self, at: datetime) -> list[Said]:
        campaign, author, language = self._somebody()
        topic = self._topic(about(campaign.key))
        question = self.random.choice(topic.texts[language])
        first = Mail(
            at,
            campaign,
            author,
            language,
            self._letter(author, language, question),
            subject=topic.subject[language],
            message_id=f"<{self._name('m')}@post.example>",
        )
        return [first, *self._reminder(first)]

    def _reminder(self, first: Mail) -> list[Said]:
        """Return what one in four adds later, as an answer to their own mail."""
        if self.random.random() >= 0.25:
            return []
        later = first.at + self.gap * self.random.randint(10, 60)
        words = self.random.choice(common()["mail"]["again"][first.language])
        return [
            Mail(
                later,
                first.campaign,
                first.author,
                first.language,
                self._letter(first.author, first.language, words),
                subject=f"Re: {first.subject}",
                message_id=f"<{self._name('m')}@post.example>",
                answers=first.message_id,
            )
        ]

    def _letter(self, author: Person, language: str, body: str) -> str:
        words = common()["mail"]
        extra = [self.random.choice(words["extra"][language])] if self.random.random() < 0.4 else []
        greeting, closing = (self.random.choice(words[part][language]) for part in ("greeting", "closing"))
        return "\n\n".join([greeting, body, *extra, f"{closing}\n{author.name}"])

    def _call(self, at: datetime) -> list[Said]:
        campaign, author, language = self._caller()
        end = self._pick_weighted({"missed": 40, "voicemail": 25, "busy": 5, "answered": 30})
        call = _Call(campaign, author, language, self._name("t"))
        rang = timedelta(seconds=self.random.randint(6, 25))
        facts = [call.fact(at, "ringing"), *self._end_of_call(call, at + rang, end)]
        if end == "missed" and author is not None and self.random.random() < 0.3:
            again = _Call(campaign, author, language, self._name("t"))
            later = at + timedelta(minutes=self.random.randint(2, 15))
            facts += [again.fact(later, "ringing"), again.fact(later + rang, "missed")]
        return facts

    def _end_of_call(self, call: _Call, at: datetime, end: str) -> list[Said]:
        match end:
            case "answered":
                duration = self.random.randint(30, 400)
                manager = self.random.choice(_ANSWERING)
                hung_up = at + duration * _SECOND
                return [call.fact(at, "answered", manager=manager), call.fact(hung_up, "ended", duration=duration)]
            case "voicemail":
                said = self.random.choice(common()["call"]["voicemail"][call.language])
                name = call.author.name if call.author else "…"
                text = said.format(name=name, campaign=call.campaign.name.partition(" – ")[0])
                return [call.fact(at + 20 * _SECOND, "voicemail", text=text)]
            case "busy":
                return [call.fact(at, "ended", cause="busy")]
            case _:
                return [call.fact(at, "missed")]

    def _somebody(self) -> tuple[StagedCampaign, Person, str]:
        """Choose a campaign, one of its people, and the language they write in, which is mostly their own."""
        (campaign,) = self.random.choices(CAMPAIGNS, [c.weight for c in CAMPAIGNS])
        spoken = self._pick_weighted(dict(campaign.languages))
        people = [person for person in self.people if person.language == spoken]
        (person,) = self.random.choices(people, [p.activity for p in people])
        language = spoken if self.random.random() >= 0.06 else self.random.choice(LANGUAGES)
        return campaign, person, language

    def _caller(self) -> tuple[StagedCampaign, Person | None, str]:
        """Choose somebody who has a telephone; one in twelve withholds the number."""
        campaign, person, language = self._somebody()
        while person.phone is None:
            campaign, person, language = self._somebody()
        return campaign, person if self.random.random() < 0.92 else None, language

    def _topic(self, phrases: Phrases, keys: Sequence[str] | None = None) -> Topic:
        topics = [phrases.topics[key] for key in keys or phrases.topics]
        (topic,) = self.random.choices(topics, [t.weight for t in topics])
        return topic

    def _pick_weighted(self, weights: dict[str, int]) -> str:
        (picked,) = self.random.choices(list(weights), list(weights.values()))
        return picked

    def _name(self, kind: str) -> str:
        return f"{kind}{next(self.numbers)}-{self.name}"


@dataclass(frozen=True, slots=True)
class _Call:
    """What stays the same in all reports of one call."""

    campaign: StagedCampaign
    author: Person | None
    language: str
    id: str

    def fact(
        self,
        at: datetime,
        event: CallEvent,
        *,
        cause: str | None = None,
        duration: int | None = None,
        manager: str | None = None,
        text: str = "",
    ) -> CallFact:
        """Return one report."""
        return CallFact(
            at=at,
            campaign=self.campaign,
            author=self.author,
            language=self.language,
            call_id=self.id,
            event=event,
            caller=(self.author.phone if self.author else None) or "anonymous",
            cause=cause,
            duration=duration,
            manager=manager,
            text=text,
        )


def _again(comment: Comment, at: datetime, kind: CommentKind, text: str) -> Comment:
    return Comment(
        at,
        comment.campaign,
        comment.author,
        comment.language,
        text,
        id=comment.id,
        thread=comment.thread,
        parent=comment.parent,
        version=comment.version + 1,
        kind=kind,
    )
