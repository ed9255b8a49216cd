"""What every test gets: a run in CI may leave nothing out."""

import os

import pytest


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
