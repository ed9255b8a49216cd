"""A worker that claims tickets as one manager, as fast as it can: `python -m tests.store.claims DSN MANAGER START`.

It waits until START (seconds of the epoch), so that all of them run together, and prints how often it won.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

from cryptography.fernet import Fernet

from inbox.app.assign import claim
from inbox.domain.ids import ManagerId, TicketId
from inbox.domain.manager import EVERYTHING
from inbox.errors import AlreadyClaimed
from inbox.secrets import Vault
from inbox.store.database import engine_for
from inbox.store.unit_of_work import Units

AT_ONCE = 4  # claims of a worker that run beside each other


async def work(dsn: str, me: ManagerId, start: float) -> int:
    """Claim every ticket there is; return how many were won."""
    engine = engine_for(dsn, pool=AT_ONCE)
    units = Units(engine, Vault([Fernet.generate_key().decode()]), epoch=1, on_commit=lambda: None)
    async with units.session() as session:
        found = [TicketId(row["id"]) for row in await session.driver.fetch("select id from tickets order by id")]
    await asyncio.sleep(max(start - time.time(), 0))
    waiting = iter(found)
    won = sum(await asyncio.gather(*(_claim_all(units, waiting, me) for _ in range(AT_ONCE))))
    await engine.dispose()
    return won


async def _claim_all(units: Units, waiting: Iterator[TicketId], me: ManagerId) -> int:
    won = 0
    for ticket_id in waiting:
        try:
            async with units() as unit:
                await claim(unit, ticket_id, me, EVERYTHING, now=datetime.now(UTC))
            won += 1
        except AlreadyClaimed:
            pass
    return won


if __name__ == "__main__":
    won_here = asyncio.run(work(sys.argv[1], ManagerId(UUID(sys.argv[2])), float(sys.argv[3])))
    sys.stdout.write(f"{won_here}\n")
