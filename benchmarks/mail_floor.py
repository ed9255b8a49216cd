"""The floor of `mail`: the smallest program that fetches mails and keeps them: IMAP, one insert a batch, commit.

Run as a process of its own: `python -m benchmarks.mail_floor DSN imap://USER:PASSWORD@HOST:PORT/FOLDER COUNT`.
"""

from __future__ import annotations

import asyncio
import gc
import imaplib
import sys
import time
from urllib.parse import SplitResult, unquote, urlsplit

import asyncpg

_TABLE = "create table if not exists raw (uid bigint primary key, body bytea not null)"
_INSERT = "insert into raw select * from unnest($1::bigint[], $2::bytea[])"
_BATCH = 50


async def fetch(dsn: str, mailbox: SplitResult, count: int) -> None:
    """Fetch the first mails of a folder, and store each batch durably before the next one is asked for.

    Prints the CPU seconds that this took, without those of the program's start.
    """
    database = await asyncpg.connect(dsn)
    await database.execute("drop table if exists raw")
    await database.execute(_TABLE)
    gc.freeze()
    started = time.process_time()
    client = imaplib.IMAP4(mailbox.hostname or "", mailbox.port or 143)
    client.login(unquote(mailbox.username or ""), mailbox.password or "")
    client.select(mailbox.path[1:], readonly=True)
    uids = client.uid("SEARCH", "UID 1:*")[1][0].split()[:count]
    for start in range(0, len(uids), _BATCH):
        chunk = uids[start : start + _BATCH]
        found = client.uid("FETCH", b",".join(chunk).decode(), "(UID BODY.PEEK[])")[1]
        bodies = [part[1] for part in found if isinstance(part, tuple)]
        await database.execute(_INSERT, [int(uid) for uid in chunk], bodies)
    client.logout()
    await database.close()
    print(time.process_time() - started)


def main() -> None:
    """Run it."""
    dsn, mailbox, count = sys.argv[1:]
    asyncio.run(fetch(dsn, urlsplit(mailbox), int(count)))


if __name__ == "__main__":
    main()
