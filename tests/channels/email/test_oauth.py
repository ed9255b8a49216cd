"""An inbox signs in by access tokens that it renews in time, and stops and says so when nobody consents any more."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from inbox.channel.grants import Grant, GrantRefused
from inbox.channel.host import HttpAnswer
from inbox.errors import ConfigRejected, DeliveryDelayed, Unavailable
from inbox.testing.http import PlainHttp
from inbox_email.channel import EmailConnection
from inbox_email.pool import Room
from inbox_email.wire import SettingRejected
from tests.channels.email.builders import mail
from tests.channels.email.office import BEARERS, Office, an_office
from tests.channels.email.test_smtp import MESSAGE
from tests.dovecot import running_dovecot

BACK = "https://inbox.example/oauth/callback"


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    async with an_office() as office:
        yield office


async def first_mail(connection: EmailConnection) -> bytes:
    batches: Any = connection.receive(None)
    try:
        async for batch in batches:
            if batch.originals:
                return bytes(batch.originals[0].body)
    finally:
        await batches.aclose()
    raise AssertionError


@pytest.mark.parametrize("mechanism", BEARERS)
async def test_a_mailbox_is_read_and_sent_from_by_token(office: Office, mechanism: str) -> None:
    office.consented()
    office.imap.capabilities, office.smtp.methods = ("IDLE", f"AUTH={mechanism}"), mechanism
    office.imap.append(mail("1"))
    connection = office.connection()

    assert await first_mail(connection) == mail("1")
    await connection.send(MESSAGE)
    assert len(office.smtp.mails) == 1
    assert office.auth.asked == []
    assert (await connection.check()).ok


async def test_a_token_is_renewed_before_it_ends_and_the_rotated_one_is_kept(office: Office) -> None:
    office.consented()
    connection = office.connection()
    for _ in range(3):
        office.clock.advance(timedelta(minutes=56))
        await connection.send(MESSAGE)

    assert office.auth.grants == ["refresh_token"] * 3
    assert len({form["refresh_token"] for form in office.auth.asked}) == 3
    assert len(office.smtp.mails) == 3


async def test_a_server_that_does_not_rotate_is_asked_with_the_same_token(office: Office) -> None:
    office.auth.rotates = False
    office.consented()
    connection = office.connection()
    for _ in range(2):
        office.clock.advance(timedelta(hours=1))
        await connection.send(MESSAGE)

    assert len({form["refresh_token"] for form in office.auth.asked}) == 1
    assert len(office.smtp.mails) == 2


async def test_a_token_that_is_refused_before_its_time_is_renewed_once(office: Office) -> None:
    office.consented()
    office.auth.end_access()
    office.imap.append(mail("1"))
    connection = office.connection()

    assert await first_mail(connection) == mail("1")
    await connection.send(MESSAGE)
    assert office.auth.grants == ["refresh_token"]


async def test_both_servers_at_once_renew_a_token_once(office: Office) -> None:
    office.consented()
    office.clock.advance(timedelta(hours=2))
    office.imap.append(mail("1"))
    connection = office.connection()

    await asyncio.gather(first_mail(connection), connection.send(MESSAGE), connection.send(MESSAGE))
    assert office.auth.grants == ["refresh_token"]


async def test_a_consent_that_was_taken_back_needs_a_person_and_nobody_is_hammered(office: Office) -> None:
    office.consented()
    office.auth.revoke()
    connection = office.connection()
    for _ in range(10):
        with pytest.raises(GrantRefused, match="connect it again"):
            await connection.send(MESSAGE)
        office.clock.advance(timedelta(minutes=1))

    assert (len(office.auth.asked), office.grants.refused) == (1, 1)
    assert office.smtp.commands.count("AUTH") == 1
    health = await connection.check()
    assert (health.ok, health.field) == (False, "sign_in")


async def test_after_a_new_consent_all_is_well(office: Office) -> None:
    office.consented()
    office.auth.revoke()
    with pytest.raises(GrantRefused):
        await office.connection().send(MESSAGE)
    office.consented()

    await office.connection().send(MESSAGE)
    assert len(office.smtp.mails) == 1


async def test_without_a_consent_nothing_is_tried(office: Office) -> None:
    health = await office.connection().check()
    assert (health.ok, health.field) == (False, "sign_in")
    assert "consented" in health.note
    assert "AUTHENTICATE" not in office.imap.commands


@pytest.mark.parametrize(
    "moved", [{"imap_host": "evil.example"}, {"smtp_host": "evil.example"}, {"oauth_client_id": "another"}]
)
async def test_what_was_consented_to_is_sent_to_nobody_else(office: Office, moved: dict[str, str]) -> None:
    office.consented()
    connection = office.connection(**moved)
    with pytest.raises((GrantRefused, Unavailable, DeliveryDelayed)):
        await connection.send(MESSAGE)

    assert office.grants.grant is not None
    assert not connection.fits(office.grants.grant)
    assert office.auth.asked == []
    assert "AUTH" not in office.smtp.commands


async def test_a_token_of_somebody_else_is_the_user_s_fault(office: Office) -> None:
    office.consented()
    health = await office.connection(imap_user="other@example.org").check()
    assert (health.ok, health.field) == (False, "imap_user")
    assert "status 401" in health.note


async def test_a_server_that_takes_no_tokens_is_named(office: Office) -> None:
    office.consented()
    office.imap.capabilities = ("AUTH=PLAIN",)
    health = await office.connection().check()
    assert (health.ok, health.field) == (False, "sign_in")
    assert "XOAUTH2" in health.note


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (500, {}, DeliveryDelayed),
        (503, {"error": "temporarily_unavailable"}, DeliveryDelayed),
        (429, {"error": "slow_down"}, DeliveryDelayed),
        (400, {"error": "invalid_grant", "error_description": "AADSTS50173"}, GrantRefused),
        (400, {"error": "interaction_required"}, GrantRefused),
        (401, {"error": "invalid_client"}, SettingRejected),
        (400, {"error": "invalid_scope"}, SettingRejected),
        (200, {"token_type": "Bearer"}, SettingRejected),
        (200, {"access_token": 5}, SettingRejected),
    ],
)
async def test_every_refusal_of_a_renewal_is_told_apart(
    office: Office, status: int, body: dict[str, Any], kind: type[Exception]
) -> None:
    office.consented()
    office.clock.advance(timedelta(hours=1))
    office.auth.failing.append((status, body))
    with pytest.raises(kind) as told:
        await office.connection().send(MESSAGE)
    assert "refresh-" not in str(told.value)
    assert "access-" not in str(told.value)


async def test_a_trouble_of_the_oauth_server_passes_by_itself(office: Office) -> None:
    office.consented()
    office.clock.advance(timedelta(hours=1))
    office.auth.failing.append((502, {}))
    connection = office.connection()
    with pytest.raises(DeliveryDelayed):
        await connection.send(MESSAGE)

    await connection.send(MESSAGE)
    assert len(office.smtp.mails) == 1


@dataclass(slots=True)
class Microsoft:
    """Takes what is meant for Microsoft's token endpoint to another one."""

    http: PlainHttp
    token_url: str
    called: set[str] = field(default_factory=set)

    async def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        raise AssertionError(url)

    async def post(self, url: str, *, content: bytes, headers: Mapping[str, str] | None = None) -> HttpAnswer:
        self.called.add(url)
        return await self.http.post(self.token_url, content=content, headers=headers)


async def test_an_application_needs_nobody_s_consent(office: Office) -> None:
    microsoft = Microsoft(office.http, office.auth.token_url)
    settings = office.settings(sign_in="microsoft_app", oauth_tenant="example.org")
    connection = EmailConnection(settings, replace(office.host, http=microsoft), room=Room(mails=1))
    assert not connection.needs_consent()
    await connection.send(MESSAGE)
    await connection.send(MESSAGE)
    office.auth.end_access()
    await connection.send(MESSAGE)

    assert microsoft.called == {"https://login.microsoftonline.com/example.org/oauth2/v2.0/token"}
    assert office.auth.grants == ["client_credentials"] * 2
    assert office.auth.asked[0]["scope"] == "https://outlook.office365.com/.default"
    assert len(office.smtp.mails) == 3


# --------------------------------------------------------------------------------------------------------- the consent


def asked_at(url: str) -> Mapping[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


async def test_a_consent_is_asked_for_without_any_secret(office: Office) -> None:
    url = office.connection().consent_at(redirect_uri=BACK, state="s", challenge="c")
    assert url.startswith(office.auth.authorize_url + "?")
    assert asked_at(url) == {
        "response_type": "code",
        "client_id": "crowd-inbox",
        "redirect_uri": BACK,
        "scope": "mail",
        "state": "s",
        "code_challenge": "c",
        "code_challenge_method": "S256",
        "login_hint": "help@example.org",
    }


@pytest.mark.parametrize(
    ("settings", "host", "scope"),
    [
        ({"sign_in": "google"}, "accounts.google.com", "https://mail.google.com/"),
        ({"sign_in": "microsoft"}, "login.microsoftonline.com", "offline_access"),
    ],
)
def test_the_providers_are_asked_as_they_want_it(
    office: Office, settings: dict[str, str], host: str, scope: str
) -> None:
    url = office.connection(**settings).consent_at(redirect_uri=BACK, state="s", challenge="c")
    assert urlsplit(url).hostname == host
    assert urlsplit(url).scheme == "https"
    assert scope in asked_at(url)["scope"]
    assert (asked_at(url).get("access_type") == "offline") == (host == "accounts.google.com")


async def test_a_tenant_cannot_lead_elsewhere(office: Office) -> None:
    with pytest.raises(ValueError, match="oauth_tenant"):
        office.settings(sign_in="microsoft", oauth_tenant="evil.example/x?")


async def redeemed(office: Office, *, verifier: str, code_of: str) -> Mapping[str, Any]:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(code_of.encode()).digest()).rstrip(b"=").decode()
    connection = office.connection()
    url = connection.consent_at(redirect_uri=BACK, state="s", challenge=challenge)
    page = (await office.http.get(url)).body.decode()
    code = page.partition("code=")[2].partition("&")[0]
    return await connection.redeem(code, redirect_uri=BACK, verifier=verifier)


async def test_a_code_is_redeemed_by_whoever_asked_for_it(office: Office) -> None:
    values = await redeemed(office, verifier="v" * 64, code_of="v" * 64)
    office.grants.grant = Grant(values)

    assert office.connection().fits(office.grants.grant)
    assert (await office.connection().check()).ok


async def test_a_stolen_code_is_worth_nothing_without_the_verifier(office: Office) -> None:
    with pytest.raises(ConfigRejected):
        await redeemed(office, verifier="x" * 64, code_of="v" * 64)


async def test_a_consent_that_does_not_last_is_refused(office: Office) -> None:
    office.auth.failing.append((200, {"access_token": "a", "expires_in": 3600}))
    with pytest.raises(SettingRejected, match="refresh token"):
        await redeemed(office, verifier="v", code_of="v")


# --------------------------------------------------------------------------------------------------- not too often


async def test_a_wrong_password_is_tried_ever_more_rarely(office: Office) -> None:
    office.smtp.user, office.smtp.password, office.smtp.methods = "help@example.org", "right", "PLAIN"
    connection = office.connection(sign_in="password", imap_password="wrong")
    for _ in range(24 * 60):  # a day, in which somebody wants to send once a minute
        with pytest.raises(ConfigRejected, match="refused user and password"):
            await connection.send(MESSAGE)
        office.clock.advance(timedelta(minutes=1))

    assert office.smtp.commands.count("AUTH") == 2 + 24  # after 15 and 45 minutes, and then once an hour


async def test_whoever_asks_is_told_what_is_so_now(office: Office) -> None:
    office.smtp.user, office.smtp.password, office.smtp.methods = "help@example.org", "right", "PLAIN"
    office.imap.password, office.imap.capabilities = "wrong", ("AUTH=PLAIN",)
    connection = office.connection(sign_in="password", imap_password="wrong")
    with pytest.raises(ConfigRejected):
        await connection.send(MESSAGE)
    office.smtp.password = "wrong"

    assert (await connection.check()).ok


async def test_a_mailbox_is_looked_into_ever_more_rarely_too(office: Office) -> None:
    office.imap.password, office.imap.capabilities = "right", ("AUTH=PLAIN",)
    connection = office.connection(sign_in="password", imap_password="wrong")
    for _ in range(4 * 24):  # a day, in which the service tries every quarter of an hour
        with pytest.raises(ConfigRejected):
            await first_mail(connection)
        office.clock.advance(timedelta(minutes=15))

    assert office.imap.commands.count("AUTHENTICATE") == 2 + 24


# ------------------------------------------------------------------------------------------------- at a real server


@pytest.mark.parametrize("mechanism", BEARERS)
@pytest.mark.timeout(60)
async def test_a_real_server_takes_our_tokens(office: Office, mechanism: str) -> None:
    with running_dovecot(tokeninfo_url=office.auth.tokeninfo_url, mechanism=mechanism) as dovecot:
        await asyncio.to_thread(dovecot.deliver, mail("1"))
        office.consented()
        office.imap.port, ours = dovecot.port, office.imap.port
        assert (await first_mail(office.connection())).strip() == mail("1").strip()

        office.auth.end_access()
        assert (await first_mail(office.connection())).strip() == mail("1").strip()
        assert office.auth.grants == ["refresh_token"]

        office.auth.revoke()
        health = await office.connection().check()
        office.imap.port = ours
        await asyncio.sleep(0.1)  # a connection that was dropped is closed in the loop's next round
    assert (health.ok, health.field) == (False, "sign_in")
