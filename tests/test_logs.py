"""The log serves the program, and never the other way round."""

import subprocess
import sys
from pathlib import Path

import pytest

LOGS = "import structlog; from inbox.logs import configure; configure('info'); structlog.get_logger().info('here')"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no file that is always full")
def test_a_program_whose_log_takes_nothing_any_more_goes_on() -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        ended = subprocess.run(
            [sys.executable, "-c", f"{LOGS}; print('goes on')"],
            stdout=subprocess.PIPE,
            stderr=full,
            text=True,
            check=False,
            timeout=60,
        )

    assert ended.stdout == "goes on\n"
