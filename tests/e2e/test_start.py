"""A start that cannot succeed says why in one sentence, and ends."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from inbox.store.embedded import postmaster
from inbox.testing.database import create_database, dsn_of
from tests.e2e.program import INBOX, Program, environment, free_port, run

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


def refused(ended: subprocess.CompletedProcess[str]) -> str:
    """Return the one sentence of a start that was refused."""
    assert ended.returncode == 1, ended.stderr
    said = [line for line in ended.stderr.splitlines() if line.strip()]
    assert len(said) == 1, ended.stderr
    assert said[0].startswith("inbox: ")
    assert said[0].endswith(".")
    assert ended.stdout == ""
    return said[0]


def serve(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return run("serve", **({"data_dir": str(folder / "var"), "port": str(free_port())} | variables))


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])

        assert f"Port {port} on 127.0.0.1 is taken" in refused(serve(tmp_path, port=port))
    assert not (tmp_path / "var").exists()


async def test_a_second_server_in_one_folder(tmp_path: Path) -> None:
    first = Program(tmp_path)
    await first.start()
    try:
        said = refused(serve(tmp_path))

        assert "is in use by another inbox" in said
        assert first.process is not None
        assert f"process {first.process.pid}" in said
    finally:
        assert first.stop() == 0


async def test_a_terminal_that_is_closed_ends_the_service_in_good_order(tmp_path: Path) -> None:
    program = Program(tmp_path)
    await program.start()
    assert program.process is not None
    program.process.send_signal(signal.SIGHUP)

    assert await asyncio.to_thread(program.process.wait, 60) == 0
    assert postmaster.running(tmp_path / "var" / "pg" / "cluster") is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_start_that_is_told_to_end_leaves_no_database_running(tmp_path: Path, number: signal.Signals) -> None:
    cluster = tmp_path / "var" / "pg" / "cluster"
    variables = environment(data_dir=str(tmp_path / "var"), port=str(free_port()))
    with subprocess.Popen([INBOX, "serve"], env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as started:
        deadline = time.monotonic() + 60
        while postmaster.running(cluster) is None and time.monotonic() < deadline:
            time.sleep(0.01)
        started.send_signal(number)
        said, _ = started.communicate(timeout=60)

    # Where the machine is busy it may be serving by then, and ends as after its work.
    assert (started.returncode, said) == (143, b"") or (started.returncode == 0 and b"#/setup/" in said)
    assert postmaster.running(cluster) is None


def test_a_password_link_where_there_is_no_inbox(tmp_path: Path) -> None:
    said = refused(run("admin", "reset", "ada@example.org", data_dir=str(tmp_path / "typo")))

    assert "There is no inbox in" in said
    assert not (tmp_path / "typo").exists()


def test_a_database_that_does_not_answer(tmp_path: Path) -> None:
    url = f"postgresql://inbox:geheim@127.0.0.1:{free_port()}/inbox"

    said = refused(serve(tmp_path, database_url=url))
    assert "INBOX_DATABASE_URL does not answer" in said
    assert "geheim" not in said


def test_an_address_that_is_none(tmp_path: Path) -> None:
    assert "INBOX_DATABASE_URL does not fit" in refused(serve(tmp_path, database_url="mysql://127.0.0.1/inbox"))


def test_a_password_that_is_wrong(tmp_path: Path, template: str) -> None:
    parts = urlsplit(template)
    url = f"postgresql://inbox:falsch@/inbox?{parts.query}"

    assert "refused the user or password" in refused(serve(tmp_path, database_url=url))


def test_a_database_that_is_not_there(tmp_path: Path, template: str) -> None:
    assert "does not exist." in refused(serve(tmp_path, database_url=dsn_of(template, "nowhere")))


async def test_a_database_of_a_newer_program(tmp_path: Path, template: str) -> None:
    dsn = await create_database(dsn_of(template, "inbox"), "of_the_future", template="template_of_tests")
    connection = await asyncpg.connect(dsn)
    await connection.execute("update alembic_version set version_num = '9999'")
    await connection.close()

    assert "made by a newer version of Crowd Inbox" in refused(serve(tmp_path, database_url=dsn))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk with too little room for a database."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=20m,mode=0700", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_that_is_full(small_disk: Path) -> None:
    assert "is full; free some space" in refused(serve(small_disk))


def test_a_setting_that_there_is_not(tmp_path: Path) -> None:
    assert "did you mean INBOX_DATA_DIR" in refused(serve(tmp_path, dat_dir="x"))
