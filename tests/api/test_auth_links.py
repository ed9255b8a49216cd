"""The first administrator, invitations and new passwords come by links that work once."""

import asyncio
from datetime import timedelta

import pytest

from inbox.app.links import first_run_link, reset_link
from inbox.domain.manager import Role
from inbox.errors import NotFound
from tests.api.conftest import SITE, House, KeptPost

ANNA = {"name": "Anna", "email": "anna@mitmachwerk.example", "password": "a quite long password"}


def token_of(link: str) -> str:
    return link.rpartition("/")[2].split()[0]


async def first_run(house: House) -> str:
    link = await first_run_link(house.units, site=SITE, now=house.clock())
    assert link is not None
    assert link.startswith(f"{SITE}/#/setup/")
    return token_of(link)


async def test_the_printed_link_creates_the_first_administrator(house: House) -> None:
    http = await house.nobody()
    assert (await http.get("/api/v1/setup")).json() == {"needed": True}

    answer = await http.post("/api/v1/setup", json={"token": await first_run(house), **ANNA, "locale": "de"})

    assert answer.status_code == 201
    assert (answer.json()["role"], answer.json()["locale"], answer.json()["inboxes"]) == ("admin", "de", None)
    assert (await http.get("/api/v1/me")).json() == answer.json()
    assert (await http.get("/api/v1/setup")).json() == {"needed": False}
    assert await first_run_link(house.units, site=SITE, now=house.clock()) is None


async def test_of_two_who_use_the_first_link_at_once_one_becomes_administrator(house: House) -> None:
    token = await first_run(house)
    answers = await asyncio.gather(
        *[
            (await house.nobody()).post("/api/v1/setup", json={**ANNA, "token": token, "email": f"{n}@y.example"})
            for n in range(8)
        ]
    )

    assert sorted(answer.status_code for answer in answers) == [201] + [404] * 7


@pytest.mark.parametrize("how", ["restarted", "expired", "made up", "of another purpose"])
async def test_only_the_newest_setup_link_works_and_for_a_day(house: House, how: str) -> None:
    token = await first_run(house)
    if how == "restarted":
        await first_run(house)
    if how == "expired":
        house.clock.advance(timedelta(hours=25))
    if how == "made up":
        token = "x" * 43
    if how == "of another purpose":
        token = token_of(await reset_link(house.units, (await house.manager()).email, site=SITE, now=house.clock()))

    answer = await (await house.nobody()).post("/api/v1/setup", json={"token": token, **ANNA})

    assert answer.status_code == 404


async def test_a_bad_password_does_not_use_the_setup_link_up(house: House) -> None:
    token, http = await first_run(house), await house.nobody()

    refused = await http.post("/api/v1/setup", json={"token": token, **ANNA, "password": "short"})
    accepted = await http.post("/api/v1/setup", json={"token": token, **ANNA})

    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/password")
    assert accepted.status_code == 201


async def test_an_invited_manager_chooses_a_password_and_is_in(house: House) -> None:
    admin = await house.browser(await house.manager())
    invitation = {"email": ANNA["email"], "name": "Anna B.", "role": "lead", "locale": "de"}
    invited = (await admin.post("/api/v1/managers/invite", json=invitation)).json()
    http, token = await house.nobody(), token_of(invited["link"])

    opened = await http.post("/api/v1/links/open", json={"token": token})
    accepted = await http.post(
        "/api/v1/links/accept", json={"token": token, "password": ANNA["password"], "name": "Anna"}
    )

    assert opened.json() == {"purpose": "invite", "email": ANNA["email"], "name": "Anna B."}
    assert accepted.status_code == 201
    assert (accepted.json()["name"], accepted.json()["role"], accepted.json()["inboxes"]) == ("Anna", "lead", [])
    assert (await http.get("/api/v1/me")).status_code == 200
    again = await http.post("/api/v1/links/accept", json={"token": token, "password": ANNA["password"]})
    assert again.status_code == 404


async def test_links_are_never_in_a_part_of_an_address_that_is_sent(house: House) -> None:
    admin = await house.browser(await house.manager())

    invited = (await admin.post("/api/v1/managers/invite", json={"email": "n@y.example", "name": "N"})).json()

    assert invited["link"].startswith(f"{SITE}/#/link/")


async def test_a_forgotten_password_is_replaced_and_every_session_ends(house: House) -> None:
    manager = await house.manager()
    theirs, http = await house.browser(manager), await house.nobody()

    asked = await http.post("/api/v1/password-reset", json={"email": manager.email.upper()})
    token = token_of(house.announced[0])
    accepted = await http.post("/api/v1/links/accept", json={"token": token, "password": "a quite different one"})

    assert (asked.status_code, asked.content) == (202, b"")
    assert accepted.status_code == 201
    assert (await theirs.get("/api/v1/me")).status_code == 401


@pytest.mark.parametrize("email", ["nobody@y.example", "%", "*", "a@b@c", "", "anna@mitmachwerk.example,x@y.example"])
async def test_asking_for_a_new_password_tells_nothing(house: House, email: str) -> None:
    known = await (await house.nobody()).post("/api/v1/password-reset", json={"email": (await house.manager()).email})

    unknown = await (await house.nobody()).post("/api/v1/password-reset", json={"email": email})

    assert (unknown.status_code, unknown.content) == (known.status_code, known.content) == (202, b"")
    assert len(house.announced) == 1


@pytest.mark.parametrize("email", [["a@y.example", "b@y.example"], {"like": "%"}, None, 7, True])
async def test_only_one_address_can_be_asked_for(house: House, email: object) -> None:
    answer = await (await house.nobody()).post("/api/v1/password-reset", json={"email": email})

    assert answer.status_code == 422


async def test_a_newer_link_makes_the_older_worthless_and_none_lasts_longer_than_half_an_hour(house: House) -> None:
    manager, http = await house.manager(), await house.nobody()
    older = token_of(await reset_link(house.units, manager.email, site=SITE, now=house.clock()))
    newer = token_of(await reset_link(house.units, manager.email, site=SITE, now=house.clock()))

    assert (await http.post("/api/v1/links/open", json={"token": older})).status_code == 404
    assert (await http.post("/api/v1/links/open", json={"token": newer})).status_code == 200
    house.clock.advance(timedelta(minutes=31))
    assert (await http.post("/api/v1/links/open", json={"token": newer})).status_code == 404


async def test_nobody_is_flooded_with_reset_links(house: House) -> None:
    manager = await house.manager()

    for attempt in range(9):
        http = await house.nobody(f"198.51.100.{attempt}")
        await http.post("/api/v1/password-reset", json={"email": manager.email})

    assert len(house.announced) == 3


async def test_a_deactivated_manager_gets_no_link_and_theirs_stop_working(house: House) -> None:
    admin, victim = await house.browser(await house.manager()), await house.manager(Role.MANAGER, name="Victim")
    token = token_of(await reset_link(house.units, victim.email, site=SITE, now=house.clock()))

    await admin.patch(f"/api/v1/managers/{victim.id}", json={"version": victim.version, "active": False})

    opened = await (await house.nobody()).post("/api/v1/links/open", json={"token": token})
    assert opened.status_code == 404
    with pytest.raises(NotFound):
        await reset_link(house.units, victim.email, site=SITE, now=house.clock())


async def test_a_link_opens_no_second_door(house: House) -> None:
    manager, http = await house.manager(), await house.nobody()
    token = token_of(await reset_link(house.units, manager.email, site=SITE, now=house.clock()))

    guesses = [token[:-1], token + "A", token.swapcase(), "%" * 43, "_" * 43]
    answers = [await http.post("/api/v1/links/open", json={"token": guess}) for guess in guesses]

    assert all(answer.status_code in {404, 422} for answer in answers)


async def test_tokens_cannot_be_guessed_for_long(house: House) -> None:
    http = await house.nobody()

    answers = [await http.post("/api/v1/links/open", json={"token": f"{n:043}"}) for n in range(31)]

    assert [answer.status_code for answer in answers] == [404] * 30 + [429]


async def test_links_ignore_what_the_caller_says_the_host_is(house: House) -> None:
    manager = await house.manager()
    http = await house.nobody(headers={"host": "evil.example", "x-forwarded-host": "evil.example"})

    await http.post("/api/v1/password-reset", json={"email": manager.email})

    assert "evil.example" not in house.announced[0]
    assert SITE in house.announced[0]


class TestWithAMailServer:
    """Where one is set, links go by mail and nowhere else."""

    @pytest.fixture
    def postman(self) -> KeptPost:
        return KeptPost()

    async def test_an_invitation_is_mailed_and_not_shown(self, house: House, postman: KeptPost) -> None:
        admin = await house.browser(await house.manager())
        invitation = {"email": ANNA["email"], "name": "Anna", "locale": "de"}

        invited = (await admin.post("/api/v1/managers/invite", json=invitation)).json()

        assert invited["link"] is None
        assert [(letter.to, letter.subject) for letter in postman.letters] == [
            (ANNA["email"], "Ihre Einladung zu Crowd Inbox")
        ]
        assert f"{SITE}/#/link/" in postman.letters[0].text

    async def test_a_reset_is_mailed_to_the_stored_address(self, house: House, postman: KeptPost) -> None:
        manager = await house.manager(email="Aylin@mitmachwerk.example")

        await (await house.nobody()).post("/api/v1/password-reset", json={"email": "AYLIN@mitmachwerk.example"})

        assert [letter.to for letter in postman.letters] == [manager.email]
        assert house.announced == []

    async def test_a_mail_that_cannot_be_sent_leaves_the_link_to_people(self, house: House, postman: KeptPost) -> None:
        postman.on_strike = True
        admin = await house.browser(await house.manager())

        invited = (await admin.post("/api/v1/managers/invite", json={"email": "n@y.example", "name": "N"})).json()

        assert invited["link"].startswith(SITE)
