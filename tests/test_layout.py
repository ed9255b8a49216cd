"""The house keeps its own order."""

import ast
from pathlib import Path

import pytest

from tests.architecture import PAGE, drawn

ROOT = Path(__file__).parents[1]
MODULES = sorted(
    path for top in ("src", "channels", "tests") for path in (ROOT / top).rglob("*.py") if "web" not in path.parts
)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_in_one_line_what_it_is_for(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))

    assert docstring, f"{path.relative_to(ROOT)} has no docstring"
    assert docstring.splitlines()[0].endswith("."), "its first line is not a sentence"


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if path.parent.name != "versions"],  # a migration is as long as its change
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_a_file_is_short_enough_to_be_read(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")

    assert lines <= 400


def test_the_tree_in_the_architecture_page_is_the_tree_of_the_code() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert drawn(page) == page, "run `make format`"
