"""An answer to everybody reaches the contact, and nobody who is not meant."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from inbox.domain.recipients import MAX_RECIPIENTS, Circle, Heard, Recipient, Role, answer_to_all, distinct, is_own

PEOPLE = ("ann@x.org", "bea@x.org", "cem@y.org", "dora@y.org", "list@z.org")
OWN = ("help@us.org", "press@us.org")
EVERYBODY = (*PEOPLE, *OWN, "help+c.abc234@us.org")

cased = st.sampled_from(EVERYBODY).flatmap(lambda a: st.sampled_from((a, a.upper(), a.title(), f" {a} ")))
people = st.builds(Recipient, cased, st.sampled_from((None, "Somebody")), st.sampled_from(list(Role)))
keys = st.frozensets(st.sampled_from(PEOPLE), max_size=3)
heards = st.builds(Heard, st.none() | people, st.lists(people, max_size=12).map(tuple), st.booleans())
circles = st.builds(
    Circle,
    st.sampled_from(PEOPLE).map(Recipient),
    keys,
    st.just(frozenset(OWN)),
    keys,
    keys,
).map(lambda circle: replace(circle, contacts=circle.contacts | {circle.contact.key}))


@given(heards, circles)
def test_an_answer_to_all_goes_to_the_contact_once_and_to_nobody_who_is_not_meant(heard: Heard, circle: Circle) -> None:
    answered = answer_to_all(heard, circle)
    others = [each.key for each in answered[1:]]

    assert (answered[0].key, answered[0].role) == (circle.contact.key, Role.TO)
    assert len({each.key for each in answered}) == len(answered)
    assert not any(is_own(key, circle.own) for key in others)
    assert circle.contacts.isdisjoint(others)
    assert circle.hidden.isdisjoint(others)
    assert circle.strangers.isdisjoint(others)
    assert all(each.role is not Role.BCC for each in answered)
    assert not (heard.through_list and others)


@given(heards, circles)
def test_nobody_who_was_openly_written_to_is_forgotten(heard: Heard, circle: Circle) -> None:
    named = [each for each in (heard.writer, *heard.recipients) if each]
    open_ones = {each.key for each in named if each is heard.writer or each.role is not Role.BCC}
    wanted = {key for key in open_ones if not is_own(key, circle.own)} - circle.hidden - circle.strangers
    answered = {each.key for each in answer_to_all(heard, circle)}

    assert heard.through_list or wanted <= answered | circle.contacts


@given(st.lists(people, max_size=12))
def test_whoever_is_named_twice_is_written_to_once_and_openly_if_anywhere(wanted: list[Recipient]) -> None:
    found = distinct(wanted)

    assert sorted(each.key for each in found) == sorted({each.key for each in wanted})
    for each in found:
        assert each.role == min((w.role for w in wanted if w.key == each.key), key=list(Role).index)


def test_a_crowd_in_a_header_is_not_answered_whole() -> None:
    crowd = tuple(Recipient(f"p{n}@x.org") for n in range(500))

    assert len(answer_to_all(Heard(recipients=crowd), Circle(Recipient("ann@x.org")))) == MAX_RECIPIENTS


def test_who_wrote_instead_of_the_contact_is_answered_beside_them() -> None:
    heard = Heard(Recipient("bea@x.org", "Bea"), (Recipient("help@us.org"), Recipient("cem@y.org", role=Role.CC)))
    circle = Circle(Recipient("ann@x.org", "Ann"), own=frozenset(OWN))

    assert answer_to_all(heard, circle) == (
        Recipient("ann@x.org", "Ann"),
        Recipient("bea@x.org", "Bea"),
        Recipient("cem@y.org", role=Role.CC),
    )
