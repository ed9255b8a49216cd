"""People, teams and keys: who may change what, and what a change takes away."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest

from inbox.domain.credentials import Scope, new_api_key, prefix_of
from inbox.domain.ids import InboxId, TicketId, new_id
from inbox.domain.inbox import Inbox
from inbox.domain.manager import Access, Role
from inbox.domain.ticket import State, Ticket
from tests.api.conftest import House


async def inbox(house: House) -> Inbox:
    async with house.units() as unit:
        return await unit.inboxes.add(Inbox(InboxId(new_id()), "chat", "Widget", {}))


async def changes(house: House) -> list[str]:
    async with house.units.session() as session:
        return [row["type"] for row in await session.driver.fetch("select type from events order by row")]


async def test_addresses_of_colleagues_are_for_leads(house: House) -> None:
    lead, manager = await house.manager(Role.LEAD), await house.manager(Role.MANAGER)

    seen = (await (await house.browser(lead)).get("/api/v1/managers")).json()["items"]
    hidden = (await (await house.browser(manager)).get("/api/v1/managers")).json()["items"]

    assert {item["email"] for item in seen} == {lead.email, manager.email}
    assert {item["email"] for item in hidden} == {None}


async def test_a_change_of_a_manager_is_told_to_all_screens(house: House) -> None:
    admin, other = await house.manager(), await house.manager(Role.MANAGER)

    answer = await (await house.browser(admin)).patch(
        f"/api/v1/managers/{other.id}", json={"version": other.version, "role": "lead", "inboxes": None, "capacity": 3}
    )

    assert (answer.json()["role"], answer.json()["inboxes"], answer.json()["capacity"]) == ("lead", None, 3)
    assert await changes(house) == ["manager.changed"]


async def test_leads_arrange_the_work_and_nobodys_rights(house: House) -> None:
    lead, other = await house.browser(await house.manager(Role.LEAD)), await house.manager(Role.MANAGER)
    path = f"/api/v1/managers/{other.id}"

    work = await lead.patch(path, json={"version": other.version, "capacity": 2, "availability": "away"})
    fields: list[dict[str, Any]] = [{"role": "admin"}, {"active": False}, {"inboxes": None}, {"campaigns": []}]
    rights = [await lead.patch(path, json={"version": other.version + 1, **field}) for field in fields]

    assert work.status_code == 200
    assert [answer.status_code for answer in rights] == [403] * 4


async def test_a_stale_change_is_refused(house: House) -> None:
    http, other = await house.browser(await house.manager()), await house.manager()
    body = {"version": other.version, "capacity": 2}
    await http.patch(f"/api/v1/managers/{other.id}", json=body)

    answer = await http.patch(f"/api/v1/managers/{other.id}", json=body)

    assert (answer.status_code, answer.json()["code"]) == (409, "stale_version")


@pytest.mark.parametrize("field", [{"role": "lead"}, {"active": False}])
async def test_the_last_administrator_cannot_be_lost(house: House, field: dict[str, Any]) -> None:
    admin = await house.manager()
    http = await house.browser(admin)

    answer = await http.patch(f"/api/v1/managers/{admin.id}", json={"version": admin.version, **field})

    assert answer.status_code == 409


async def test_two_administrators_cannot_remove_each_other(house: House) -> None:
    one, two = await house.manager(), await house.manager()
    first, second = await house.browser(one), await house.browser(two)

    answers = await asyncio.gather(
        first.patch(f"/api/v1/managers/{two.id}", json={"version": two.version, "active": False}),
        second.patch(f"/api/v1/managers/{one.id}", json={"version": one.version, "active": False}),
    )

    assert sorted(answer.status_code for answer in answers)[0] == 200
    async with house.units.reading() as unit:
        assert [m.active for m in await unit.managers.all()].count(True) == 1


@pytest.mark.parametrize(
    ("field", "pointer"),
    [({"inboxes": [str(uuid4())]}, "/inboxes"), ({"campaigns": [str(uuid4())]}, "/campaigns")],
)
async def test_nobody_is_granted_what_does_not_exist(house: House, field: dict[str, Any], pointer: str) -> None:
    http, other = await house.browser(await house.manager()), await house.manager()

    changed = await http.patch(f"/api/v1/managers/{other.id}", json={"version": other.version, **field})
    invited = await http.post("/api/v1/managers/invite", json={"email": "n@y.example", "name": "N", **field})

    assert [each.json()["errors"][0]["pointer"] for each in (changed, invited)] == [pointer, pointer]


async def test_an_address_is_invited_once(house: House) -> None:
    http = await house.browser(await house.manager(email="anna@y.example"))

    answer = await http.post("/api/v1/managers/invite", json={"email": "ANNA@y.example", "name": "N"})

    assert answer.status_code == 409


WRITES = [
    ("PATCH", "/api/v1/me", {"name": "N"}),
    ("POST", "/api/v1/managers/invite", {"email": "n@y.example", "name": "N"}),
    ("POST", "/api/v1/teams", {"name": "N"}),
    ("POST", "/api/v1/api-keys", {"name": "N", "scopes": ["tickets:read"]}),
]
FOREIGN = [
    "id",
    "password",
    "password_hash",
    "secret_hash",
    "created_at",
    "is_admin",
    "load",
    "email_verified",
    "prefix",
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
@pytest.mark.parametrize("field", FOREIGN)
async def test_a_body_sets_no_field_that_is_not_its_own(
    house: House, method: str, path: str, body: dict[str, Any], field: str
) -> None:
    http = await house.browser(await house.manager())

    answer = await http.request(method, path, json={**body, field: "x"})

    assert answer.status_code == 422
    assert {"pointer": f"/{field}", "message": "Extra inputs are not permitted"} in answer.json()["errors"]


async def test_managers_cannot_give_themselves_a_role(house: House) -> None:
    http = await house.browser(await house.manager(Role.MANAGER))

    answer = await http.patch("/api/v1/me", json={"role": "admin"})

    assert answer.status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        {"name": "a\u0000b"},
        {"name": "a\nb"},
        {"name": "\ud800"},
        {"name": ""},
        {"name": 7},
        {"name": ["a"]},
        {"capacity": "7"},
        {"capacity": 10**30},
        {"capacity": True},
        {"capacity": 1.5},
        {"languages": ["de", 7]},
        {"locale": "xx"},
        [],
        "text",
        None,
    ],
)
async def test_a_wrong_type_is_a_problem_and_no_accident(house: House, body: object) -> None:
    http = await house.browser(await house.manager())

    content, headers = json.dumps(body), {"content-type": "application/json"}
    answer = await http.patch("/api/v1/me", content=content, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_managers_tell_whether_they_take_work(house: House) -> None:
    http = await house.browser(await house.manager(Role.MANAGER))

    answer = await http.patch("/api/v1/me", json={"availability": "online", "languages": ["de", "tr"], "capacity": 4})

    me = (await http.get("/api/v1/me")).json()
    assert answer.json() == me
    assert (me["availability"], me["languages"], me["capacity"]) == ("online", ["de", "tr"], 4)


async def test_a_team_holds_managers_and_nobody_else(house: House) -> None:
    admin = await house.manager()
    http = await house.browser(admin)

    made = await http.post("/api/v1/teams", json={"name": "Licht", "members": [str(admin.id)]})
    changed = await http.patch(f"/api/v1/teams/{made.json()['id']}", json={"version": 1, "members": []})
    stale = await http.patch(f"/api/v1/teams/{made.json()['id']}", json={"version": 1, "name": "Lampe"})
    unknown = await http.post("/api/v1/teams", json={"name": "X", "members": [str(uuid4())]})

    assert made.json()["members"] == [str(admin.id)]
    assert (changed.json()["name"], changed.json()["members"]) == ("Licht", [])
    assert (stale.status_code, unknown.status_code) == (409, 422)
    assert (await http.get("/api/v1/teams")).json()["items"] == [changed.json()]


async def test_a_key_is_shown_once_and_works_until_it_is_revoked(house: House) -> None:
    http = await house.browser(await house.manager())
    made = (await http.post("/api/v1/api-keys", json={"name": "shop", "scopes": ["managers:read"]})).json()
    program = await house.nobody(headers={"authorization": f"Bearer {made['secret']}"})

    assert prefix_of(made["secret"]) == made["prefix"]
    assert (await program.get("/api/v1/managers")).status_code == 200
    listed = (await http.get("/api/v1/api-keys")).json()["items"]
    assert "secret" not in listed[0]
    assert listed[0]["used_at"] is not None
    assert (await http.delete(f"/api/v1/api-keys/{made['id']}")).status_code == 204
    assert (await program.get("/api/v1/managers")).status_code == 401
    assert (await http.delete(f"/api/v1/api-keys/{made['id']}")).status_code == 404
    assert (await http.get("/api/v1/api-keys")).json()["items"] == []


async def test_the_database_does_not_hold_the_key(house: House) -> None:
    _, key = await house.program("tickets:read")

    async with house.units.session() as session:
        stored = await session.driver.fetchrow("select * from api_keys")

    assert key[18:61] not in str(dict(stored))


async def test_a_key_does_what_its_scopes_say_and_nothing_else(house: House) -> None:
    program, _ = await house.program("managers:read")

    read = [await program.get("/api/v1/managers"), await program.get("/api/v1/teams")]
    refused = [
        await program.get("/api/v1/tickets"),
        await program.get("/api/v1/me"),
        await program.get("/api/v1/api-keys"),
        await program.post("/api/v1/teams", json={"name": "N"}),
        await program.delete("/api/v1/session"),
    ]

    assert [answer.status_code for answer in read] == [200, 200]
    assert [answer.status_code for answer in refused] == [403] * 5
    assert {item["email"] for item in read[0].json()["items"]} == {None}


def _other(character: str) -> str:
    return "0" if character != "0" else "1"


@pytest.mark.parametrize("slip", ["last", "middle", "longer", "case"])
async def test_a_key_with_a_slip_is_refused(house: House, slip: str) -> None:
    _, key = await house.program("managers:read")
    slips = {
        "last": key[:-1] + _other(key[-1]),
        "middle": key[:30] + _other(key[30]) + key[31:],
        "longer": key + "0",
        "case": key.upper(),
    }

    answer = await (await house.nobody()).get("/api/v1/managers", headers={"authorization": f"Bearer {slips[slip]}"})

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


async def test_the_prefix_of_one_key_with_the_secret_of_another_is_refused(house: House) -> None:
    _, key = await house.program("managers:read")
    prefix, other = new_api_key()
    forged = other.replace(prefix, key[9:17])

    answer = await (await house.nobody()).get("/api/v1/managers", headers={"authorization": f"Bearer {forged}"})

    assert answer.status_code == 401


async def test_a_bad_key_is_not_made_good_by_a_cookie(house: House) -> None:
    http = await house.browser(await house.manager())

    answer = await http.get("/api/v1/me", headers={"authorization": "Bearer nonsense"})

    assert answer.status_code == 401


@pytest.mark.parametrize("scopes", [[], ["everything"], ["tickets:*"], "tickets:read"])
async def test_a_key_has_only_scopes_that_there_are(house: House, scopes: object) -> None:
    http = await house.browser(await house.manager())

    assert (await http.post("/api/v1/api-keys", json={"name": "shop", "scopes": scopes})).status_code == 422


async def test_a_key_for_an_inbox_that_is_not_there_is_not_made(house: House) -> None:
    http = await house.browser(await house.manager())
    body = {"name": "shop", "scopes": [Scope.TICKETS_READ.value], "inboxes": [str(uuid4())]}

    answer = await http.post("/api/v1/api-keys", json=body)

    assert answer.status_code == 404
    assert (await http.get("/api/v1/api-keys")).json()["items"] == []


async def test_a_repeated_request_changes_nothing_and_gets_the_first_answer(house: House) -> None:
    http = await house.browser(await house.manager())
    headers = {"idempotency-key": "4711"}

    first = await http.post("/api/v1/teams", json={"name": "Licht"}, headers=headers)
    again = await http.post("/api/v1/teams", json={"name": "Licht"}, headers=headers)
    other = await http.post("/api/v1/teams", json={"name": "Lampe"}, headers=headers)

    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert other.status_code == 422
    assert len((await http.get("/api/v1/teams")).json()["items"]) == 1


async def test_ten_at_once_under_one_key_make_one(house: House) -> None:
    http = await house.browser(await house.manager())
    headers = {"idempotency-key": "4711"}

    answers = await asyncio.gather(
        *(http.post("/api/v1/teams", json={"name": "Licht"}, headers=headers) for _ in range(10))
    )

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_a_failed_request_can_be_tried_again_under_its_key(house: House) -> None:
    admin = await house.manager()
    http, headers = await house.browser(admin), {"idempotency-key": "4711"}
    body = {"name": "Licht", "members": [str(new_id())]}
    assert (await http.post("/api/v1/teams", json=body, headers=headers)).status_code == 422

    answer = await http.post("/api/v1/teams", json={"name": "Licht"}, headers=headers)

    assert answer.status_code == 201


async def test_keys_of_two_callers_do_not_meet(house: House) -> None:
    one, two = await house.browser(await house.manager()), await house.browser(await house.manager())
    headers = {"idempotency-key": "4711"}

    first = await one.post("/api/v1/teams", json={"name": "Licht"}, headers=headers)
    second = await two.post("/api/v1/teams", json={"name": "Lampe"}, headers=headers)

    assert first.json()["name"] != second.json()["name"]


async def test_who_is_deactivated_gives_tickets_back(house: House) -> None:
    admin, victim = await house.manager(), await house.manager(Role.MANAGER, access=Access(inboxes=None))
    at = await inbox(house)
    async with house.units() as unit:
        now = house.clock()
        number = await unit.tickets.number()
        ticket = Ticket(TicketId(new_id()), number, at.id, "chat", State.OPEN, now, now, assignee_id=victim.id)
        await unit.tickets.add(ticket)

    await (await house.browser(admin)).patch(
        f"/api/v1/managers/{victim.id}", json={"version": victim.version, "active": False}
    )

    shown = (await (await house.browser(admin)).get(f"/api/v1/tickets/{ticket.id}")).json()
    assert shown["assignee_id"] is None
    assert (await changes(house))[-2:] == ["ticket.released", "manager.changed"]
