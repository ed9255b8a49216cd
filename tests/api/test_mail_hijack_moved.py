"""A ticket that was merged or split is as safe where it is by now: every sender again, with every proof."""

from __future__ import annotations

import pytest

from inbox.app.lines import By
from inbox.app.merge import merge
from inbox.app.split import Cut, split
from inbox.domain.ids import TicketId
from inbox.domain.manager import EVERYTHING
from inbox.domain.ticket import Ticket
from inbox.store.unit_of_work import utc_now
from tests.api.posting import Post, begun, to, written
from tests.api.test_mail_hijack import CONTACT, NEW, PAUL, SENDERS, attack, joins, kept, placed, proving


async def moved(post: Post, ticket: Ticket, contact: str, how: str) -> TicketId:
    """Merge a ticket into another of its contact, or split off all of it that there is; return where it is."""
    services, by = post.service.services, By(EVERYTHING, post.service.tom.id, "Tom")
    other = await post.arrives(written(f"Greta <{contact}>", "Und noch etwas.", n=next(post.ids)))
    async with services.units() as unit:
        if how == "merged":
            return (await merge(unit, ticket.id, other.ticket_id, by, now=utc_now())).id
        await merge(unit, other.ticket_id, ticket.id, by, now=utc_now())
    said = [m for m in await post.service.messages(ticket) if m.id != other.id and "event" not in m.meta]
    async with services.units() as unit:
        return (await split(unit, ticket.id, Cut(tuple(m.id for m in said)), by, now=utc_now())).id


@pytest.mark.parametrize(
    ("how", "proof"),
    [
        ("merged", "token answered"),
        ("merged", "token in address"),
        ("merged", "contact's id"),
        ("merged", "number"),
        ("split", "token answered"),
        ("split", "contact's id"),
    ],
)
async def test_every_sender_gets_what_is_theirs_where_the_matter_is_by_now(post: Post, how: str, proof: str) -> None:
    await post.arrives(written(f"Paul <{PAUL}>", "Ich auch!", n=next(post.ids)))
    for sender in SENDERS:
        n = next(post.ids)
        contact = f"greta-{n}@people.example"
        ticket, theirs, ours = await begun(post, contact, n)
        fields = proving(proof, ours=ours, theirs=theirs, number=ticket.number)
        before = await post.ticket(await moved(post, ticket, contact, how))
        message = await post.arrives(attack(sender, contact, next(post.ids), fields))
        after = await post.ticket(before.id)
        await post.answers(before.id, "Wie gesagt: im Mai.")
        mail = await post.mailed(before.id)

        assert message.ticket_id == before.id or joins(sender, proof) == NEW, sender
        assert message.ticket_id != ticket.id or how == "split", sender
        assert placed(before, message) == joins(sender, proof), sender
        assert placed(before, message) == CONTACT or kept(after) == kept(before), sender
        assert (to(mail), mail["Cc"]) == (contact, None), sender
        assert ("neues Konto" in mail.as_string()) is (joins(sender, proof) == CONTACT), sender
