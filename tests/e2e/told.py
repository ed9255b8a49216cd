"""What the service itself tells afterwards, through the API alone."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from dataclasses import dataclass, field

from tests.e2e.answers import ANSWER
from tests.e2e.desk import Desk, Json
from tests.e2e.senders import text_of

_ITEM = re.compile(r"item (\S+) (\d+) end")
_PAUSE = 0.5  # seconds between two looks


@dataclass(slots=True)
class Told:
    """What was said and answered, by lane and in the order of the tickets."""

    said: dict[str, list[str]] = field(default_factory=dict)
    answers: dict[str, list[str]] = field(default_factory=dict)
    deliveries: dict[str, str] = field(default_factory=dict)  # by the words of the answer

    def add(self, message: Json, calls: Counter[str]) -> None:
        """Note a message; calls say nothing, so they are counted."""
        if message["direction"] == "outbound":
            answer = ANSWER.search(message["text"])
            assert answer, message["text"]
            self.answers.setdefault(answer[1], []).append(answer[0])
            self.deliveries[answer[0]] = message["delivery"]
        elif message["call"] is not None:
            lane = f"calls-{int(message['call']['caller'][5:]) - 1_000_000}"
            assert message["call"]["state"] == "missed"
            self.said.setdefault(lane, []).append(text_of(lane, calls[lane]))
            calls[lane] += 1
        else:
            item = _ITEM.search(message["text"])
            assert item, message["text"]
            self.said.setdefault(item[1], []).append(item[0])

    @property
    def under_way(self) -> int:
        """How many answers are still to be sent."""
        return sum(delivery in {"queued", "sending"} for delivery in self.deliveries.values())

    @property
    def progress(self) -> tuple[int, int]:
        """How far it has come: what is understood, and what is still to be sent."""
        return sum(map(len, self.said.values())), self.under_way


async def as_the_api_has_it(desk: Desk, *, expected: int, patience: float) -> Told:
    """Return what is there once all is understood and sent, or when nothing has moved for so long (seconds)."""
    loop = asyncio.get_running_loop()
    told, moved = await _told(desk), loop.time()
    while told.progress != (expected, 0) and loop.time() < moved + patience:
        await asyncio.sleep(_PAUSE)
        before, told = told, await _told(desk)
        moved = moved if told.progress == before.progress else loop.time()
    return told


async def _told(desk: Desk) -> Told:
    told, calls = Told(), Counter[str]()
    tickets = await desk.everything("/tickets?view=all&sort=newest")
    for ticket in sorted(tickets, key=lambda ticket: ticket["number"]):
        messages = sorted(await desk.everything(f"/tickets/{ticket['id']}/messages"), key=lambda m: m["seq"])
        assert [message["seq"] for message in messages] == list(range(1, len(messages) + 1))
        for message in messages:
            told.add(message, calls)
    return told
