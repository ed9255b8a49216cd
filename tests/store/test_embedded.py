"""The private server: what a start, a stop and an accident leave behind."""

import asyncio
import errno
import os
import signal
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from inbox.errors import DatabaseUnavailable, DatabaseVersionMismatch, DataDirInUse, DataDirUnusable, DiskFull
from inbox.files import told
from inbox.store.embedded import EmbeddedServer, borrowed, keep_running, postmaster, start, stop
from inbox.store.embedded.cluster import refusal
from inbox.store.embedded.home import Home
from inbox.testing.database import create_database, drop_database


@asynccontextmanager
async def running(data_dir: Path, **settings: str) -> AsyncIterator[EmbeddedServer]:
    server = await start(data_dir, settings=settings)
    try:
        yield server
    finally:
        await stop(server)


async def query(dsn: str, statement: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def lives(pid: int, server: EmbeddedServer) -> bool:
    """Whether the server still works in its folder: what nobody has collected yet, a zombie, does not."""
    try:
        return Path(f"/proc/{pid}/cwd").samefile(server.cluster.home.cluster)
    except OSError:
        return False


def pid_of(server: EmbeddedServer) -> int:
    pid = postmaster.running(server.cluster.home.cluster)
    assert pid is not None
    return pid


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A server for tests that only look at it."""
    server = asyncio.run(start(tmp_path_factory.mktemp("served") / "var"))
    yield server
    asyncio.run(stop(server))


async def test_a_new_folder_gets_a_server_that_takes_connections(tmp_path: Path) -> None:
    async with running(tmp_path / "var") as server:
        assert await query(server.dsn, "SELECT 1") == 1


async def test_the_server_listens_on_no_network(served: EmbeddedServer) -> None:
    assert await query(served.dsn, "SHOW listen_addresses") == ""


async def test_the_service_is_no_superuser_of_its_server(served: EmbeddedServer) -> None:
    assert await query(served.dsn, "SHOW is_superuser") == "off"


async def test_texts_are_utf8_and_lower_case_knows_umlauts(served: EmbeddedServer) -> None:
    assert await query(served.dsn, "SHOW server_encoding") == "UTF8"
    assert await query(served.dsn, "SELECT lower('GRÖẞE')") == "größe"


async def test_commits_are_synced_to_the_disk(served: EmbeddedServer) -> None:
    assert (
        await query(
            served.dsn,
            "SELECT string_agg(setting, ' ') FROM pg_settings WHERE name IN "
            "('fsync', 'full_page_writes', 'synchronous_commit')",
        )
        == "on on on"
    )


async def test_a_stranger_with_another_password_is_refused(served: EmbeddedServer) -> None:
    password = served.dsn.split(":")[2].split("@")[0]
    with pytest.raises(asyncpg.InvalidPasswordError):
        await query(served.dsn.replace(password, "guess"), "SELECT 1")


async def test_nobody_signs_in_as_the_superuser(served: EmbeddedServer) -> None:
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
        await query(served.dsn.replace("//inbox:", "//postgres:"), "SELECT 1")


async def test_the_password_is_not_shown_where_a_server_is_printed(served: EmbeddedServer) -> None:
    password = served.dsn.split(":")[2].split("@")[0]

    assert password not in repr(served)


async def test_a_restart_keeps_what_was_committed(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        await query(server.dsn, "CREATE TABLE kept AS SELECT 7 AS number")

    async with running(tmp_path) as server:
        assert await query(server.dsn, "SELECT number FROM kept") == 7


async def test_a_clean_stop_leaves_no_server_behind(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        pid = pid_of(server)

    assert not lives(pid, server)


async def test_a_stop_does_not_wait_for_idle_clients(tmp_path: Path) -> None:
    server = await start(tmp_path)
    client = await asyncpg.connect(server.dsn)

    await stop(server)

    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await client.fetchval("SELECT 1")
    client.terminate()


async def test_a_second_owner_is_told_who_has_the_folder(tmp_path: Path) -> None:
    async with running(tmp_path):
        with pytest.raises(DataDirInUse, match=rf"^{tmp_path} is in use by another inbox \(process {os.getpid()}\)\.$"):
            await start(tmp_path)


async def test_the_server_stands_outside_the_reach_of_the_terminal(served: EmbeddedServer) -> None:
    assert os.getsid(pid_of(served)) != os.getsid(0)


async def test_everything_on_disk_is_private(served: EmbeddedServer) -> None:
    home = served.cluster.home
    for folder in (home.data_dir, home.folder, home.cluster, home.sockets, home.logs):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(home.password_file.stat().st_mode) == 0o600


async def test_a_password_that_others_can_read_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        pass
    server.cluster.home.password_file.chmod(0o644)

    with pytest.raises(DataDirUnusable, match="can be read by others; make it private"):
        await start(tmp_path)


async def test_a_missing_password_is_told_by_its_file(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        pass
    server.cluster.home.password_file.unlink()

    with pytest.raises(DatabaseUnavailable, match="pg/password is missing"):
        await start(tmp_path)


async def test_another_password_than_the_server_s_is_told(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        pass
    server.cluster.home.password_file.write_text("another")

    with pytest.raises(DatabaseUnavailable, match="does not take the password"):
        await start(tmp_path)
    assert postmaster.running(server.cluster.home.cluster) is None


@pytest.mark.parametrize("version", ["16", "19"])
async def test_files_of_another_postgresql_are_told_and_left_alone(tmp_path: Path, version: str) -> None:
    async with running(tmp_path) as server:
        pass
    (server.cluster.home.cluster / "PG_VERSION").write_text(f"{version}\n")

    with pytest.raises(DatabaseVersionMismatch, match=f"is of PostgreSQL {version}, this program brings 18"):
        await start(tmp_path)
    assert (server.cluster.home.cluster / "PG_VERSION").read_text() == f"{version}\n"


async def test_a_folder_with_a_long_name_works(tmp_path: Path) -> None:
    data_dir = tmp_path / ("long-" * 20) / ("longer-" * 20)

    async with running(data_dir) as server:
        assert len(str(server.cluster.home.sockets)) < 90
        assert stat.S_IMODE(server.cluster.home.sockets.stat().st_mode) == 0o700
        assert await query(server.dsn, "SELECT 1") == 1


async def test_a_folder_with_a_strange_name_works(tmp_path: Path) -> None:
    async with running(tmp_path / "Grüße, 'alle' \"zusammen\" 100%?&=#") as server:
        assert await query(server.dsn, "SELECT 1") == 1


async def test_a_short_folder_that_is_open_to_others_is_refused(tmp_path: Path) -> None:
    data_dir = tmp_path / "Grüße"
    sockets = Home(data_dir).sockets
    sockets.mkdir(mode=0o755)
    try:
        with pytest.raises(DataDirUnusable, match="is not a private folder of ours"):
            await start(data_dir)
    finally:
        sockets.rmdir()


async def test_a_short_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    data_dir, target = tmp_path / "Grüße", tmp_path / "target"
    target.mkdir(mode=0o700)
    sockets = Home(data_dir).sockets
    sockets.symlink_to(target)
    try:
        with pytest.raises(DataDirUnusable):
            await start(data_dir)
    finally:
        sockets.unlink()


async def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file")

    with pytest.raises(DataDirUnusable, match="cannot be used"):
        await start(tmp_path / "var")


async def test_a_name_that_no_folder_can_have_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataDirUnusable, match="File name too long"):
        await start(tmp_path / ("x" * 300))


@pytest.mark.parametrize("folder", ["pg/lock", "pg/cluster"])
async def test_a_folder_that_is_not_what_we_put_there_is_told(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir(parents=True)

    with pytest.raises(DataDirUnusable, match="cannot be used"):
        await start(tmp_path)


async def test_a_half_made_cluster_is_made_again(tmp_path: Path) -> None:
    half = tmp_path / "pg" / "cluster.new" / "base"
    half.mkdir(parents=True)

    async with running(tmp_path) as server:
        assert await query(server.dsn, "SELECT 1") == 1


async def test_a_stale_process_id_that_a_stranger_got_does_not_hinder_the_start(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        pass
    (server.cluster.home.cluster / "postmaster.pid").write_text(f"{os.getppid()}\n{server.cluster.home.cluster}\n")

    async with running(tmp_path) as server:
        assert await query(server.dsn, "SELECT 1") == 1


async def test_a_server_left_behind_is_adopted(tmp_path: Path) -> None:
    left = await start(tmp_path)
    pid = pid_of(left)
    left.lock.release()

    async with running(tmp_path) as server:
        assert pid_of(server) == pid


async def test_a_server_left_behind_with_other_settings_is_replaced(tmp_path: Path) -> None:
    left = await start(tmp_path, settings={"max_connections": "20"})
    pid = pid_of(left)
    left.lock.release()

    async with running(tmp_path) as server:
        assert pid_of(server) != pid
        assert await query(server.dsn, "SHOW max_connections") == "60"


async def test_a_server_that_hears_nothing_is_killed(tmp_path: Path) -> None:
    server = await start(tmp_path)
    pid = pid_of(server)
    os.kill(pid, signal.SIGSTOP)

    postmaster.stop(server.cluster, patience=timedelta(seconds=1), hurry=timedelta(seconds=1))

    server.lock.release()
    assert not lives(pid, server)


async def test_a_server_that_dies_is_started_again(tmp_path: Path) -> None:
    async with running(tmp_path) as server, asyncio.TaskGroup() as tasks:
        pid = pid_of(server)
        watch = tasks.create_task(keep_running(server, every=timedelta(milliseconds=50)))
        os.kill(pid, signal.SIGKILL)

        assert await answered(server) == 1
        assert pid_of(server) != pid
        watch.cancel()


async def test_no_session_of_a_killed_server_outlives_the_next_start(tmp_path: Path) -> None:
    left = await start(tmp_path)
    session = await asyncpg.connect(left.dsn)
    backend = int(await session.fetchval("SELECT pg_backend_pid()"))
    os.kill(backend, signal.SIGSTOP)
    os.kill(pid_of(left), signal.SIGKILL)
    left.lock.release()

    async with running(tmp_path) as server:
        assert not lives(backend, server)
        assert await query(server.dsn, "SELECT 1") == 1
    session.terminate()


async def answered(server: EmbeddedServer) -> object:
    async with asyncio.timeout(20):
        while True:
            try:
                return await query(server.dsn, "SELECT 1")
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                await asyncio.sleep(0.05)


async def test_a_start_that_is_given_up_leaves_nothing_behind(tmp_path: Path) -> None:
    for wait in (0.05, 0.25):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(start(tmp_path / str(wait)), wait)

        async with running(tmp_path / str(wait)) as server:
            assert await query(server.dsn, "SELECT 1") == 1


async def test_a_command_beside_the_service_borrows_its_server(tmp_path: Path) -> None:
    async with running(tmp_path) as server, borrowed(tmp_path) as dsn:
        assert dsn == server.dsn


async def test_a_command_without_the_service_stops_the_server_it_started(tmp_path: Path) -> None:
    async with borrowed(tmp_path) as dsn:
        assert await query(dsn, "SELECT 1") == 1

    assert postmaster.running(tmp_path / "pg" / "cluster") is None


async def test_a_full_disk_is_told_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DiskFull, match=r"^The disk of .* is full; free some space and start again\.$"), told(tmp_path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


async def test_a_disk_that_was_full_for_postgresql_is_told_the_same(tmp_path: Path) -> None:
    output = 'FATAL:  could not write lock file "postmaster.pid": No space left on device'

    assert isinstance(refusal(Home(tmp_path), output), DiskFull)


async def test_only_the_newest_logs_are_kept(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        pass
    for day in range(10, 20):
        (server.cluster.home.logs / f"postgresql-2020-01-{day}-000000.log").touch()

    async with running(tmp_path) as server:
        pass

    assert len(list(server.cluster.home.logs.glob("postgresql-2020-*.log"))) == 4


async def test_a_database_is_copied_from_a_template(tmp_path: Path) -> None:
    async with running(tmp_path, fsync="off") as server:
        template = await create_database(server.dsn, "template_of_ours")
        await query(template, "CREATE TABLE kept AS SELECT 7 AS number")

        copy = await create_database(server.dsn, "copy", template="template_of_ours")

        assert await query(copy, "SELECT number FROM kept") == 7
        await drop_database(server.dsn, "copy")
        with pytest.raises(asyncpg.InvalidCatalogNameError):
            await query(copy, "SELECT 1")
