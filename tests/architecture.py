"""Draws the tree in ARCHITECTURE.md from the modules' own first lines: `python -m tests.architecture`."""

import ast
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "ARCHITECTURE.md"
BEGIN = "<!-- tree: written by `python -m tests.architecture`, as `make format` does -->\n"
END = "<!-- end of tree -->"
WIDTH = 120
COLUMN = 28


def drawn(page: str) -> str:
    """Return the page with its tree drawn anew."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    lines = "\n".join(tree())
    return f"{before}{BEGIN}\n```\n{lines}\n```\n\n{END}{after}"


def tree() -> Iterator[str]:
    """Yield one line for each package and module of ours."""
    yield from branch(ROOT / "src" / "inbox", "src/inbox/", 0)
    for channel in sorted((ROOT / "channels").glob("inbox_*")):
        yield ""
        yield from branch(channel, f"channels/{channel.name}/", 0)


def branch(package: Path, label: str, depth: int) -> Iterator[str]:
    """Yield a package, its modules, and the packages in it."""
    yield entry(label, purpose(package / "__init__.py"), depth)
    for module in sorted(package.glob("*.py")):
        if module.name != "__init__.py":
            yield entry(module.name, purpose(module), depth + 1)
    for inner in sorted(path.parent for path in package.glob("*/__init__.py")):
        yield from branch(inner, f"{inner.name}/", depth + 1)


def entry(label: str, says: str, depth: int) -> str:
    """Return a line of the tree."""
    start = f"{'  ' * depth}{label}".ljust(COLUMN)
    return f"{start}  {fitting(says, WIDTH - len(start) - 2)}"


def fitting(says: str, width: int) -> str:
    """Return as many whole clauses as there is room for."""
    while len(says) > width:
        shorter = re.sub(r"[,;:] [^,;:]*$", "", says)
        if shorter == says:
            return textwrap.shorten(says, width, placeholder=" ...")
        says = shorter
    return says


def purpose(module: Path) -> str:
    """Return the first sentence of a module's docstring, without its full stop."""
    docstring = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
    return docstring.partition("\n")[0].partition(". ")[0].rstrip(".")


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
