"""The command `inbox demo`, and the choice on the first page, as a newcomer starts them."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx2 as httpx
import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

CHANNELS = {"chat", "comments", "email", "telephony"}
T = TypeVar("T")


def patiently(found: Callable[[], T | None], *, within: float = 120) -> T:
    """Return what there is once there is something."""
    until = time.monotonic() + within
    while (result := found()) is None:
        assert time.monotonic() < until, "nothing came"
        time.sleep(0.2)
    return result


@dataclass(slots=True)
class Program:
    """The installed program in a data folder of the test's own."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    browser: httpx.Client = field(init=False)

    def start(self, command: str) -> str:
        """Start it and return what it prints before it serves."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("INBOX_")}
        environment |= {"INBOX_PORT": str(self.port), "INBOX_DATA_DIR": str(self.folder / "data")}
        with (self.folder / "out").open("wb") as out:
            self.process = subprocess.Popen(
                [Path(sys.executable).with_name("inbox"), command],
                env=environment,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        site = f"http://127.0.0.1:{self.port}"
        self.browser = httpx.Client(base_url=f"{site}/api/v1", headers={"origin": site}, timeout=30)
        return patiently(self._printed)

    def _printed(self) -> str | None:
        out = self.folder / "out"
        assert self.process is not None
        assert self.process.poll() is None, out.read_text(encoding="utf-8")
        try:
            ready = httpx.get(f"http://127.0.0.1:{self.port}/readyz").status_code == 200
        except httpx.HTTPError:
            return None
        return out.read_text(encoding="utf-8") if ready else None

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        assert self.process is not None
        self.browser.close()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=60)

    def sign_in(self, printed: str) -> None:
        """Sign in with what was printed."""
        found = re.search(r"E-mail +(\S+)\s+Passphrase +(\S+)", printed)
        assert found is not None
        answer = self.browser.post("/session", json={"email": found[1], "password": found[2]})
        assert answer.status_code == 201

    def get(self, path: str) -> Any:
        return self.browser.get(path).raise_for_status().json()

    def channels_since(self, moment: datetime) -> set[str] | None:
        """Return the channels over which something came since a moment, once it is all of them."""
        found: set[str] = set()
        position = "0.0.0"
        while True:
            page = self.get(f"/events?since={position}&limit=500")
            for event in page["items"]:
                message = event["data"].get("message")
                if message and message["direction"] == "inbound" and datetime.fromisoformat(message["at"]) > moment:
                    found.add(event["data"]["ticket"]["channel"])
            if page["position"] == position:
                return found if found == CHANNELS else None
            position = page["position"]


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """The program on a free port; ended with the test."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = Program(tmp_path, port)
    yield program
    if program.process is None:
        return
    sys.stdout.write((tmp_path / "out").read_text(encoding="utf-8"))  # shown when the test fails
    program.browser.close()
    program.process.terminate()
    program.process.wait(timeout=60)


def test_the_command_shows_a_queue_that_moves_on_all_channels_and_goes_on_after_a_restart(program: Program) -> None:
    began = datetime.now(UTC)
    printed = program.start("demo")
    program.sign_in(printed)

    patiently(lambda: program.channels_since(began))
    demo = program.get("/demo")
    everything = program.get("/tickets?view=all&limit=100")["items"]
    before = {ticket["id"]: ticket["last_seq"] for ticket in everything}
    program.stop()

    again = datetime.now(UTC)
    printed = program.start("demo")
    program.sign_in(printed)

    patiently(lambda: program.channels_since(again))
    assert demo["running"]
    assert program.get("/demo") == demo
    assert {ticket["channel"] for ticket in everything} == CHANNELS
    assert {ticket["language"] for ticket in everything} >= {"de", "en", "fr"}
    assert len({ticket["campaign_id"] for ticket in everything if ticket["campaign_id"]}) == 3
    for ticket_id, last_seq in before.items():
        assert program.get(f"/tickets/{ticket_id}")["last_seq"] >= last_seq
    assert program.browser.post("/demo/stop").status_code == 204
    assert program.get("/demo") == demo | {"running": False}


def test_whoever_chooses_the_demo_on_the_first_page_gets_it(program: Program) -> None:
    began = datetime.now(UTC)
    link = re.search(r"#/setup/(\S+)", program.start("serve"))
    assert link is not None
    mia = {"token": link[1], "name": "Mia", "email": "mia@crowd.example", "password": "a quite long password"}

    me = program.browser.post("/setup", json={**mia, "locale": "de", "start": "demo"})
    demo = program.get("/demo")
    patiently(lambda: program.channels_since(began))

    assert me.status_code == 201
    assert demo["running"]
    assert demo["demo_url"].startswith("/demo/?inbox=")
    assert program.browser.get(f"http://127.0.0.1:{program.port}{demo['demo_url']}").status_code in {200, 404}


def test_whoever_starts_empty_has_no_demo(program: Program) -> None:
    link = re.search(r"#/setup/(\S+)", program.start("serve"))
    assert link is not None
    mia = {"token": link[1], "name": "Mia", "email": "mia@crowd.example", "password": "a quite long password"}

    program.browser.post("/setup", json={**mia, "locale": "de", "start": "empty"})

    assert program.get("/demo") == {"running": False, "demo_url": None}
    assert program.get("/tickets?view=all")["items"] == []
