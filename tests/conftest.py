"""What every test gets: a run in CI may leave nothing out."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest
import structlog
from cryptography.fernet import Fernet

from inbox.secrets import Vault
from inbox.store.database import engine_for
from inbox.store.embedded import stop
from inbox.store.migrate import migrate
from inbox.store.stream import current_epoch
from inbox.store.unit_of_work import Units
from inbox.testing.database import create_database, drop_database, dsn_of, start_private_server


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly that a test left out is a failure where everything is installed."""
    if in_ci() and terminalreporter.stats.get("skipped"):
        terminalreporter.section("skipped tests fail this run, because CI=true", sep="=", red=True)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run in CI that skipped a test."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if in_ci() and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def in_ci() -> bool:
    """Whether everything that a test may ask for is promised to be installed."""
    return os.environ.get("CI") == "true"


@pytest.fixture(autouse=True)
def log_as_it_was() -> Iterator[None]:
    """Undo what a start in a test makes of the log: loggers keep what they first wrote to, for all tests after it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    if structlog.is_configured():
        structlog.reset_defaults()
        root.handlers[:] = handlers
        root.setLevel(level)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A private server for the run, with a migrated database that each test gets a copy of; its DSN."""
    server = asyncio.run(start_private_server(tmp_path_factory.mktemp("pg")))
    dsn = asyncio.run(create_database(server.dsn, "template_of_tests"))
    asyncio.run(migrate(dsn))
    yield dsn
    asyncio.run(stop(server))


@pytest.fixture
async def dsn(template: str) -> AsyncIterator[str]:
    """A fresh, migrated database of the test's own."""
    name = f"test_{uuid4().hex}"
    yield await create_database(dsn_of(template, "inbox"), name, template="template_of_tests")
    await drop_database(dsn_of(template, "inbox"), name)


@pytest.fixture
def vault() -> Vault:
    """Keys of the test's own."""
    return Vault([Fernet.generate_key().decode()])


@pytest.fixture
async def units(dsn: str, vault: Vault) -> AsyncIterator[Units]:
    """Units of work on a fresh database."""
    engine = engine_for(dsn, pool=8)
    units = Units(engine, vault, epoch=1, on_commit=lambda: None)
    async with units.session() as session:
        units.epoch = await current_epoch(session)
    yield units
    await engine.dispose()
