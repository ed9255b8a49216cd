"""Who writes first is told that it is here; machines, lists and forged floods are told nothing, or nearly nothing."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count
from pathlib import Path

import pytest

from inbox.api.visitor_limits import Limits
from inbox.app.deliver import deliver_due
from inbox.app.intake import Door, take_message, understood_here
from inbox.app.languages import Languages
from inbox.channel.model import Original
from inbox.detector import Ngrams
from inbox.domain.inbox import Inbox
from inbox.domain.manager import EVERYTHING
from inbox.domain.message import Delivery, Message
from inbox.domain.ticket import State, Ticket, moved
from inbox.errors import DeliveryFailed
from inbox.secrets import Vault
from inbox.store.unit_of_work import utc_now
from inbox_email.channel import EmailChannel
from tests.api.chatting import ChatService, serving
from tests.api.posting import MAIL
from tests.app.far_end import FarEnd, OneInbox

US, GRETA, JUDGE = "help@crowd.example", "greta@example.org", "mx.crowd.example"
FLOOD = 10_000
_AT_ONCE = 40

# What no machine may answer: the fields that make a mail one of these.
NOBODYS: dict[str, Fields] = {
    "a bounce": {"From": "MAILER-DAEMON@isp.example"},
    "a report": {"Content-Type": "multipart/report; report-type=delivery-status; boundary=b"},
    "out of office": {"Auto-Submitted": "auto-replied"},
    "a system": {"Auto-Submitted": "auto-generated"},
    "an old machine": {"X-Autoreply": "yes"},
    "from nobody's envelope": {"Return-Path": "<>"},
    "a list": {"List-Id": "<crowd.lists.example>"},
    "a newsletter": {"List-Unsubscribe": "<https://shop.example/off>"},
    "bulk": {"Precedence": "bulk"},
    "who asks for silence": {"X-Auto-Response-Suppress": "OOF, AutoReply"},
    "no-reply": {"From": "Shop <no-reply@shop.example>"},
    "notifications": {"From": "notifications@shop.example"},
    "the owner of a list": {"From": "crowd-owner@lists.example"},
    "ourselves": {"From": US},
    "another of our kind": {"X-Loop-Mark": "aaaaaaaaaaaaaaaaaaaaaaaa"},
    "no sender": {"From": None},
}


Fields = dict[str, str | None]


@dataclass(slots=True)
class Post:
    """Inboxes that acknowledge, and who writes to them."""

    service: ChatService
    door: Door
    inboxes: list[Inbox]
    ids: count[int]

    async def arrives(self, fields: Fields | None = None, *, to: int = 0, at: datetime | None = None) -> Message:
        services, n = self.service.services, next(self.ids)
        opened = await services.inboxes.get(self.inboxes[to].id)
        octets = written({"Message-ID": f"<{n}@people.example>", **(fields or {})})
        (received,) = understood_here(opened.connection, Original(str(n), octets, "message/rfc822", at or utc_now()))
        taken = await take_message(self.door, opened, received)
        assert taken.message is not None
        return taken.message

    async def sent(self) -> list[EmailMessage]:
        """Return every acknowledgement that waits to be sent, as it will leave."""
        query = "select o.frozen from outbox o join messages m on m.id = o.message_id order by m.at, m.id"
        async with self.service.services.units.session() as session:  # type: ignore[attr-defined]  # the store's own
            rows = await session.driver.fetch(query)
        return [message_from_bytes(row["frozen"], policy=policy.default) for row in rows]

    async def refused(self) -> None:
        """Let the mail server refuse what waits."""
        far_end = FarEnd(EmailChannel.capabilities, deque([DeliveryFailed("550 no such user")]))
        services = self.service.services
        await deliver_due(services.units, OneInbox(self.inboxes[0], far_end), services.blobs, utc_now)

    async def ticket(self, message: Message) -> Ticket:
        async with self.service.services.units.reading() as unit:
            return await unit.tickets.find(message.ticket_id, EVERYTHING)

    async def messages(self, ticket: Ticket) -> list[Message]:
        async with self.service.services.units.reading() as unit:
            return await unit.messages.since(ticket.id, 0)


def written(fields: Fields) -> bytes:
    defaults: Fields = {
        "From": f"Greta <{GRETA}>",
        "To": US,
        "Subject": "Wann kommt die Lampe?",
        "Content-Type": "text/plain; charset=utf-8",
    }
    lines = [f"{name}: {value}" for name, value in {**defaults, **fields}.items() if value is not None]
    return ("\r\n".join(lines) + "\r\n\r\nGuten Tag, wann kommt denn meine Lampe bei mir an?\r\n").encode()


@pytest.fixture
async def post(dsn: str, vault: Vault, tmp_path: Path) -> AsyncIterator[Post]:
    async with serving(dsn, vault, tmp_path, Limits()) as service:
        inboxes = [await service.add_inbox("email", **MAIL, acknowledge=True) for _ in range(8)]
        door = replace(service.services.door, languages=Languages(Ngrams()))
        yield Post(service, door, inboxes, count())


async def test_who_writes_first_is_told_so_once_and_by_a_machine(post: Post) -> None:
    first = await post.arrives()
    (mail,) = await post.sent()

    ticket = await post.ticket(first)
    assert mail["Subject"] == f"Ihre Nachricht ist angekommen [#{ticket.number}]"
    assert mail["To"] == GRETA
    assert (mail["Auto-Submitted"], mail["In-Reply-To"]) == ("auto-replied", first.external_id)
    assert mail["X-Loop-Mark"]
    assert f"[#{ticket.number}]" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]  # has one


async def test_nothing_that_a_stranger_wrote_is_repeated_to_their_victim(post: Post) -> None:
    await post.arrives({"From": f'"BUY PILLS" <{GRETA}>', "Subject": "BUY PILLS https://pills.example"})
    (mail,) = await post.sent()

    assert "PILLS" not in mail.as_string().upper()
    assert "LAMPE" not in mail.as_string().upper()


async def test_the_ticket_goes_on_waiting_for_a_persons_answer(post: Post) -> None:
    first = await post.arrives()

    ticket = await post.ticket(first)
    assert (ticket.state, ticket.waiting_since, ticket.last_direction) == (State.OPEN, first.at, "inbound")
    assert ticket.due_at is not None
    _, told = await post.messages(ticket)
    assert (told.manager_id, told.delivery) == (None, Delivery.QUEUED)


async def test_one_that_is_refused_wakes_nobody(post: Post) -> None:
    first = await post.arrives()
    units, ticket = post.service.services.units, await post.ticket(first)
    async with units() as unit:
        await unit.tickets.save(moved(ticket, State.SOLVED, now=utc_now()), now=utc_now())
    await post.refused()

    after = await post.ticket(first)
    assert after.state is State.SOLVED
    assert (await post.messages(after))[1].delivery is Delivery.FAILED


@pytest.mark.parametrize("name", NOBODYS)
async def test_what_no_person_wrote_is_not_answered(post: Post, name: str) -> None:
    await post.arrives(NOBODYS[name])

    assert await post.sent() == []


async def test_what_lay_in_the_mailbox_before_is_no_news(post: Post) -> None:
    await post.arrives(at=utc_now() - timedelta(minutes=5))  # before the inbox was there

    assert await post.sent() == []


async def test_one_is_told_once_a_day_however_they_spell_their_address(post: Post) -> None:
    await post.arrives()
    await post.arrives({"From": "GRETA@Example.org", "Subject": "Noch etwas"})
    again = await post.arrives({"From": "greta+lamp@example.org", "Subject": "Und noch etwas"})

    assert again.seq == 1
    assert len(await post.sent()) == 1


async def test_an_answer_in_a_ticket_is_not_acknowledged(post: Post) -> None:
    first = await post.arrives()
    more = await post.arrives({"In-Reply-To": first.external_id})

    assert more.ticket_id == first.ticket_id
    assert len(await post.sent()) == 1


@pytest.mark.parametrize(
    ("verdict", "told"),
    [
        ("dmarc=pass", 1),
        ("dmarc=none; spf=pass", 1),
        ("dkim=pass", 1),
        ("dmarc=fail; spf=pass", 0),
        ("spf=fail", 0),
        ("", 0),
    ],
)
async def test_where_senders_are_checked_only_those_are_told_whom_the_server_vouches_for(
    post: Post, verdict: str, told: int
) -> None:
    config = MAIL | {"acknowledge": True, "authentication_server": JUDGE, "address": US}
    post.inboxes = [await post.service.add_inbox("email", **config)]
    await post.arrives({"Authentication-Results": f"{JUDGE}; {verdict}" if verdict else None})

    assert len(await post.sent()) == told


async def test_ten_thousand_forged_mails_that_name_one_victim_bring_them_five(post: Post) -> None:
    spellings = ("victim@prey.example", "Victim@Prey.example", "victim+{n}@prey.example", "VICTIM+x{n}@PREY.EXAMPLE")
    room = asyncio.Semaphore(_AT_ONCE)

    async def forged(n: int) -> None:
        async with room:
            await post.arrives(
                {"From": spellings[n % 4].format(n=n), "Subject": f"Hallo {n}"}, to=n % len(post.inboxes)
            )

    async with asyncio.TaskGroup() as group:
        for n in range(FLOOD):
            group.create_task(forged(n))
    assert 1 <= len(await post.sent()) <= 5

    await post.arrives()
    assert (await post.sent())[-1]["To"] == GRETA  # a victim's flood takes nothing from anybody else


async def test_a_flood_of_many_names_trips_the_breaker_of_its_inbox_alone(post: Post) -> None:
    for n in range(200):
        await post.arrives({"From": f"p{n}@prey.example", "Subject": f"Hallo {n}"})
    assert len(await post.sent()) == 60

    await post.arrives(to=1)
    assert len(await post.sent()) == 61
