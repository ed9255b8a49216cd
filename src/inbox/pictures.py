"""Fetches the pictures of mails from where they are, and keeps them for a while: their senders see us once, at most."""

from __future__ import annotations

import asyncio
import hashlib
import time
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from urllib.parse import urljoin

from inbox.app.turns import Turns
from inbox.channel.host import Http, HttpAnswer
from inbox.domain.pictures import Picture, picture_of
from inbox.errors import NotFound, OutgoingFailed, OutgoingRefused

WITHIN = 5.0  # seconds, redirects included
LARGEST = 5 * 1024 * 1024  # bytes of one picture
KEPT = 7 * 24 * 3600.0  # seconds
_ALL = 256 * 1024 * 1024  # bytes that are kept
_REDIRECTS = 3
_AT_ONCE = 8
_NOT_AGAIN = 60.0  # seconds after something could not be had
_LONGEST_URL = 4_000
_GONE = "This picture cannot be had."


class Pictures:
    """Remote pictures, kept in a folder; the client is guarded, so that nothing inside is ever asked."""

    def __init__(self, http: Http, folder: Path) -> None:
        self._http = http
        self._folder = folder
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._turns = Turns()
        self._failed: dict[str, float] = {}
        self._written = 0

    async def get(self, url: str) -> tuple[Picture, bytes]:
        """Return a picture; raise NotFound for what is none, cannot be had, or must not be asked for."""
        async with self._turns.of(url):  # however many want it at the same time, one asks for it
            octets = await asyncio.to_thread(self._kept, url) or await self._fetched(url)
        picture = picture_of(octets)
        if picture is None or not picture.is_shown:
            raise NotFound(_GONE)
        return picture, octets

    async def _fetched(self, url: str) -> bytes:
        if len(url) > _LONGEST_URL or self._failed.get(url, 0.0) > time.monotonic():
            raise NotFound(_GONE)
        try:
            async with self._slots, asyncio.timeout(WITHIN):
                answer = await self._followed(url)
        except (OutgoingFailed, OutgoingRefused, TimeoutError) as error:
            self._remember(url)
            raise NotFound(_GONE) from error
        if answer.status != 200 or picture_of(answer.body) is None:
            self._remember(url)
            raise NotFound(_GONE)
        await asyncio.to_thread(self._keep, url, answer.body)
        return answer.body

    async def _followed(self, url: str) -> HttpAnswer:
        """Follow redirects by hand: each place is checked like the first."""
        for _ in range(_REDIRECTS):
            answer = await self._http.get(url, headers={"accept": "image/png,image/jpeg,image/gif,image/webp"})
            if answer.status not in {301, 302, 303, 307, 308} or not answer.headers.get("location"):
                return answer
            url = urljoin(url, answer.headers["location"])
        raise OutgoingFailed("It is redirected too often.")

    def _remember(self, url: str) -> None:
        now = time.monotonic()
        if len(self._failed) > 1_000:
            self._failed = {each: until for each, until in self._failed.items() if until > now}
        self._failed[url] = now + _NOT_AGAIN

    def _place(self, url: str) -> Path:
        return self._folder / hashlib.sha256(url.encode()).hexdigest()

    def _kept(self, url: str) -> bytes | None:
        place = self._place(url)
        with suppress(OSError):
            if time.time() - place.stat().st_mtime < KEPT:
                return place.read_bytes()
        return None

    def _keep(self, url: str, octets: bytes) -> None:
        """Keep a picture; a full disk costs another request, no more."""
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self._written:
                self._tidy()
            with NamedTemporaryFile(dir=self._folder, delete=False) as file:
                file.write(octets)
            Path(file.name).replace(self._place(url))
        self._written = (self._written + 1) % 100

    def _tidy(self) -> None:
        """Remove what is old, and the oldest of what is too much."""
        found = [(file.stat().st_mtime, file.stat().st_size, file) for file in self._folder.iterdir()]
        size = 0
        for at, octets, file in sorted(found, reverse=True):
            size += octets
            if size > _ALL or time.time() - at > KEPT:
                file.unlink(missing_ok=True)
