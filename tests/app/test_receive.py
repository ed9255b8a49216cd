"""What becomes of a message that came in."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from inbox.app.assign import assign_waiting
from inbox.app.queries import TicketQuery, View
from inbox.app.receive import Outcome
from inbox.app.reply import Desk, Draft, note
from inbox.app.views import message_view
from inbox.blobs import BlobStore
from inbox.channel.model import CampaignRef, Received, Sender
from inbox.domain.calls import Call
from inbox.domain.contact import Claim, IdentityKind
from inbox.domain.manager import EVERYTHING, Manager
from inbox.domain.message import Kind
from inbox.domain.recipients import Recipient, Role
from inbox.domain.ticket import State
from inbox.store.unit_of_work import Units
from tests.app.conftest import NOW, Take, comment, later, person


async def tickets_of(units: Units) -> int:
    async with units.reading() as unit:
        return len((await unit.tickets.page(TicketQuery(EVERYTHING, view=View.ALL))).items)


async def test_a_message_read_twice_is_stored_once(units: Units, take: Take) -> None:
    first = await take("comments", comment("c-1"))
    second = await take("comments", comment("c-1"))

    assert (first.outcome, second.outcome) == (Outcome.STORED, Outcome.DUPLICATE)
    assert await tickets_of(units) == 1


async def test_whom_a_message_was_for_is_kept_and_shown(units: Units, take: Take) -> None:
    greta = Sender((Claim(IdentityKind.EMAIL, "greta@example.org"),), "Greta")
    named = (Recipient("help@us.example"), Recipient("paul@example.org", "Paul", Role.CC))
    taken = await take("email", Received("<1@x>", greta, NOW, "Hallo", recipients=named))

    assert taken.ticket is not None
    async with units.reading() as unit:
        (message,) = await unit.messages.since(taken.ticket.id, 0)
    assert message.recipients == named
    assert [(r["role"], r["address"]) for r in message_view(message)["recipients"]] == [
        ("to", "help@us.example"),
        ("cc", "paul@example.org"),
    ]


async def test_a_public_thread_is_one_ticket_with_many_contacts(units: Units, take: Take) -> None:
    first = await take("comments", comment("c-1"))
    second = await take("comments", comment("c-2", sender=person("Paul")))

    assert first.ticket is not None
    assert second.ticket is not None
    assert first.ticket.id == second.ticket.id
    assert second.message is not None
    assert second.message.seq == 2


async def test_the_same_verified_address_is_one_person_over_channels(take: Take) -> None:
    address = Claim(IdentityKind.EMAIL, "Greta@Example.org")
    mail = Received("<1@x>", Sender((address,), "Greta"), NOW, "Hallo")
    known = await take("email", mail)
    second = await take("comments", comment("c-1", sender=Sender((person("Greta").claims[0], address), "Greta M.")))

    assert known.message is not None
    assert second.message is not None
    assert known.message.contact_id == second.message.contact_id


async def test_an_unverified_address_joins_nobody(take: Take) -> None:
    address = Claim(IdentityKind.EMAIL, "greta@example.org")
    known = await take("email", Received("<1@x>", Sender((address,), "Greta"), NOW, "Hallo"))
    visitor = Sender((Claim(IdentityKind.VISITOR, "v-1"), replace(address, verified=False)), "Greta")
    stranger = await take("chat", Received("m-1", visitor, NOW, "Ich bin Greta"))

    assert known.message is not None
    assert stranger.message is not None
    assert known.message.contact_id != stranger.message.contact_id


async def test_waiting_tickets_go_to_a_manager_with_room_the_oldest_first(
    units: Units, take: Take, aylin: Manager
) -> None:
    taken = [await take("comments", comment(f"c-{n}", thread=f"t-{n}", at=later(n))) for n in range(4)]
    await assign_waiting(units, now=later(4))

    async with units.reading() as unit:
        owners = [(await unit.tickets.find(t.ticket.id, EVERYTHING)).assignee_id for t in taken if t.ticket]
    assert owners == [aylin.id, aylin.id, aylin.id, None]


async def test_fifty_parallel_first_messages_of_one_visitor_make_one_ticket(units: Units, take: Take) -> None:
    visitor = Sender((Claim(IdentityKind.VISITOR, "v-1"),), None)
    await asyncio.gather(*(take("chat", Received(f"m-{n}", visitor, NOW, f"Wort {n}")) for n in range(50)))

    assert await tickets_of(units) == 1
    async with units.reading() as unit:
        ticket = (await unit.tickets.page(TicketQuery(EVERYTHING, view=View.ALL))).items[0]
        messages = await unit.messages.since(ticket.id, 0)
    assert [m.seq for m in messages] == list(range(1, 51))
    assert ticket.public_seq == 50


async def test_an_edit_before_its_comment_is_not_undone_by_it(take: Take) -> None:
    await take("comments", comment("c-1", "neu", version=2))
    late = await take("comments", comment("c-1", "alt", version=1))

    assert late.outcome is Outcome.DUPLICATE
    assert late.message is not None
    assert late.message.text == "neu"


async def test_a_comment_deleted_before_it_came_stays_deleted(units: Units, take: Take) -> None:
    await take("comments", comment("c-1", "", version=2, deleted=True))
    late = await take("comments", comment("c-1", "doch noch", version=1))

    assert late.outcome is Outcome.DUPLICATE
    async with units.reading() as unit:
        assert (await unit.tickets.page(TicketQuery(EVERYTHING))).items == ()


async def test_an_edited_comment_asks_for_another_look(units: Units, take: Take) -> None:
    taken = await take("comments", comment("c-1"))
    assert taken.ticket is not None
    async with units() as unit:
        held = await unit.tickets.hold(taken.ticket.id, EVERYTHING)
        await unit.tickets.save(replace(held, state=State.SOLVED, solved_at=NOW, waiting_since=None), now=NOW)
    edited = await take("comments", comment("c-1", "Und wann die zweite?", version=2, at=later(5)))

    assert edited.ticket is not None
    assert edited.ticket.state is State.OPEN


async def test_a_missed_call_waits_for_a_callback_and_two_of_one_number_are_one_ticket(
    units: Units, take: Take
) -> None:
    caller = Sender((Claim(IdentityKind.PHONE, "+4930123456"),), None)
    calls = [
        Received(f"call-{n}", caller, NOW, kind=Kind.CALL, call=Call(caller="+4930123456", missed=True, ended_at=NOW))
        for n in range(2)
    ]
    first, second = [await take("telephony", call) for call in calls]

    assert first.ticket is not None
    assert second.ticket is not None
    assert first.ticket.id == second.ticket.id
    assert first.ticket.due_at == later(30)
    async with units.reading() as unit:
        assert await unit.clocks.next_due() == later(30)


async def test_a_call_that_was_answered_after_all_is_done(take: Take) -> None:
    caller = Sender((Claim(IdentityKind.PHONE, "+4930123456"),), None)
    ringing = Received("call-1", caller, NOW, kind=Kind.CALL, call=Call(caller="+4930123456", started_at=NOW))
    ended = replace(
        ringing, call=Call(caller="+4930123456", answered_at=later(1), ended_at=later(3), duration=120), at=later(3)
    )
    first = await take("telephony", ringing)
    second = await take("telephony", ended)

    assert first.ticket is not None
    assert second.ticket is not None
    assert first.ticket.state is State.OPEN
    assert second.ticket.state is State.SOLVED
    assert second.message is not None
    assert second.message.seq == 1


async def test_a_note_that_is_written_during_a_call_keeps_nobody_from_being_done_with_it(
    units: Units, take: Take, aylin: Manager, tmp_path: Path
) -> None:
    caller = Sender((Claim(IdentityKind.PHONE, "+4930123456"),), None)
    ringing = Received("call-1", caller, NOW, kind=Kind.CALL, call=Call(caller="+4930123456", answered_at=NOW))
    ended = replace(ringing, call=Call(caller="+4930123456", ended_at=later(3)), at=later(3))
    first = await take("telephony", ringing)
    assert first.ticket is not None
    async with units() as unit:
        desk = Desk(aylin, EVERYTHING, BlobStore(tmp_path))
        await note(unit, desk, first.ticket.id, Draft("Will ihr Geld zurück.", last_seen=1), now=later(1))
    second = await take("telephony", ended)

    assert second.ticket is not None
    assert (second.ticket.state, second.ticket.last_seq) == (State.SOLVED, 2)


async def test_a_stranger_with_a_guessed_reference_opens_a_ticket_of_their_own(take: Take) -> None:
    greta = Sender((Claim(IdentityKind.EMAIL, "greta@example.org"),), "Greta")
    mallory = Sender((Claim(IdentityKind.EMAIL, "mallory@example.org"),), "Greta")
    first = await take("email", Received("<1@x>", greta, NOW, "Hallo"))
    answer = await take("email", Received("<2@x>", greta, NOW, "Noch etwas", references=("<1@x>",)))
    forged = await take("email", Received("<3@x>", mallory, NOW, "Ich auch", references=("<1@x>",)))

    assert first.ticket is not None
    assert answer.ticket is not None
    assert forged.ticket is not None
    assert answer.ticket.id == first.ticket.id
    assert forged.ticket.id != first.ticket.id


async def test_a_stranger_with_our_token_joins_and_is_marked(take: Take) -> None:
    greta = Sender((Claim(IdentityKind.EMAIL, "greta@example.org"),), "Greta")
    mallory = Sender((Claim(IdentityKind.EMAIL, "mallory@example.org"),), "Mallory")
    first = await take("email", Received("<1@x>", greta, NOW, "Hallo"))
    assert first.ticket is not None
    joined = await take("email", Received("<2@x>", mallory, NOW, "Weitergeleitet", ticket=first.ticket.id))

    assert joined.ticket is not None
    assert joined.message is not None
    assert joined.ticket.id == first.ticket.id
    assert joined.message.unverified


async def test_another_mail_under_a_used_id_is_stored_once_beside_the_first(take: Take) -> None:
    greta = Sender((Claim(IdentityKind.EMAIL, "greta@example.org"),), "Greta")
    first = Received("<1@x>", greta, NOW, "Hallo", meta={"digest": "a" * 64})
    other = Received("<1@x>", greta, NOW, "Etwas anderes", meta={"digest": "b" * 64})

    taken = [await take("email", mail) for mail in (first, other, first, other)]

    assert [t.outcome for t in taken] == [Outcome.STORED, Outcome.STORED, Outcome.DUPLICATE, Outcome.DUPLICATE]
    shown = [message_view(t.message)["reused_id"] for t in taken if t.message is not None]
    assert shown[:2] == [False, True]


async def test_a_reply_long_after_the_end_opens_a_ticket_that_follows_the_old(units: Units, take: Take) -> None:
    greta = Sender((Claim(IdentityKind.EMAIL, "greta@example.org"),), "Greta")
    first = await take("email", Received("<1@x>", greta, NOW, "Hallo"))
    assert first.ticket is not None
    async with units() as unit:
        held = await unit.tickets.hold(first.ticket.id, EVERYTHING)
        await unit.tickets.save(replace(held, state=State.SOLVED, solved_at=NOW, waiting_since=None), now=NOW)
    late = later(60 * 24 * 8)
    second = await take("email", Received("<2@x>", greta, late, "Doch noch", references=("<1@x>",)), now=late)

    assert second.ticket is not None
    assert second.ticket.id != first.ticket.id
    assert second.ticket.follows == first.ticket.id


async def test_an_unknown_campaign_stays_visible_on_the_unsorted_ticket(take: Take) -> None:
    taken = await take("comments", comment("c-1", campaign=CampaignRef("p-99")))

    assert taken.ticket is not None
    assert taken.ticket.campaign_id is None
    assert taken.ticket.campaign_key == "p-99"


async def test_two_people_who_share_a_telephone_stay_two(take: Take) -> None:
    number = Claim(IdentityKind.PHONE, "+4930123456")
    greta = Sender((person("Greta").claims[0], number), "Greta")
    paul = Sender((person("Paul").claims[0], number), "Paul")
    first = await take("comments", comment("c-1", sender=greta))
    second = await take("comments", comment("c-2", sender=paul))
    call = await take(
        "telephony", Received("k-1", Sender((number,), None), NOW, kind=Kind.CALL, call=Call(missed=True))
    )

    assert first.message is not None
    assert second.message is not None
    assert call.message is not None
    assert first.message.contact_id != second.message.contact_id
    assert call.message.contact_id == first.message.contact_id
