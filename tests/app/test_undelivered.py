"""What becomes of a message of ours that a far end took and then gave back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inbox.channel.model import Received, Sender, Undelivered
from inbox.domain.contact import Claim, IdentityKind
from inbox.domain.ids import MessageId, TicketId, new_id
from inbox.domain.manager import EVERYTHING
from inbox.domain.message import Delivery, Direction, Kind, Message
from inbox.domain.ticket import State, Ticket, answered
from inbox.store.unit_of_work import Units
from tests.app.conftest import NOW, Take, later

_DAEMON = Sender((Claim(IdentityKind.EMAIL, "mailer-daemon@mx.example"),), "Mail Delivery System")
_GONE = Undelivered("greta@example.org", "550 5.1.1 No such user", status="5.1.1")


def bounce(ticket: TicketId, about: MessageId | None, *failures: Undelivered) -> Received:
    return Received(
        f"<{new_id()}@mx>",
        _DAEMON,
        later(10),
        "Sorry.",
        ticket=ticket,
        about=about,
        undelivered=failures,
        wants_answer=False,
    )


@pytest.fixture
async def sent(units: Units, take: Take) -> tuple[Ticket, MessageId]:
    """A ticket that we answered; the answer was handed over."""
    greta = Sender((Claim(IdentityKind.EMAIL, "greta@example.org"),), "Greta")
    ticket = (await take("email", Received("<1@x>", greta, NOW, "Hallo"))).ticket
    assert ticket is not None
    ours = MessageId(new_id())
    async with units() as unit:
        held = await unit.tickets.hold(ticket.id, EVERYTHING)
        saved = await unit.tickets.save(answered(held, "Im Mai.", solve=True, now=later(1)), now=later(1))
        await unit.messages.add(
            Message(
                id=ours,
                ticket_id=ticket.id,
                inbox_id=ticket.inbox_id,
                seq=saved.last_seq,
                kind=Kind.MESSAGE,
                direction=Direction.OUTBOUND,
                at=later(1),
                text="Im Mai.",
                delivery=Delivery.SENT,
            )
        )
    return saved, ours


async def state_of(units: Units, ticket: Ticket, message: MessageId) -> tuple[State, Delivery, str | None]:
    async with units.reading() as unit:
        found = await unit.messages.find(ticket.id, message)
        return (await unit.tickets.find(ticket.id, EVERYTHING)).state, found.delivery, found.error


async def test_a_bounce_marks_the_message_failed_and_brings_the_ticket_back(
    units: Units, take: Take, sent: tuple[Ticket, MessageId]
) -> None:
    ticket, ours = sent
    await take("email", bounce(ticket.id, ours, _GONE), now=later(10))
    assert await state_of(units, ticket, ours) == (
        State.OPEN,
        Delivery.FAILED,
        "greta@example.org: 550 5.1.1 No such user",
    )


async def test_a_delay_is_said_and_changes_nothing_else(
    units: Units, take: Take, sent: tuple[Ticket, MessageId]
) -> None:
    ticket, ours = sent
    await take("email", bounce(ticket.id, ours, replace(_GONE, permanent=False, reason="try later")), now=later(10))
    assert await state_of(units, ticket, ours) == (State.SOLVED, Delivery.SENT, "greta@example.org: try later")


async def test_a_bounce_marks_no_message_of_another_ticket(
    units: Units, take: Take, sent: tuple[Ticket, MessageId]
) -> None:
    ticket, ours = sent
    ben = Sender((Claim(IdentityKind.EMAIL, "ben@example.org"),), "Ben")
    other = (await take("email", Received("<2@x>", ben, NOW, "Moin"))).ticket
    assert other is not None
    await take("email", bounce(other.id, ours, _GONE), now=later(10))
    assert await state_of(units, ticket, ours) == (State.SOLVED, Delivery.SENT, None)
