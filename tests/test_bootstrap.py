"""The parts of a running service stand in the process that can do them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr

from inbox.bootstrap import running
from inbox.domain.ids import InboxId, new_id
from inbox.domain.inbox import Inbox
from inbox.errors import StartRefused
from inbox.settings import Settings
from inbox.store.unit_of_work import Units, utc_now
from tests.store.conftest import add_manager


async def test_a_manager_before_a_screen_stays_online_where_others_do_the_work(
    units: Units, dsn: str, tmp_path: Path
) -> None:
    async with units() as unit:
        aylin = await add_manager(unit, "aylin")
    arrived = utc_now()
    async with running(Settings(data_dir=tmp_path / "var", database_url=SecretStr(dsn))) as api:
        api.services.presence.arrive(uuid4(), aylin.id)

        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                await api.loops["presence"]()

    async with units.reading() as unit:
        assert await unit.managers.lost(before=arrived) == []


async def test_a_start_with_other_keys_than_those_that_sealed_is_refused(
    units: Units, dsn: str, tmp_path: Path
) -> None:
    async with units() as unit:
        await unit.inboxes.add(Inbox(InboxId(new_id()), "email", "help@", {}))

    with pytest.raises(StartRefused, match="do not open with the present keys"):
        async with running(Settings(data_dir=tmp_path / "var", database_url=SecretStr(dsn))):
            raise AssertionError("it started")
