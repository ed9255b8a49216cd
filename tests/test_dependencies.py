"""What the code imports is what pyproject.toml asks for."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
OURS = {path.name for top in ("src", "channels") for path in (ROOT / top).iterdir()}
TESTING = ROOT / "src" / "inbox" / "testing"
SERVICE = {path for top in ("src", "channels") for path in (ROOT / top).rglob("*.py")} - set(TESTING.rglob("*.py"))
PROVIDERS = packages_distributions()


def test_every_package_that_the_service_imports_is_asked_for_by_name() -> None:
    asked = names(PROJECT["project"]["dependencies"])

    assert {
        f"{path.relative_to(ROOT)}: {name}" for path, name in imported(SERVICE) if not provided(name, asked)
    } == set()


def test_every_package_that_the_shipped_tests_import_is_asked_for_at_least_by_the_tests() -> None:
    asked = names([*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["test"]])
    files = set(TESTING.rglob("*.py"))

    assert {f"{path.relative_to(ROOT)}: {name}" for path, name in imported(files) if not provided(name, asked)} == set()


@pytest.mark.parametrize("name", ["hypothesis", "nothing_of_that_name"])
def test_a_package_that_only_tests_ask_for_is_none_of_the_services(name: str) -> None:
    assert not provided(name, names(PROJECT["project"]["dependencies"]))


def imported(files: set[Path]) -> Iterator[tuple[Path, str]]:
    """Yield every third party's package that a file imports, wherever in it."""
    for path in sorted(files):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for name in packages_of(node) - OURS - sys.stdlib_module_names:
                yield path, name


def packages_of(node: ast.AST) -> set[str]:
    """Return the top-level packages that a statement imports."""
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        return {(node.module or "").partition(".")[0]}
    return set()


def provided(name: str, asked: set[str]) -> bool:
    """Whether a package comes with something that was asked for."""
    return any(canonicalize_name(provider) in asked for provider in PROVIDERS.get(name, ()))


def names(lines: list[str]) -> set[str]:
    """Return the distributions that requirements name."""
    return {canonicalize_name(Requirement(line).name) for line in lines}
