"""Who an inbox signs in as: by a password, or by an access token that is renewed in time.

What was refused is not tried again at once: providers lock accounts that are knocked at.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from inbox.channel.grants import Grant, GrantRefused
from inbox.channel.host import Host
from inbox.errors import ConfigRejected
from inbox_email import oauth
from inbox_email.config import EmailConfig
from inbox_email.sasl import BEARERS, Enters, TokenRefused, bearer
from inbox_email.ways_in import SignIn
from inbox_email.wire import Server, SettingRejected

_FIRST, _LONGEST = timedelta(minutes=15), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Refusal:
    """What a server said, and until when it is not asked again."""

    error: ConfigRejected
    pause: timedelta
    until: datetime


class Account:
    """The account of one inbox at both of its servers."""

    def __init__(self, config: EmailConfig, host: Host) -> None:
        self._config, self._host = config, host
        self._refusals: dict[str, _Refusal] = {}
        self._renewing = asyncio.Lock()
        self._own: Mapping[str, Any] | None = None  # a token in the application's own name

    def admit(self, protocol: str) -> None:
        """Raise again what a server refused a while ago, so that it is not even called."""
        refusal = self._refusals.get(protocol)
        if refusal is not None and self._host.clock() < refusal.until:
            raise refusal.error

    async def enter(self, client: Enters, server: Server) -> None:
        """Sign in; raise ConfigRejected if only a person can help."""
        with self._remembering(server.protocol):
            if self._config.sign_in is SignIn.PASSWORD:
                await client.login(*self._config.credentials(server.protocol))
            else:
                await self._enter_by_token(client, server)

    @contextmanager
    def _remembering(self, protocol: str) -> Iterator[None]:
        try:
            yield
        except ConfigRejected as error:
            known = self._refusals.get(protocol)
            pause = min(known.pause * 2, _LONGEST) if known else _FIRST
            self._refusals[protocol] = _Refusal(error, pause, self._host.clock() + pause)
            raise
        self._refusals.pop(protocol, None)

    async def _enter_by_token(self, client: Enters, server: Server) -> None:
        mechanism = next((each for each in BEARERS if each in client.methods), None)
        if mechanism is None:
            raise SettingRejected(f"{server} takes no access tokens (XOAUTH2, OAUTHBEARER).", field="sign_in")
        user, _ = self._config.credentials(server.protocol)
        token = await self._token()
        try:
            await bearer(client, mechanism, user, token, server=server)
        except TokenRefused:
            # It may have been taken back before its time: one more try, with a new one.
            await self._bear_another(client, mechanism, server, instead_of=token)

    async def _bear_another(self, client: Enters, mechanism: str, server: Server, *, instead_of: str) -> None:
        user, _ = self._config.credentials(server.protocol)
        try:
            await bearer(client, mechanism, user, await self._token(instead_of=instead_of), server=server)
        except TokenRefused as error:
            words = f"{server} does not let {user} in by an access token: {error}"
            raise server.rejected(words, "user") from error

    async def _token(self, *, instead_of: str | None = None) -> str:
        """Return an access token that holds, and is not the one that was refused."""
        async with self._renewing:
            if self._config.sign_in is SignIn.MICROSOFT_APP:
                return await self._own_token(instead_of)
            grant = await self._grant()
            if self._is_good(grant.values, instead_of):
                return str(grant.values["access_token"])
            renewed = await self._host.grants.renewed(grant, self._refreshed)
            return str(renewed.values["access_token"])

    async def _own_token(self, instead_of: str | None) -> str:
        if self._own is None or not self._is_good(self._own, instead_of):
            self._own = await oauth.for_itself(self._config, self._host)
        return str(self._own["access_token"])

    async def _grant(self) -> Grant:
        grant = await self._host.grants.current()
        if grant is None or grant.values.get("bound") != oauth.bound_to(self._config):
            raise GrantRefused("Nobody has consented yet that this mailbox is used; connect it in its settings.")
        return grant

    def _is_good(self, tokens: Mapping[str, Any], instead_of: str | None) -> bool:
        return tokens["access_token"] != instead_of and oauth.holds_at(tokens, self._host.clock())

    async def _refreshed(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        return await oauth.by_refresh(self._config, self._host, values)
