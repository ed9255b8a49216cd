"""A browser, and the service as a process of its own for each file of tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, async_playwright

from inbox.bootstrap import web_folder
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


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The service with nothing in it."""
    if not (web_folder() / "index.html").is_file():
        pytest.skip("the front end is not built")
    program = start(tmp_path_factory.mktemp("program"))
    yield program
    program.stop()


@pytest.fixture(scope="module")
def api(program: Program) -> Iterator[Api]:
    """The service with its first administrator."""
    api = set_up(program)
    yield api
    api.http.close()
