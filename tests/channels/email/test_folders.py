"""Every folder of an inbox is read at its own place, and what moves between them comes once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from inbox.testing.fakes import NOON
from inbox.testing.imap import ScriptedImapServer
from inbox_email.channel import EmailConnection
from inbox_email.places import HISTORY, SENT
from inbox_email.pull import Timing
from tests.channels.email.builders import config, host_for, mail
from tests.channels.email.pulling import Store, fetch, pulling, until

BUSY = Timing(connect=5, answer=5, refresh=0.05, pulse=5, poll=0.05, others=0)


@pytest.fixture
async def server() -> AsyncIterator[ScriptedImapServer]:
    async with ScriptedImapServer() as running:
        yield running


async def read(server: ScriptedImapServer, store: Store, *, count: int, **settings: object) -> None:
    await fetch(host_for(imap=(server.host, server.port)), store, count=count, timing=BUSY, **settings)


async def test_every_folder_is_read_and_keeps_a_place_of_its_own(server: ScriptedImapServer) -> None:
    for n in range(60):
        server.append(mail(f"in {n}"))
    server.append(mail("sorted"), folder="Lists/Crowd")
    server.append(mail("shop"), folder="Shop")
    store = Store()
    await read(server, store, count=62, more_folders="Lists/Crowd\n\n Shop \nINBOX")

    assert store.texts[-2:] == ["sorted", "shop"]
    assert store.cursor is not None
    assert store.cursor["last_uid"] == 60
    assert [(place["folder"], place["last_uid"]) for place in store.cursor["others"]] == [
        ("Lists/Crowd", 1),
        ("Shop", 1),
    ]
    assert {key.rpartition(":")[0] for key in (o.key for o in store.originals)} == {
        "INBOX:1",
        "Lists/Crowd:1",
        "Shop:1",
    }


async def test_what_comes_into_any_folder_later_is_fetched_while_the_main_one_waits(server: ScriptedImapServer) -> None:
    server.append(mail("old"), folder="Shop")
    store = Store()
    async with pulling(host_for(imap=(server.host, server.port)), store, BUSY, more_folders="Shop"):
        await until(lambda: store.texts == ["old"])
        server.append(mail("new"), folder="Shop")
        await until(lambda: store.texts == ["old", "new"])
        server.append(mail("main"))
        await until(lambda: store.texts == ["old", "new", "main"])


async def test_a_folder_without_news_is_not_opened_again(server: ScriptedImapServer) -> None:
    server.append(mail("old"), folder="Shop")
    store = Store()
    async with pulling(host_for(imap=(server.host, server.port)), store, BUSY, more_folders="Shop"):
        await until(lambda: server.commands.count("STATUS") > 3)
    assert server.commands.count("UID FETCH") == 2


async def test_a_mail_that_is_moved_to_another_folder_is_known_by_its_content(server: ScriptedImapServer) -> None:
    at = datetime(2026, 3, 24, 9, 0, tzinfo=UTC)
    server.append(mail("moved"), at=at)
    store = Store()
    async with pulling(host_for(imap=(server.host, server.port)), store, BUSY, more_folders="Done"):
        server.append(mail("first"), folder="Done")
        await until(lambda: len(store.originals) == 2)
        moved = server.folders["INBOX"].mails.pop()
        server.append(moved.body, at=at, folder="Done")
        server.append(mail("last"), folder="Done")
        await until(lambda: "last" in store.texts)
    assert sorted(store.texts) == ["first", "last", "moved"]


async def test_a_folder_that_is_renumbered_leaves_the_others_alone(server: ScriptedImapServer) -> None:
    server.append(mail("main"))
    server.append(mail("shop"), folder="Shop")
    store = Store()
    await read(server, store, count=2, more_folders="Shop")
    server.renumber("Shop")
    server.append(mail("new"), folder="Shop")
    await read(server, store, count=3, more_folders="Shop")

    assert store.texts == ["main", "shop", "new"]
    assert store.cursor is not None
    assert (store.cursor["uidvalidity"], store.cursor["others"][0]["uidvalidity"]) == (1, 2)


async def test_a_folder_that_is_gone_is_told_and_holds_up_no_other(server: ScriptedImapServer) -> None:
    server.append(mail("main"))
    server.append(mail("shop"), folder="Shop")
    store = Store()
    async with pulling(host_for(imap=(server.host, server.port)), store, BUSY, more_folders="Gone\nShop"):
        await until(lambda: sorted(store.texts) == ["main", "shop"] and store.fault)
        assert store.fault == "The IMAP server has no folder 'Gone': NO [NONEXISTENT] no such folder"
        server.append(mail("later"), folder="Gone")
        await until(lambda: "later" in store.texts and store.fault is None)


async def test_the_check_blames_the_setting_that_names_a_missing_folder(server: ScriptedImapServer) -> None:
    host = host_for(imap=(server.host, server.port))
    for settings, blamed in (({"more_folders": "Gone"}, "more_folders"), ({"sent_folder": "Gone"}, "sent_folder")):
        health = await EmailConnection(config(**settings), host).check()
        assert (health.ok, health.field) == (False, blamed)


async def test_a_folder_that_is_read_no_more_leaves_no_place(server: ScriptedImapServer) -> None:
    server.append(mail("shop"), folder="Shop")
    store = Store()
    await read(server, store, count=1, more_folders="Shop")
    server.append(mail("main"))
    await read(server, store, count=2)
    assert store.cursor is not None
    assert "others" not in store.cursor


async def test_a_first_fetch_of_some_days_brings_these_and_what_comes(server: ScriptedImapServer) -> None:
    for days in (400, 31, 29, 1):
        server.append(mail(f"{days} days"), at=NOON - timedelta(days=days))
    store = Store()
    await read(server, store, count=2, sync_from="days", sync_days=30)
    server.append(mail("new"), at=NOON)
    await read(server, store, count=3, sync_from="days", sync_days=30)

    assert store.texts == ["29 days", "1 days", "new"]


async def test_what_was_old_when_the_inbox_began_is_marked_as_history(server: ScriptedImapServer) -> None:
    for days in (29, 2):
        server.append(mail(f"{days} days"), at=NOON - timedelta(days=days))
    store = Store()
    await read(server, store, count=2)
    assert [HISTORY in original.headers for original in store.originals] == [True, False]


async def test_what_we_sent_ourselves_is_marked(server: ScriptedImapServer) -> None:
    server.append(mail("question"), at=NOON)
    server.append(mail("answer"), at=NOON, folder="Sent")
    store = Store()
    await read(server, store, count=2, sent_folder="Sent")
    assert [SENT in original.headers for original in store.originals] == [False, True]
