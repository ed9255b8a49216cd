"""Answers for visitors who left: mailed once, to the address that they gave, and continued from there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from inbox.api.visitor_limits import Limits
from inbox.app.continuing import Continuing
from inbox.app.inboxes import remove_inbox
from inbox.app.intake import take_message, understood_here
from inbox.app.timers import fire_due
from inbox.channel.model import Original
from inbox.domain.clocks import ClockKind
from inbox.domain.inbox import Inbox
from inbox.domain.message import Direction, Kind, Message
from inbox.domain.ticket import State
from inbox.errors import Conflict
from inbox.secrets import Vault
from inbox.store.unit_of_work import utc_now
from tests.api.chatting import ChatService, eventually, serving
from tests.api.posting import MAIL

GRETA = {"name": "Greta", "email": "greta@people.example"}
GRACE = timedelta(minutes=2)


class Mailing:
    """A chat inbox that continues by mail, and the clock that its tests turn."""

    def __init__(self, service: ChatService, mail: Inbox, chat: Inbox) -> None:
        self.service, self.mail, self.chat = service, mail, chat

    def visit(self, **fields: Any) -> Any:
        return self.service.visit(inbox_id=self.chat.id, locale="de", **fields)

    async def ring(self, after: timedelta = GRACE + timedelta(seconds=1)) -> None:
        """Let the clocks ring as they will be after a while."""
        services = self.service.services
        rings = {ClockKind.CONTINUE: Continuing(services.inboxes, services.blobs)}
        await fire_due(services.units, now=utc_now() + after, rings=rings)

    async def mails(self) -> list[EmailMessage]:
        """Return what the outbox holds."""
        async with self.service.services.units.session() as session:  # type: ignore[attr-defined]  # the store's own
            rows = await session.driver.fetch("select frozen from outbox order by run_at")
        return [_mail(row["frozen"]) for row in rows]

    async def messages(self) -> list[Message]:
        return await self.service.messages((await self.service.tickets())[-1])

    async def arrives(self, raw: EmailMessage) -> Message:
        """Let a mail arrive in the mailbox, twice, as mailboxes do."""
        opened = await self.service.services.inboxes.get(self.mail.id)
        original = Original("1", raw.as_bytes(policy=policy.SMTP), "message/rfc822", utc_now())
        (received,) = understood_here(opened.connection, original)
        taken = [await take_message(self.service.services.door, opened, received) for _ in range(2)]
        assert taken[0].message is not None
        return taken[0].message


def _mail(octets: bytes) -> EmailMessage:
    found = message_from_bytes(octets, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def reply_to(mail: EmailMessage, text: str, *, sender: str = "Greta <greta@people.example>") -> EmailMessage:
    answer = EmailMessage()
    answer["From"], answer["To"], answer["Subject"] = sender, "help@crowd.example", f"Re: {mail['Subject']}"
    answer["Message-ID"], answer["In-Reply-To"] = f"<{abs(hash(text))}@people.example>", str(mail["Message-ID"])
    answer["Date"] = "Sun, 22 Nov 2026 10:00:00 +0000"
    answer.set_content(text)
    return answer


@pytest.fixture
async def mailing(dsn: str, vault: Vault, tmp_path: Path) -> AsyncIterator[Mailing]:
    async with serving(dsn, vault, tmp_path, Limits()) as service:
        mail = await service.add_inbox("email", **MAIL)
        chat = await service.add_inbox(continue_in=str(mail.id), form="name_email", title="Funkenwerk")
        yield Mailing(service, mail, chat)


async def left_with(mailing: Mailing, *answers: str, form: dict[str, str] | None = None) -> None:
    """Let somebody ask, leave, and be answered."""
    async with mailing.visit(form=form or GRETA) as greta:
        await greta.say("Wann kommt meine Lampe?")
    for answer in answers:
        await mailing.service.answer(answer)


async def test_whoever_left_gets_the_answers_in_one_mail_to_the_address_that_they_gave(mailing: Mailing) -> None:
    await left_with(mailing, "Im Mai.", "Beide zusammen.")
    await mailing.ring()

    (mail,) = await mailing.mails()
    assert mail["To"] == "greta@people.example"
    assert mail["From"] == '"Tom (Funkenwerk)" <help@crowd.example>'
    assert mail["Subject"] == "Funkenwerk: unsere Antwort"
    assert text_of(mail).startswith("Im Mai.\n\nBeide zusammen.\n\n")
    assert "Wann kommt meine Lampe?" not in text_of(mail)


async def test_an_answer_is_mailed_once_however_often_the_clocks_ring(mailing: Mailing) -> None:
    await left_with(mailing, "Im Mai.")
    for _ in range(3):
        await mailing.ring()
    await mailing.service.answer("Anfang Mai.")
    await mailing.ring()

    mails = [text_of(mail) for mail in await mailing.mails()]
    assert [mail.partition("\n")[0] for mail in mails] == ["Im Mai.", "Anfang Mai."]
    assert [m.text.partition("\n")[0] for m in await mailing.messages()] == [
        *("Wann kommt meine Lampe?", "Im Mai.", "Im Mai.", "Anfang Mai.", "Anfang Mai."),
    ]


async def test_nobody_who_is_here_or_came_back_in_time_is_mailed(mailing: Mailing) -> None:
    async with mailing.visit(form=GRETA) as greta:
        await greta.say("Wann kommt meine Lampe?")
        await mailing.service.answer("Im Mai.")
        await mailing.ring(timedelta(seconds=110))
        assert await mailing.mails() == []
        seen = utc_now() + timedelta(minutes=5)
        async with mailing.service.services.units() as unit:
            await unit.visitors.seen(mailing.service.services.presence.visitors(), now=seen)
        await mailing.ring(timedelta(minutes=6))
        assert await mailing.mails() == []
        answer = await greta.hears("Im Mai.")
        await greta.send("read", seq=answer["seq"])
        await eventually(lambda: _is_read(mailing))
    await mailing.ring(timedelta(hours=1))

    assert await mailing.mails() == []


async def _is_read(mailing: Mailing) -> bool:
    return (await mailing.messages())[-1].delivery == "delivered"


async def test_whoever_gave_no_address_is_not_mailed(mailing: Mailing) -> None:
    plain = await mailing.service.add_inbox(continue_in=str(mailing.mail.id))
    async with mailing.service.visit(inbox_id=plain.id) as mia:
        await mia.say("Hello?")
    await mailing.service.answer("Hello!")
    await mailing.ring()

    assert await mailing.mails() == []


async def test_only_the_address_of_this_session_is_written_to(mailing: Mailing) -> None:
    async with mailing.visit(form=GRETA) as greta:
        await greta.say("Wann kommt meine Lampe?")
        await greta.send("introduce", form={"name": "Greta", "email": "neu@people.example"})
        await greta.frame("introduced")
    await mailing.service.answer("Im Mai.")
    await mailing.ring()

    assert [mail["To"] for mail in await mailing.mails()] == ["neu@people.example"]


async def test_notes_are_never_mailed_and_files_come_along(mailing: Mailing) -> None:
    await left_with(mailing)
    await mailing.service.note("Schwierige Kundin", file=b"intern")
    await mailing.service.answer("Die Rechnung:", file=b"rechnung")
    await mailing.ring()

    (mail,) = await mailing.mails()
    assert "Schwierige" not in mail.as_string()
    assert [part.get_content() for part in mail.iter_attachments()] == [b"rechnung"]


async def test_the_visitor_is_shown_that_the_answer_went_by_mail_and_not_where_to(mailing: Mailing) -> None:
    async with mailing.visit(form=GRETA) as greta:
        await greta.say("Wann kommt meine Lampe?")
        session = greta.session
    await mailing.service.answer("Im Mai.")
    await mailing.ring()
    async with mailing.visit(session=session) as greta:
        answer = await greta.hears("Im Mai.")

        assert answer["mailed"] is True
        assert not [frame for frame in greta.frames if "people.example" in str(frame)]
        assert [m["text"] for m in greta.messages.values()] == ["Wann kommt meine Lampe?", "Im Mai."]


async def test_a_reply_by_mail_joins_the_ticket_once_and_stands_in_the_chat(mailing: Mailing) -> None:
    async with mailing.visit(form=GRETA) as greta:
        await greta.say("Wann kommt meine Lampe?")
        session = greta.session
    await mailing.service.answer("Im Mai.")
    await mailing.ring()
    (mail,) = await mailing.mails()
    await mailing.arrives(reply_to(mail, "Danke! Beide?"))

    (ticket,) = await mailing.service.tickets()
    last = (await mailing.messages())[-1]
    assert (ticket.state, ticket.inbox_id, last.text, last.unverified) == (
        *(State.OPEN, mailing.chat.id, "Danke! Beide?", False),
    )
    async with mailing.visit(session=session) as greta:
        await greta.until(lambda: greta.messages.get((str(ticket.id), 4)))
        shown = greta.messages[str(ticket.id), 4]
        assert (shown["text"], shown["from"]["side"]) == ("Danke! Beide?", "visitor")


async def test_the_answer_to_a_mailed_reply_is_mailed_into_the_same_thread(mailing: Mailing) -> None:
    await left_with(mailing, "Im Mai.")
    await mailing.ring()
    (first,) = await mailing.mails()
    reply = reply_to(first, "Danke! Beide?")
    await mailing.arrives(reply)
    await mailing.service.answer("Ja, beide.")
    await mailing.ring(timedelta(minutes=10))

    second = (await mailing.mails())[-1]
    assert second["In-Reply-To"] == reply["Message-ID"]
    assert text_of(second).startswith("Ja, beide.\n")
    assert str(second["References"]).split()[0] == str(first["Message-ID"])


async def test_a_strangers_mail_with_our_token_is_marked_and_stays_out_of_the_chat(mailing: Mailing) -> None:
    await left_with(mailing, "Im Mai.")
    await mailing.ring()
    (mail,) = await mailing.mails()
    message = await mailing.arrives(reply_to(mail, "Wer ist das?", sender="eve@evil.example"))

    (ticket,) = await mailing.service.tickets()
    async with mailing.service.services.units.reading() as unit:
        log = await unit.visitors.log_since(ticket.id, 0, limit=50)
    assert (message.ticket_id, message.unverified) == (ticket.id, True)
    assert message.id not in [entry.message_id for entry in log]


async def test_a_reply_by_mail_makes_the_typed_address_nobodys(mailing: Mailing) -> None:
    await left_with(mailing, "Im Mai.")
    await mailing.ring()
    (mail,) = await mailing.mails()
    message = await mailing.arrives(reply_to(mail, "Danke!"))

    (ticket,) = await mailing.service.tickets()
    assert message.contact_id != ticket.contact_id
    async with mailing.service.services.units.reading() as unit:
        visitor = await unit.contacts.find(ticket.contact_id or pytest.fail("no contact"))
    assert not [i for i in visitor.identities if i.verified and i.kind == "email"]


async def test_a_strangers_address_gets_three_mails_a_day_and_the_team_is_told(mailing: Mailing) -> None:
    for n in range(5):
        await left_with(mailing, f"Antwort {n}", form={"name": f"N {n}", "email": "Victim@people.example"})
    await mailing.ring()

    assert len(await mailing.mails()) == 3
    notes = [
        m for t in await mailing.service.tickets() for m in await mailing.service.messages(t) if m.kind is Kind.NOTE
    ]
    assert [note.direction for note in notes] == [Direction.INTERNAL] * 2
    assert "as many mails today" in notes[0].text


async def test_an_inbox_that_is_switched_off_mails_nothing_and_the_team_is_told(mailing: Mailing) -> None:
    await left_with(mailing, "Im Mai.")
    async with mailing.service.services.units() as unit:
        mail = await unit.inboxes.find(mailing.mail.id)
        await unit.inboxes.save(replace(mail, active=False))
    await mailing.ring()

    assert await mailing.mails() == []
    assert (await mailing.messages())[-1].kind is Kind.NOTE


async def test_an_inbox_that_wrote_for_another_is_not_removed(mailing: Mailing) -> None:
    await left_with(mailing, "Im Mai.")
    await mailing.ring()

    with pytest.raises(Conflict):
        async with mailing.service.services.units() as unit:
            await remove_inbox(unit, mailing.mail.id)


async def test_a_solved_chat_is_continued_too(mailing: Mailing) -> None:
    await left_with(mailing)
    await mailing.service.answer("Im Mai.", solve=True)
    await mailing.ring()

    assert len(await mailing.mails()) == 1
    assert (await mailing.service.ticket()).state is State.SOLVED
