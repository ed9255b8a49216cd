"""A small IMAP client: what a pull loop needs, every wait bounded, a lost connection noticed at once.

Why not a library: docs/adr/0027-own-imap-client.md.
"""

from __future__ import annotations

import base64
import re
import ssl
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from inbox.errors import Unavailable
from inbox_email.imap_wire import Response, Value, pairs, quoted, receive, values
from inbox_email.sasl import TokenRefused, explained
from inbox_email.wire import Wire

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DATE = re.compile(rb"\s*(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
_CODE = re.compile(r"\[([A-Z-]+)(?: ([^\]]*))?\]", re.IGNORECASE)
# The server's trouble, not the password's (RFC 5530 section 3).
_PASSING = frozenset({"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "CONTACTADMIN", "CLIENTBUG"})


class Refused(Exception):
    """The server answered NO or BAD."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        code = _CODE.search(text)
        self.code = code[1].upper() if code else ""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox as it was opened."""

    uidvalidity: int
    uidnext: int | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A mail in the mailbox."""

    uid: int
    size: int  # bytes; 0 if the server does not say
    at: datetime | None  # when it arrived: INTERNALDATE


class ImapClient:
    """A connection to one mailbox; never marks a mail as seen."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._commands = 0
        self.capabilities: frozenset[str] = frozenset()
        self.news = 0  # how often the server said that there is more
        self.uidvalidity: int | None = None
        self._uidnext: int | None = None
        self._challenge = b""  # what was asked for last

    async def greet(self) -> None:
        """Read the greeting and ask what the server can do."""
        greeting = await receive(self._wire)
        if not greeting.line.upper().startswith((b"* OK", b"* PREAUTH")):
            raise Unavailable(f"The IMAP server turned us away: {greeting.text}")
        await self._command(b"CAPABILITY")

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """Encrypt the connection; a server that cannot is refused, for a listener may have made it say so."""
        try:
            await self._command(b"STARTTLS")
        except Refused as error:
            raise self._wire.server.rejected(f"The IMAP server offers no STARTTLS: {error}", "security") from error
        await self._wire.start_tls(context)
        await self._command(b"CAPABILITY")

    async def login(self, user: str, password: str) -> None:
        """Sign in; raise ConfigRejected for wrong credentials, Unavailable for a server in trouble."""
        try:
            if "AUTH=PLAIN" in self.capabilities:
                token = base64.b64encode(b"\0" + user.encode() + b"\0" + password.encode())
                await self._command(b"AUTHENTICATE PLAIN", token)
            else:
                # As literals, for a password may hold what a quoted string cannot.
                name, secret = user.encode(), password.encode()
                await self._command(b"LOGIN {%d}" % len(name), name + b" {%d}" % len(secret), secret)
        except Refused as error:
            if error.code in _PASSING:
                raise Unavailable(f"The IMAP server lets nobody in: {error}") from error
            words = f"The IMAP server refused user and password: {error}"
            raise self._wire.server.rejected(words, "password") from error
        await self._command(b"CAPABILITY")

    @property
    def methods(self) -> frozenset[str]:
        """Return the SASL mechanisms that the server offers."""
        return frozenset(name.removeprefix("AUTH=") for name in self.capabilities if name.startswith("AUTH="))

    async def bear(self, mechanism: str, response: bytes, *, acknowledgement: bytes) -> None:
        """Sign in by an access token; raise TokenRefused, or Unavailable for a server in trouble."""
        try:
            # A refusal comes as a challenge first, and is only told once that is answered.
            answers = (base64.b64encode(response), base64.b64encode(acknowledgement))
            await self._command(b"AUTHENTICATE " + mechanism.encode(), *answers)
        except Refused as error:
            if error.code in _PASSING:
                raise Unavailable(f"The IMAP server lets nobody in: {error}") from error
            raise TokenRefused(explained(self._challenge, str(error))) from error
        await self._command(b"CAPABILITY")

    async def examine(self, folder: str) -> Mailbox:
        """Open a mailbox for reading only."""
        self.uidvalidity = self._uidnext = None
        try:
            await self._command(b"EXAMINE " + quoted(folder))
        except Refused as error:
            raise self._no_folder(folder, error) from error
        if self.uidvalidity is None:
            raise Unavailable("The IMAP server numbers its mails for this connection only (no UIDVALIDITY).")
        return Mailbox(self.uidvalidity, self._uidnext)

    async def status(self, folder: str) -> Mailbox:
        """Return how another folder is numbered, without opening it."""
        try:
            untagged = await self._command(b"STATUS " + quoted(folder) + b" (UIDVALIDITY UIDNEXT)")
        except Refused as error:
            raise self._no_folder(folder, error) from error
        found = next((values(r)[-1] for r in untagged if r.words[1:2] == [b"STATUS"]), [])
        numbers = pairs(found) if isinstance(found, list) else {}
        return Mailbox(_number(numbers.get(b"UIDVALIDITY", b"")), _number(numbers.get(b"UIDNEXT", b"")) or None)

    def _no_folder(self, folder: str, error: Refused) -> Exception:
        if error.code in _PASSING:
            return Unavailable(f"The IMAP server does not open the folder: {error}")
        return self._wire.server.rejected(f"The IMAP server has no folder {folder!r}: {error}", "folder")

    async def search(self, criteria: bytes) -> list[int]:
        """Return the numbers of the mails that fit, in order."""
        # Without CHARSET: Exchange answers BADCHARSET to utf-8.
        untagged = await self._command(b"UID SEARCH " + criteria)
        found = (word for r in untagged if r.words[1:2] == [b"SEARCH"] for word in r.line.split()[2:])
        return sorted({int(word) for word in found if word.isdigit()})

    async def listed(self, uids: Iterable[int]) -> list[Listed]:
        """Return size and time of mails; those that are gone by now are left out."""
        untagged = await self._command(b"UID FETCH %s (UID RFC822.SIZE INTERNALDATE)" % _set(uids))
        return sorted((_listed(found) for found in _fetched(untagged)), key=lambda mail: mail.uid)

    async def bodies(self, uids: Iterable[int], *, section: bytes = b"") -> dict[int, bytes]:
        """Return the bytes of mails by number; PEEK leaves them unseen."""
        untagged = await self._command(b"UID FETCH %s (UID BODY.PEEK[%s])" % (_set(uids), section))
        return {
            _number(found[b"UID"]): body
            for found in _fetched(untagged)
            if isinstance(body := found.get(b"BODY[%s]" % section), bytes)
        }

    async def idle(self, *, since: int, refresh: float, poll: float, pulse: float) -> None:
        """Wait until the server has news beyond `since`, or it is time to look anyway (RFC 2177).

        A server that then does not answer within `pulse` seconds is gone, though the connection looks whole.
        """
        if "IDLE" not in self.capabilities:
            if self.news == since and await self._wire.is_ready(within=poll):
                self._note(await receive(self._wire))
            await self._command(b"NOOP")
            return
        tag = await self._begin(b"IDLE")
        await self._until_continued(tag)
        while self.news == since and await self._wire.is_ready(within=refresh):
            self._note(await receive(self._wire))
        await self._wire.send(b"DONE\r\n")
        if not await self._wire.is_ready(within=pulse):
            raise Unavailable(f"{self._wire.server} does not answer any more.")
        await self._until_done(tag, iter(()))

    async def logout(self) -> None:
        """Say farewell and drop the connection."""
        try:
            await self._command(b"LOGOUT")
        except (Unavailable, Refused):
            pass
        finally:
            self.close()

    def close(self) -> None:
        """Drop the connection."""
        self._wire.close()

    async def _command(self, line: bytes, *answers: bytes) -> list[Response]:
        """Send a command, give the answers that it is asked for, and return what came before its end."""
        return await self._until_done(await self._begin(line), iter(answers))

    async def _begin(self, line: bytes) -> bytes:
        self._commands += 1
        tag = b"a%d" % self._commands
        await self._wire.send(tag + b" " + line + b"\r\n")
        return tag

    async def _until_continued(self, tag: bytes) -> None:
        while not (response := await receive(self._wire)).line.startswith(b"+"):
            # EXISTS may come before the server is ready to idle; it counts all the same.
            if response.line.startswith(tag + b" "):
                raise Unavailable(f"The IMAP server does not idle: {response.text}")
            self._note(response)

    async def _until_done(self, tag: bytes, answers: Iterable[bytes]) -> list[Response]:
        untagged, remaining = list[Response](), iter(answers)
        while True:
            response = await receive(self._wire)
            if response.line.startswith(b"+"):
                self._challenge = response.line[1:].strip()
                # A server that asks for more than there is goes on at an empty line.
                await self._wire.send(next(remaining, b"") + b"\r\n")
            elif response.line.startswith(tag + b" "):
                self._note(response)
                if response.words[1:2] != [b"OK"]:
                    raise Refused(response.text.partition(" ")[2])
                return untagged
            else:
                self._note(response)
                untagged.append(response)

    def _note(self, response: Response) -> None:
        """Keep what any response may tell: dropping EXISTS during a search would cost a mail its wake-up."""
        words = response.words
        if words[2:3] == [b"EXISTS"]:
            self.news += 1
        elif words[:2] == [b"*", b"BYE"]:
            raise Unavailable(f"The IMAP server ended the connection: {response.text}")
        elif words[:2] == [b"*", b"CAPABILITY"]:
            self.capabilities = frozenset(response.line.decode("ascii", "replace").upper().split()[2:])
        elif words[1:2] == [b"OK"] and (code := _CODE.search(response.text)):
            self._note_code(code[1].upper(), code[2] or "")

    def _note_code(self, name: str, value: str) -> None:
        if name == "UIDVALIDITY" and value.isdigit():
            self.uidvalidity = int(value)
        elif name == "UIDNEXT" and value.isdigit():
            self._uidnext = int(value)


def _fetched(untagged: Sequence[Response]) -> Iterable[dict[bytes, Value]]:
    for response in untagged:
        if response.words[2:3] == [b"FETCH"]:
            found = values(response)
            attributes = pairs(found[3]) if len(found) > 3 and isinstance(found[3], list) else {}
            if b"UID" in attributes:
                yield attributes


def _listed(found: dict[bytes, Value]) -> Listed:
    date = found.get(b"INTERNALDATE")
    at = _time(date) if isinstance(date, bytes) else None
    return Listed(_number(found[b"UID"]), _number(found.get(b"RFC822.SIZE", b"0")), at)


def _number(value: Value) -> int:
    return int(value) if isinstance(value, bytes) and value.isdigit() else 0


def _time(date: bytes) -> datetime | None:
    found = _DATE.match(date)
    if found is None or found[2].decode().lower() not in _MONTHS:
        return None
    day, year, hour, minute, second, ahead, behind = (int(found[n]) for n in (1, 3, 4, 5, 6, 8, 9))
    offset = timedelta(hours=ahead, minutes=behind) * (-1 if found[7] == b"-" else 1)
    month = _MONTHS.index(found[2].decode().lower()) + 1
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=timezone(offset)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _set(uids: Iterable[int]) -> bytes:
    return b",".join(b"%d" % uid for uid in uids)
