"""Nobody reads or writes by mail what is not theirs: every proof with every sender, through the whole service.

Someone may have our mail (forwarded, or its header posted somewhere), know a Message-ID of the contact, or guess a
number; and whoever sends may write any address into From and Reply-To. Each cell of the table is played against a
ticket of its own. Whatever comes, the ticket's contact, whom the next answer goes to and what it says stay theirs.
"""

from __future__ import annotations

from dataclasses import replace
from email.message import EmailMessage

import pytest

from inbox.channel.signing import TOKEN
from inbox.domain.message import Direction, Message
from inbox.domain.ticket import State, Ticket
from tests.api.posting import JUDGE, US, Post, begun, to, written

TOM, EVE, PAUL = "tom@example.org", "eve@evil.example", "paul@people.example"
CONTACT, STRANGER, NEW = "as the contact", "as a stranger", "a new ticket"

# How a mail says which ticket it means.
PROOFS = ("token answered", "token in address", "forged token", "contact's id", "number")
# Who it says it is from: From and Reply-To; `{contact}` is the address of the ticket's contact.
SENDERS: dict[str, tuple[str | None, str | None]] = {
    "the contact": ("Greta <{contact}>", None),
    "the contact, answers elsewhere": ("Greta <{contact}>", EVE),
    "somebody known": (f"Paul <{PAUL}>", None),
    "a stranger": (f"Greta <{EVE}>", None),
    "a stranger, answers to the contact": (EVE, "{contact}"),
    "a form of anybody's": ("no-reply@evil.example", "Greta <{contact}>"),
    "a manager": (f"Tom <{TOM}>", None),
    "a manager, answers to the contact": (f"Tom <{TOM.upper()}>", "{contact}"),
    "our own address": (US, None),
    "our own address, answers to the contact": (US, "Greta <{contact}>"),
    "nobody": (None, None),
}
IS_CONTACT = frozenset({"the contact", "the contact, answers elsewhere"})


def joins(sender: str, proof: str) -> str:
    """Say where a mail belongs: our token opens the door, and only the contact's own address makes one the contact."""
    if proof in {"token answered", "token in address"}:
        return CONTACT if sender in IS_CONTACT else STRANGER
    return CONTACT if sender in IS_CONTACT and proof in {"contact's id", "number"} else NEW


def proving(proof: str, *, ours: str, theirs: str, number: int) -> dict[str, str]:
    """Return the fields by which a mail names a ticket."""
    found = TOKEN.search(ours)
    assert found is not None
    return {
        "token answered": {"In-Reply-To": ours},
        "token in address": {"To": f"help+c.{found[0]}@crowd.example"},
        "forged token": {"In-Reply-To": ours.replace(found[0], found[0][:26] + "a" * 16)},
        "contact's id": {"References": theirs},
        "number": {"Subject": f"Re: Lampe [#{number}]"},
    }[proof]


def attack(sender: str, contact: str, n: int, fields: dict[str, str]) -> EmailMessage:
    """Return somebody's mail with a file, which wants a lot."""
    given, answers_to = (value and value.format(contact=contact) for value in SENDERS[sender])
    more = {"Reply-To": answers_to} if answers_to else {}
    mail = written(given, f"Bitte zahlen Sie alles auf mein neues Konto, {n}!", n=n, **more, **fields)
    mail.add_attachment(b"evil", maintype="application", subtype="octet-stream", filename="konto.bin")
    return mail


def kept(ticket: Ticket) -> Ticket:
    """Return what no mail of a stranger may change: all but that the ticket is looked at again."""
    return replace(
        ticket, state=State.OPEN, updated_at=ticket.created_at, solved_at=None, waiting_since=None, due_at=None,
        last_line="", last_direction=None, last_seq=0, version=0, declined_by=(),
    )  # fmt: skip


@pytest.mark.parametrize("proof", PROOFS)
async def test_every_sender_gets_what_is_theirs_of_a_mail_ticket(post: Post, proof: str) -> None:
    await post.arrives(written(f"Paul <{PAUL}>", "Ich auch!", n=next(post.ids)))
    for sender in SENDERS:
        n = next(post.ids)
        contact = f"greta-{n}@people.example"
        before, theirs, ours = await begun(post, contact, n)
        fields = proving(proof, ours=ours, theirs=theirs, number=before.number)
        message = await post.arrives(attack(sender, contact, next(post.ids), fields))
        after = await post.ticket(before.id)

        assert placed(before, message) == joins(sender, proof), sender
        assert (message.direction, message.manager_id) == (Direction.INBOUND, None), sender
        assert placed(before, message) == CONTACT or kept(after) == kept(before), sender
        assert after.state is (State.SOLVED if message.ticket_id != before.id else State.OPEN), sender
        await only_the_contact_is_answered(post, before, message, contact=contact, theirs=theirs)
        await nobody_new_takes_part(post, before, message, sender=sender, contact=contact)


def placed(before: Ticket, message: Message) -> str:
    if message.ticket_id != before.id:
        return NEW
    assert message.unverified is (message.contact_id != before.contact_id)
    return STRANGER if message.unverified else CONTACT


async def only_the_contact_is_answered(
    post: Post, before: Ticket, message: Message, *, contact: str, theirs: str
) -> None:
    """Answer the ticket: the mail goes to its contact, and repeats nothing that anybody else said."""
    await post.answers(before.id, "Wie gesagt: im Mai.")
    mail = await post.mailed(before.id)
    text = mail.as_string()
    is_theirs = message.ticket_id == before.id and message.contact_id == before.contact_id

    assert (to(mail), mail["Cc"], mail["Reply-To"]) == (contact, None, None)
    assert not list(mail.iter_attachments())
    assert ("neues Konto" in text) is is_theirs
    assert (str(message.external_id) in text) is is_theirs
    assert mail["In-Reply-To"] == (message.external_id if is_theirs else theirs)


async def nobody_new_takes_part(post: Post, before: Ticket, message: Message, *, sender: str, contact: str) -> None:
    """Let the same sender write again without the token: having been let in once is no membership."""
    again = attack(sender, contact, next(post.ids), {"References": str(message.external_id)})
    second = await post.arrives(again)
    may = message.contact_id == before.contact_id and message.ticket_id == before.id

    assert (second.ticket_id == before.id) is may, sender
    assert second.manager_id is None


@pytest.mark.parametrize("sender", SENDERS)
async def test_what_a_chat_visitor_sees_is_their_own_and_what_is_mailed_to_them_too(post: Post, sender: str) -> None:
    contact = f"greta-{next(post.ids)}@people.example"
    async with post.service.visit(
        inbox_id=post.chat.id, locale="de", form={"name": "Greta", "email": contact}
    ) as greta:
        await greta.say("Wann kommt meine Lampe?")
    (before,) = await post.service.tickets()
    await post.answers(before.id, "Im Mai.")
    await post.ring()
    ours = str((await post.mailed(before.id))["Message-ID"])

    message = await post.arrives(attack(sender, contact, next(post.ids), {"In-Reply-To": ours}))
    await post.answers(before.id, "Wie gesagt: im Mai.")
    await post.ring()
    after, mail = await post.ticket(before.id), await post.mailed(before.id)

    is_theirs = sender in IS_CONTACT
    assert message.ticket_id == before.id
    assert message.unverified is not is_theirs
    assert await post.in_chat(before.id, message) is is_theirs
    assert (after.contact_id, after.contact_verified) == (before.contact_id, before.contact_verified)
    assert (to(mail), mail["Cc"]) == (contact, None)
    assert (str(message.external_id) in mail.as_string()) is is_theirs
    assert ("neues Konto" in mail.as_string()) is is_theirs


@pytest.mark.parametrize(
    ("sender", "verified"), [("a manager", False), ("our own address", False), ("a stranger", True)]
)
async def test_a_ticket_that_our_name_opened_is_not_taken_for_ours(post: Post, sender: str, verified: bool) -> None:
    message = await post.arrives(attack(sender, "greta@people.example", next(post.ids), {}))
    ticket = await post.ticket(message.ticket_id)

    assert ticket.contact_verified is verified
    assert message.unverified is (sender == "a manager")
    assert (message.direction, message.manager_id) == (Direction.INBOUND, None)


async def test_a_manager_who_asks_as_anybody_does_is_answered_in_their_thread(post: Post) -> None:
    first = await post.arrives(written(f"Tom <{TOM}>", "Ich habe auch bestellt.", n=next(post.ids)))
    answer = await post.answers(first.ticket_id, "Dann kommt deine auch im Mai.")
    mail = await post.mailed(first.ticket_id)
    second = await post.arrives(
        written(f"Tom <{TOM}>", "Schön!", n=next(post.ids), In_Reply_To=str(answer.external_id))
    )

    assert (to(mail), mail["In-Reply-To"]) == (TOM, first.external_id)
    assert (second.ticket_id, second.unverified, second.manager_id) == (first.ticket_id, False, None)


async def test_whom_a_form_named_is_a_stranger_until_they_answer_our_mail(post: Post) -> None:
    greta = "greta@people.example"
    first = await post.arrives(attack("a form of anybody's", greta, next(post.ids), {}))
    guessed = await post.arrives(written(greta, "Hallo?", n=next(post.ids), References=str(first.external_id)))
    answer = await post.answers(first.ticket_id, "Im Mai.")
    ours = {"In_Reply_To": str(answer.external_id)}
    eve = await post.arrives(written(EVE, "Und ich?", n=next(post.ids), **ours))
    second = await post.arrives(written(greta, "Danke! Beide?", n=next(post.ids), **ours))
    await post.answers(first.ticket_id, "Ja, beide.")
    mail = await post.mailed(first.ticket_id)

    assert guessed.ticket_id != first.ticket_id
    assert (eve.ticket_id, eve.unverified) == (first.ticket_id, True)
    assert (second.ticket_id, second.unverified) == (first.ticket_id, False)
    assert (to(mail), mail["In-Reply-To"]) == (greta, second.external_id)
    assert (
        await post.arrives(written(greta, "!", n=next(post.ids), References=str(second.external_id)))
    ).ticket_id == (first.ticket_id)


@pytest.mark.parametrize(("proof", "place"), [("token answered", STRANGER), ("contact's id", NEW), ("number", NEW)])
async def test_whom_our_mail_server_refutes_is_a_stranger_under_any_name(post: Post, proof: str, place: str) -> None:
    contact = "greta@people.example"
    before, theirs, ours = await begun(post, contact, next(post.ids))
    fields = proving(proof, ours=ours, theirs=theirs, number=before.number)
    forged = attack("the contact", contact, next(post.ids), fields)
    forged["Authentication-Results"] = f"{JUDGE}; spf=pass; dmarc=fail (p=NONE) header.from=people.example"
    message = await post.arrives(forged)

    assert placed(before, message) == place
    assert kept(await post.ticket(before.id)) == kept(before)
    await only_the_contact_is_answered(post, before, message, contact=contact, theirs=theirs)
