"""An IMAP server in memory, for tests and the demo: it serves real clients, and fails as it is told to.

    async with ScriptedImapServer() as server:
        server.append(mail)
        ...  # connect to server.host, server.port with server.user and server.password
        server.drop()

Enough of IMAP4rev1 (RFC 3501) and IDLE (RFC 2177) for a client that reads one folder. It listens on 127.0.0.1 only.
"""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from inbox.testing.wires import REFUSED_TOKEN, Believes, Listener, bearer_in

_LITERAL = re.compile(rb"\{(\d+)(\+?)\}\r?\n$")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(slots=True)
class KeptMail:
    """A mail in a folder."""

    uid: int
    body: bytes
    at: datetime
    seen: bool = False


@dataclass(slots=True)
class Folder:
    """A folder with the numbers that it gives."""

    uidvalidity: int = 1
    mails: list[KeptMail] = field(default_factory=list)
    uidnext: int = 1

    def add(self, body: bytes, at: datetime) -> int:
        """Keep a mail under the next number."""
        self.mails.append(KeptMail(self.uidnext, body, at))
        self.uidnext += 1
        return self.uidnext - 1

    def renumber(self) -> None:
        """Give every mail a new number, as a server does that has lost its index."""
        self.uidvalidity += 1
        for number, mail in enumerate(self.mails, 1):
            mail.uid = number
        self.uidnext = len(self.mails) + 1


class ScriptedImapServer(Listener):
    """Mailboxes in memory behind a real socket, with faults on demand."""

    def __init__(
        self,
        *,
        user: str = "help@example.org",
        password: str = "secret",  # noqa: S107 - a server for tests lets tests in
        capabilities: tuple[str, ...] = ("IDLE", "AUTH=PLAIN"),
        tls: ssl.SSLContext | None = None,
        port: int = 0,
        believes: Believes | None = None,
    ) -> None:
        super().__init__(port=port)
        self.believes = believes  # whoever bears a token
        self.user, self.password, self.capabilities, self.tls = user, password, capabilities, tls
        self.folders = {"INBOX": Folder()}
        self.commands: list[str] = []  # the verbs that were heard, in order
        # Faults; each of the one-time ones is forgotten once it has happened.
        self.drop_at: str | None = None  # drop the connection when this verb is heard, or at "GREETING"
        self.silent_at: str | None = None  # never answer this verb, nor anything after it
        self.bye_at: str | None = None  # end the session with BYE instead of an answer
        self.login_refusal: str | None = None  # for example "[AUTHENTICATIONFAILED] wrong password"
        self.arriving_during_search: list[bytes] = []  # announced by EXISTS before a result that lacks them
        self.injected = b""  # said in plain text behind the answer to STARTTLS, as by somebody in between
        self.refused_uids: set[int] = set()  # FETCH of these is answered NO
        self._sessions: set[_Session] = set()

    def append(self, body: bytes, *, at: datetime | None = None, folder: str = "INBOX") -> int:
        """Let a mail arrive; return its number. Clients that idle are told at once."""
        uid = self.folders.setdefault(folder, Folder()).add(body, (at or datetime.now(UTC)).replace(microsecond=0))
        for session in self._sessions:
            session.announce()
        return uid

    def renumber(self, folder: str = "INBOX") -> None:
        """Change UIDVALIDITY and every number, and drop all connections."""
        self.folders[folder].renumber()
        self.drop()

    def fall_silent(self) -> None:
        """Answer nobody any more and keep the connections, as a server does that was stopped."""
        for session in self._sessions:
            session.silent = True

    def say_bye(self) -> None:
        """End every session as a server does that is shut down."""
        for session in self._sessions:
            session.send(b"* BYE Server shutting down.")
        self.drop(gently=True)

    def is_idling(self) -> bool:
        """Tell whether a client waits for news."""
        return any(session.idling for session in self._sessions)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = _Session(self, reader, writer)
        self._sessions.add(session)
        try:
            await session.run()
        finally:
            self._sessions.discard(session)

    def happens(self, fault: str, verb: str) -> bool:
        """Tell whether a one-time fault is due at a verb, and forget it."""
        if getattr(self, fault) != verb:
            return False
        setattr(self, fault, None)
        return True


class _Session:
    """One connected client."""

    def __init__(self, server: ScriptedImapServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server, self._reader, self._writer = server, reader, writer
        self._folder: Folder | None = None
        self._announced = 0
        self.silent = False
        self._ended = False
        self.idling = False

    async def run(self) -> None:
        """Serve until the client leaves or is dropped."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            if self._server.happens("drop_at", "GREETING"):
                return
            self.send(b"* OK ready")
            while not self._ended and (line := await self._line()):
                await self._obey(line)

    def send(self, line: bytes) -> None:
        """Send a line, unless the server was told to be silent."""
        if not self.silent and not self._writer.is_closing():
            self._writer.write(line + b"\r\n")

    def announce(self) -> None:
        """Tell an idling client how many mails there are."""
        if self.idling:
            self._tell_news()

    def _tell_news(self) -> None:
        if self._folder is not None and len(self._folder.mails) != self._announced:
            self._announced = len(self._folder.mails)
            self.send(b"* %d EXISTS" % self._announced)

    async def _line(self) -> bytes:
        """Read a command with its literals in place."""
        line = await self._reader.readline()
        while literal := _LITERAL.search(line):
            if not literal[2]:
                self.send(b"+ go on")
            octets = await self._reader.readexactly(int(literal[1]))
            line = line[: literal.start()] + _as_quoted(octets) + await self._reader.readline()
        return line.rstrip(b"\r\n")

    async def _obey(self, line: bytes) -> None:
        tag, _, rest = line.partition(b" ")
        verb, _, arguments = rest.partition(b" ")
        name = verb.decode("ascii", "replace").upper()
        if name == "UID":
            verb, _, arguments = arguments.partition(b" ")
            name = "UID " + verb.decode("ascii", "replace").upper()
        self._server.commands.append(name)
        if self._fails(name):
            return
        match name:
            case "IDLE":
                await self._idle(tag)
            case "AUTHENTICATE":
                await self._authenticate(tag, arguments.decode().upper())
            case "STARTTLS" if self._server.tls:
                await self._start_tls(tag, self._server.tls)
            case _:
                self._simple.get(name, self._unknown)(tag, arguments)

    @property
    def _simple(self) -> dict[str, Callable[[bytes, bytes], None]]:
        """The commands that are answered at once."""
        return {
            "CAPABILITY": self._capability,
            "LOGIN": self._login,
            "EXAMINE": self._open,
            "SELECT": self._open,
            "STATUS": self._status,
            "UID SEARCH": self._search,
            "UID FETCH": self._fetch,
            "NOOP": lambda tag, _: self._done(tag),
            "LOGOUT": self._logout,
        }

    def _unknown(self, tag: bytes, _arguments: bytes) -> None:
        self.send(tag + b" BAD what?")

    def _fails(self, name: str) -> bool:
        if self._server.happens("drop_at", name):
            self._writer.transport.abort()
            self._ended = True
        elif self._server.happens("silent_at", name):
            self.silent = True
        elif self._server.happens("bye_at", name):
            self.send(b"* BYE go away")
            self._writer.close()
            self._ended = True
        return self._ended

    def _done(self, tag: bytes, text: bytes = b"OK done") -> None:
        self._tell_news()
        self.send(tag + b" " + text)

    def _capability(self, tag: bytes, _arguments: bytes) -> None:
        names = " ".join(("IMAP4rev1", *self._server.capabilities, *(("STARTTLS",) if self._server.tls else ())))
        self.send(b"* CAPABILITY " + names.encode())
        self._done(tag)

    def _login(self, tag: bytes, arguments: bytes) -> None:
        self._let_in(tag, *_strings(arguments))

    async def _authenticate(self, tag: bytes, mechanism: str) -> None:
        self.send(b"+ ")
        given = base64.b64decode(await self._reader.readline())
        if mechanism == "PLAIN":
            self._let_in(tag, *given.decode().split("\0")[1:])
        elif self._server.believes is not None and self._server.believes(*bearer_in(given)):
            self._done(tag, b"OK welcome")
        else:
            self.send(b"+ " + REFUSED_TOKEN)
            await self._reader.readline()
            self._done(tag, b"NO [AUTHENTICATIONFAILED] Invalid credentials.")

    def _let_in(self, tag: bytes, user: str, password: str) -> None:
        refusal = self._server.login_refusal
        if refusal is None and (user, password) != (self._server.user, self._server.password):
            refusal = "[AUTHENTICATIONFAILED] Authentication failed."
        self._done(tag, b"OK welcome" if refusal is None else b"NO " + refusal.encode())

    async def _start_tls(self, tag: bytes, context: ssl.SSLContext) -> None:
        self._done(tag)
        self._writer.write(self._server.injected)
        await self._writer.start_tls(context)

    def _open(self, tag: bytes, arguments: bytes) -> None:
        self._folder = self._server.folders.get(_strings(arguments)[0])
        if self._folder is None:
            self.send(tag + b" NO [NONEXISTENT] no such folder")
            return
        self._announced = -1
        self.send(b"* OK [UIDVALIDITY %d] numbers are valid" % self._folder.uidvalidity)
        self.send(b"* OK [UIDNEXT %d] next" % self._folder.uidnext)
        self._done(tag, b"OK [READ-ONLY] open")

    def _status(self, tag: bytes, arguments: bytes) -> None:
        name = _strings(arguments)[0]
        folder = self._server.folders.get(name)
        if folder is None:
            self.send(tag + b" NO [NONEXISTENT] no such folder")
            return
        numbers = b"UIDVALIDITY %d UIDNEXT %d" % (folder.uidvalidity, folder.uidnext)
        self.send(b"* STATUS " + _as_quoted(name.encode()) + b" (" + numbers + b")")
        self._done(tag)

    def _search(self, tag: bytes, arguments: bytes) -> None:
        mails = list(self._mails())
        found = [mail for mail in mails if _fits(mail, arguments, mails)]
        for body in self._server.arriving_during_search:
            assert self._folder is not None
            self._folder.add(body, datetime.now(UTC).replace(microsecond=0))
        self._server.arriving_during_search = []
        self._tell_news()
        self.send(b" ".join([b"* SEARCH", *(b"%d" % mail.uid for mail in found)]))
        self._done(tag)

    def _fetch(self, tag: bytes, arguments: bytes) -> None:
        numbers, _, items = arguments.partition(b" ")
        wanted = {int(number) for number in numbers.split(b",")}
        if wanted & self._server.refused_uids and b"BODY" in items.upper():
            self.send(tag + b" NO [SERVERBUG] this mail is broken")
            return
        for place, mail in enumerate(self._mails(), 1):
            if mail.uid in wanted:
                self.send(b"* %d FETCH (%s)" % (place, b" ".join(_items(mail, items.upper()))))
        self._done(tag)

    async def _idle(self, tag: bytes) -> None:
        self.send(b"+ idling")
        self.idling = True
        self._tell_news()
        await self._reader.readline()
        self.idling = False
        self._done(tag)

    def _logout(self, tag: bytes, _arguments: bytes) -> None:
        self.send(b"* BYE see you")
        self._done(tag)
        self._writer.close()
        self._ended = True

    def _mails(self) -> Iterator[KeptMail]:
        return iter(self._folder.mails if self._folder else ())


def _fits(mail: KeptMail, arguments: bytes, mails: list[KeptMail]) -> bool:
    """Know `UID n:*`, which always holds the last mail (RFC 3501 section 6.4.8), `SINCE`, and ALL."""
    since = re.search(rb"SINCE (\d+)-([A-Z]{3})-(\d{4})", arguments.upper())
    if since is not None:
        month = [name.upper().encode() for name in _MONTHS].index(since[2]) + 1
        return mail.at.date() >= date(int(since[3]), month, int(since[1]))
    found = re.search(rb"UID (\d+):\*", arguments.upper())
    return found is None or mail.uid >= min(int(found[1]), mails[-1].uid)


def _items(mail: KeptMail, items: bytes) -> Iterator[bytes]:
    yield b"UID %d" % mail.uid
    if b"RFC822.SIZE" in items:
        yield b"RFC822.SIZE %d" % len(mail.body)
    if b"INTERNALDATE" in items:
        at = mail.at.astimezone(UTC)
        yield f'INTERNALDATE "{at.day:2d}-{_MONTHS[at.month - 1]}-{at:%Y %H:%M:%S} +0000"'.encode()
    for section in re.findall(rb"BODY(?:\.PEEK)?\[([A-Z]*)\]", items):
        mail.seen = mail.seen or b"BODY.PEEK" not in items
        header = mail.body.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        octets = header if section == b"HEADER" else mail.body
        yield b"BODY[%s] {%d}\r\n%s" % (section, len(octets), octets)


def _as_quoted(octets: bytes) -> bytes:
    return b'"' + octets.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def _strings(arguments: bytes) -> list[str]:
    """Return the quoted strings and atoms of a command."""
    found = re.findall(rb'"((?:[^"\\]|\\.)*)"|(\S+)', arguments)
    return [re.sub(rb"\\(.)", rb"\1", quoted or atom).decode("utf-8", "replace") for quoted, atom in found]
