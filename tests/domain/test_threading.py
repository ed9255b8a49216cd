"""Which ticket a message joins, and on what evidence."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from inbox.domain.ids import ContactId, new_id
from inbox.domain.threading import Candidate, Evidence, Passed, PassedOver, Placement, Threading, Writer, place
from inbox.domain.ticket import State, Ticket
from tests.domain.builders import NOW, later, ticket

GRETA, MALLORY = ContactId(new_id()), ContactId(new_id())
MAIL, CHAT, PUBLIC = Threading.REFERENCES, Threading.CONTACT, Threading.PUBLIC


def candidate(evidence: Evidence, *participants: ContactId, of: Ticket | None = None, **more: object) -> Candidate:
    return Candidate(of or ticket(**more), evidence, frozenset(participants))


def test_a_message_that_nothing_speaks_for_opens_a_ticket() -> None:
    assert place(MAIL, [], writer=Writer(GRETA), now=NOW) == Placement()


@pytest.mark.parametrize(
    ("how", "evidence", "sender", "joins", "stranger"),
    [
        (MAIL, Evidence.REFERENCE, GRETA, True, False),
        (MAIL, Evidence.REFERENCE, MALLORY, False, False),  # message ids are guessed and forwarded
        (MAIL, Evidence.REFERENCE, None, False, False),
        (MAIL, Evidence.TOKEN, GRETA, True, False),
        (MAIL, Evidence.TOKEN, MALLORY, True, True),  # a forwarded answer of ours: joins, and is marked
        (MAIL, Evidence.TOKEN, None, True, True),
        (CHAT, Evidence.THREAD, GRETA, True, False),
        (CHAT, Evidence.THREAD, MALLORY, False, False),
        (CHAT, Evidence.THREAD, None, False, False),
        (PUBLIC, Evidence.THREAD, GRETA, True, False),
        (PUBLIC, Evidence.THREAD, MALLORY, True, False),  # everybody may write there
        (PUBLIC, Evidence.THREAD, None, True, False),
    ],
)
def test_evidence_counts_for_whom_it_should(
    how: Threading, evidence: Evidence, sender: ContactId | None, joins: bool, stranger: bool
) -> None:
    found = candidate(evidence, GRETA)
    placement = place(how, [found], writer=Writer(sender), now=NOW)

    assert placement.ticket_id == (found.ticket.id if joins else None)
    assert placement.stranger is stranger


@pytest.mark.parametrize("state", [State.SOLVED, State.CLOSED])
def test_long_after_the_end_a_message_opens_a_ticket_that_follows_the_old_one(state: State) -> None:
    ended = candidate(Evidence.REFERENCE, GRETA, state=state, solved_at=NOW)

    assert place(MAIL, [ended], writer=Writer(GRETA), now=later(6)).ticket_id == ended.ticket.id
    assert place(MAIL, [ended], writer=Writer(GRETA), now=later(8)) == Placement(
        follows=ended.ticket.id, by=Evidence.REFERENCE
    )


def test_a_public_thread_is_one_ticket_for_good() -> None:
    ended = candidate(Evidence.THREAD, state=State.CLOSED, solved_at=NOW, public=True)

    assert place(PUBLIC, [ended], writer=Writer(GRETA), now=later(400)).ticket_id == ended.ticket.id


def test_our_token_outweighs_a_reference_wherever_it_stands() -> None:
    reference, token = candidate(Evidence.REFERENCE, GRETA), candidate(Evidence.TOKEN, GRETA)

    for order in ([reference, token], [token, reference]):
        assert place(MAIL, order, writer=Writer(GRETA), now=NOW).ticket_id == token.ticket.id


def test_of_two_tickets_that_a_mail_refers_to_it_joins_the_one_that_goes_on() -> None:
    ended = candidate(Evidence.REFERENCE, GRETA, state=State.SOLVED, solved_at=NOW, updated_at=later(9))
    running = candidate(Evidence.REFERENCE, GRETA, updated_at=NOW)

    for order in ([ended, running], [running, ended]):
        assert place(MAIL, order, writer=Writer(GRETA), now=later(10)).ticket_id == running.ticket.id


def test_of_two_that_go_on_it_joins_the_one_that_was_busy_last() -> None:
    quiet = candidate(Evidence.REFERENCE, GRETA, updated_at=NOW)
    busy = candidate(Evidence.REFERENCE, GRETA, updated_at=later(1))

    for order in ([quiet, busy], [busy, quiet]):
        assert place(MAIL, order, writer=Writer(GRETA), now=later(2)).ticket_id == busy.ticket.id


def test_evidence_that_is_not_believed_hides_none_that_is() -> None:
    foreign, own = candidate(Evidence.REFERENCE, MALLORY), candidate(Evidence.REFERENCE, GRETA)

    assert place(MAIL, [foreign, own], writer=Writer(GRETA), now=NOW).ticket_id == own.ticket.id


@pytest.mark.parametrize(
    ("sender", "days", "joins"),
    [
        (GRETA, 29, True),
        (GRETA, 31, False),  # people write below a mail of years ago
        (MALLORY, 1, False),  # who takes part; a number needs the contact
        (None, 1, False),
    ],
)
def test_a_number_counts_for_the_tickets_own_contact_and_not_for_ever(
    sender: ContactId | None, days: int, joins: bool
) -> None:
    found = candidate(Evidence.NUMBER, GRETA, MALLORY, contact_id=GRETA, updated_at=NOW)

    assert place(MAIL, [found], writer=Writer(sender), now=later(days)).ticket_id == (
        found.ticket.id if joins else None
    )


@pytest.mark.parametrize(
    ("state", "sender", "joins"),
    [
        (State.OPEN, GRETA, True),
        (State.WAITING, GRETA, True),
        (State.SNOOZED, GRETA, True),
        (State.SOLVED, GRETA, False),
        (State.OPEN, MALLORY, False),
        (State.OPEN, None, False),
    ],
)
def test_who_is_away_is_so_in_what_they_have_open_and_nobody_believes_it(
    state: State, sender: ContactId | None, joins: bool
) -> None:
    found = candidate(Evidence.AWAY, GRETA, state=state, solved_at=NOW if state is State.SOLVED else None)
    placement = place(MAIL, [found], writer=Writer(sender), now=NOW)

    assert (placement.ticket_id == found.ticket.id, placement.stranger) == (joins, joins)


def test_the_surest_evidence_decides_and_the_rest_is_remembered() -> None:
    kinds = [Evidence.TOKEN, Evidence.REFERENCE, Evidence.NUMBER]
    found = [candidate(kind, GRETA, contact_id=GRETA, number=n) for n, kind in enumerate(kinds, start=1)]

    for order in permutations(found):
        placement = place(MAIL, order, writer=Writer(GRETA), now=NOW)
        over = tuple(PassedOver(n, kinds[n - 1], Passed.WEAKER) for n in (2, 3))
        assert placement == Placement(found[0].ticket.id, by=Evidence.TOKEN, passed_over=over)


@pytest.mark.parametrize(
    ("evidence", "sender", "days", "why"),
    [
        (Evidence.REFERENCE, MALLORY, 0, Passed.NOT_THEIRS),
        (Evidence.NUMBER, MALLORY, 0, Passed.NOT_THEIRS),
        (Evidence.NUMBER, GRETA, 31, Passed.TOO_OLD),
    ],
)
def test_what_is_not_believed_is_remembered_in_the_new_ticket(
    evidence: Evidence, sender: ContactId, days: int, why: Passed
) -> None:
    found = candidate(evidence, GRETA, number=12, contact_id=GRETA, updated_at=NOW)
    placement = place(MAIL, [found], writer=Writer(sender), now=later(days))

    assert placement == Placement(passed_over=(PassedOver(12, evidence, why),))


@pytest.mark.parametrize("evidence", [Evidence.TOKEN, Evidence.REFERENCE])
def test_whom_a_person_of_ours_wrote_to_takes_part(evidence: Evidence) -> None:
    found = replace(candidate(evidence, GRETA), copied=frozenset({"paul@x.example"}))
    paul = Writer(MALLORY, frozenset({"paul@x.example"}))
    placement = place(MAIL, [found], writer=paul, now=NOW)

    assert (placement.ticket_id, placement.stranger) == (found.ticket.id, False)
    assert place(MAIL, [found], writer=Writer(MALLORY, frozenset({"eve@x.example"})), now=NOW).stranger is (
        evidence is Evidence.TOKEN
    )


def test_a_machine_without_end_joins_its_own_ticket_and_nobody_believes_it() -> None:
    found = candidate(Evidence.FLOOD, contact_id=GRETA)

    assert place(MAIL, [found], writer=Writer(GRETA), now=NOW) == Placement(
        found.ticket.id, by=Evidence.FLOOD, stranger=True
    )
    assert place(MAIL, [found], writer=Writer(MALLORY), now=NOW).ticket_id is None
