"""Answers that somebody of us writes in another mail program."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from inbox.app.assign import assign_waiting
from inbox.app.receive import Outcome, Taken
from inbox.channel.model import Received, Sender
from inbox.domain.contact import Claim, IdentityKind
from inbox.domain.manager import EVERYTHING, Manager
from inbox.domain.message import Delivery, Direction, Message
from inbox.domain.recipients import Fate, Recipient
from inbox.domain.ticket import State, Ticket
from inbox.store.unit_of_work import Units
from tests.app.conftest import NOW, Take, later

SOON = later(5)
GRETA = Sender((Claim(IdentityKind.EMAIL, "greta@example.org"),), "Greta")
PAUL = Sender((Claim(IdentityKind.EMAIL, "paul@example.org"),), "Paul")


def asked(key: str = "<1@x>", at: datetime = NOW, **more: object) -> Received:
    return Received(key, GRETA, at, "Wann kommt die Lampe?", **more)  # type: ignore[arg-type]  # a test's builder


def sent(key: str = "<2@us>", at: datetime = SOON, to: Sender = GRETA, **more: object) -> Received:
    values: dict[str, object] = {"references": ("<1@x>",), "outbound": True, "author": "Aylin"} | more
    return Received(key, to, at, "Im Mai.", **values)  # type: ignore[arg-type]  # a test's builder


def of(taken: Taken) -> tuple[Ticket, Message]:
    assert taken.ticket is not None
    assert taken.message is not None
    return taken.ticket, taken.message


async def test_an_answer_joins_its_ticket_as_ours_and_stops_its_clock(units: Units, take: Take) -> None:
    before, _ = of(await take("email", asked()))
    ticket, message = of(await take("email", sent()))

    assert before.due_at is not None
    assert (ticket.id, ticket.state, ticket.due_at) == (before.id, State.WAITING, None)
    assert (message.direction, message.delivery, message.author_name) == (Direction.OUTBOUND, Delivery.SENT, "Aylin")
    assert not message.unverified
    async with units() as unit:
        assert await unit.outbox.lease(now=later(60), limit=10, lasts=later(1) - NOW) == []


async def test_a_copy_that_comes_again_is_stored_once(take: Take) -> None:
    await take("email", asked())
    await take("email", sent())
    assert (await take("email", sent())).outcome is Outcome.DUPLICATE


async def test_an_answer_that_was_overtaken_by_a_question_leaves_the_question_waiting(take: Take) -> None:
    await take("email", asked())
    await take("email", asked("<3@x>", later(6), references=("<1@x>",)))
    ticket, _ = of(await take("email", sent(at=later(5))))
    assert (ticket.state, ticket.last_seq) == (State.OPEN, 3)
    assert ticket.due_at is not None


async def test_what_we_wrote_to_somebody_else_joins_and_answers_nobody(take: Take) -> None:
    before, _ = of(await take("email", asked()))
    ticket, message = of(await take("email", sent(to=PAUL)))
    assert (ticket.id, ticket.state) == (before.id, State.OPEN)
    assert not message.unverified


async def test_what_we_began_elsewhere_waits_for_its_answer(take: Take) -> None:
    begun, _ = of(await take("email", sent("<5@us>", references=(), subject="Deine Adresse")))
    answer, _ = of(await take("email", asked("<6@x>", later(9), references=("<5@us>",))))

    assert (begun.state, begun.contact_name) == (State.WAITING, "Greta")
    assert (answer.id, answer.state) == (begun.id, State.OPEN)


async def test_an_automatic_mail_of_ours_answers_nobody(take: Take) -> None:
    await take("email", asked())
    ticket, _ = of(await take("email", sent(wants_answer=False)))
    assert ticket.state is State.OPEN


async def test_a_copy_of_a_mail_of_ours_settles_whether_it_was_handed_over(units: Units, take: Take) -> None:
    ticket, _ = of(await take("email", asked()))
    _, message = of(await take("email", sent("<7@us>")))
    doubtful = replace(
        message, delivery=Delivery.UNCERTAIN, recipients=(Recipient("greta@example.org", state=Fate.UNCERTAIN),)
    )
    async with units() as unit:
        await unit.messages.save(doubtful)
    assert (await take("email", sent("<7@us>", echo_of=message.id))).outcome is Outcome.ECHO
    async with units.reading() as unit:
        found = await unit.messages.find(ticket.id, message.id)
        assert (await unit.tickets.find(ticket.id, EVERYTHING)).last_seq == 2
    assert found.delivery is Delivery.SENT
    assert found.recipients[0].state is Fate.SENT


async def test_a_copy_makes_no_failed_mail_a_sent_one(units: Units, take: Take) -> None:
    ticket, _ = of(await take("email", asked()))
    _, message = of(await take("email", sent("<7@us>")))
    async with units() as unit:
        await unit.messages.save(replace(message, delivery=Delivery.FAILED))
    await take("email", sent("<7@us>", echo_of=message.id))
    async with units.reading() as unit:
        assert (await unit.messages.find(ticket.id, message.id)).delivery is Delivery.FAILED


async def test_what_is_history_is_solved_and_given_to_nobody(units: Units, take: Take, aylin: Manager) -> None:
    question, _ = of(await take("email", asked(wants_answer=False)))
    answer, _ = of(await take("email", sent(wants_answer=False)))
    await assign_waiting(units, now=later(6))

    assert (question.state, question.due_at, answer.state) == (State.SOLVED, None, State.SOLVED)
    async with units.reading() as unit:
        assert (await unit.tickets.find(question.id, EVERYTHING)).assignee_id is None


async def test_who_answers_to_history_begins_to_wait(take: Take) -> None:
    await take("email", asked(wants_answer=False))
    ticket, _ = of(await take("email", asked("<9@x>", later(60), references=("<1@x>",)), now=later(60)))
    assert (ticket.state, ticket.last_seq) == (State.OPEN, 2)
