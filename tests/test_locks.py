"""The locks hold what pyproject.toml asks for, and say nothing about where it comes from."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
GROUPS: dict[str, list[str]] = PROJECT["dependency-groups"]
BUILD: list[str] = PROJECT["build-system"]["requires"]
ASKED = {
    "run": PROJECT["project"]["dependencies"],
    "dev": [*PROJECT["project"]["dependencies"], *GROUPS["test"], *GROUPS["tools"]],
    "build": sorted({*BUILD, *GROUPS["build"]}),
    "bootstrap": GROUPS["bootstrap"],
}


@pytest.mark.parametrize(("lock", "line"), [(lock, line) for lock, lines in ASKED.items() for line in lines])
def test_what_is_asked_for_is_locked_in_a_version_that_will_do(lock: str, line: str) -> None:
    requirement = Requirement(line)
    pinned = pins(lock).get(canonicalize_name(requirement.name))

    assert pinned is not None, "run `make lock`"
    assert requirement.specifier.contains(pinned), "run `make lock`"


def test_tests_run_on_the_versions_that_the_service_runs_on() -> None:
    run, dev = pins("run"), pins("dev")

    assert {name: dev.get(name) for name in run} == run


@pytest.mark.parametrize("lock", ASKED)
def test_a_lock_has_hashes_and_names_no_host(lock: str) -> None:
    text = written(lock)

    assert "://" not in text
    assert re.findall(r"^\S.*\n(?! {4}--hash=sha256:)", text, re.MULTILINE) == []


def test_the_lock_of_the_front_end_names_no_host() -> None:
    packages = json.loads((ROOT / "web" / "package-lock.json").read_text(encoding="utf-8"))["packages"]

    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [name for name, package in packages.items() if name and "integrity" not in package] == []


def pins(lock: str) -> dict[str, str]:
    """Return each locked package and its version."""
    return dict(re.findall(r"^([\w.-]+)==([^\s;\\]+)", written(lock), re.MULTILINE))


def written(lock: str) -> str:
    """Return a lock as it lies there."""
    return (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
