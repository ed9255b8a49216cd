"""What was backed up is there again in an empty place, and nowhere else."""

from __future__ import annotations

import asyncio
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from inbox.app.queries import TicketQuery, View
from inbox.backup import backup, restore
from inbox.blobs import BlobStore
from inbox.domain.events import Position
from inbox.domain.ids import AttachmentId, InboxId, MessageId, new_id
from inbox.domain.inbox import Inbox
from inbox.domain.manager import EVERYTHING
from inbox.domain.message import Attachment, Delivery
from inbox.domain.ticket import State
from inbox.errors import DiskFull, StartRefused
from inbox.secrets import KEY_FILE, open_vault
from inbox.settings import Settings
from inbox.store.database import engine_for
from inbox.store.migrate import migrate
from inbox.store.stream import current_epoch
from inbox.store.unit_of_work import Units
from inbox.testing.database import create_database, drop_database, dsn_of
from tests.store.conftest import NOW, add_manager, new_message, new_ticket, noted

# Changed on purpose when the past is made fit for going on.
SETTLED = {"installation", "sessions", "one_time_links", "alembic_version"}


@dataclass(frozen=True, slots=True)
class Place:
    """A database and a data folder."""

    settings: Settings
    dsn: str
    engines: list[AsyncEngine]

    async def units(self) -> Units:
        vault = open_vault(self.settings.data_dir)
        self.engines.append(engine_for(self.dsn, pool=2))
        units = Units(self.engines[-1], vault, epoch=1, on_commit=lambda: None)
        async with units.session() as session:
            units.epoch = await current_epoch(session)
        return units

    async def rows(self) -> dict[str, list[str]]:
        """Every row of every table, as text."""
        connection = await asyncpg.connect(self.dsn)
        names = await connection.fetch("select relname as name from pg_stat_user_tables order by 1")
        found = {
            row["name"]: [r[0] for r in await connection.fetch(f'select t::text from "{row["name"]}" t order by 1')]
            for row in names
        }
        await connection.close()
        return found


MakePlace = Callable[[str], Awaitable[Place]]


@pytest.fixture
async def make_place(template: str, tmp_path: Path) -> AsyncIterator[MakePlace]:
    made: list[str] = []
    engines: list[AsyncEngine] = []

    async def make(name: str) -> Place:
        made.append(f"{name}_{uuid4().hex}")
        dsn = await create_database(dsn_of(template, "inbox"), made[-1])
        return Place(Settings(data_dir=tmp_path / name, database_url=SecretStr(dsn)), dsn, engines)

    yield make
    for engine in engines:
        await engine.dispose()
    for name in made:
        await drop_database(dsn_of(template, "inbox"), name)


@pytest.fixture
async def full(make_place: MakePlace) -> Place:
    """A place with a sealed inbox, a sent and an unsent message, an attachment and events."""
    place = await make_place("full")
    await migrate(place.dsn)
    blobs = BlobStore(place.settings.data_dir / "blobs")
    units = await place.units()
    blobs.prepare()
    blob = await blobs.put(b"ein Bild", limit=100)
    file = Attachment(AttachmentId(new_id()), "bild.png", "image/png", blob.size, blob.sha256)
    async with units() as unit:
        inbox = await unit.inboxes.add(Inbox(InboxId(new_id()), "email", "help@", {"password": "geheim"}))
        manager = await add_manager(unit, "aylin")
        ticket = await new_ticket(
            unit, inbox, assignee_id=manager.id, tags=("a,b", 'c"{}\\'), subject="Zeile\tzwei\n\\N"
        )
        await new_ticket(unit, inbox, follows=ticket.id)
        await unit.messages.add(new_message(ticket, 1))
        unsent = new_message(ticket, 2)
        await unit.messages.add(replace(unsent, attachments=(file,)))
        await unit.outbox.add(unsent.id, inbox.id, ticket.id, run_at=NOW, frozen=b"\x00\xff")
        unit.record(noted("höflich"))
    return place


async def test_a_restored_place_holds_what_was_backed_up(full: Place, make_place: MakePlace, tmp_path: Path) -> None:
    before = await full.rows()
    said = await backup(full.settings, tmp_path / "b.zip")
    empty = await make_place("empty")
    await restore(empty.settings, tmp_path / "b.zip")
    after = await empty.rows()

    assert "2 tickets, 2 messages and 1 attachments" in said
    changed = {name for name in before if before[name] != after[name]} - SETTLED
    assert changed == {"messages", "outbox"}  # what was being sent
    assert {name: len(rows) for name, rows in before.items()} == {name: len(rows) for name, rows in after.items()}
    units = await empty.units()
    async with units.reading() as unit:
        assert (await unit.inboxes.all())[0].config == {"password": "geheim"}
    (named,) = [row for row in before["uploads"] if "bild.png" in row]
    blobs = BlobStore(empty.settings.data_dir / "blobs")
    assert await blobs.read(named.split(",")[7]) == b"ein Bild"


async def test_a_restored_place_goes_on_counting(full: Place, make_place: MakePlace, tmp_path: Path) -> None:
    old = await full.units()
    async with old.reading() as unit:
        tip = await unit.stream.tip(epoch=old.epoch)
    await backup(full.settings, tmp_path / "b.zip")
    empty = await make_place("empty")
    await restore(empty.settings, tmp_path / "b.zip")

    units = await empty.units()
    async with units() as unit:
        number = (await new_ticket(unit, (await unit.inboxes.all())[0])).number
        unit.record(noted("neu"))
    async with units.reading() as unit:
        found = await unit.stream.read(tip, epoch=units.epoch, limit=10)
    assert number == 3
    assert units.epoch == old.epoch + 1
    assert [event.json for event in found.events] == ['{"note":"neu"}']
    assert found.events[0].position > tip > Position(0, 0, 0)


async def test_what_was_about_to_be_sent_is_uncertain_and_its_ticket_open(
    full: Place, make_place: MakePlace, tmp_path: Path
) -> None:
    await backup(full.settings, tmp_path / "b.zip")
    empty = await make_place("empty")
    await restore(empty.settings, tmp_path / "b.zip")

    units = await empty.units()
    async with units.reading() as unit:
        page = await unit.tickets.page(TicketQuery(EVERYTHING, view=View.ALL))
        ticket = next(ticket for ticket in page.items if ticket.tags)
        sent, unsent = await unit.messages.since(ticket.id, 0)
        assert await unit.outbox.next_due() is None
    assert ticket.state is State.OPEN
    assert (sent.delivery, unsent.delivery) == (Delivery.QUEUED, Delivery.UNCERTAIN)
    assert "Restored from a backup" in (unsent.error or "")


async def test_a_planned_answer_whose_time_passed_since_the_backup_is_not_sent_again(
    full: Place, make_place: MakePlace, tmp_path: Path
) -> None:
    units = await full.units()
    async with units() as unit:
        ticket = await new_ticket(unit, (await unit.inboxes.all())[0])
        for n, at in enumerate((NOW, NOW.replace(year=2190)), start=1):
            planned = replace(new_message(ticket, n), delivery=Delivery.SCHEDULED, send_at=at)
            await unit.messages.add(planned)
    await backup(full.settings, tmp_path / "b.zip")
    empty = await make_place("empty")
    await restore(empty.settings, tmp_path / "b.zip")

    async with (await empty.units()).reading() as unit:
        passed, to_come = await unit.messages.since(ticket.id, 0)
    assert (passed.delivery, to_come.delivery) == (Delivery.WITHDRAWN, Delivery.SCHEDULED)
    assert "since the backup" in (passed.error or "")


async def test_a_backup_made_under_traffic_is_of_one_moment(full: Place, make_place: MakePlace, tmp_path: Path) -> None:
    units = await full.units()
    async with units.reading() as unit:
        inbox = (await unit.inboxes.all())[0]

    async def traffic() -> None:
        while True:
            async with units() as unit:
                ticket = await new_ticket(unit, inbox)
                await unit.messages.add(new_message(ticket, 1, key=MessageId(ticket.id)))

    async with asyncio.TaskGroup() as group:
        writing = group.create_task(traffic())
        await asyncio.sleep(0.2)
        await backup(full.settings, tmp_path / "b.zip")
        writing.cancel()
    empty = await make_place("empty")
    await restore(empty.settings, tmp_path / "b.zip")

    rows = await empty.rows()
    assert len(rows["tickets"]) > 2
    assert len(rows["tickets"]) == len(rows["messages"])  # two of each were there before


async def test_a_place_that_holds_something_is_left_alone(full: Place, make_place: MakePlace, tmp_path: Path) -> None:
    await backup(full.settings, tmp_path / "b.zip")
    before = await full.rows()

    with pytest.raises(StartRefused, match="holds an inbox already"):
        await restore(full.settings, tmp_path / "b.zip")
    other_folder = full.settings.model_copy(update={"data_dir": tmp_path / "other"})
    with pytest.raises(StartRefused, match="database holds an inbox already"):
        await restore(other_folder, tmp_path / "b.zip")
    assert await full.rows() == before


async def test_a_restore_that_was_cut_short_can_be_tried_again(
    full: Place, make_place: MakePlace, tmp_path: Path
) -> None:
    await backup(full.settings, tmp_path / "b.zip")
    empty = await make_place("empty")
    empty.settings.data_dir.mkdir(mode=0o700)
    (empty.settings.data_dir / "restoring").touch()
    (empty.settings.data_dir / "blobs").mkdir(mode=0o700)
    await migrate(empty.dsn)
    await restore(empty.settings, tmp_path / "b.zip")

    assert (await empty.rows())["tickets"] == (await full.rows())["tickets"]
    assert not (empty.settings.data_dir / "restoring").exists()


@pytest.mark.parametrize("content", [b"", b"not a backup", b"PK\x03\x04 and then nothing"])
async def test_a_file_that_is_no_backup_is_refused_in_one_sentence(
    make_place: MakePlace, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "b.zip").write_bytes(content)
    empty = await make_place("empty")

    with pytest.raises(StartRefused, match="is no backup of Crowd Inbox, or not a whole one"):
        await restore(empty.settings, tmp_path / "b.zip")
    assert not empty.settings.data_dir.exists()


async def test_a_damaged_backup_is_refused_before_anything_is_written(
    full: Place, make_place: MakePlace, tmp_path: Path
) -> None:
    await backup(full.settings, tmp_path / "b.zip")
    whole = (tmp_path / "b.zip").read_bytes()
    damaged = bytearray(whole)
    at = whole.index(b"ein Bild")
    damaged[at : at + 3] = b"kein"[:3]
    (tmp_path / "d.zip").write_bytes(damaged)
    empty = await make_place("empty")

    with pytest.raises(StartRefused, match="damaged"):
        await restore(empty.settings, tmp_path / "d.zip")
    assert await empty.rows() == {}


async def test_a_backup_of_a_newer_program_is_refused(full: Place, make_place: MakePlace, tmp_path: Path) -> None:
    connection = await asyncpg.connect(full.dsn)
    await connection.execute("update alembic_version set version_num = '9999'")
    await connection.close()
    await backup(full.settings, tmp_path / "b.zip")
    empty = await make_place("empty")

    with pytest.raises(StartRefused, match="newer version of Crowd Inbox"):
        await restore(empty.settings, tmp_path / "b.zip")


async def test_no_file_is_overwritten_and_the_backup_is_private(full: Place, tmp_path: Path) -> None:
    await backup(full.settings, tmp_path / "b.zip")

    assert (tmp_path / "b.zip").stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        assert KEY_FILE in archive.namelist()
    with pytest.raises(StartRefused, match="is there already"):
        await backup(full.settings, tmp_path / "b.zip")


async def test_a_backup_into_a_folder_that_is_not_there_says_so(full: Place, tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match="cannot be used: No such file or directory"):
        await backup(full.settings, tmp_path / "nowhere" / "b.zip")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
async def test_a_full_disk_leaves_no_half_backup(full: Place, tmp_path: Path) -> None:
    (tmp_path / ".b.zip.part").symlink_to("/dev/full")

    with pytest.raises(DiskFull, match="disk is full"):
        await backup(full.settings, tmp_path / "b.zip")
    assert list(tmp_path.glob("*.zip*")) == []


async def test_asking_for_a_backup_makes_no_inbox(tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match="There is no inbox"):
        await backup(Settings(data_dir=tmp_path / "typo"), tmp_path / "b.zip")
    assert not (tmp_path / "typo").exists()
