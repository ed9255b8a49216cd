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
