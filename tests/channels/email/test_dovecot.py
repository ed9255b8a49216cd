"""The same faults at a real server: nothing is lost, nothing doubled, nothing marked as seen."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator

import pytest

from inbox.channel.host import Host
from inbox.errors import ConfigRejected, Unavailable
from inbox_email.pull import Timing
from tests.channels.email.builders import host_for, mail
from tests.channels.email.pulling import PATIENT, Store, fetch, keep_pulling, pulling, until
from tests.dovecot import Dovecot, running_dovecot

pytestmark = pytest.mark.timeout(60)
HASTY = Timing(connect=2, answer=1, refresh=1, pulse=1, poll=1)


@pytest.fixture
def dovecot() -> Iterator[Dovecot]:
    with running_dovecot() as running:
        yield running


@pytest.fixture
def place(dovecot: Dovecot) -> Host:
    return host_for(imap=(dovecot.host, dovecot.port))


async def deliver(dovecot: Dovecot, *texts: object) -> None:
    for text in texts:
        await asyncio.to_thread(dovecot.deliver, mail(str(text)))


async def test_mails_are_fetched_in_order_and_stay_unseen(dovecot: Dovecot, place: Host) -> None:
    await deliver(dovecot, *range(12))
    store = Store()

    await fetch(place, store, count=12)

    assert store.texts == [str(n) for n in range(12)]
    assert dovecot.flags() == [""] * len(dovecot.flags())


async def test_mails_that_arrive_while_we_search_and_wait_are_fetched_at_once(dovecot: Dovecot, place: Host) -> None:
    store = Store()
    async with pulling(place, store):
        for n in range(30):
            await deliver(dovecot, n)
        await until(lambda: len(store.originals) == 30, within=3)
    assert store.texts == [str(n) for n in range(30)]


async def test_wrong_credentials_are_told(place: Host) -> None:
    with pytest.raises(ConfigRejected):
        await fetch(place, Store(), count=1, imap_password="wrong")


async def test_a_missing_folder_is_told(place: Host) -> None:
    with pytest.raises(ConfigRejected):
        await fetch(place, Store(), count=1, imap_folder="Nowhere")


async def persist(place: Host, store: Store) -> None:
    """Pull again after every loss, as the service does."""
    while True:
        try:
            await keep_pulling(place, store, HASTY)
        except Unavailable:
            await asyncio.sleep(0.05)


async def lose(dovecot: Dovecot, how: str) -> None:
    if how == "kick":
        await asyncio.to_thread(dovecot.kick)
    elif how == "renumber":
        await asyncio.to_thread(dovecot.renumber)
    else:
        await asyncio.to_thread(dovecot.signal_sessions, signal.Signals[how])


@pytest.mark.parametrize("loss", ["kick", "SIGKILL", "SIGTERM", "SIGSTOP", "renumber"])
async def test_losses_lose_and_double_nothing(dovecot: Dovecot, place: Host, loss: str) -> None:
    store = Store()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(persist(place, store))
        for n in range(4):
            await deliver(dovecot, 3 * n, 3 * n + 1)
            await lose(dovecot, loss)
            await deliver(dovecot, 3 * n + 2)
        await until(lambda: len(store.originals) >= 12, within=20)
        await asyncio.sleep(0.3)
        task.cancel()
    assert store.texts == [str(n) for n in range(12)]


async def lost_while_waiting(dovecot: Dovecot, place: Host, how: str, timing: Timing) -> float:
    """Return the seconds until a loss is noticed."""
    async with pulling(place, Store(), timing) as task:
        await until(dovecot.sessions)
        await asyncio.sleep(0.2)
        await lose(dovecot, how)
        started = asyncio.get_running_loop().time()
        await asyncio.wait([task], timeout=10)
        assert isinstance(task.exception(), Unavailable)
    return asyncio.get_running_loop().time() - started


@pytest.mark.parametrize("loss", ["kick", "SIGKILL", "SIGTERM"])
async def test_a_lost_connection_is_noticed_at_once(dovecot: Dovecot, place: Host, loss: str) -> None:
    with pytest.raises(ExceptionGroup):
        await asyncio.wait_for(lost_while_waiting(dovecot, place, loss, PATIENT), timeout=3)


async def test_a_server_that_was_stopped_is_noticed_at_the_next_refresh(dovecot: Dovecot, place: Host) -> None:
    with pytest.raises(ExceptionGroup):
        await asyncio.wait_for(lost_while_waiting(dovecot, place, "SIGSTOP", HASTY), timeout=6)
