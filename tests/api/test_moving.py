"""Tickets are merged and split and put back: nothing is lost, and mail goes where its matter is by then."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from inbox.app.lines import By
from inbox.app.merge import merge, unmerge
from inbox.app.reply import Desk, Draft, note, reply
from inbox.app.split import Cut, split, unsplit
from inbox.domain.ids import InboxId, TicketId, new_id
from inbox.domain.manager import EVERYTHING, Access
from inbox.domain.message import Kind, Message
from inbox.domain.ticket import Priority, State, Ticket
from inbox.errors import Conflict, DifferentContacts, Merged, NotFound, TransitionRefused
from inbox.store.unit_of_work import utc_now
from tests.api.posting import Post, begun, to, written

GRETA = "Greta <greta@people.example>"
EVE = "Eve <eve@evil.example>"


def tom(post: Post, *, access: Access = EVERYTHING, reason: str | None = None) -> By:
    return By(access, post.service.tom.id, "Tom", reason)


async def asked(post: Post, text: str, sender: str = GRETA, **fields: str) -> Message:
    return await post.arrives(written(sender, text, n=next(post.ids), **fields))


async def merged(post: Post, source: TicketId, target: TicketId, *, others: bool = False) -> Ticket:
    async with post.service.services.units() as unit:
        return await merge(unit, source, target, tom(post, reason="Doppelt"), others=others, now=utc_now())


async def unmerged(post: Post, source: TicketId) -> Ticket:
    async with post.service.services.units() as unit:
        return await unmerge(unit, source, tom(post), now=utc_now())


async def cut(post: Post, ticket: TicketId, *messages: Message, subject: str | None = None) -> Ticket:
    async with post.service.services.units() as unit:
        chosen = Cut(tuple(m.id for m in messages), subject)
        return await split(unit, ticket, chosen, tom(post, reason="Anderes Thema"), now=utc_now())


async def uncut(post: Post, ticket: TicketId) -> Ticket:
    async with post.service.services.units() as unit:
        return await unsplit(unit, ticket, tom(post), now=utc_now())


async def history(post: Post, ticket_id: TicketId) -> list[Message]:
    """Return a ticket's messages; their places are dense, or nobody could page through them."""
    messages = await post.service.messages(await post.ticket(ticket_id))
    assert [m.seq for m in messages] == list(range(1, len(messages) + 1))
    assert (await post.ticket(ticket_id)).last_seq == len(messages)
    return messages


def texts(messages: list[Message]) -> list[str]:
    return [m.meta["event"]["name"] if "event" in m.meta else m.text for m in messages]


async def test_a_merged_ticket_holds_all_that_was_said_by_time(post: Post) -> None:
    first = await asked(post, "Eins")
    second = await asked(post, "Zwei")
    await post.answers(first.ticket_id, "Drei")
    await post.answers(second.ticket_id, "Vier")
    target = await merged(post, second.ticket_id, first.ticket_id)
    source = await post.ticket(second.ticket_id)

    assert texts(await history(post, first.ticket_id)) == ["Eins", "Zwei", "Drei", "Vier", "merged"]
    assert await post.service.messages(source) == []
    assert (source.state, source.merged_into) == (State.CLOSED, first.ticket_id)
    assert (target.last_line, target.last_direction, target.state) == ("Vier", "outbound", State.WAITING)


async def test_whoever_waits_in_either_ticket_waits_in_the_merged_one(post: Post) -> None:
    first, second = await asked(post, "Eins"), await asked(post, "Zwei")
    await post.answers(first.ticket_id, "Drei", solve=True)
    target = await merged(post, second.ticket_id, first.ticket_id)

    assert (target.state, target.waiting_since, target.solved_at) == (State.OPEN, second.at, None)
    assert target.due_at is not None


@pytest.mark.parametrize("by", ["our id", "their id", "number", "token in address"])
async def test_mail_to_a_merged_ticket_follows_the_merge(post: Post, by: str) -> None:
    ticket, theirs, ours = await begun(post, "greta@people.example", next(post.ids))
    other = await asked(post, "Noch etwas")
    await merged(post, ticket.id, other.ticket_id)
    fields = {
        "our id": {"In_Reply_To": ours},
        "their id": {"References": theirs},
        "number": {"Subject": f"Lampe [#{ticket.number}]"},
        "token in address": {"To": f"help+c.{ours[1:43]}@crowd.example"},
    }[by]
    message = await asked(post, "Danke", **fields)

    assert (message.ticket_id, message.unverified) == (other.ticket_id, False)


async def test_what_was_merged_twice_leads_to_where_it_is(post: Post) -> None:
    ticket, _, ours = await begun(post, "greta@people.example", next(post.ids))
    second, third = await asked(post, "Zwei"), await asked(post, "Drei")
    await merged(post, ticket.id, second.ticket_id)
    await merged(post, second.ticket_id, third.ticket_id)
    message = await asked(post, "Danke", In_Reply_To=ours)
    assert message.ticket_id == third.ticket_id
    with pytest.raises(Merged):
        await unmerged(post, ticket.id)

    await unmerged(post, second.ticket_id)

    assert (await post.ticket(ticket.id)).merged_into == second.ticket_id
    assert (await asked(post, "Und?", In_Reply_To=ours)).ticket_id == second.ticket_id


async def test_a_merge_that_is_undone_leaves_both_as_they_were(post: Post) -> None:
    first, second = await asked(post, "Eins"), await asked(post, "Zwei")
    answer = await post.answers(first.ticket_id, "Drei", solve=True)
    solved, source = await post.ticket(first.ticket_id), await post.ticket(second.ticket_id)
    await merged(post, second.ticket_id, first.ticket_id)
    apart = await unmerged(post, second.ticket_id)
    target = await post.ticket(first.ticket_id)

    assert texts(await history(post, second.ticket_id)) == ["Zwei"]
    assert texts(await history(post, first.ticket_id)) == ["Eins", "moved_back", "Drei", "merged"]
    assert replace(apart, updated_at=source.updated_at, version=source.version) == source
    assert (target.state, target.last_line) == (solved.state, "Drei")
    assert answer.external_id is not None
    assert (await asked(post, "Und?", References=str(second.external_id))).ticket_id == second.ticket_id


async def test_what_came_in_after_a_merge_stays_where_it_came_in(post: Post) -> None:
    first, second = await asked(post, "Eins"), await asked(post, "Zwei")
    await merged(post, second.ticket_id, first.ticket_id)
    await asked(post, "Drei", References=str(second.external_id))
    await unmerged(post, second.ticket_id)

    assert texts(await history(post, first.ticket_id)) == ["Eins", "moved_back", "merged", "Drei"]
    with pytest.raises(TransitionRefused):
        await unmerged(post, second.ticket_id)


async def test_nothing_is_said_in_a_ticket_that_is_but_a_name(post: Post) -> None:
    first, second = await asked(post, "Eins"), await asked(post, "Zwei")
    await merged(post, second.ticket_id, first.ticket_id)
    opened = await post.service.services.inboxes.get(post.mail.id)
    desk = Desk(post.service.tom, EVERYTHING, post.service.services.blobs)

    async with post.service.services.units() as unit:
        with pytest.raises(Merged):
            await reply(unit, desk, second.ticket_id, Draft("x", last_seen=9), opened, now=utc_now())
        with pytest.raises(Merged):
            await note(unit, desk, second.ticket_id, Draft("x", last_seen=9), now=utc_now())


async def test_tickets_of_different_people_are_merged_by_who_means_it(post: Post) -> None:
    hers, theirs = await asked(post, "Eins"), await asked(post, "Zwei", EVE)
    with pytest.raises(DifferentContacts):
        await merged(post, theirs.ticket_id, hers.ticket_id)
    number = (await post.ticket(theirs.ticket_id)).number
    target = await merged(post, theirs.ticket_id, hers.ticket_id, others=True)
    again = await asked(post, "Drei", EVE, Subject=f"Re: [#{number}]")

    assert target.contact_id == hers.contact_id
    assert (again.ticket_id, again.unverified) == (hers.ticket_id, False)


async def test_a_ticket_is_merged_neither_into_itself_nor_with_what_others_read_along(post: Post) -> None:
    mail = await asked(post, "Eins")
    async with post.service.visit(inbox_id=post.chat.id, locale="de", form={"name": "G", "email": "g@x.example"}) as g:
        await g.say("Hallo")
    chat = (await post.service.tickets())[-1]

    for source, target in ((mail.ticket_id, mail.ticket_id), (chat.id, mail.ticket_id), (mail.ticket_id, chat.id)):
        with pytest.raises(TransitionRefused):
            await merged(post, source, target, others=True)


async def test_whoever_may_not_see_one_of_them_merges_and_parts_nothing(post: Post) -> None:
    first, second = await asked(post, "Eins"), await asked(post, "Zwei")
    blind = Access(frozenset({InboxId(new_id())}), None)
    async with post.service.services.units() as unit:
        with pytest.raises(NotFound):
            await merge(unit, second.ticket_id, first.ticket_id, tom(post, access=blind), now=utc_now())
    await merged(post, second.ticket_id, first.ticket_id)
    async with post.service.services.units() as unit:
        with pytest.raises(NotFound):
            await unmerge(unit, second.ticket_id, tom(post, access=blind), now=utc_now())


async def test_an_answer_that_still_waits_to_be_sent_goes_with_its_ticket(post: Post) -> None:
    first, second = await asked(post, "Eins"), await asked(post, "Zwei")
    await post.answers(second.ticket_id, "Antwort")
    await merged(post, second.ticket_id, first.ticket_id)
    later = utc_now() + timedelta(seconds=60)
    async with post.service.services.units() as unit:
        leased = await unit.outbox.lease(now=later, limit=5, lasts=timedelta(seconds=30))

    assert [row.ticket_id for row in leased] == [first.ticket_id]


async def test_messages_that_are_split_off_are_a_ticket_of_their_own(post: Post) -> None:
    first = await asked(post, "Wann kommt die Lampe?")
    second = await asked(post, "Und: wie lösche ich mein Konto?", References=str(first.external_id), Subject="Konto")
    await post.answers(first.ticket_id, "Im Mai.")
    async with post.service.services.units() as unit:
        held = await unit.tickets.hold(first.ticket_id, EVERYTHING)
        await unit.tickets.save(replace(held, priority=Priority.HIGH, tags=("wichtig",)), now=utc_now())
    new = await cut(post, first.ticket_id, second)

    assert texts(await history(post, first.ticket_id)) == ["Wann kommt die Lampe?", "moved_to", "Im Mai."]
    assert texts(await history(post, new.id)) == ["split_from", "Und: wie lösche ich mein Konto?"]
    assert (new.state, new.waiting_since, new.subject, new.follows) == (State.OPEN, second.at, "Konto", first.ticket_id)
    assert (new.priority, new.tags, new.contact_id) == (Priority.HIGH, ("wichtig",), first.contact_id)
    assert (await post.ticket(first.ticket_id)).state is State.WAITING


async def test_a_ticket_waits_for_us_only_if_what_stays_in_it_does(post: Post) -> None:
    first = await asked(post, "Wann kommt die Lampe?")
    await post.answers(first.ticket_id, "Im Mai.")
    second = await asked(post, "Wie lösche ich mein Konto?", References=str(first.external_id))
    new = await cut(post, first.ticket_id, second, subject="Konto löschen")
    old = await post.ticket(first.ticket_id)

    assert (old.state, old.waiting_since, old.last_line) == (State.WAITING, None, "Im Mai.")
    assert (new.subject, new.last_line) == ("Konto löschen", "Wie lösche ich mein Konto?")


async def test_mail_that_answers_a_message_follows_it_into_its_new_ticket(post: Post) -> None:
    first = await asked(post, "Lampe?")
    early = await post.answers(first.ticket_id, "Im Mai.")
    second = await asked(post, "Konto?", References=str(first.external_id))
    late = await post.answers(first.ticket_id, "Unter Einstellungen.")
    new = await cut(post, first.ticket_id, second, late)
    thread = f"{first.external_id} {early.external_id} {second.external_id}"
    about_account = await asked(post, "Gefunden", In_Reply_To=str(late.external_id), References=thread)
    to_herself = await asked(post, "PS", In_Reply_To=str(second.external_id), References=thread)
    about_lamp = await asked(post, "Schön", In_Reply_To=str(early.external_id))
    stranger = await asked(post, "Ich auch", EVE, In_Reply_To=str(late.external_id))

    assert (about_account.ticket_id, about_account.unverified) == (new.id, False)
    assert to_herself.ticket_id == new.id
    assert about_lamp.ticket_id == first.ticket_id
    assert (stranger.ticket_id, stranger.unverified) == (new.id, True)


async def test_what_a_stranger_wrote_is_taken_out_as_their_own_ticket(post: Post) -> None:
    ticket, _, ours = await begun(post, "greta@people.example", next(post.ids))
    eve = await asked(post, "Und ich?", EVE, In_Reply_To=ours)
    new = await cut(post, ticket.id, eve)
    await post.answers(new.id, "Sie auch.")

    assert (new.contact_id, new.contact_name) == (eve.contact_id, "Eve")
    assert to(await post.mailed(new.id)) == "eve@evil.example"


async def test_a_split_that_is_undone_leaves_the_ticket_as_it_was(post: Post) -> None:
    first = await asked(post, "Lampe?")
    second = await asked(post, "Konto?", References=str(first.external_id))
    before = await history(post, first.ticket_id)
    new = await cut(post, first.ticket_id, second)
    old = await uncut(post, new.id)

    assert [m.id for m in await history(post, first.ticket_id)] == [m.id for m in before]
    assert (old.state, old.waiting_since) == (State.OPEN, first.at)
    assert (await post.ticket(new.id)).merged_into == first.ticket_id
    with pytest.raises(TransitionRefused):
        await uncut(post, new.id)


async def test_a_split_is_not_undone_over_what_was_said_since(post: Post) -> None:
    first = await asked(post, "Lampe?")
    second = await asked(post, "Konto?", References=str(first.external_id))
    new = await cut(post, first.ticket_id, second)
    await post.answers(new.id, "So.")
    with pytest.raises(TransitionRefused):
        await uncut(post, new.id)
    whole = await merged(post, new.id, first.ticket_id)

    said = [m.text for m in await history(post, whole.id) if m.kind is not Kind.NOTE]
    assert said == ["Lampe?", "Konto?", "So."]


async def test_a_ticket_keeps_a_message_and_a_line_is_none(post: Post) -> None:
    first = await asked(post, "Lampe?")
    second = await asked(post, "Konto?", References=str(first.external_id))
    with pytest.raises(TransitionRefused):
        await cut(post, first.ticket_id, first, second)
    with pytest.raises(NotFound):
        await cut(post, first.ticket_id, replace(second, id=first.ticket_id))  # type: ignore[arg-type]  # another id
    await cut(post, first.ticket_id, second)
    tombstone = (await history(post, first.ticket_id))[-1]
    with pytest.raises(Conflict):
        await cut(post, first.ticket_id, tombstone)


async def test_mails_that_come_while_tickets_are_merged_and_parted_are_not_lost(post: Post) -> None:
    first, second = await asked(post, "Eins"), await asked(post, "Zwei")
    thread = {"References": str(second.external_id)}
    async with asyncio.TaskGroup() as group:
        merging = group.create_task(merged(post, second.ticket_id, first.ticket_id))
        early = [group.create_task(asked(post, f"früh {n}", **thread)) for n in range(6)]
    async with asyncio.TaskGroup() as group:
        group.create_task(unmerged(post, second.ticket_id))
        late = [group.create_task(asked(post, f"spät {n}", **thread)) for n in range(6)]
    said = [*await history(post, first.ticket_id), *await history(post, second.ticket_id)]

    assert merging.result().id == first.ticket_id
    wanted = {"Eins", "Zwei", *(f"früh {n}" for n in range(6)), *(f"spät {n}" for n in range(6))}
    assert {m.text for m in said if m.kind is not Kind.NOTE} == wanted
    assert len({task.result().id for task in (*early, *late)}) == 12
