"""What machines write joins its ticket, wakes nobody, stops no clock, and is answered by no machine of ours."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inbox.app.queries import TicketQuery, View
from inbox.channel.model import Original
from inbox.channel.signing import ticket_token
from inbox.domain.clocks import Clock, ClockKind
from inbox.domain.ids import ClockId, TicketId, new_id
from inbox.domain.manager import EVERYTHING
from inbox.domain.ticket import State, Ticket
from inbox.store.unit_of_work import Units
from inbox_email.understand import Reader
from tests.app.conftest import NOW, Take, later

KEY, US, GRETA = b"k" * 32, "help@example.org", "Greta <greta@example.net>"
REPORT = "multipart/report; boundary=b; report-type="
RETURNED = (
    "--b\r\n\r\nSee below.\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {ours}\r\n\r\n--b--\r\n"
)
DELAYED = (
    "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.net\r\n\r\n"
    "Final-Recipient: rfc822; greta@example.net\r\nAction: delayed\r\nStatus: 4.4.1\r\n\r\n"
) + RETURNED

# What a machine sends about our mail: its fields and its text.
MACHINES: dict[str, tuple[dict[str, str], str]] = {
    "out of office": ({"Auto-Submitted": "auto-replied (vacation)", "In-Reply-To": "{ours}"}, "Back in May."),
    "by its subject": ({"Subject": "Abwesenheitsnotiz: Re: Lampe", "References": "{ours}"}, "Im Mai."),
    "an old machine": ({"X-Autoreply": "yes", "In-Reply-To": "{ours}"}, "We got your mail."),
    "away, and no word of what it answers": ({"Auto-Submitted": "auto-replied"}, "Back in May."),
    "a system": ({"Auto-Submitted": "auto-generated", "In-Reply-To": "{ours}"}, "Your mail was filed."),
    "a receipt": ({"Content-Type": REPORT + "disposition-notification"}, RETURNED),
    "a complaint": ({"From": "fbl@isp.example", "Content-Type": REPORT + "feedback-report"}, RETURNED),
    "a delay": ({"From": "mailer-daemon@isp.example", "Content-Type": REPORT + "delivery-status"}, DELAYED),
}


def machine(name: str, *, ours: str) -> bytes:
    fields, text = MACHINES[name]
    fields = {"From": GRETA, "To": US, "Subject": "Re: Lampe", "Message-ID": f"<{abs(hash(name))}@m.example>"} | fields
    head = "".join(f"{field}: {value.format(ours=ours)}\r\n" for field, value in fields.items())
    return (head + "\r\n" + text.format(ours=ours)).encode()


async def arrives(take: Take, octets: bytes) -> Ticket:
    received = Reader(US, KEY).read(Original("1", octets, "message/rfc822", NOW))
    taken = await take("email", received, now=later(5))
    assert taken.ticket is not None
    return taken.ticket


async def asked(take: Take, units: Units, state: State) -> Ticket:
    """Return Greta's ticket in a state, with the clock that belongs to it."""
    first = f"From: {GRETA}\r\nTo: {US}\r\nSubject: Lampe\r\nMessage-ID: <first@example.net>\r\n\r\nWann?"
    ticket = await arrives(take, first.encode())
    if state is not State.OPEN:
        ticket = replace(ticket, state=state, waiting_since=None, due_at=None)
    until = later(600) if state is State.SNOOZED else None
    moved = replace(ticket, solved_at=NOW if state is State.SOLVED else None, snoozed_until=until)
    async with units() as unit:
        saved = await unit.tickets.save(moved, now=NOW)
        kind = ClockKind.SNOOZE if state is State.SNOOZED else ClockKind.CLOSE
        await unit.clocks.start(Clock(ClockId(new_id()), ticket.id, kind, started_at=NOW, due_at=later(600)))
    return saved


def _kept(ticket: Ticket) -> Ticket:
    return replace(ticket, last_line="", last_seq=0, version=0, updated_at=NOW)


def our_id(ticket_id: TicketId) -> str:
    return f"<{ticket_token(KEY, ticket_id)}.x@example.org>"


@pytest.mark.parametrize("state", [State.OPEN, State.WAITING, State.SNOOZED, State.SOLVED])
async def test_what_a_machine_writes_changes_nothing_but_that_it_is_there(
    units: Units, take: Take, state: State
) -> None:
    before = await asked(take, units, state)
    for name in MACHINES:
        after = await arrives(take, machine(name, ours=our_id(before.id)))
        # Who is away from what is solved says so about nothing that is open.
        belongs = state is not State.SOLVED or "no word" not in name
        assert (after.id == before.id) is belongs, name
        assert after.state is (state if belongs else State.SOLVED), name
        if belongs:
            assert _kept(after) == _kept(before), name

    async with units.reading() as unit:
        open_tickets = (await unit.tickets.page(TicketQuery(EVERYTHING, view=View.ALL))).items
        assert [t.id for t in open_tickets if t.state is not State.SOLVED] == (
            [] if state is State.SOLVED else [before.id]
        )
        assert await unit.clocks.next_due() == later(600)
        assert await unit.outbox.next_due() is None


async def test_an_absence_without_a_mark_is_not_taken_for_the_contacts_word(units: Units, take: Take) -> None:
    before = await asked(take, units, State.OPEN)
    await arrives(take, machine("away, and no word of what it answers", ours=""))

    async with units.reading() as unit:
        (message,) = await unit.messages.since(before.id, 1)
    assert message.unverified


async def test_what_a_list_brings_may_be_a_question(units: Units, take: Take) -> None:
    before = await asked(take, units, State.WAITING)
    fields = f"From: {GRETA}\r\nList-Id: <help.example.org>\r\nPrecedence: list\r\nMessage-ID: <l@example.net>\r\n"
    after = await arrives(take, f"{fields}In-Reply-To: {our_id(before.id)}\r\n\r\nUnd wann?".encode())

    assert (after.id, after.state) == (before.id, State.OPEN)
