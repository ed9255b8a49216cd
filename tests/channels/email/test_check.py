"""Checking an inbox signs in to both servers and names the setting that is to blame."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from inbox.channel.host import Host
from inbox.errors import ConfigRejected
from inbox.testing.fakes import FakeDialer, fake_host
from inbox.testing.imap import ScriptedImapServer
from inbox.testing.smtp import SmtpSink
from inbox_email.channel import EmailConnection
from inbox_email.pull import Timing
from inbox_email.smtp import Patience
from tests.channels.email.builders import ADDRESS, config, host_for, mail
from tests.channels.email.certificates import self_signed
from tests.channels.email.test_smtp import MESSAGE

NAMES = ("imap.example.org", "smtp.example.org")


@pytest.fixture
async def imap() -> AsyncIterator[ScriptedImapServer]:
    async with ScriptedImapServer() as running:
        yield running


@pytest.fixture
async def smtp() -> AsyncIterator[SmtpSink]:
    async with SmtpSink(user=ADDRESS, password="secret") as running:
        yield running


def connection(imap: ScriptedImapServer, smtp: SmtpSink, **settings: Any) -> EmailConnection:
    host = host_for(imap=(imap.host, imap.port), smtp=(smtp.host, smtp.port))
    return quick(host, **settings)


def quick(host: Host, **settings: Any) -> EmailConnection:
    timing, patience = Timing(connect=1, answer=0.3), Patience(connect=1, envelope=1, body=1, verdict=0.3)
    return EmailConnection(config(**settings), host, timing=timing, patience=patience)


async def test_an_inbox_that_works_is_well(imap: ScriptedImapServer, smtp: SmtpSink) -> None:
    health = await connection(imap, smtp).check()
    assert (health.ok, health.field, health.level) == (True, None, "ok")
    assert "LOGOUT" in imap.commands
    assert smtp.mails == []


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"imap_password": "wrong"}, "imap_password"),
        ({"imap_folder": "Nowhere"}, "imap_folder"),
        ({"imap_security": "starttls"}, "imap_security"),
        ({"imap_host": "unknown.example"}, "imap_host"),
        ({"smtp_password": "wrong"}, "smtp_password"),
        ({"smtp_security": "starttls"}, "smtp_security"),
        ({"smtp_host": "unknown.example"}, "smtp_host"),
    ],
)
async def test_a_wrong_setting_is_named(
    imap: ScriptedImapServer, smtp: SmtpSink, settings: dict[str, str], field: str
) -> None:
    health = await connection(imap, smtp, **settings).check()
    assert (health.ok, health.field, health.level) == (False, field, "failing")
    assert health.note
    assert "wrong" not in health.note.replace("wrong password", "")


async def test_an_address_that_may_not_be_sent_from_is_named(imap: ScriptedImapServer, smtp: SmtpSink) -> None:
    smtp.answers["MAIL"] = "550 5.7.60 not in this name"
    assert (await connection(imap, smtp).check()).field == "address"


@pytest.mark.parametrize("verb", ["CAPABILITY", "AUTHENTICATE", "EXAMINE"])
async def test_a_silent_server_is_told_within_time(imap: ScriptedImapServer, smtp: SmtpSink, verb: str) -> None:
    imap.silent_at = verb
    assert (await connection(imap, smtp).check()).field == "imap_host"


# ----------------------------------------------------------------------------------------------------------- encryption


def host_believing(client: ssl.SSLContext, imap: ScriptedImapServer, smtp: SmtpSink) -> Host:
    places = {(NAMES[0], 143): (imap.host, imap.port), (NAMES[1], 587): (smtp.host, smtp.port)}
    return fake_host(dialer=FakeDialer(places, tls=client))


async def test_starttls_encrypts_both_ways(tmp_path: Path) -> None:
    server, client = self_signed(tmp_path, *NAMES)
    async with (
        ScriptedImapServer(tls=server) as imap,
        SmtpSink(user=ADDRESS, password="secret", tls=server) as smtp,
    ):
        imap.append(mail("1"))
        host = host_believing(client, imap, smtp)
        encrypted = quick(host, imap_security="starttls", smtp_security="starttls")

        assert (await encrypted.check()).ok
        await encrypted.send(MESSAGE)
        bodies = await first(encrypted.receive(None))

    assert bodies == [mail("1")]
    assert imap.commands.index("STARTTLS") < imap.commands.index("AUTHENTICATE")
    assert smtp.commands.index("STARTTLS") < smtp.commands.index("AUTH")


async def first(batches: AsyncIterator[Any]) -> list[bytes]:
    async for batch in batches:
        if batch.originals:
            return [original.body for original in batch.originals]
    return []


@pytest.mark.parametrize("names", [("other.example",), ("127.0.0.1",)])
async def test_a_certificate_of_another_name_is_refused(tmp_path: Path, names: tuple[str, ...]) -> None:
    server, client = self_signed(tmp_path, *names)
    async with (
        ScriptedImapServer(tls=server) as imap,
        SmtpSink(user=ADDRESS, password="secret", tls=server) as smtp,
    ):
        host = host_believing(client, imap, smtp)
        health = await quick(host, imap_security="starttls").check()
        with pytest.raises(ConfigRejected, match="certificate"):
            await quick(host, smtp_security="starttls").send(MESSAGE)

    assert (health.ok, health.field) == (False, "imap_host")
    assert "certificate" in health.note
    assert "AUTHENTICATE" not in imap.commands
    assert "AUTH" not in smtp.commands
