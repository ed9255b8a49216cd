"""A browser, and the service as a process of its own for each file of tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from inbox.api.visitor_limits import Limits
from inbox.bootstrap import web_folder
from inbox.secrets import Vault
from tests.api.chatting import ChatService, serving
from tests.browser.program import Api, Program, set_up, start

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=_ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
async def service(dsn: str, vault: Vault, tmp_path: Path) -> AsyncIterator[ChatService]:
    """The chat inside this process, for what needs its store at hand."""
    async with serving(dsn, vault, tmp_path, Limits()) as service:
        yield service


@pytest.fixture(scope="session")
def front() -> None:
    """Desk and widget as they are delivered."""
    if not (web_folder() / "index.html").is_file():
        pytest.skip("the front end is not built: `make front`")


@pytest.fixture(scope="module")
def program(front: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The service with nothing in it."""
    program = start(tmp_path_factory.mktemp("program"))
    yield program
    program.stop()


@pytest.fixture(scope="module")
def api(program: Program) -> Iterator[Api]:
    """The service with its first administrator."""
    api = set_up(program)
    yield api
    api.http.close()
