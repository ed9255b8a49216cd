"""The documents say what is so."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DECISIONS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
KINDS = {"feature", "bugfix", "doc", "removal", "misc"}


def test_decisions_are_numbered_in_one_sequence() -> None:
    numbers = [int(path.name[:4]) for path in DECISIONS]

    assert numbers == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_has_its_context_cost_and_source_and_stands_in_the_index(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    index = (path.parent / "README.md").read_text(encoding="utf-8")
    title = re.match(rf"# {path.name[:4]}\. (.+)\n", page)

    assert title is not None
    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == ["Context", "Decision", "Cost", "Source"]
    assert re.search(rf"\[{path.name[:4]}\]\({path.name}\) \| [\w, ]+ \| {re.escape(title[1])} \|", index)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_link_between_pages_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))

    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", sorted((ROOT / "changelog.d").glob("*.md")), ids=lambda path: path.name)
def test_a_note_for_the_changelog_is_one_line_of_a_known_kind(path: Path) -> None:
    name = re.fullmatch(r"(?:\+[\w-]+|\d+)\.(\w+)\.md", path.name)

    assert name is not None
    assert name[1] in KINDS
    assert len(path.read_text(encoding="utf-8").strip().splitlines()) == 1


def test_the_managers_guide_shows_the_keys_that_the_desk_binds() -> None:
    source = (ROOT / "web" / "src" / "desk" / "keys.ts").read_text(encoding="utf-8")
    bound = {key for keys in re.findall(r"keys: \[([^]]+)]", source) for key in re.findall(r'"([^"]+)"', keys)}
    table = (ROOT / "docs" / "manager.md").read_text(encoding="utf-8").partition("## Keyboard")[2]
    first_cells = re.findall(r"^\| (<kbd>.+?) \|", table, re.MULTILINE)
    shown = {_pressed(keys) for cell in first_cells for keys in cell.split(", ")}

    assert shown == bound


def _pressed(keys: str) -> str:
    """Return what the guide calls `<kbd>Ctrl</kbd>+<kbd>Enter</kbd>` as the desk binds it."""
    names = {"Ctrl": "Mod", "Esc": "Escape"}
    return "+".join(names.get(key, key) for key in re.findall(r"<kbd>(.+?)</kbd>", keys))
