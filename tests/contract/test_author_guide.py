"""The example of the channel author's guide is a channel, found by its entry point."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "channel-author.md"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Write the files of the guide, and what an installer makes of its entry point."""
    for name, text in re.findall(r"```\w+\n# (\S+)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        (tmp_path / name).write_text(text, encoding="utf-8")
    project = tomllib.loads((tmp_path / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    installed = tmp_path / "inbox_sms-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text(f"Name: {project['name']}\nVersion: {project['version']}\n", encoding="utf-8")
    ((group, points),) = project["entry-points"].items()
    lines = [f"[{group}]", *(f"{name} = {value}" for name, value in points.items())]
    (installed / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path


def _run(package: Path, *command: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(package)}
    ended = subprocess.run(
        [sys.executable, *command],
        cwd=package,
        env=environment,
        check=False,
        timeout=100,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


def test_the_example_keeps_the_contract(package: Path) -> None:
    assert "passed" in _run(package, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_inbox_sms.py")


def test_an_installer_is_told_which_of_the_examples_modules_is_the_channel(package: Path) -> None:
    project = tomllib.loads((package / "pyproject.toml").read_text(encoding="utf-8"))

    # Of two modules in one folder setuptools chooses none by itself.
    assert project["tool"]["setuptools"]["py-modules"] == ["inbox_sms"]


def test_the_example_is_listed_among_the_channels(package: Path) -> None:
    listed = _run(package, "-c", "from inbox.cli import main; main(['channels'])")

    assert re.search(r"^sms +Text message$", listed, re.MULTILINE)
