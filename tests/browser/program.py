"""The service as a person starts it: a process with an empty data folder, and what it prints."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2 as httpx

from tests.e2e.program import environment

_READY_WITHIN = 60.0  # seconds, on a machine that does other things as well
_PASSWORD = "correct horse battery"


@dataclass(slots=True)
class Program:
    """`inbox serve` on a free port, until it is stopped."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]
    started: float

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def said(self) -> str:
        return (self.folder / "said").read_text(encoding="utf-8")

    @property
    def first_link(self) -> str:
        """Return the one-time link that the first start prints."""
        found = re.search(r"http\S+/#/setup/\S+", self.said)
        assert found, self.said
        return found[0]

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)


def start(folder: Path) -> Program:
    """Start the service with an empty data folder and wait until it is ready."""
    port = _free_port()
    # Tests on this program wait for mails and take none back; those that do are in test_sending.py.
    places = {"http_allow": "127.0.0.1", "picture_allow": "127.0.0.1"}
    variables = environment(data_dir=str(folder / "data"), port=str(port), undo_seconds="0", **places)
    started = time.monotonic()
    with (folder / "said").open("ab") as said:
        command = [str(Path(sys.executable).with_name("inbox")), "serve"]
        process = subprocess.Popen(command, env=variables, stdout=said, stderr=subprocess.STDOUT)
    program = Program(folder, port, process, started)
    _wait(program)
    return program


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait(program: Program) -> None:
    while time.monotonic() - program.started < _READY_WITHIN:
        assert program.process.poll() is None, program.said
        with suppress(httpx.HTTPError):
            if httpx.get(f"{program.url}/readyz", timeout=2, trust_env=False).status_code == 200:
                return
        time.sleep(0.05)
    raise AssertionError(program.said)


@dataclass(frozen=True, slots=True)
class Api:
    """The administrator by REST: what a test prepares before the browser looks at it."""

    url: str
    http: httpx.Client
    email: str = "mara@crowd.example"
    password: str = _PASSWORD

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.http.post(path, json=body)
        assert answer.is_success, answer.text
        return dict(answer.json()) if answer.content else {}

    def get(self, path: str) -> dict[str, Any]:
        answer = self.http.get(path)
        assert answer.is_success, answer.text
        return dict(answer.json())


def set_up(program: Program) -> Api:
    """Make the first administrator, and begin empty."""
    http = httpx.Client(base_url=f"{program.url}/api/v1", headers={"origin": program.url}, timeout=30, trust_env=False)
    api = Api(program.url, http)
    token = program.first_link.rpartition("/")[2]
    who = {"name": "Mara Lindner", "email": api.email, "password": api.password, "locale": "en", "start": "empty"}
    api.post("/setup", {"token": token, **who})
    return api
