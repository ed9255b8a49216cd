"""Every mail is fetched once and in order, whatever the server does; a lost connection is noticed at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from inbox.channel.host import Host
from inbox.channel.model import Original
from inbox.errors import ConfigRejected, Unavailable
from inbox.testing.fakes import NOON
from inbox.testing.imap import ScriptedImapServer
from inbox_email.pull import Timing, pull
from inbox_email.understand import HEADERS_ONLY
from tests.channels.email.builders import config, host_for, mail
from tests.channels.email.pulling import PATIENT, QUICK, Store, fetch, keep_pulling, pulling, until


@pytest.fixture
async def server() -> AsyncIterator[ScriptedImapServer]:
    async with ScriptedImapServer() as running:
        yield running


def place(server: ScriptedImapServer) -> Host:
    return host_for(imap=(server.host, server.port))


@asynccontextmanager
async def waiting(
    server: ScriptedImapServer, store: Store, timing: Timing = PATIENT
) -> AsyncIterator[asyncio.Task[None]]:
    """Pull beside the test, once the client waits for news."""
    async with pulling(place(server), store, timing) as task:
        await until(lambda: server.is_idling() or task.done())
        yield task


async def test_mails_are_fetched_in_order_and_stay_unseen(server: ScriptedImapServer) -> None:
    at = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
    for n in range(120):
        server.append(mail(str(n)), at=at + timedelta(minutes=n))
    store = Store()

    await fetch(place(server), store, count=120)

    assert store.texts == [str(n) for n in range(120)]
    assert store.cursor == {"folder": "INBOX", "uidvalidity": 1, "last_uid": 120, "began": NOON.isoformat()}
    assert [o.key for o in store.originals[:2]] == ["INBOX:1:1", "INBOX:1:2"]
    assert store.originals[1].at == at + timedelta(minutes=1)
    assert not any(kept.seen for kept in server.folders["INBOX"].mails)


async def test_a_batch_holds_at_most_fifty_mails_and_its_own_cursor(server: ScriptedImapServer) -> None:
    for n in range(70):
        server.append(mail(str(n)))
    sizes = []
    async with asyncio.timeout(5), aclosing(pull(config(), place(server), None, timing=PATIENT)) as batches:
        async for batch in batches:
            sizes.append((len(batch.originals), batch.cursor["last_uid"]))
            if batch.cursor["last_uid"] == 70:
                break
    assert sizes == [(0, 0), (50, 50), (20, 70)]


async def test_after_a_renumbering_nothing_is_lost_and_nothing_doubled(server: ScriptedImapServer) -> None:
    for n in range(60):
        server.append(mail(str(n)))
    store = Store()
    await fetch(place(server), store, count=60)
    del server.folders["INBOX"].mails[10]
    server.renumber()
    server.append(mail("60"))

    await fetch(place(server), store, count=61)

    assert store.texts == [str(n) for n in range(61)]


async def test_a_mail_that_arrives_while_waiting_is_fetched_at_once(server: ScriptedImapServer) -> None:
    store = Store()
    async with waiting(server, store):
        server.append(mail("1"))
        await until(lambda: store.texts == ["1"])
        server.append(mail("2"))
        await until(lambda: store.texts == ["1", "2"])


async def test_a_mail_announced_during_a_search_is_fetched_at_once(server: ScriptedImapServer) -> None:
    server.arriving_during_search = [mail("unannounced later")]
    store = Store()
    async with waiting(server, store):
        await until(lambda: store.texts == ["unannounced later"], within=2)


async def test_a_server_that_cannot_idle_is_asked(server: ScriptedImapServer) -> None:
    server.capabilities = ()
    store = Store()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(keep_pulling(place(server), store, QUICK))
        await until(lambda: "NOOP" in server.commands)
        server.append(mail("1"))
        await until(lambda: store.texts == ["1"], within=2)
        task.cancel()


async def test_waiting_is_renewed_before_routers_forget_it(server: ScriptedImapServer) -> None:
    async with waiting(server, Store(), QUICK):
        await until(lambda: server.commands.count("IDLE") >= 3)


STATES = ["GREETING", "CAPABILITY", "AUTHENTICATE", "EXAMINE", "UID SEARCH", "UID FETCH", "IDLE"]


@pytest.mark.parametrize("verb", STATES)
@pytest.mark.parametrize("fault", ["drop_at", "silent_at", "bye_at"])
async def test_a_connection_lost_in_any_state_is_noticed(server: ScriptedImapServer, fault: str, verb: str) -> None:
    if verb == "GREETING" and fault != "drop_at":
        return
    server.append(mail("1"))
    setattr(server, fault, verb)
    store = Store()

    with pytest.raises(Unavailable):
        await fetch(place(server), store, count=99, timing=QUICK)
    await fetch(place(server), store, count=1)

    assert store.texts == ["1"]


async def lose(server: ScriptedImapServer, loss: str, timing: Timing) -> None:
    """Lose the connection while the client waits for news, and wait until it has noticed."""
    async with waiting(server, Store(), timing) as task:
        getattr(server, loss)()
        await asyncio.wait([task], timeout=3)


@pytest.mark.parametrize("loss", ["drop", "say_bye", "fall_silent"])
async def test_a_connection_lost_while_waiting_is_noticed(server: ScriptedImapServer, loss: str) -> None:
    with pytest.raises(ExceptionGroup) as lost:
        await lose(server, loss, QUICK)
    assert isinstance(lost.value.exceptions[0], Unavailable)


async def test_a_dropped_connection_is_noticed_without_a_timeout(server: ScriptedImapServer) -> None:
    started = asyncio.get_running_loop().time()
    with pytest.raises(ExceptionGroup):
        await lose(server, "drop", PATIENT)
    assert asyncio.get_running_loop().time() - started < 1


async def test_many_losses_lose_and_double_nothing(server: ScriptedImapServer) -> None:
    store, number = Store(), 0
    for verb in STATES * 5:
        for _ in range(7):
            server.append(mail(str(number)))
            number += 1
        server.drop_at = verb
        with pytest.raises(Unavailable):
            await fetch(place(server), store, count=10_000, timing=QUICK)
        if number % 70 == 0:
            server.renumber()
    await fetch(place(server), store, count=number)
    assert store.texts == [str(n) for n in range(number)]


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        ("[AUTHENTICATIONFAILED] wrong password", ConfigRejected),
        ("[EXPIRED] password expired", ConfigRejected),
        ("no", ConfigRejected),
        ("[UNAVAILABLE] directory is down", Unavailable),
        ("[INUSE] too many connections", Unavailable),
    ],
)
@pytest.mark.parametrize("capabilities", [("IDLE", "AUTH=PLAIN"), ("IDLE",)])
async def test_a_refused_login_says_whose_fault_it_is(
    server: ScriptedImapServer, refusal: str, error: type[Exception], capabilities: tuple[str, ...]
) -> None:
    server.login_refusal, server.capabilities = refusal, capabilities
    with pytest.raises(error, match=refusal.rpartition("]")[2].strip()):
        await fetch(place(server), Store(), count=1)


@pytest.mark.parametrize("capabilities", [("IDLE", "AUTH=PLAIN"), ("IDLE",)])
async def test_any_password_is_sent_as_it_is(server: ScriptedImapServer, capabilities: tuple[str, ...]) -> None:
    server.password, server.capabilities = 'gehëim" \\ {3}', capabilities
    server.append(mail("1"))
    store = Store()
    await fetch(place(server), store, count=1, imap_password=server.password)
    assert store.texts == ["1"]


async def test_a_missing_folder_is_a_wrong_setting(server: ScriptedImapServer) -> None:
    with pytest.raises(ConfigRejected, match="Gelöscht"):
        await fetch(place(server), Store(), count=1, imap_folder="Gelöscht")


async def test_a_folder_with_any_name_is_opened(server: ScriptedImapServer) -> None:
    server.append(mail("1"), folder="Gel&APY-scht &- Co")
    store = Store()
    await fetch(place(server), store, count=1, imap_folder="Gelöscht & Co")
    assert store.originals[0].key == "Gelöscht & Co:1:1"


async def test_a_folder_that_is_made_anew_under_its_name_is_read_without_a_new_connection(
    server: ScriptedImapServer,
) -> None:
    store = Store()
    async with pulling(place(server), store, QUICK):
        server.append(mail("before"))
        await until(lambda: store.texts == ["before"])
        server.folders["Archive"] = server.folders.pop("INBOX")
        server.append(mail("after"))
        server.folders["INBOX"].uidvalidity = 77
        await until(lambda: store.texts == ["before", "after"])
    assert server.commands.count("AUTHENTICATE") == 1


async def test_another_folder_is_begun_anew(server: ScriptedImapServer) -> None:
    server.append(mail("1"))
    server.append(mail("2"), folder="Other")
    store = Store()
    await fetch(place(server), store, count=1)
    await fetch(place(server), store, count=2, imap_folder="Other")
    assert store.texts == ["1", "2"]


async def test_a_mail_that_the_server_cannot_hand_over_stops_no_other(server: ScriptedImapServer) -> None:
    for n in range(5):
        server.append(mail(str(n)))
    server.refused_uids = {3}
    store = Store()

    await fetch(place(server), store, count=5)

    assert [o.content_type.partition(";")[0] for o in store.originals].count(HEADERS_ONLY) == 1
    assert [text for text in store.texts if "SERVERBUG" not in text] == ["0", "1", "3", "4"]


async def test_of_a_mail_too_large_only_the_header_is_fetched(
    server: ScriptedImapServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inbox_email.pull.MAX_MAIL", 1000)
    server.append(mail("x" * 2000))
    server.append(mail("small"))
    store = Store()

    await fetch(place(server), store, count=2)

    assert store.originals[0].content_type == f"{HEADERS_ONLY}; size={len(mail('x' * 2000))}"
    assert store.originals[0].body.endswith(b"\r\n\r\n")
    assert store.texts[1] == "small"


async def test_large_mails_come_in_small_batches(server: ScriptedImapServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inbox_email.pull.MAX_BATCH", 1000)
    for n in range(6):
        server.append(mail(f"{n}\r\n" + "x" * 400))
    sizes = []
    async with asyncio.timeout(5), aclosing(pull(config(), place(server), None, timing=PATIENT)) as batches:
        async for batch in batches:
            sizes.append(len(batch.originals))
            if batch.cursor["last_uid"] == 6:
                break
    assert sizes == [0, 1, 1, 1, 1, 1, 1]


async def test_a_server_that_is_not_there_is_unavailable(server: ScriptedImapServer) -> None:
    await server.stop()
    with pytest.raises(Unavailable):
        await fetch(place(server), Store(), count=1)


async def test_a_mail_below_a_number_that_was_passed_is_found_when_the_mailbox_is_compared(
    server: ScriptedImapServer,
) -> None:
    for text in ("early", "late", "next"):
        server.append(mail(text), at=datetime.now(UTC))
    store = Store(cursor={"folder": "INBOX", "uidvalidity": 1, "last_uid": 3})
    store.originals = [Original(f"INBOX:1:{uid}", b"", "message/rfc822", datetime.now(UTC)) for uid in (1, 3)]

    async def kept(keys: Sequence[str]) -> frozenset[str]:
        return frozenset(keys) & {original.key for original in store.originals}

    async with pulling(replace(place(server), kept=kept), store):
        await until(lambda: len(store.originals) == 3)
    assert store.texts[-1] == "late"
    assert store.cursor == {"folder": "INBOX", "uidvalidity": 1, "last_uid": 3}


async def test_a_server_that_falls_silent_while_we_wait_is_given_up_within_the_pulse(
    server: ScriptedImapServer,
) -> None:
    hasty = Timing(connect=2, answer=30, refresh=0.3, pulse=0.3)
    with pytest.raises(ExceptionGroup) as raised:
        await asyncio.wait_for(lose(server, "fall_silent", hasty), timeout=5)
    assert raised.group_contains(Unavailable, match="does not answer any more")


@pytest.mark.parametrize("capabilities", [("IDLE", "AUTH=PLAIN"), ("AUTH=PLAIN",)])
async def test_while_nothing_comes_it_is_said_that_the_server_is_there(
    server: ScriptedImapServer, capabilities: tuple[str, ...]
) -> None:
    server.capabilities = capabilities
    heard = 0
    async with asyncio.timeout(10), aclosing(pull(config(), place(server), None, timing=QUICK)) as batches:
        async for batch in batches:
            assert batch.originals == ()
            heard += 1
            if heard == 4:
                break
