"""A consent is brought back by whoever asked for it, once and in time, and is renewed by one process at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx2 as httpx
import pytest

from inbox.api.app import create_app
from inbox.api.edge import Edge
from inbox.app.grants import KeptGrants
from inbox.channel.grants import Grant, GrantRefused
from inbox.channel.host import Host
from inbox.channel.registry import installed
from inbox.domain.ids import InboxId
from inbox.errors import Unavailable
from inbox.store.unit_of_work import Units
from inbox.testing.fakes import FakeDialer, FixedClock, fake_host
from inbox.testing.http import PlainHttp, plain_http
from inbox.testing.imap import ScriptedImapServer
from inbox.testing.oauth import AuthServer
from inbox.testing.smtp import SmtpSink
from tests.api.composition import composed
from tests.api.conftest import SITE, House

INBOXES = "/api/v1/inboxes"


@dataclass(slots=True)
class Bureau:
    """An administrator's browser, an inbox that needs a consent, and everybody it has to do with."""

    house: House
    admin: httpx.AsyncClient
    auth: AuthServer
    http: PlainHttp
    inbox: str

    async def asked(self) -> str:
        """Return where the owner's browser is sent."""
        answer = await self.admin.post(f"{INBOXES}/{self.inbox}/consent")
        assert answer.status_code == 201, answer.text
        return str(answer.json()["url"])

    async def allowed(self) -> dict[str, str]:
        """Return what the owner's browser comes back with."""
        page = (await self.http.get(await self.asked())).body.decode()
        link = page.partition('<a href="')[2].partition('"')[0].replace("&amp;", "&")
        assert link.startswith(f"{SITE}/oauth/callback?")
        return {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}

    async def state(self) -> str:
        return str((await self.admin.get(f"{INBOXES}/{self.inbox}/consent")).json()["state"])

    @property
    def inbox_id(self) -> InboxId:
        return InboxId(UUID(self.inbox))


@pytest.fixture
async def bureau(units: Units, clock: FixedClock, tmp_path: Path) -> AsyncIterator[Bureau]:
    async with AsyncExitStack() as stack:
        auth, http = await stack.enter_async_context(AuthServer()), await stack.enter_async_context(plain_http())
        imap = await stack.enter_async_context(ScriptedImapServer(capabilities=("AUTH=XOAUTH2",), believes=auth.holds))
        smtp = await stack.enter_async_context(SmtpSink(methods="XOAUTH2", believes=auth.holds))
        dialer = FakeDialer({("i.example", 143): (imap.host, imap.port), ("s.example", 587): (smtp.host, smtp.port)})

        def host_for(inbox_id: InboxId) -> Host:
            host = fake_host(http=http, dialer=dialer, clock=clock)
            return replace(host, inbox_id=inbox_id, grants=KeptGrants(units, inbox_id, clock))

        services = composed(
            units, tmp_path / "blobs", channels=installed(), host_for=host_for, clock=clock, edge=Edge(SITE)
        )
        stack.push_async_callback(services.inboxes.close)
        house = House(create_app(services), units, clock, [], stack)
        admin = await house.browser(await house.manager())
        made = await admin.post(INBOXES, json={"channel": "email", "name": "Help", "config": settings(auth)})
        assert made.status_code == 201, made.text
        yield Bureau(house, admin, auth, http, made.json()["id"])


def settings(auth: AuthServer) -> dict[str, Any]:
    return {
        "address": "help@example.org",
        "sign_in": "oauth2",
        "oauth_client_id": auth.client_id,
        "oauth_client_secret": auth.client_secret,
        "oauth_authorize_url": auth.authorize_url,
        "oauth_token_url": auth.token_url,
        "imap_host": "i.example",
        "imap_port": 143,
        "imap_security": "none",
        "imap_user": auth.user,
        "smtp_host": "s.example",
        "smtp_port": 587,
        "smtp_security": "none",
    }


async def test_a_consent_connects_an_inbox_and_no_secret_is_ever_shown(bureau: Bureau) -> None:
    assert await bureau.state() == "missing"
    finished = await bureau.admin.post(f"{INBOXES}/consent", json=await bureau.allowed())

    assert finished.json() == {
        "inbox_id": bureau.inbox,
        "ok": True,
        "note": "Signed in to the mailbox and to the sending server.",
        "field": None,
    }
    assert await bureau.state() == "given"
    shown = (await bureau.admin.get(INBOXES)).text + (await bureau.admin.get(f"{INBOXES}/{bureau.inbox}/consent")).text
    for secret in ("access-", "refresh-", bureau.auth.client_secret):
        assert secret not in shown
        async with bureau.house.units.session() as session:
            found = await session.driver.fetchval(
                "select count(*) from inbox_grants g where position($1::bytea in g.sealed) > 0"
                " or g::text like '%' || $2 || '%'",
                secret.encode(),
                secret,
            )
        assert found == 0


async def test_an_answer_is_taken_once(bureau: Bureau) -> None:
    answer = await bureau.allowed()
    await bureau.admin.post(f"{INBOXES}/consent", json=answer)
    again = await bureau.admin.post(f"{INBOXES}/consent", json=answer)
    assert (again.status_code, again.json()["errors"][0]["pointer"]) == (422, "/state")


async def test_an_answer_that_somebody_else_brings_is_not_taken(bureau: Bureau) -> None:
    other = await bureau.house.browser(await bureau.house.manager(name="Other"))
    answer = await bureau.allowed()
    assert (await other.post(f"{INBOXES}/consent", json=answer)).status_code == 422
    assert await bureau.state() == "missing"
    assert bureau.auth.asked == []


async def test_an_answer_that_comes_late_is_not_taken(bureau: Bureau) -> None:
    answer = await bureau.allowed()
    bureau.house.clock.advance(timedelta(minutes=15))
    assert (await bureau.admin.post(f"{INBOXES}/consent", json=answer)).status_code == 422


async def test_only_the_last_question_is_open(bureau: Bureau) -> None:
    first, second = await bureau.allowed(), await bureau.allowed()
    assert (await bureau.admin.post(f"{INBOXES}/consent", json=first)).status_code == 422
    assert (await bureau.admin.post(f"{INBOXES}/consent", json=second)).status_code == 200


async def test_the_code_of_one_question_does_not_answer_another(bureau: Bureau) -> None:
    first, second = await bureau.allowed(), await bureau.allowed()
    mixed = await bureau.admin.post(f"{INBOXES}/consent", json={"state": second["state"], "code": first["code"]})
    assert (mixed.status_code, await bureau.state()) == (422, "missing")


async def test_who_does_not_consent_leaves_all_as_it_was(bureau: Bureau) -> None:
    await bureau.admin.post(f"{INBOXES}/consent", json=await bureau.allowed())
    state = parse_qs(urlsplit(await bureau.asked()).query)["state"][0]
    denied = await bureau.admin.post(f"{INBOXES}/consent", json={"state": state, "error": "access_denied"})

    assert denied.status_code == 409
    assert "access_denied" in denied.json()["detail"]
    assert await bureau.state() == "given"


async def test_settings_that_lead_elsewhere_need_a_consent_of_their_own(bureau: Bureau) -> None:
    await bureau.admin.post(f"{INBOXES}/consent", json=await bureau.allowed())
    [inbox] = (await bureau.admin.get(INBOXES)).json()["items"]
    moved = {**inbox["config"], "imap_host": "evil.example"}
    body = {"version": inbox["version"], "config": moved}
    assert (await bureau.admin.patch(f"{INBOXES}/{bureau.inbox}", json=body)).status_code == 200
    assert await bureau.state() == "missing"


async def test_another_token_endpoint_is_not_sent_the_old_secret(bureau: Bureau) -> None:
    [inbox] = (await bureau.admin.get(INBOXES)).json()["items"]
    moved = {**inbox["config"], "oauth_token_url": "https://evil.example/token"}
    refused = await bureau.admin.patch(f"{INBOXES}/{bureau.inbox}", json={"version": inbox["version"], "config": moved})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/config/oauth_client_secret"


async def test_a_consent_can_be_thrown_away(bureau: Bureau) -> None:
    await bureau.admin.post(f"{INBOXES}/consent", json=await bureau.allowed())
    assert (await bureau.admin.delete(f"{INBOXES}/{bureau.inbox}/consent")).status_code == 204
    assert await bureau.state() == "missing"


async def test_a_consent_that_was_taken_back_is_shown_so_until_there_is_another(bureau: Bureau) -> None:
    await bureau.admin.post(f"{INBOXES}/consent", json=await bureau.allowed())
    bureau.auth.revoke()
    body = {"channel": "email", "config": settings(bureau.auth), "inbox_id": bureau.inbox}
    checked = (await bureau.admin.post(f"{INBOXES}/check", json=body)).json()
    assert (checked["ok"], checked["field"]) == (False, "sign_in")
    assert await bureau.state() == "refused"

    await bureau.admin.post(f"{INBOXES}/consent", json=await bureau.allowed())
    assert await bureau.state() == "given"


# ---------------------------------------------------------------------------------------------------------- renewing


async def kept(bureau: Bureau) -> KeptGrants:
    grants = KeptGrants(bureau.house.units, bureau.inbox_id, bureau.house.clock)
    async with bureau.house.units() as unit:
        await unit.grants.give(bureau.inbox_id, {"n": 0}, now=bureau.house.clock())
    return grants


async def test_processes_that_renew_at_once_do_so_once(bureau: Bureau) -> None:
    grants = await kept(bureau)
    old = await grants.current()
    assert old is not None
    asked: list[int] = []

    async def renew(values: Any) -> dict[str, int]:
        asked.append(values["n"])
        await asyncio.sleep(0.3)
        return {"n": values["n"] + 1}

    found = await asyncio.gather(*(grants.renewed(old, renew) for _ in range(8)))
    assert asked == [0]
    assert {grant.values["n"] for grant in found} == {1}


async def test_who_fails_to_renew_leaves_it_to_the_next(bureau: Bureau) -> None:
    grants = await kept(bureau)
    old = await grants.current()
    assert old is not None

    async def fails(values: Any) -> dict[str, int]:
        raise Unavailable

    async def works(values: Any) -> dict[str, int]:
        return {"n": 7}

    with pytest.raises(Unavailable):
        await grants.renewed(old, fails)
    assert (await grants.renewed(old, works)).values == {"n": 7}
    assert await grants.current() == Grant({"n": 7}, old.version + 1)


async def test_a_lease_of_who_died_ends_by_itself(bureau: Bureau) -> None:
    grants, now = await kept(bureau), bureau.house.clock()
    old = await grants.current()
    assert old is not None
    async with bureau.house.units() as unit:
        assert await unit.grants.lease(bureau.inbox_id, old.version, now=now, until=now + timedelta(seconds=30))
    bureau.house.clock.advance(timedelta(seconds=31))

    async def works(values: Any) -> dict[str, int]:
        return {"n": 7}

    assert (await grants.renewed(old, works)).values == {"n": 7}


async def test_a_new_consent_is_not_undone_by_a_renewal_of_the_old_one(bureau: Bureau) -> None:
    grants = await kept(bureau)
    old = await grants.current()
    assert old is not None

    async def slow(values: Any) -> dict[str, int]:
        async with bureau.house.units() as unit:
            await unit.grants.give(bureau.inbox_id, {"n": 100}, now=bureau.house.clock())
        return {"n": 1}

    assert (await grants.renewed(old, slow)).values == {"n": 100}
    current = await grants.current()
    assert current is not None
    assert current.values == {"n": 100}


async def test_what_was_thrown_away_is_not_renewed(bureau: Bureau) -> None:
    grants = await kept(bureau)
    old = await grants.current()
    assert old is not None
    async with bureau.house.units() as unit:
        await unit.grants.forget(bureau.inbox_id)

    async def never(values: Any) -> dict[str, int]:
        raise AssertionError

    with pytest.raises(GrantRefused):
        await grants.renewed(old, never)
