"""Which mails a new inbox begins with, and what is new after that."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest

from inbox.channel.host import Host
from inbox.testing.imap import ScriptedImapServer
from inbox_email.pull import pull
from tests.channels.email.builders import config, host_for, mail
from tests.channels.email.pulling import QUICK, Store, fetch


@pytest.fixture
async def server() -> AsyncIterator[ScriptedImapServer]:
    async with ScriptedImapServer() as running:
        yield running


def place(server: ScriptedImapServer) -> Host:
    return host_for(imap=(server.host, server.port))


async def test_a_new_inbox_begins_with_what_arrives_from_now_on(server: ScriptedImapServer) -> None:
    server.append(mail("old"), at=datetime(2020, 1, 1, tzinfo=UTC))
    store = Store()
    await fetch(place(server), store, count=0, sync_from="now")
    server.append(mail("new"))

    await fetch(place(server), store, count=1, sync_from="now")

    assert store.texts == ["new"]


async def test_a_mailbox_that_is_empty_when_its_inbox_begins_brings_the_first_mail(server: ScriptedImapServer) -> None:
    store = Store()
    await fetch(place(server), store, count=0, sync_from="now")
    server.append(mail("new"), at=place(server).clock() - timedelta(hours=1))  # the server's clock is behind

    await fetch(place(server), store, count=1, sync_from="now")

    assert store.texts == ["new"]


@pytest.mark.parametrize("sync_from", ["now", "days"])
async def test_a_mail_that_is_moved_into_the_folder_is_new_whatever_its_date(
    server: ScriptedImapServer, sync_from: str
) -> None:
    server.append(mail("old"), at=datetime(2020, 1, 1, tzinfo=UTC))
    store = Store()
    await fetch(place(server), store, count=0, sync_from=sync_from)
    server.append(mail("moved"), at=datetime(2020, 1, 2, tzinfo=UTC))

    await fetch(place(server), store, count=1, sync_from=sync_from)

    assert store.texts == ["moved"]


async def test_a_mail_from_just_before_the_first_sign_in_comes_and_was_not_missed(server: ScriptedImapServer) -> None:
    server.append(mail("old"), at=datetime(2020, 1, 1, tzinfo=UTC))
    server.append(mail("while the settings were saved"), at=place(server).clock() - timedelta(minutes=2))
    texts, missed = [], []
    async with asyncio.timeout(5), aclosing(pull(config(sync_from="now"), place(server), None, timing=QUICK)) as pulled:
        async for batch in pulled:
            texts += [original.body.decode().rpartition("\r\n")[2] for original in batch.originals]
            missed.append(batch.missed)
            if texts and not batch.originals:
                break

    assert texts == ["while the settings were saved"]
    assert not any(missed)


async def test_after_a_renumbering_a_mail_that_is_moved_into_the_folder_is_new(server: ScriptedImapServer) -> None:
    store = Store()
    await fetch(place(server), store, count=0, sync_from="now")
    server.append(mail("new"))
    server.renumber()
    await fetch(place(server), store, count=1, sync_from="now")
    server.append(mail("moved"), at=datetime(2020, 1, 2, tzinfo=UTC))

    await fetch(place(server), store, count=2, sync_from="now")

    assert store.texts == ["new", "moved"]


async def test_a_renumbered_mailbox_brings_no_mail_from_before_the_inbox_began(server: ScriptedImapServer) -> None:
    server.append(mail("old"), at=datetime(2020, 1, 1, tzinfo=UTC))
    store = Store()
    await fetch(place(server), store, count=0, sync_from="now")
    server.append(mail("new"))
    server.renumber()
    server.append(mail("newer"))

    await fetch(place(server), store, count=2, sync_from="now")

    assert store.texts == ["new", "newer"]


async def test_a_mail_from_before_the_inbox_began_is_not_missed(server: ScriptedImapServer) -> None:
    server.append(mail("old"), at=place(server).clock() - timedelta(hours=2))
    store = Store()
    await fetch(place(server), store, count=0, sync_from="now")
    server.append(mail("new"), at=datetime.now(UTC))
    await fetch(place(server), store, count=1, sync_from="now")
    assert store.texts == ["new"]
