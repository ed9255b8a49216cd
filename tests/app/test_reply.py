"""Answers, notes and logged calls: nobody talks past a word that they have not seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from inbox.app.begin import Beginning, begin
from inbox.app.change import Wish, change
from inbox.app.opened import Opened
from inbox.app.reply import Desk, Draft, log_call, note, reply
from inbox.app.timers import fire_due
from inbox.blobs import BlobStore
from inbox.channel.model import Received, Sender
from inbox.domain.calls import Call
from inbox.domain.contact import Claim, IdentityKind
from inbox.domain.ids import CampaignId, ContactId, new_id
from inbox.domain.inbox import Inbox
from inbox.domain.manager import EVERYTHING, Access, Manager
from inbox.domain.message import Delivery, Direction, Kind
from inbox.domain.ticket import REOPENS_WITHIN, State, Ticket
from inbox.errors import Invalid, NotFound, SpokenSince, StaleVersion, SwitchedOff, TransitionRefused
from inbox.store.unit_of_work import Units
from tests.app.conftest import CAPABILITIES, NOW, Take, comment, later
from tests.app.far_end import FarEnd, OneInbox

GRETA = Sender((Claim(IdentityKind.EMAIL, "greta@example.org"),), "Greta")


@dataclass(slots=True)
class Work:
    """A manager, an open ticket, and its inbox."""

    units: Units
    desk: Desk
    opened: Opened
    ticket: Ticket

    async def reply(
        self, text: str = "Im Mai.", *, last_seen: int, solve: bool = False, send_anyway: bool = False
    ) -> Ticket:
        draft = Draft(text, last_seen=last_seen, solve=solve, send_anyway=send_anyway)
        async with self.units() as unit:
            return (await reply(unit, self.desk, self.ticket.id, draft, self.opened, now=later(1)))[0]

    async def change(self, to: State, *, until: float | None = None, now: float = 0) -> Ticket:
        async with self.units() as unit:
            held = await unit.tickets.find(self.ticket.id, EVERYTHING)
            wish = Wish(held.version, to, later(until) if until is not None else None)
            return await change(unit, self.ticket.id, wish, EVERYTHING, live=False, now=later(now))

    async def now(self) -> Ticket:
        async with self.units.reading() as unit:
            return await unit.tickets.find(self.ticket.id, EVERYTHING)


def opened(inbox: Inbox) -> Opened:
    return OneInbox(inbox, FarEnd(CAPABILITIES[inbox.channel])).opened


@pytest.fixture
async def work(units: Units, inboxes: dict[str, Inbox], aylin: Manager, take: Take, tmp_path: Path) -> Work:
    taken = await take("email", Received("<1@x>", GRETA, NOW, "Hallo", subject="Lampe"))
    assert taken.ticket is not None
    return Work(units, Desk(aylin, EVERYTHING, BlobStore(tmp_path)), opened(inboxes["email"]), taken.ticket)


async def test_a_reply_waits_for_the_contact_and_is_on_its_way(work: Work) -> None:
    ticket = await work.reply(last_seen=1)

    assert (ticket.state, ticket.waiting_since, ticket.last_seq) == (State.WAITING, None, 2)
    async with work.units.reading() as unit:
        (message,) = await unit.messages.since(ticket.id, 1)
        assert await unit.outbox.next_due() == later(1)
    assert (message.delivery, message.direction) == (Delivery.QUEUED, Direction.OUTBOUND)


async def test_whoever_missed_a_word_is_shown_it_before_they_answer(work: Work, take: Take) -> None:
    await take("email", Received("<2@x>", GRETA, NOW, "Hat sich erledigt!", references=("<1@x>",)))

    with pytest.raises(SpokenSince) as refused:
        await work.reply(last_seen=1)
    assert [message.text for message in refused.value.missed] == ["Hat sich erledigt!"]  # type: ignore[attr-defined]  # messages
    assert (await work.now()).last_seq == 2
    assert (await work.reply(last_seen=1, send_anyway=True)).last_seq == 3


async def test_a_colleagues_answer_counts_and_ones_own_and_notes_do_not(work: Work) -> None:
    other = Desk(replace(work.desk.manager, id=work.desk.manager.id), EVERYTHING, work.desk.blobs)
    async with work.units() as unit:
        await note(unit, other, work.ticket.id, Draft("Wer weiß es?", last_seen=0), now=NOW)
    await work.reply("Eins", last_seen=1)

    assert (await work.reply("Zwei", last_seen=1)).last_seq == 4


async def test_a_note_moves_nothing_and_is_sent_to_nobody(work: Work) -> None:
    before = await work.now()
    async with work.units() as unit:
        after, message = await note(unit, work.desk, work.ticket.id, Draft("Vorsicht", last_seen=0), now=later(1))
        assert await unit.outbox.next_due() is None

    assert (after.state, after.waiting_since, after.last_line) == (before.state, before.waiting_since, before.last_line)
    assert (message.kind, message.direction) == (Kind.NOTE, Direction.INTERNAL)


async def test_who_may_not_see_a_ticket_cannot_write_in_it(work: Work) -> None:
    nobody = Desk(work.desk.manager, Access(inboxes=frozenset()), work.desk.blobs)

    with pytest.raises(NotFound):
        async with work.units() as unit:
            await reply(unit, nobody, work.ticket.id, Draft("Hallo", last_seen=1), work.opened, now=NOW)
    with pytest.raises(NotFound):
        async with work.units() as unit:
            await note(unit, nobody, work.ticket.id, Draft("Hallo", last_seen=1), now=NOW)


async def test_an_inbox_that_is_switched_off_sends_nothing(work: Work) -> None:
    work.opened = replace(work.opened, inbox=replace(work.opened.inbox, active=False))

    with pytest.raises(SwitchedOff):
        await work.reply(last_seen=1)


async def test_a_solved_ticket_closes_after_a_week_however_it_was_solved(work: Work) -> None:
    await work.reply(last_seen=1, solve=True)
    assert (await work.now()).state is State.SOLVED

    await fire_due(work.units, now=later(1) + REOPENS_WITHIN - timedelta(minutes=1))
    assert (await work.now()).state is State.SOLVED
    await fire_due(work.units, now=later(1) + REOPENS_WITHIN)
    assert (await work.now()).state is State.CLOSED


async def test_a_ticket_that_was_opened_again_is_not_closed_by_its_first_end(work: Work, take: Take) -> None:
    await work.reply(last_seen=1, solve=True)
    await take("email", Received("<2@x>", GRETA, later(60), "Doch noch", references=("<1@x>",)), now=later(60))
    assert (await work.now()).state is State.OPEN
    await work.change(State.SOLVED, now=60 * 24 * 6)

    await fire_due(work.units, now=later(60 * 24 * 8))
    assert (await work.now()).state is State.SOLVED
    await fire_due(work.units, now=later(60 * 24 * 13))
    assert (await work.now()).state is State.CLOSED


async def test_a_sleeper_wakes_at_its_time_and_at_once_when_the_contact_speaks(work: Work, take: Take) -> None:
    await work.change(State.SNOOZED, until=120)
    await fire_due(work.units, now=later(119))
    assert (await work.now()).state is State.SNOOZED
    await fire_due(work.units, now=later(120))
    woken = await work.now()
    assert (woken.state, woken.waiting_since, woken.snoozed_until) == (State.OPEN, later(120), None)

    await work.change(State.SNOOZED, until=600)
    await take("email", Received("<2@x>", GRETA, later(200), "Hallo?", references=("<1@x>",)), now=later(200))
    assert (await work.now()).state is State.OPEN


@pytest.mark.parametrize("until", [None, 0, -5])
async def test_nobody_sleeps_until_yesterday(work: Work, until: float | None) -> None:
    with pytest.raises(Invalid):
        await work.change(State.SNOOZED, until=until)


async def test_what_the_machine_does_not_know_is_refused_and_changes_nothing(work: Work) -> None:
    with pytest.raises(TransitionRefused):
        await work.change(State.CLOSED)
    assert (await work.now()).state is State.OPEN


async def test_a_change_of_what_one_did_not_see_is_refused(work: Work) -> None:
    wish = Wish(work.ticket.version - 1, fields={"subject": "neu"})

    with pytest.raises(StaleVersion):
        async with work.units() as unit:
            await change(unit, work.ticket.id, wish, EVERYTHING, live=False, now=NOW)


async def test_a_change_that_changes_nothing_is_no_event(work: Work) -> None:
    before = await work.now()
    async with work.units() as unit:
        wish = Wish(before.version, fields={"subject": before.subject})
        after = await change(unit, work.ticket.id, wish, EVERYTHING, live=False, now=later(9))

    assert after == before


async def test_a_campaign_that_is_not_there_is_not_found(work: Work) -> None:
    wish = Wish(work.ticket.version, fields={"campaign_id": CampaignId(new_id())})

    with pytest.raises(NotFound):
        async with work.units() as unit:
            await change(unit, work.ticket.id, wish, EVERYTHING, live=False, now=NOW)


@pytest.fixture
async def missed(units: Units, inboxes: dict[str, Inbox], aylin: Manager, take: Take, tmp_path: Path) -> Work:
    caller = Sender((Claim(IdentityKind.PHONE, "+4930123456"),), None)
    call = Call(caller="+4930123456", missed=True, ended_at=NOW)
    taken = await take("telephony", Received("call-1", caller, NOW, kind=Kind.CALL, call=call))
    assert taken.ticket is not None
    return Work(units, Desk(aylin, EVERYTHING, BlobStore(tmp_path)), opened(inboxes["telephony"]), taken.ticket)


async def test_a_callback_that_reached_somebody_stops_its_clock(missed: Work) -> None:
    reached = Call(inbound=False, answered_at=later(5), ended_at=later(6), duration=60)
    async with missed.units() as unit:
        ticket, _ = await log_call(unit, missed.desk, missed.ticket.id, reached, "Geklärt", now=later(6))
        running = await unit.clocks.next_due()

    assert (ticket.state, ticket.due_at) == (State.SOLVED, None)
    assert running == later(6) + REOPENS_WITHIN  # only the one that closes it


async def test_a_callback_that_reached_nobody_is_still_owed(missed: Work) -> None:
    in_vain = Call(inbound=False, ended_at=later(5), missed=True)
    async with missed.units() as unit:
        ticket, _ = await log_call(unit, missed.desk, missed.ticket.id, in_vain, "Niemand da", now=later(5))
        running = await unit.clocks.next_due()

    assert (ticket.state, ticket.due_at, running) == (State.OPEN, later(30), later(30))


async def test_a_missed_call_that_is_written_down_by_hand_is_owed_a_callback(missed: Work) -> None:
    another = Call(started_at=later(8), ended_at=later(8), missed=True)
    async with missed.units() as unit:
        await log_call(
            unit,
            missed.desk,
            missed.ticket.id,
            Call(inbound=False, answered_at=later(5), ended_at=later(6)),
            "",
            now=later(6),
        )
        ticket, message = await log_call(unit, missed.desk, missed.ticket.id, another, "Rief an", now=later(9))
        running = await unit.clocks.next_due()

    assert message.call is not None
    assert message.call.caller == "+4930123456"
    assert (ticket.state, ticket.waiting_since, running) == (State.OPEN, later(8), ticket.due_at)


async def test_a_missed_call_that_is_forgotten_becomes_pressing(missed: Work) -> None:
    await fire_due(missed.units, now=later(31))

    assert int((await missed.now()).priority) == 2


async def test_a_written_reply_to_a_call_is_refused(missed: Work) -> None:
    with pytest.raises(Invalid):
        await missed.reply(last_seen=1)


async def test_a_manager_can_write_first_and_the_answer_joins_their_ticket(work: Work, take: Take) -> None:
    wanted = Beginning(
        "Fragen?", claim=Claim(IdentityKind.EMAIL, "Paul@example.org"), name="Paul", subject="Kurze Frage"
    )
    async with work.units() as unit:
        ticket = await begin(unit, work.desk, work.opened, wanted, now=NOW)
        (sent,) = await unit.messages.since(ticket.id, 0)
        assert await unit.outbox.next_due() == NOW
    paul = Sender((Claim(IdentityKind.EMAIL, "paul@example.org"),), "Paul")
    answer = await take("email", Received("<p@x>", paul, later(9), "Ja!", ticket=ticket.id))

    assert (ticket.state, ticket.assignee_id, ticket.contact_name) == (State.WAITING, work.desk.manager.id, "Paul")
    assert (sent.seq, sent.text) == (1, "Fragen?")
    assert answer.ticket is not None
    assert (answer.ticket.id, answer.ticket.state) == (ticket.id, State.OPEN)


async def test_a_known_address_is_the_known_person(work: Work) -> None:
    wanted = Beginning("Noch etwas", claim=Claim(IdentityKind.EMAIL, "GRETA@example.org"))
    async with work.units() as unit:
        ticket = await begin(unit, work.desk, work.opened, wanted, now=NOW)

    assert ticket.contact_id == work.ticket.contact_id


async def test_a_manager_can_write_down_a_call_of_their_own(missed: Work) -> None:
    call = Call(answered_at=NOW, ended_at=later(3), duration=180)
    wanted = Beginning("Wollte wissen, wann.", claim=Claim(IdentityKind.PHONE, "+4930777"), call=call)
    async with missed.units() as unit:
        ticket = await begin(unit, missed.desk, missed.opened, wanted, now=NOW)

    assert (ticket.state, ticket.last_seq) == (State.SOLVED, 1)


async def test_in_a_chat_the_crowd_writes_first(work: Work, inboxes: dict[str, Inbox]) -> None:
    with pytest.raises(Invalid):
        async with work.units() as unit:
            await begin(unit, work.desk, opened(inboxes["chat"]), Beginning("Hallo"), now=NOW)


@pytest.mark.parametrize("unknown", ["contact", "campaign"])
async def test_nothing_begins_with_what_is_not_there(work: Work, unknown: str) -> None:
    wanted = Beginning("Hallo", claim=Claim(IdentityKind.EMAIL, "paul@example.org"))
    if unknown == "contact":
        wanted = replace(wanted, contact_id=ContactId(new_id()), claim=None)
    else:
        wanted = replace(wanted, campaign_id=CampaignId(new_id()))

    with pytest.raises((NotFound, Invalid)):
        async with work.units() as unit:
            await begin(unit, work.desk, work.opened, wanted, now=NOW)


async def test_an_answer_in_public_belongs_to_the_comment_that_it_answered(work: Work, take: Take) -> None:
    async with work.units.reading() as unit:
        public = next(each for each in await unit.inboxes.all() if each.channel == "comments")
    taken = await take("comments", comment("c-1"))
    assert taken.ticket is not None
    async with work.units() as unit:
        draft = Draft("Im Mai.", last_seen=1)
        _, answer = await reply(unit, work.desk, taken.ticket.id, draft, opened(public), now=NOW)
    await take("comments", comment("c-2", "Und ich?"))

    async with work.units.reading() as unit:
        stored = await unit.messages.find(taken.ticket.id, answer.id)
    assert stored.parent_external_id == "c-1"
