"""Requests whose fields fit one by one, and yet make no sense, are refused with the field to blame."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.api.conftest import House
from tests.api.world import World, build


@pytest.fixture
async def world(house: House) -> World:
    return await build(house)


def pointers(answer: Any) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [each["pointer"] for each in answer.json()["errors"]]


@pytest.mark.parametrize("kind", ["reply", "note"])
async def test_a_message_of_blanks_is_not_sent(world: World, kind: str) -> None:
    body = {"kind": kind, "text": " \n\t", "last_seen": 99}

    answer = await world.admin.post(world.path("/api/v1/tickets/{ticket_id}/messages"), json=body)

    assert pointers(answer) == ["/text"]


async def test_a_time_to_sleep_until_without_the_state_is_not_passed_over_in_silence(world: World) -> None:
    path = world.path("/api/v1/tickets/{ticket_id}")
    ticket = (await world.admin.get(path)).json()
    body = {"version": ticket["version"], "snoozed_until": "2099-01-01T00:00:00Z"}

    assert pointers(await world.admin.patch(path, json=body)) == ["/snoozed_until"]


@pytest.mark.parametrize("phone", ["---", "+--", "( 1 )"])
async def test_what_has_no_digits_is_no_telephone_number(world: World, phone: str) -> None:
    call = {"direction": "inbound", "at": "2026-11-22T10:00:00Z"}
    body = {"inbox_id": world.ids["phone"], "to": {"phone": phone}, "call": call}

    assert pointers(await world.admin.post("/api/v1/tickets", json=body)) == ["/to/phone"]


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"])
async def test_a_time_that_nobody_meant_is_refused(world: World, at: str) -> None:
    call = {"direction": "inbound", "at": at, "outcome": "no_answer"}
    body = {"inbox_id": world.ids["phone"], "to": {"phone": "+49301234567"}, "call": call}

    assert pointers(await world.admin.post("/api/v1/tickets", json=body)) == ["/call/at"]


@pytest.mark.parametrize(
    ("kind", "value"),
    [("email", "nonsense"), ("email", "a@x.example\r\nbcc: b@x.example"), ("phone", "anonymous"), ("phone", "--+--")],
)
async def test_an_identity_that_cannot_be_written_to_is_refused(world: World, kind: str, value: str) -> None:
    body = {"name": "N", "identities": [{"kind": kind, "value": value}]}

    assert pointers(await world.admin.put("/api/v1/contacts", json=body)) == ["/identities/0"]


async def test_a_number_is_the_same_however_it_is_written(world: World) -> None:
    written = ["+49 (30) 123-4567", "+49301234567"]
    bodies = [{"identities": [{"kind": "phone", "value": each}]} for each in written]
    answers = [(await world.admin.put("/api/v1/contacts", json=body)).json() for body in bodies]

    assert answers[0]["id"] == answers[1]["id"]


async def test_a_campaign_that_is_upserted_twice_at_a_time_is_no_conflict(world: World) -> None:
    put = [world.admin.put("/api/v1/campaigns/by-key/p-7", json={"name": f"Name {n}"}) for n in range(6)]

    assert [answer.status_code for answer in await asyncio.gather(*put)] == [200] * 6


async def test_an_answer_from_an_inbox_that_is_switched_off_is_refused_with_that_reason(world: World) -> None:
    (inbox,) = [
        each for each in (await world.admin.get("/api/v1/inboxes")).json()["items"] if each["id"] == world.ids["inbox"]
    ]
    off = {"version": inbox["version"], "active": False}
    assert (await world.admin.patch(world.path("/api/v1/inboxes/{inbox_id}"), json=off)).status_code == 200
    body = {"kind": "reply", "text": "Ja", "send_anyway": True}

    answer = await world.admin.post(world.path("/api/v1/tickets/{ticket_id}/messages"), json=body)

    assert (answer.status_code, answer.json()["code"]) == (409, "switched_off")
