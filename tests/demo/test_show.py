"""The demo's crowd writes over every channel, hears answers, falls silent and goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from random import Random

import pytest

from inbox.demo.colleagues import Colleagues
from inbox.demo.memory import recalled
from inbox.demo.show import Show
from inbox.demo.stage import COMMENTS, colleagues
from inbox.domain.message import Direction, Message
from inbox.domain.ticket import State, Ticket
from inbox.errors import Conflict, StartRefused
from tests.demo.conftest import NewStage, Stage

CHANNELS = {"chat", "comments", "email", "telephony"}


async def until(found: Callable[[], Awaitable[bool]], *, within: float = 30) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(within):
        while not await found():  # noqa: ASYNC110 - it is in the database
            await asyncio.sleep(0.1)


async def living(stage: Stage) -> dict[str, list[Ticket]]:
    """Return the tickets, by channel, that changed since the demo was filled."""
    memory = recalled(stage.show.backstage.folder)
    found: dict[str, list[Ticket]] = {}
    for ticket in await stage.tickets():
        if memory is not None and memory.filled and ticket.updated_at > memory.began:
            found.setdefault(ticket.channel, []).append(ticket)
    return found


def is_answered_back(messages: Sequence[Message]) -> bool:
    """Tell whether, in one ticket, somebody went on after an answer of ours."""
    ours = [message.seq for message in messages if message.direction is Direction.OUTBOUND]
    backs = [message.seq for message in messages if (message.external_id or "").startswith(("b", "<b"))]
    return bool(ours and backs) and min(ours) < max(backs)


async def test_the_crowd_writes_over_all_four_channels(staged: Stage) -> None:
    await staged.show.start()

    async def everywhere() -> bool:
        return (await living(staged)).keys() == CHANNELS

    await until(everywhere)
    assert staged.show.is_running
    assert staged.show.page
    assert staged.show.page.startswith("/demo/?inbox=")


async def test_an_answer_reaches_the_far_end_and_is_sometimes_answered(staged: Stage) -> None:
    await staged.show.start()
    backstage = staged.show.backstage
    answered: set[str] = set()

    async with staged.unit() as unit:
        people = await colleagues(unit)
    team = Colleagues(backstage, people, Random(1))

    async def answered_back() -> bool:
        for channel, tickets in (await living(staged)).items():
            for ticket in tickets:
                if ticket.state is State.OPEN and channel != "telephony":
                    await team.answer(ticket.id, now=backstage.clock(), solve=False)
        async with staged.unit() as unit:
            for ticket in await staged.tickets():
                if is_answered_back(await unit.messages.since(ticket.id, 0)):
                    answered.add(ticket.channel)
        return {"comments", "email"} <= answered

    await until(answered_back, within=60)


async def test_the_crowd_falls_silent_and_goes_on_when_told(staged: Stage) -> None:
    await staged.show.start()
    before = recalled(staged.show.backstage.folder)

    await staged.show.stop()
    assert not staged.show.is_running
    await staged.show.start()

    memory = recalled(staged.show.backstage.folder)
    assert memory is not None
    assert before is not None
    assert memory.inboxes == before.inboxes


async def test_after_a_restart_the_far_ends_are_where_the_inboxes_expect_them(staged: Stage) -> None:
    await staged.show.start()
    folder = staged.show.backstage.folder
    before = recalled(folder)
    assert before is not None

    again = Show(staged.show.backstage)  # the ports of the first are taken while it runs
    async with asyncio.TaskGroup() as group:
        running = group.create_task(again.run())

        async def moved() -> bool:
            memory = recalled(folder)
            return memory is not None and memory.ports != before.ports

        await until(moved)
        running.cancel()

    memory = recalled(folder)
    assert memory is not None
    async with staged.unit() as unit:
        inboxes = {str(inbox.id): inbox for inbox in await unit.inboxes.all()}
    assert inboxes[memory.inboxes[COMMENTS]].config["reply_origins"] == [f"http://127.0.0.1:{memory.ports.replies}"]


async def test_an_installation_in_use_gets_no_demo(new_stage: NewStage) -> None:
    async with new_stage() as stage:
        await stage.fill()

        with pytest.raises(Conflict):
            await stage.show.start()
        with pytest.raises(StartRefused):
            await stage.show.open()


async def test_only_the_demos_own_servers_may_be_called_besides(staged: Stage) -> None:
    await staged.show.start()

    memory = recalled(staged.show.backstage.folder)
    assert memory is not None
    ports = (memory.ports.imap, memory.ports.smtp, memory.ports.replies)
    assert staged.show.backstage.places == {("127.0.0.1", port) for port in ports}
