"""Each of those whom a message is for has a fate of their own, and nobody gets it twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from inbox.domain.fates import Refusal, again, due, reported, settled
from inbox.domain.recipients import Fate, Recipient

ADDRESSES = ("ann@x.org", "bob@x.org", "cem@y.org", "dora@y.org")
everybody = st.lists(
    st.builds(Recipient, st.sampled_from(ADDRESSES), state=st.none() | st.sampled_from(list(Fate))),
    unique_by=lambda each: each.key,
    min_size=1,
).map(tuple)
refusals = st.lists(
    st.builds(Refusal, st.sampled_from(ADDRESSES).map(str.upper), st.just("550 no"), st.booleans()), max_size=3
)
fates = st.none() | st.sampled_from((Fate.SENT, Fate.FAILED, Fate.UNCERTAIN))


@given(everybody, fates, refusals)
def test_a_try_changes_only_those_whom_it_was_for(
    before: tuple[Recipient, ...], fate: Fate | None, refused: list[Refusal]
) -> None:
    after = settled(before, fate, "words", refused)

    for old, new in zip(before, after, strict=True):
        assert (old.address, old.role) == (new.address, new.role)
        assert old.state is None or new == old


@given(everybody, refusals)
def test_after_a_try_only_the_refused_for_now_are_due(before: tuple[Recipient, ...], refused: list[Refusal]) -> None:
    last = {refusal.address.casefold(): refusal for refusal in refused}
    still = {each.key for each in due(before) if each.key in last and not last[each.key].permanent}

    assert {each.key for each in due(settled(before, Fate.SENT, None, refused))} == still


@given(everybody)
def test_sent_again_it_goes_to_whom_it_did_not_reach(before: tuple[Recipient, ...]) -> None:
    lost = {each.key for each in before if each.state in {Fate.FAILED, Fate.UNCERTAIN}}
    due_again = {each.key for each in due(again(before))}

    assert due_again == (
        lost | {each.key for each in before if each.state is None} if lost else {r.key for r in before}
    )


def test_a_report_marks_the_one_that_it_is_about() -> None:
    both = (Recipient("ann@x.org", state=Fate.SENT), Recipient("bob@x.org", state=Fate.SENT))

    after = reported(both, Refusal("BOB@x.org", "no such user", permanent=True))

    assert [each.state for each in after] == [Fate.SENT, Fate.FAILED]
    assert after[1].note == "no such user"
    assert reported(both, Refusal("carl@elsewhere.org", "?", permanent=True)) == both


def test_a_report_about_where_a_mailbox_passes_its_mail_on_is_about_its_owner() -> None:
    (after,) = reported((Recipient("ann@x.org", state=Fate.SENT),), Refusal("a@home.org", "full", permanent=True))

    assert (after.state, after.note) == (Fate.FAILED, "full")


def test_a_delay_is_no_news_about_what_has_failed() -> None:
    gone = (Recipient("ann@x.org", state=Fate.FAILED, note="no"),)

    assert reported(gone, Refusal("ann@x.org", "later", permanent=False)) == gone
