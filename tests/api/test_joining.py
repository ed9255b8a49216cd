"""Who may join a ticket beside its contact, and what a machine that writes without end may not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from inbox.app.lines import By
from inbox.app.reply import Desk, Draft, reply
from inbox.app.split import Cut, split
from inbox.app.views import message_view
from inbox.domain.manager import EVERYTHING
from inbox.domain.message import Message
from inbox.domain.recipients import Recipient, Role
from inbox.domain.ticket import State
from inbox.store.unit_of_work import utc_now
from tests.api.posting import Post, begun, to, written

GRETA, PAUL, EVE = "greta@people.example", "Paul <paul@people.example>", "Eve <eve@evil.example>"


async def asked(post: Post, text: str, sender: str, **fields: str) -> Message:
    return await post.arrives(written(sender, text, n=next(post.ids), **fields))


async def answered_with(post: Post, first: Message, *people: Recipient) -> Message:
    opened = await post.service.services.inboxes.get(post.mail.id)
    desk = Desk(post.service.tom, EVERYTHING, post.service.services.blobs)
    draft = Draft("Paul weiß es.", last_seen=0, send_anyway=True, recipients=people)
    async with post.service.services.units() as unit:
        _, message = await reply(unit, desk, first.ticket_id, draft, opened, now=utc_now())
    return message


@pytest.mark.parametrize("by", ["our id", "the contact's id"])
async def test_whom_a_manager_wrote_to_in_cc_takes_part(post: Post, by: str) -> None:
    first = await asked(post, "Wann kommt sie?", f"Greta <{GRETA}>")
    answer = await answered_with(post, first, Recipient("paul@people.example", role=Role.CC))
    named = {"our id": answer.external_id, "the contact's id": first.external_id}[by]
    paul = await asked(post, "Im Mai.", PAUL, In_Reply_To=str(named))
    again = await asked(post, "Oder Juni.", PAUL, In_Reply_To=str(paul.external_id))

    assert (paul.ticket_id, paul.unverified) == (first.ticket_id, False)
    assert (again.ticket_id, again.unverified) == (first.ticket_id, False)
    assert (await post.ticket(first.ticket_id)).contact_id == first.contact_id


async def test_who_got_a_blind_copy_joins_aside_and_by_our_mark_alone(post: Post) -> None:
    first = await asked(post, "Wann kommt sie?", f"Greta <{GRETA}>")
    answer = await answered_with(post, first, Recipient("paul@people.example", role=Role.BCC))
    by_guess = await asked(post, "Im Mai.", PAUL, In_Reply_To=str(first.external_id))
    by_mark = await asked(post, "Ich weiß es.", PAUL, In_Reply_To=str(answer.external_id))

    assert (by_mark.ticket_id, message_view(by_mark)["aside"]) == (first.ticket_id, True)
    assert by_guess.ticket_id != first.ticket_id


async def test_whom_the_contact_named_in_cc_takes_no_part(post: Post) -> None:
    first = await asked(post, "Wann kommt sie?", f"Greta <{GRETA}>", Cc="eve@evil.example")
    await post.answers(first.ticket_id, "Im Mai.")
    eve = await asked(post, "Und meine?", EVE, In_Reply_To=str(first.external_id))

    assert eve.ticket_id != first.ticket_id


async def test_a_message_says_why_it_is_where_it_is(post: Post) -> None:
    ticket, theirs, ours = await begun(post, GRETA, next(post.ids))
    by_mark = message_view(await asked(post, "Danke", f"Greta <{GRETA}>", In_Reply_To=ours))
    guessed = message_view(await asked(post, "Und ich?", EVE, In_Reply_To=theirs))
    alone = message_view(await asked(post, "Hallo", EVE))

    assert by_mark["threading"] == {"by": "token", "passed_over": [], "flood": False, "passed_on_by": None}
    assert guessed["threading"]["by"] is None
    assert guessed["threading"]["passed_over"] == [{"number": ticket.number, "by": "reference", "why": "not_theirs"}]
    assert alone["threading"] is None


@pytest.mark.parametrize(
    "fields",
    [{"Auto-Submitted": "auto-generated"}, {"Precedence": "bulk"}, {"List-Id": "<shop.example>"}, {"X-Loop-Mark": "x"}],
    ids=lambda fields: next(iter(fields)),
)
async def test_a_machine_that_writes_without_end_fills_no_queue(post: Post, fields: dict[str, str]) -> None:
    mails = [await asked(post, f"Nr. {n}", "Shop <shop@shop.example>", **fields) for n in range(14)]
    person = await asked(post, "Eine Frage", "Shop <shop@shop.example>")
    tickets = {mail.ticket_id for mail in mails}

    assert len(tickets) == 10
    assert all(mail.ticket_id == mails[9].ticket_id for mail in mails[10:])
    assert [message_view(mail)["threading"] for mail in mails[10:]] == [
        {"by": "flood", "passed_over": [], "flood": True, "passed_on_by": None}
    ] * 4
    assert (person.ticket_id in tickets, person.unverified) == (False, False)


async def test_two_machines_in_one_ticket_come_to_rest(post: Post) -> None:
    bot = "Bot <bot@bot.example>"
    first = await asked(post, "Nr. 0", bot, Precedence="bulk")
    told = [first]
    while not message_view(told[-1])["threading"] or not message_view(told[-1])["threading"]["flood"]:
        answer = await post.answers(first.ticket_id, f"Antwort {len(told)}", solve=True)
        told.append(await asked(post, "Noch eine", bot, Precedence="bulk", In_Reply_To=str(answer.external_id)))
    ticket = await post.ticket(first.ticket_id)

    assert len(told) == 11
    assert (told[-1].ticket_id, ticket.state) == (first.ticket_id, State.SOLVED)


async def test_reports_of_what_did_not_arrive_are_never_too_many(post: Post) -> None:
    first = await asked(post, "Wann?", f"Greta <{GRETA}>")
    for n in range(12):
        answer = await post.answers(first.ticket_id, f"Antwort {n}", solve=True)
        daemon = "MAILER-DAEMON@people.example"
        report = await asked(
            post, "550 no such user", daemon, Subject="Undelivered Mail", In_Reply_To=str(answer.external_id)
        )

        assert report.meta.get("flood") is None
    assert utc_now() - first.at < timedelta(hours=1)


async def test_what_an_answer_repeats_of_us_is_folded_in_any_language(post: Post) -> None:
    first = await asked(post, "Wann kommt sie?", f"Greta <{GRETA}>")
    answer = await post.answers(first.ticket_id, "Liebe Greta, sie kommt im Mai, ganz sicher.")
    text = (
        "Diolch!\n\nAr 1 Mai 2026, ysgrifennodd Team <help@crowd.example>:\n"
        "Liebe Greta, sie kommt\nim Mai, ganz sicher.\nWann kommt sie?\n"
    )
    said = await asked(
        post, text, f"Greta <{GRETA}>", In_Reply_To=str(answer.external_id), References=str(first.external_id)
    )
    guessed = await asked(post, text, EVE, In_Reply_To=str(first.external_id))

    assert said.text == "Diolch!"
    assert said.quoted is not None
    assert "ysgrifennodd" in said.quoted
    assert "Liebe Greta" in guessed.text


async def test_what_was_said_aside_is_its_writers_once_it_is_split_off(post: Post) -> None:
    first = await asked(post, "Wann kommt sie?", f"Greta <{GRETA}>")
    answer = await answered_with(post, first, Recipient("paul@people.example", role=Role.BCC))
    paul = await asked(post, "Ich habe auch eine Frage.", PAUL, In_Reply_To=str(answer.external_id))
    by = By(EVERYTHING, post.service.tom.id, "Tom")
    async with post.service.services.units() as unit:
        new = await split(unit, first.ticket_id, Cut((paul.id,)), by, now=utc_now())
    await post.answers(new.id, "Welche?")
    mail = await post.mailed(new.id)

    assert (to(mail), mail["In-Reply-To"]) == ("paul@people.example", paul.external_id)
    assert GRETA not in mail.as_string()
