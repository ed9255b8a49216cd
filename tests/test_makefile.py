"""The Makefile finds its tools, and what does not start is none."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_a_uv_that_does_not_start_is_not_taken(tmp_path: Path) -> None:
    shim = tmp_path / "uv"
    shim.write_text("#!/bin/sh\nexit 127\n", encoding="utf-8")
    shim.chmod(0o755)

    told = subprocess.run(
        ["make", "--print-data-base", "--dry-run", "help"],
        cwd=ROOT,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert "UV := .uv/bin/uv\n" in told.stdout
