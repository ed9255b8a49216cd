"""The whole way out against a server that fails at each verb: what becomes of a mail is exact, and none comes twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import pytest

from inbox.app.deliver import deliver_due
from inbox.app.opened import Opened, OpenInboxes
from inbox.app.reply import Desk, Draft, reply
from inbox.blobs import BlobStore
from inbox.channel.model import Received, Sender
from inbox.domain.contact import Claim, IdentityKind
from inbox.domain.deliveries import MAX_TRIES
from inbox.domain.ids import InboxId
from inbox.domain.inbox import Inbox
from inbox.domain.manager import EVERYTHING, Manager
from inbox.domain.message import Delivery, Message
from inbox.domain.ticket import State, Ticket
from inbox.store.unit_of_work import Units
from inbox.testing.fakes import FakeDialer, FixedClock, fake_host
from inbox.testing.smtp import SmtpSink
from inbox_email.channel import EmailChannel, EmailConnection
from inbox_email.pool import Room
from inbox_email.smtp import Patience
from tests.app.conftest import NOW, Take
from tests.channels.email.builders import ADDRESS, config
from tests.channels.email.certificates import self_signed

GRETA = Sender((Claim(IdentityKind.EMAIL, "greta@example.org"),), "Greta")
QUICK = Patience(connect=1, envelope=0.3, body=0.3, verdict=0.3)
HOURS = timedelta(hours=5)  # longer than any pause between two tries

QUEUED, FAILED, UNCERTAIN, SENT = Delivery.QUEUED, Delivery.FAILED, Delivery.UNCERTAIN, Delivery.SENT
# What a server does at each verb, and what becomes of the mail at that try: `queued` is tried again by itself.
MATRIX: dict[str, dict[str, Delivery]] = {
    "GREETING": {"421 later": QUEUED, "554 go away": QUEUED, "drop": QUEUED, "hang": QUEUED},
    "EHLO": {"421 later": QUEUED, "502 no": QUEUED, "drop": QUEUED, "hang": QUEUED},
    "STARTTLS": {"454 not now": QUEUED, "502 no": QUEUED, "drop": QUEUED, "hang": QUEUED},
    "AUTH": {"454 later": QUEUED, "535 5.7.8 wrong": QUEUED, "drop": QUEUED, "hang": QUEUED},
    "MAIL": {"451 later": QUEUED, "550 5.7.60 no": QUEUED, "552 5.3.4 big": FAILED, "drop": QUEUED, "hang": QUEUED},
    "RCPT": {"450 later": QUEUED, "550 5.1.1 nobody": FAILED, "drop": QUEUED, "hang": QUEUED},
    "DATA": {"451 later": QUEUED, "554 no": FAILED, "drop": QUEUED, "hang": QUEUED},
    "DOT": {"451 later": QUEUED, "554 spam": FAILED, "drop": UNCERTAIN, "hang": UNCERTAIN},
    "QUIT": {"421 later": SENT, "500 what": SENT, "drop": SENT, "hang": SENT},
    "RSET": {"421 later": SENT, "500 what": SENT, "drop": SENT},
}
CELLS = [(verb, fault, state) for verb, faults in MATRIX.items() for fault, state in faults.items()]


class OneMailbox(OpenInboxes):
    """The inboxes of a process in which one real e-mail inbox is open."""

    channel_of: ClassVar[EmailChannel] = EmailChannel()

    def __init__(self, inbox: Inbox, connection: EmailConnection) -> None:
        self.opened = Opened(inbox, self.channel_of, connection)

    async def get(self, inbox_id: InboxId) -> Opened:
        return self.opened


@dataclass(slots=True)
class Office:
    """A server that can be told to fail, and a ticket whose answers go there."""

    units: Units
    desk: Desk
    sink: SmtpSink
    inboxes: OneMailbox
    ticket: Ticket
    clock: FixedClock

    async def answer(self, text: str) -> Message:
        async with self.units() as unit:
            draft = Draft(text, last_seen=99, solve=True)
            return (await reply(unit, self.desk, self.ticket.id, draft, self.inboxes.opened, now=self.clock()))[1]

    async def tried(self, message: Message) -> Message:
        """Make one try at what is due, and return what became of a message."""
        await deliver_due(self.units, self.inboxes, self.desk.blobs, self.clock)
        async with self.units.reading() as unit:
            return await unit.messages.find(self.ticket.id, message.id)

    def fail(self, verb: str, fault: str) -> None:
        if fault == "drop":
            self.sink.drop_at = verb
        elif fault == "hang":
            self.sink.silent_at = verb
        else:
            self.sink.answers[verb] = fault

    def mend(self) -> None:
        self.sink.drop_at = self.sink.silent_at = None
        self.sink.answers.clear()


@pytest.fixture
async def office(
    units: Units, inboxes: dict[str, Inbox], aylin: Manager, take: Take, tmp_path: Path
) -> AsyncIterator[Office]:
    taken = await take("email", Received("<1@x>", GRETA, NOW, "Hallo"))
    assert taken.ticket is not None
    shown, believed = self_signed(tmp_path, "smtp.example.org")
    clock = FixedClock(NOW)
    async with SmtpSink(user=ADDRESS, password="secret", tls=shown) as sink:
        dialer = FakeDialer({("smtp.example.org", 587): (sink.host, sink.port)}, tls=believed)
        host = replace(fake_host(dialer=dialer), clock=clock)
        settings = config(smtp_security="starttls")
        connection = EmailConnection(settings, host, patience=QUICK, room=Room(mails=2))
        desk = Desk(aylin, EVERYTHING, BlobStore(tmp_path))
        yield Office(units, desk, sink, OneMailbox(inboxes["email"], connection), taken.ticket, clock)
        connection.close()


def texts(sink: SmtpSink) -> list[str]:
    return [line for mail in sink.mails for line in mail.body.decode().splitlines() if line.startswith("Answer ")]


@pytest.mark.parametrize(("verb", "fault", "state"), CELLS, ids=[f"{verb} {fault}" for verb, fault, _ in CELLS])
async def test_what_becomes_of_a_mail_is_exact_and_it_comes_once_at_most(
    office: Office, verb: str, fault: str, state: Delivery
) -> None:
    office.fail(verb, fault)
    if verb in {"QUIT", "RSET"}:
        await office.tried(await office.answer("Answer 0"))  # they come with the second mail of a connection
    message = await office.answer("Answer 1")

    after = await office.tried(message)
    assert after.delivery is state, after.error
    office.mend()
    for _ in range(MAX_TRIES + 2):
        office.clock.advance(HOURS)
        after = await office.tried(message)
    arrived = texts(office.sink).count("Answer 1")
    assert after.delivery is (SENT if state is QUEUED else state)
    assert arrived == (0 if state is FAILED else 1)
    async with office.units.reading() as unit:
        ticket = await unit.tickets.find(office.ticket.id, EVERYTHING)
    assert ticket.state is (State.OPEN if state in {FAILED, UNCERTAIN} else State.SOLVED)
