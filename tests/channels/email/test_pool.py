"""Connections are used again while they are good, never more at once than the account bears, and cost no mail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace

import pytest

from inbox.channel.model import Outgoing
from inbox.domain.ids import MessageId, new_id
from inbox.errors import DeliveryDelayed, DeliveryFailed, DeliveryPaced, DeliveryUncertain
from inbox.testing.smtp import SmtpSink
from inbox_email.channel import EmailConnection
from inbox_email.pool import Room
from tests.channels.email.builders import ADDRESS, config, host_for
from tests.channels.email.test_smtp import MESSAGE, QUICK


@pytest.fixture
async def sink() -> AsyncIterator[SmtpSink]:
    async with SmtpSink(user=ADDRESS, password="secret") as running:
        yield running


@pytest.fixture
async def ready(sink: SmtpSink) -> AsyncIterator[EmailConnection]:
    room = Room(connections=2, mails=5, idle=0.3, wait=0.2)
    connection = EmailConnection(config(), host_for(smtp=(sink.host, sink.port)), patience=QUICK, room=room)
    yield connection
    connection.close()
    await asyncio.sleep(0)


def another() -> Outgoing:
    return replace(MESSAGE, id=MessageId(new_id()))


async def test_the_next_mail_goes_by_the_same_connection(sink: SmtpSink, ready: EmailConnection) -> None:
    for _ in range(3):
        await ready.send(another())

    assert len(sink.mails) == 3
    assert (sink.commands.count("EHLO"), sink.commands.count("AUTH"), sink.commands.count("RSET")) == (1, 1, 2)


async def test_a_connection_is_left_after_some_mails(sink: SmtpSink, ready: EmailConnection) -> None:
    for _ in range(6):
        await ready.send(another())

    assert (sink.commands.count("EHLO"), sink.commands.count("QUIT")) == (2, 1)


async def test_one_that_was_kept_too_long_is_not_used_again(sink: SmtpSink, ready: EmailConnection) -> None:
    await ready.send(another())
    await asyncio.sleep(0.5)
    await ready.send(another())

    assert (sink.commands.count("EHLO"), sink.commands.count("RSET")) == (2, 0)


@pytest.mark.parametrize("fault", ["drop_at", "silent_at"])
async def test_one_that_was_lost_meanwhile_costs_no_mail(sink: SmtpSink, ready: EmailConnection, fault: str) -> None:
    await ready.send(another())
    setattr(sink, fault, "RSET")
    with suppress(DeliveryDelayed):  # a server that keeps silent takes all the time there is for this try
        await ready.send(another())
    setattr(sink, fault, None)
    await ready.send(another())

    assert 2 <= len(sink.mails) <= 3
    assert len({mail.body for mail in sink.mails}) == len(sink.mails)


@pytest.mark.parametrize(
    ("answers", "error"), [({"DOT": "550 5.7.1 spam"}, DeliveryFailed), ({"RCPT": "450 later"}, DeliveryDelayed)]
)
async def test_one_that_something_went_wrong_on_is_not_lent_again(
    sink: SmtpSink, ready: EmailConnection, answers: dict[str, str], error: type[Exception]
) -> None:
    sink.answers.update(answers)
    with pytest.raises(error):
        await ready.send(another())
    sink.answers.clear()
    await ready.send(another())

    assert sink.commands.count("EHLO") == 2


async def test_a_loss_behind_the_final_dot_of_a_used_connection_is_uncertain(
    sink: SmtpSink, ready: EmailConnection
) -> None:
    await ready.send(another())
    sink.drop_at = "DOT"

    with pytest.raises(DeliveryUncertain):
        await ready.send(another())
    assert len(sink.mails) == 2


async def test_who_finds_all_in_use_waits_for_a_turn_and_is_not_counted(sink: SmtpSink, ready: EmailConnection) -> None:
    sink.silent_at = "DOT"
    async with asyncio.TaskGroup() as group:
        hanging = [group.create_task(_uncertain(ready)) for _ in range(2)]
        await asyncio.sleep(0.05)
        with pytest.raises(DeliveryPaced):
            await ready.send(another())
    assert all(task.result() for task in hanging)


async def _uncertain(ready: EmailConnection) -> bool:
    try:
        await ready.send(another())
    except DeliveryUncertain:
        return True
    return False
