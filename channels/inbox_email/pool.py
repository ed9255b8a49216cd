"""Keeps signed-in connections to a sending server for the next mail: to sign in costs more than to send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from inbox.channel.host import Host
from inbox.errors import DeliveryPaced, FarEndGone
from inbox_email.account import Account
from inbox_email.config import EmailConfig
from inbox_email.smtp import Patience, SmtpClient, sign_in

_AGAIN = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Room:
    """How much one account may hold."""

    connections: int = 4  # at once: providers count them
    mails: int = 100  # by one connection, since servers end those that last
    idle: float = 20  # seconds that one is kept without a mail
    wait: float = 10  # seconds that a mail waits for one


@dataclass(slots=True)
class _Kept:
    """A connection with what it has sent, and when it is to be ended."""

    client: SmtpClient
    mails: int = 0
    ending: asyncio.TimerHandle | None = None


class Pool:
    """The connections of one account."""

    def __init__(
        self, config: EmailConfig, host: Host, account: Account, *, patience: Patience, room: Room | None = None
    ) -> None:
        self._config, self._host, self._account, self._patience = config, host, account, patience
        self._room = room or Room()
        self._free = asyncio.Semaphore(self._room.connections)
        self._kept: list[_Kept] = []

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[SmtpClient]:
        """Lend a connection for one mail; one that something went wrong on is not lent again.

        Raises DeliveryPaced if all are in use, FarEndGone or ConfigRejected if none can be had.
        """
        await self._turn()
        try:
            kept = await self._one()
            try:
                yield kept.client
            except BaseException:
                kept.client.drop()
                raise
            await self._keep(kept)
        finally:
            self._free.release()

    def close(self) -> None:
        """End all that are kept."""
        while self._kept:
            self._end(self._kept[-1])

    async def _turn(self) -> None:
        try:
            async with asyncio.timeout(self._room.wait):
                await self._free.acquire()
        except TimeoutError as error:
            raise DeliveryPaced("All connections to the mail server are in use.", retry_after=_AGAIN) from error

    async def _one(self) -> _Kept:
        """Return a connection that answers: a kept one, or a new one if none of them does."""
        try:
            async with asyncio.timeout(self._patience.connect + self._patience.envelope):
                while self._kept:
                    kept = self._kept.pop()
                    if kept.ending is not None:
                        kept.ending.cancel()
                    if await kept.client.is_fresh():
                        return kept
                    kept.client.drop()
                return _Kept(await sign_in(self._config, self._host, self._patience, account=self._account))
        except TimeoutError as error:
            raise FarEndGone(f"{self._config.smtp_host} is too slow.") from error

    async def _keep(self, kept: _Kept) -> None:
        kept.mails += 1
        if kept.mails >= self._room.mails:
            await kept.client.leave()
            return
        kept.ending = asyncio.get_running_loop().call_later(self._room.idle, self._end, kept)
        self._kept.append(kept)

    def _end(self, kept: _Kept) -> None:
        if kept in self._kept:
            self._kept.remove(kept)
        if kept.ending is not None:
            kept.ending.cancel()
        kept.client.drop()
