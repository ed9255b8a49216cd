"""A manager corrects the language of a ticket once, and of whoever wrote in it for good."""

from __future__ import annotations

import pytest

from inbox.domain.credentials import Scope
from tests.api.conftest import House
from tests.api.world import World, build


@pytest.fixture
async def world(house: House) -> World:
    return await build(house)


async def test_a_corrected_language_is_that_of_the_ticket_and_of_who_wrote(world: World) -> None:
    ticket = (await world.admin.get(world.path("/api/v1/tickets/{ticket_id}"))).json()
    change = {"version": ticket["version"], "language": "fr"}

    answer = await world.admin.patch(world.path("/api/v1/tickets/{ticket_id}"), json=change)

    contact = (await world.admin.get(world.path("/api/v1/contacts/{contact_id}"))).json()
    assert answer.json()["language"] == "fr"
    assert (contact["language"], contact["language_by"]) == ("fr", "person")


async def test_a_ticket_may_be_in_an_unknown_language_and_its_writer_stays_as_known(world: World) -> None:
    path = world.path("/api/v1/tickets/{ticket_id}")
    ticket = (await world.admin.get(path)).json()
    named = (await world.admin.patch(path, json={"version": ticket["version"], "language": "fr"})).json()

    answer = await world.admin.patch(path, json={"version": named["version"], "language": None})

    contact = (await world.admin.get(world.path("/api/v1/contacts/{contact_id}"))).json()
    assert answer.json()["language"] is None
    assert contact["language"] == "fr"


async def test_what_a_program_says_of_a_ticket_is_not_kept_as_a_persons_word(world: World) -> None:
    program, _ = await world.house.program(Scope.TICKETS_READ, Scope.TICKETS_WRITE)
    path = world.path("/api/v1/tickets/{ticket_id}")
    ticket = (await program.get(path)).json()

    answer = await program.patch(path, json={"version": ticket["version"], "language": "fr"})

    contact = (await world.admin.get(world.path("/api/v1/contacts/{contact_id}"))).json()
    assert answer.json()["language"] == "fr"
    assert contact["language"] is None


@pytest.mark.parametrize("language", ["", "Deutsch", "d", "de_AT", 4, ["de"]])
async def test_what_is_no_tag_of_a_language_is_refused(world: World, language: object) -> None:
    path = world.path("/api/v1/tickets/{ticket_id}")
    ticket = (await world.admin.get(path)).json()

    answer = await world.admin.patch(path, json={"version": ticket["version"], "language": language})

    assert answer.status_code == 422


async def test_the_platform_does_not_overrule_a_person(world: World) -> None:
    path = world.path("/api/v1/contacts/{contact_id}")
    program, _ = await world.house.program(Scope.CONTACTS_READ, Scope.CONTACTS_WRITE)
    await program.patch(path, json={"language": "de"})
    told = (await world.admin.get(path)).json()
    await world.admin.patch(path, json={"language": "fr"})

    await program.patch(path, json={"language": "de"})

    kept = (await world.admin.get(path)).json()
    assert (told["language"], told["language_by"]) == ("de", "source")
    assert (kept["language"], kept["language_by"]) == ("fr", "person")
