"""An OAuth2 server, mail servers that believe it, and an inbox between them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from inbox.channel.grants import Grant, GrantRefused, Renew
from inbox.channel.host import Host
from inbox.testing.fakes import FakeDialer, FixedClock, MemoryLog, fake_host
from inbox.testing.http import PlainHttp, plain_http
from inbox.testing.imap import ScriptedImapServer
from inbox.testing.oauth import AuthServer
from inbox.testing.smtp import SmtpSink
from inbox_email import oauth
from inbox_email.channel import EmailConnection
from inbox_email.config import EmailConfig
from inbox_email.pool import Room
from inbox_email.pull import Timing
from inbox_email.smtp import Patience
from tests.channels.email.builders import config

BEARERS = ("XOAUTH2", "OAUTHBEARER")


@dataclass(slots=True)
class OneGrant:
    """Keeps one grant in memory, as the service does in its store."""

    grant: Grant | None = None
    refused: int = 0

    async def current(self) -> Grant | None:
        return self.grant

    async def renewed(self, old: Grant, renew: Renew) -> Grant:
        assert self.grant is not None
        if self.grant.version != old.version:
            return self.grant
        try:
            values = await renew(old.values)
        except GrantRefused:
            self.refused += 1
            raise
        self.grant = Grant(values, old.version + 1)
        return self.grant


@dataclass(slots=True)
class Office:
    """An OAuth2 server, the mail servers that believe it, and an inbox between them."""

    auth: AuthServer
    imap: ScriptedImapServer
    smtp: SmtpSink
    http: PlainHttp
    grants: OneGrant = field(default_factory=OneGrant)
    clock: FixedClock = field(default_factory=FixedClock)
    log: MemoryLog = field(default_factory=MemoryLog)

    @property
    def host(self) -> Host:
        places = {
            ("imap.example.org", 143): (self.imap.host, self.imap.port),
            ("smtp.example.org", 587): (self.smtp.host, self.smtp.port),
        }
        host = fake_host(http=self.http, dialer=FakeDialer(places), clock=self.clock, log=self.log)
        return replace(host, grants=self.grants)

    def settings(self, **more: Any) -> EmailConfig:
        return config(
            **{
                "sign_in": "oauth2",
                "oauth_client_id": self.auth.client_id,
                "oauth_client_secret": self.auth.client_secret,
                "oauth_authorize_url": self.auth.authorize_url,
                "oauth_token_url": self.auth.token_url,
                "oauth_scope": "mail",
                "imap_password": None,
                **more,
            }
        )

    def connection(self, **more: Any) -> EmailConnection:
        timing, patience = Timing(connect=1, answer=1), Patience(connect=1, envelope=5, body=1, verdict=1)
        return EmailConnection(self.settings(**more), self.host, timing=timing, patience=patience, room=Room(mails=1))

    def consented(self) -> None:
        """Keep a grant, as after the way through the browser."""
        given = self.auth.consented()
        values = {
            "access_token": given["access_token"],
            "refresh_token": given["refresh_token"],
            "expires_at": (self.clock() + timedelta(seconds=given["expires_in"])).isoformat(),
            "bound": oauth.bound_to(self.settings()),
        }
        self.grants.grant = Grant(values, 1)


@asynccontextmanager
async def an_office() -> AsyncIterator[Office]:
    async with AsyncExitStack() as stack:
        auth = await stack.enter_async_context(AuthServer())
        imap = ScriptedImapServer(capabilities=("IDLE", *(f"AUTH={each}" for each in BEARERS)), believes=auth.holds)
        smtp = SmtpSink(methods=" ".join(BEARERS), believes=auth.holds)
        await stack.enter_async_context(imap)
        await stack.enter_async_context(smtp)
        yield Office(auth, imap, smtp, await stack.enter_async_context(plain_http()))
