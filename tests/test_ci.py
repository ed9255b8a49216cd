"""In CI nothing may be left out."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SKIPPED = "import pytest\ndef test_one(): pass\ndef test_two(): pytest.skip('no Chromium here')\n"


@pytest.mark.parametrize(
    ("ci", "workers", "code"), [("true", "2", pytest.ExitCode.TESTS_FAILED), ("", "0", pytest.ExitCode.OK)]
)
def test_a_skipped_test_fails_the_run_in_ci_only(tmp_path: Path, ci: str, workers: str, code: pytest.ExitCode) -> None:
    (tmp_path / "test_it.py").write_text(SKIPPED, encoding="utf-8")
    (tmp_path / "pytest.toml").write_text("[pytest]\n", encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-n", workers, str(tmp_path)],
        cwd=tmp_path,
        env={**os.environ, "CI": ci, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == code, done.stdout
    assert "1 passed, 1 skipped" in done.stdout
