"""Whoever stands between us and a mail server learns no password and no token, whatever they say or show."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from inbox.errors import ConfigRejected, DeliveryDelayed
from inbox.guard import GuardedDialer, mail_guard
from inbox.testing.fakes import fake_host
from inbox.testing.imap import ScriptedImapServer
from inbox.testing.smtp import SmtpSink
from inbox_email.channel import EmailConnection
from inbox_email.pull import Timing
from inbox_email.smtp import Patience
from tests.channels.email.builders import ADDRESS, config, mail
from tests.channels.email.certificates import self_signed
from tests.channels.email.test_smtp import MESSAGE

HERE = "127.0.0.1"


@dataclass(slots=True)
class Line:
    """Mail servers and an inbox, with a real dialer between them that believes one certificate."""

    imap: ScriptedImapServer
    smtp: SmtpSink
    believes: ssl.SSLContext

    async def start(self, stack: AsyncExitStack, shown: ssl.SSLContext, *, at_once: bool) -> None:
        for server in (self.imap, self.smtp):
            server.encrypted, server.tls = (shown, None) if at_once else (None, shown)
            await stack.enter_async_context(server)

    def connection(self, *, security: str) -> EmailConnection:
        settings: dict[str, Any] = {
            "imap_host": HERE,
            "imap_port": self.imap.port,
            "imap_security": security,
            "smtp_host": HERE,
            "smtp_port": self.smtp.port,
            "smtp_security": security,
        }
        dialer = GuardedDialer(mail_guard((HERE,)), tls=self.believes)
        timing, patience = Timing(connect=2, answer=1), Patience(connect=2, envelope=4, body=1, verdict=1)
        host = replace(fake_host(), dialer=dialer)
        return EmailConnection(config(**settings), host, timing=timing, patience=patience)

    @property
    def said(self) -> set[str]:
        """What was said to either server."""
        return {*self.imap.commands, *self.smtp.commands}


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[tuple[Line, ssl.SSLContext, AsyncExitStack]]:
    shown, believes = self_signed(tmp_path, HERE)
    async with AsyncExitStack() as stack:
        yield Line(ScriptedImapServer(), SmtpSink(user=ADDRESS, password="secret"), believes), shown, stack


Ready = tuple[Line, ssl.SSLContext, AsyncExitStack]


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_server_that_shows_its_own_certificate_is_talked_to(line: Ready, security: str) -> None:
    here, shown, stack = line
    await here.start(stack, shown, at_once=security == "tls")
    here.imap.append(mail("1"))
    connection = here.connection(security=security)

    assert (await connection.check()).ok
    await connection.send(MESSAGE)
    assert len(here.smtp.mails) == 1


def _others(folder: Path, kind: str) -> ssl.SSLContext:
    """Return what somebody else shows, or the server itself in bad order."""
    (folder / kind).mkdir()
    match kind:
        case "of another name":
            return self_signed(folder / kind, "other.example")[0]
        case "of nobody we know":
            return self_signed(folder / kind, HERE)[0]
        case _:
            return self_signed(folder / kind, HERE, ended=True)[0]


@pytest.mark.parametrize("kind", ["of another name", "of nobody we know", "ended"])
@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_certificate_that_is_not_good_ends_it_before_anything_is_told(
    line: Ready, tmp_path: Path, kind: str, security: str
) -> None:
    here, _, stack = line
    await here.start(stack, _others(tmp_path, kind), at_once=security == "tls")
    connection = here.connection(security=security)
    health = await connection.check()
    with pytest.raises(ConfigRejected, match="certificate of"):
        await connection.send(MESSAGE)

    assert (health.ok, health.field) == (False, "imap_host")
    assert "certificate of" in health.note
    assert here.said <= {"CAPABILITY", "STARTTLS", "EHLO"}
    assert here.smtp.mails == []


async def test_a_name_is_asked_for_even_if_the_certificate_is_believed(line: Ready, tmp_path: Path) -> None:
    here, _, stack = line
    (tmp_path / "other").mkdir()
    shown, here.believes = self_signed(tmp_path / "other", "other.example")
    await here.start(stack, shown, at_once=True)
    health = await here.connection(security="tls").check()
    assert (health.ok, here.said) == (False, set())


async def test_where_starttls_was_taken_out_nothing_is_told(line: Ready) -> None:
    here, _, stack = line
    for server in (here.imap, here.smtp):
        await stack.enter_async_context(server)
    connection = here.connection(security="starttls")
    health = await connection.check()
    with pytest.raises(ConfigRejected, match="STARTTLS"):
        await connection.send(MESSAGE)

    assert (health.ok, health.field) == (False, "imap_security")
    assert here.said <= {"CAPABILITY", "STARTTLS", "EHLO"}


async def test_what_was_said_before_the_handshake_is_not_taken_for_what_came_in_it(line: Ready) -> None:
    here, shown, stack = line
    await here.start(stack, shown, at_once=False)
    here.imap.injected = b"* OK [CAPABILITY IMAP4rev1] hello from somebody in between\r\n"
    here.smtp.injected = "\r\n250 hello from somebody in between"
    connection = here.connection(security="starttls")
    health = await connection.check()
    with pytest.raises(DeliveryDelayed):
        await connection.send(MESSAGE)

    assert not health.ok
    assert "before encryption" in health.note
    assert here.said <= {"CAPABILITY", "STARTTLS", "EHLO"}


async def test_a_server_without_encryption_at_the_port_of_tls_is_told_nothing(line: Ready) -> None:
    here, _, stack = line
    for server in (here.imap, here.smtp):
        await stack.enter_async_context(server)
    health = await here.connection(security="tls").check()
    assert (health.ok, health.field) == (False, "imap_host")
    assert not here.said & {"AUTHENTICATE", "LOGIN", "AUTH"}
