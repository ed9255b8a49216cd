"""Each import rule catches what it forbids: a rule that no broken import has met may hold for any reason."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
RULES = {rule["id"]: rule["name"] for rule in CONFIG["contracts"]}

# For each rule: a module that is added, and the line in it that the rule is there to refuse.
BROKEN = {
    "app": ("src/inbox/app/broken.py", "import fastapi"),
    "channels": ("channels/inbox_chat/broken.py", "import inbox_email"),
    "contract": ("channels/inbox_chat/broken.py", "import inbox.store"),
    "cycles": ("src/inbox/domain/broken.py", "import inbox.app"),
    "domain": ("src/inbox/domain/broken.py", "import pydantic"),
    "http": ("src/inbox/api/broken.py", "import httpx"),
    "layers": ("src/inbox/domain/broken.py", "import inbox.store"),
    "nameless": ("src/inbox/app/broken.py", "import inbox_email"),
    "props": ("src/inbox/app/broken.py", "import inbox.testing"),
    "settings": ("src/inbox/api/broken.py", "import inbox.settings"),
    "sql": ("src/inbox/app/broken.py", "import sqlalchemy"),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code that may be broken."""
    top = tmp_path_factory.mktemp("broken")
    shutil.copy(ROOT / "pyproject.toml", top)
    for folder in ("src", "channels"):
        shutil.copytree(ROOT / folder, top / folder, ignore=shutil.ignore_patterns("web", "__pycache__"))
    return top


@pytest.mark.parametrize("rule", RULES)
def test_an_import_that_a_rule_forbids_is_refused(copy: Path, rule: str) -> None:
    place, line = BROKEN[rule]
    broken = copy / place
    broken.write_text(f'"""Broken on purpose."""\n\n{line}\n', encoding="utf-8")

    try:
        answer = lint(copy, rule)
    finally:
        broken.unlink()

    assert f"{RULES[rule]} BROKEN" in answer


def test_the_code_as_it_is_keeps_every_rule(copy: Path) -> None:
    answer = lint(copy, *RULES)

    assert f"Contracts: {len(RULES)} kept, 0 broken." in answer


def lint(top: Path, *rules: str) -> str:
    """Return what import-linter says about the code in `top`."""
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [program, "--no-cache", "--no-logo", *(f"--contract={rule}" for rule in rules)],
        cwd=top,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(str(top / folder) for folder in ("src", "channels"))},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return " ".join(done.stdout.split())
