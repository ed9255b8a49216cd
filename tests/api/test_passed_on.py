"""What a manager passes on is its writer's, if our own mail server says that it is the manager who does."""

from __future__ import annotations

from dataclasses import replace
from email.message import EmailMessage

import pytest

from inbox.domain.manager import EVERYTHING
from inbox.domain.message import Direction, Kind, Message
from tests.api.posting import JUDGE, Post, begun, to, written

TOM = "Tom <tom@example.org>"
PASSED = f"{JUDGE}; dmarc=pass header.from=example.org"
SAID = "Wann kommt meine Lampe?"
BLOCK = (
    "Bitte nicht so förmlich antworten, er ist schwierig.\n\n---------- Forwarded message ---------\n"
    f"Von: Greta Grün <greta@people.example>\nDate: Mo., 23. Nov. 2026\nSubject: Lampe\n\n\n"
    f"{SAID}\n"
)


async def passes_on(post: Post, sender: str = TOM, verdict: str | None = PASSED, **fields: str) -> Message:
    mail = written(sender, BLOCK, n=next(post.ids), **{"Subject": "Fwd: Lampe", **fields})
    if verdict is not None:
        mail["Authentication-Results"] = verdict
    return await post.arrives(mail)


async def test_whoever_wrote_it_is_the_contact_and_the_cover_is_a_note(post: Post) -> None:
    message = await passes_on(post)
    ticket = await post.ticket(message.ticket_id)
    said, note = await post.service.messages(ticket)
    await post.answers(ticket.id, "Im Mai.")
    mail = await post.mailed(ticket.id)

    assert (ticket.contact_name, ticket.subject, ticket.last_line) == ("Greta Grün", "Lampe", SAID)
    assert (said.text, said.direction, said.unverified, said.manager_id) == (SAID, Direction.INBOUND, False, None)
    assert (note.kind, note.manager_id) == (Kind.NOTE, post.service.tom.id)
    assert note.text == "Bitte nicht so förmlich antworten, er ist schwierig."
    assert to(mail) == "greta@people.example"
    assert (SAID in mail.as_string(), "schwierig" in mail.as_string()) == (True, False)
    assert "tom@example.org" not in mail.as_string()


@pytest.mark.parametrize(
    ("sender", "verdict"),
    [
        (TOM, None),
        (TOM, f"{JUDGE}; dmarc=fail header.from=example.org"),
        (TOM, f"{JUDGE}; dmarc=none; spf=pass; dkim=pass"),
        (TOM, f"{JUDGE}; dmarc=pass header.from=evil.example"),
        (TOM, "mx.evil.example; dmarc=pass header.from=example.org"),
        ("Eve <eve@evil.example>", f"{JUDGE}; dmarc=pass header.from=evil.example"),
        ("Eve <eve@evil.example>, Tom <tom@example.org>", f"{JUDGE}; dmarc=pass"),
    ],
)
async def test_nobody_else_speaks_for_others(post: Post, sender: str, verdict: str | None) -> None:
    message = await passes_on(post, sender, verdict)
    ticket = await post.ticket(message.ticket_id)

    assert ticket.contact_name != "Greta Grün"
    assert len(await post.service.messages(ticket)) == 1
    assert "schwierig" in message.text


async def test_a_manager_who_left_passes_nothing_on(post: Post) -> None:
    async with post.service.services.units() as unit:
        tom = await unit.managers.find(post.service.tom.id)
        await unit.managers.save(replace(tom, active=False))
    message = await passes_on(post)

    assert (await post.ticket(message.ticket_id)).contact_name == "Tom"


async def test_an_answer_that_went_to_the_manager_comes_into_its_ticket(post: Post) -> None:
    before, _, ours = await begun(post, "greta@people.example", next(post.ids))
    message = await passes_on(post, References=ours)

    assert (message.ticket_id, message.contact_id, message.unverified) == (before.id, before.contact_id, False)


async def test_an_attached_mail_brings_its_files_and_is_known_by_its_own_id(post: Post) -> None:
    inner = EmailMessage()
    inner["From"], inner["Subject"], inner["Message-ID"] = (
        "Greta <greta@people.example>",
        "Lampe",
        "<inner@people.example>",
    )
    inner.set_content(SAID)
    inner.add_attachment(b"bill", maintype="application", subtype="octet-stream", filename="bill.bin")
    outer = written(TOM, "Bitte ansehen.", n=next(post.ids), Subject="Anfrage")
    outer.add_attachment(inner)
    outer["Authentication-Results"] = PASSED
    message = await post.arrives(outer)
    await post.answers(message.ticket_id, "Im Mai.")

    assert "bill.bin" in [file.name for file in message.attachments]
    assert "<inner@people.example>" in (await post.mailed(message.ticket_id))["References"]
    async with post.service.services.units.reading() as unit:
        assert (await unit.tickets.find(message.ticket_id, EVERYTHING)).subject == "Lampe"
