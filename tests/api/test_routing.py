"""The rulebook over HTTP: shown, saved in versions, tried on a real ticket."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import House
from tests.api.world import World, build

DANKE = {"id": "danke", "name": "Danke", "when": {"words": ["kommt"]}, "then": {"lane": "thank", "tags": ["lob"]}}


async def put(world: World, version: int, **document: Any) -> Any:
    body = {"version": version, "document": document, "note": "a note"}
    return await world.admin.put("/api/v1/routing", json=body)


async def test_a_new_service_shows_the_shipped_rules_with_the_weights_of_its_channels(house: House) -> None:
    world = await build(house)
    shown = (await world.admin.get("/api/v1/routing")).json()

    assert (shown["version"], shown["saved_by"]) == (0, None)
    assert [rule["id"] for rule in shown["document"]["rules"]] == ["offers", "praise", "thanks", "chatter"]
    assert set(shown["document"]["weights"]) == {"chat", "comments", "email", "telephony"}


async def test_what_is_saved_is_what_is_shown_with_who_saved_it(house: House) -> None:
    world = await build(house)
    hours = {"zone": "Europe/Berlin", "days": [4, 5], "since": "22:00", "until": "06:00"}
    rule = {
        "id": "r-1",
        "name": "Steuer",
        "active": False,
        "when": {
            "inboxes": [world.ids["inbox"]],
            "channels": ["email"],
            "campaigns": [world.ids["campaign"]],
            "clients": [world.ids["client"]],
            "languages": ["de"],
            "words": ["Steuer", "tax"],
            "without": ["Spende"],
            "roles": ["press"],
            "hours": hours,
            "first": True,
            "public": False,
            "asks": True,
            "at_most": 40,
        },
        "then": {
            "team_id": world.ids["team_id"],
            "skills": ["tax"],
            "priority": 3,
            "lane": "answer",
            "tags": ["steuer"],
            "target": 15,
        },
    }
    document = {
        "stop": "first",
        "rules": [rule],
        "weights": {"chat": 25, "comments": 10, "email": 10, "telephony": 100},
        "targets": {"chat": 2, "comments": 60, "email": 240, "telephony": 30},
        "inbox_targets": {world.ids["inbox"]: 45},
        "vip_factor": 40,
        "vip_roles": ["press", "vip"],
        "fallback_languages": ["en"],
    }
    saved = await put(world, 0, **document)
    shown = (await world.admin.get("/api/v1/routing")).json()

    assert saved.json() == shown
    assert (shown["version"], shown["note"], shown["saved_by"] is None) == (1, "a note", False)
    assert shown["document"] == document


async def test_of_two_who_change_the_same_version_the_second_learns_it(house: House) -> None:
    world = await build(house)
    first, second = await put(world, 0, rules=[DANKE]), await put(world, 0, rules=[])

    assert first.status_code == 200
    assert (second.status_code, second.json()["code"]) == (409, "stale_version")


async def test_an_older_version_can_be_looked_at_and_brought_back(house: House) -> None:
    world = await build(house)
    await put(world, 0, rules=[DANKE])
    await put(world, 1, rules=[])
    old = (await world.admin.get("/api/v1/routing/versions/1")).json()
    await put(world, 2, **old["document"])
    listed = (await world.admin.get("/api/v1/routing/versions")).json()["items"]

    assert [(one["version"], one["rules"]) for one in listed] == [(3, 1), (2, 0), (1, 1)]
    assert (await world.admin.get("/api/v1/routing")).json()["document"] == old["document"]
    assert (await world.admin.get("/api/v1/routing/versions/9")).status_code == 404


async def test_a_ticket_shows_which_rule_would_decide_and_why_the_others_would_not(house: House) -> None:
    world = await build(house)
    other = {"id": "other", "name": "Other", "when": {"channels": ["email"]}}
    off = {**DANKE, "id": "off", "active": False}
    text = (await world.admin.get(f"/api/v1/tickets/{world.ids['ticket_id']}/messages")).json()["items"][0]["text"]
    rules = [other, off, {**DANKE, "when": {"words": [text.split()[0]]}}]
    got = await world.admin.post(
        "/api/v1/routing/test", json={"ticket_id": world.ids["ticket_id"], "document": {"rules": rules}}
    )

    assert got.status_code == 200, got.text
    said = got.json()
    assert [(v["rule_id"], v["decides"], v["missed"]) for v in said["verdicts"]] == [
        ("other", False, "channels"),
        ("off", False, "off"),
        ("danke", True, None),
    ]
    assert (said["decided"]["lane"], said["decided"]["tags"]) == ("thank", ["lob"])
    assert said["decided"]["lane_why"]["facts"][0] == {"fact": "rule", "id": "danke", "name": "Danke"}


@pytest.mark.parametrize(
    "document",
    [
        {"rules": [DANKE, DANKE]},
        {"rules": [{**DANKE, "when": {"words": ["?!"]}}]},
        {"rules": [{**DANKE, "then": {"team_id": "01a20258-52e1-77a9-b2c4-e3f0b683472e"}}]},
        {"rules": [{**DANKE, "when": {"inboxes": ["01a20258-52e1-77a9-b2c4-e3f0b683472e"]}}]},
        {"rules": [{**DANKE, "when": {"hours": {"zone": "Mars/X", "days": [1], "since": "09:00", "until": "10:00"}}}]},
        {"inbox_targets": {"01a20258-52e1-77a9-b2c4-e3f0b683472e": 5}},
        {"weights": {"chat": 0}},
        {"targets": {"chat": 0}},
        {"vip_factor": 0},
    ],
)
async def test_rules_that_could_not_be_carried_out_are_not_saved(house: House, document: dict[str, Any]) -> None:
    world = await build(house)

    assert (await put(world, 0, **document)).status_code == 422
    assert (await world.admin.get("/api/v1/routing")).json()["version"] == 0


async def test_everybody_hears_that_the_rules_changed(house: House) -> None:
    world = await build(house)
    await put(world, 0, rules=[DANKE])
    events = (await world.admin.get("/api/v1/events")).json()["items"]

    assert [e["data"] for e in events if e["type"] == "routing.changed"] == [{"version": 1}]


async def test_what_counts_is_what_was_saved_last(house: House) -> None:
    world = await build(house)
    await put(world, 0, rules=[DANKE])
    current = house.app.state.services.door.routing.current

    assert (current.version, [rule.name for rule in current.router.rules]) == (1, ["Danke"])
