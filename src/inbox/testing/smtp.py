"""An SMTP server that keeps what it is sent, for tests and the demo, and answers and fails as it is told to.

    async with SmtpSink() as sink:
        sink.answers["RCPT"] = "550 5.1.1 no such user"
        ...  # send to sink.host, sink.port
        assert sink.mails == []

It listens on 127.0.0.1 only.
"""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
from contextlib import suppress
from dataclasses import dataclass

from inbox.testing.wires import REFUSED_TOKEN, Believes, Listener, bearer_in

_ADDRESS = re.compile(r"<([^>]*)>")


@dataclass(frozen=True, slots=True)
class SentMail:
    """A mail that was handed over."""

    sender: str
    recipients: tuple[str, ...]
    body: bytes


class SmtpSink(Listener):
    """Takes every mail, unless a verb was given another answer.

    The verbs are GREETING, EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA, QUIT, and DOT for the end of a mail.
    """

    def __init__(
        self,
        *,
        user: str | None = None,
        password: str = "",
        methods: str = "PLAIN LOGIN",
        tls: ssl.SSLContext | None = None,
        port: int = 0,
        believes: Believes | None = None,
    ) -> None:
        super().__init__(port=port)
        self.believes = believes  # whoever bears a token
        self.user, self.password, self.methods, self.tls = user, password, methods, tls
        self.mails: list[SentMail] = []
        self.arrived = asyncio.Condition()
        self.commands: list[str] = []  # the verbs that were heard, in order
        self.envelope: list[str] = []  # the commands that named senders and recipients, whole
        self.extensions: list[str] = []  # offered besides
        self.answers: dict[str, str] = {}  # by verb, or by "RCPT address"
        self.injected = ""  # said in plain text behind the answer to STARTTLS, as by somebody in between
        self.drop_at: str | None = None  # drop the connection once at this verb, before it is answered
        self.silent_at: str | None = None  # never answer this verb

    async def wait_for(self, count: int, *, within: float = 10) -> list[SentMail]:
        """Wait until so many mails have come, and return them."""
        async with asyncio.timeout(within), self.arrived:
            await self.arrived.wait_for(lambda: len(self.mails) >= count)
        return self.mails

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await _Session(self, reader, writer).run()

    async def take(self, mail: SentMail) -> None:
        """Keep a mail."""
        async with self.arrived:
            self.mails.append(mail)
            self.arrived.notify_all()


class _Session:
    """One connected client."""

    def __init__(self, sink: SmtpSink, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._sink, self._reader, self._writer = sink, reader, writer
        self._sender = ""
        self._recipients: list[str] = []
        self._ended = False

    async def run(self) -> None:
        """Serve until the client leaves or is dropped."""
        await self._answer("GREETING", "220 ready")
        while not self._ended and (line := await self._reader.readline()):
            command = line.decode("utf-8", "replace").strip()
            verb = command.split(maxsplit=1)[0].upper() if command else ""
            self._sink.commands.append(verb)
            await self._obey(verb, command)

    async def _obey(self, verb: str, command: str) -> None:
        match verb:
            case "EHLO":
                await self._answer(verb, self._offers())
            case "STARTTLS" if self._sink.tls:
                await self._answer(verb, "220 go ahead" + self._sink.injected)
                await self._writer.start_tls(self._sink.tls)
            case "AUTH":
                await self._answer(
                    verb, "235 welcome" if await self._is_let_in(command) else "535 5.7.8 wrong password"
                )
            case "MAIL" | "RCPT":
                await self._address(verb, command)
            case "DATA":
                await self._take_mail()
            case "QUIT":
                await self._answer(verb, "221 bye")
                self._ended = True
            case _:
                await self._answer(verb, "250 done")

    async def _answer(self, verb: str, text: str, *, key: str = "") -> str:
        """Answer as told, or with `text`; return what was answered."""
        if self._sink.drop_at == verb:
            self._sink.drop_at = None
            self._writer.transport.abort()
            raise ConnectionAbortedError
        if self._sink.silent_at == verb:
            await asyncio.Event().wait()
        text = self._sink.answers.get(key) or self._sink.answers.get(verb) or text
        self._writer.write(text.replace("\n", "\r\n").encode() + b"\r\n")
        await self._writer.drain()
        return text

    def _offers(self) -> str:
        offers = ["sink", "SIZE 50000000", "8BITMIME", "ENHANCEDSTATUSCODES"]
        offers += self._sink.extensions
        offers += ["STARTTLS"] if self._sink.tls else []
        is_asked = self._sink.user is not None or self._sink.believes is not None
        offers += [f"AUTH {self._sink.methods}"] if is_asked else []
        return "\n".join([*(f"250-{offer}" for offer in offers[:-1]), f"250 {offers[-1]}"])

    async def _is_let_in(self, command: str) -> bool:
        _, method, *initial = command.split()
        if method.upper() in {"XOAUTH2", "OAUTHBEARER"}:
            return await self._is_believed(base64.b64decode(initial[0]))
        if method.upper() == "PLAIN":
            given = base64.b64decode(initial[0]).decode().split("\0")[1:]
        else:
            given = [await self._asked(question) for question in ("User:", "Password:")]
        return given == [self._sink.user, self._sink.password]

    async def _is_believed(self, response: bytes) -> bool:
        if self._sink.believes is not None and self._sink.believes(*bearer_in(response)):
            return True
        self._writer.write(b"334 " + REFUSED_TOKEN + b"\r\n")
        await self._reader.readline()
        return False

    async def _asked(self, question: str) -> str:
        self._writer.write(b"334 " + base64.b64encode(question.encode()) + b"\r\n")
        return base64.b64decode(await self._reader.readline()).decode()

    async def _address(self, verb: str, command: str) -> None:
        self._sink.envelope.append(command)
        found = _ADDRESS.search(command)
        address = found[1] if found else ""
        if verb == "MAIL":
            self._sender, self._recipients = address, []
        answer = await self._answer(verb, "250 2.1.0 fine", key=f"{verb} {address}")
        if verb == "RCPT" and answer.startswith("25"):
            self._recipients.append(address)

    async def _take_mail(self) -> None:
        if not (await self._answer("DATA", "354 go ahead")).startswith("354"):
            return
        octets = await self._reader.readuntil(b"\r\n.\r\n")
        body = octets[:-3].replace(b"\r\n..", b"\r\n.").removeprefix(b".")
        # Taken before it is answered: a client that loses the answer cannot know.
        if not self._sink.answers.get("DOT", "250").startswith(("4", "5")):
            await self._sink.take(SentMail(self._sender, tuple(self._recipients), body))
        await self._answer("DOT", "250 2.0.0 taken")
