"""Who may come in, and for how long."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from inbox.app import passwords, sign_in
from inbox.domain.manager import Role
from inbox.errors import NotSignedIn
from tests.api.conftest import PASSWORD, House

WRONG = "wrong horse battery"


async def test_a_manager_signs_in_and_is_known(house: House) -> None:
    manager = await house.manager(name="Aylin", email="Aylin@mitmachwerk.example")
    http = await house.nobody()

    answer = await http.post("/api/v1/session", json={"email": " aylin@MITMACHWERK.example", "password": PASSWORD})

    assert answer.status_code == 201
    assert (await http.get("/api/v1/me")).json() == answer.json()
    assert answer.json()["id"] == str(manager.id)


async def test_the_cookie_is_kept_from_scripts_and_other_sites(house: House) -> None:
    manager = await house.manager()

    answer = await (await house.nobody()).post("/api/v1/session", json={"email": manager.email, "password": PASSWORD})

    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/" in cookie


@pytest.mark.parametrize("kind", ["wrong", "unknown", "invited", "deactivated"])
async def test_whoever_may_not_come_in_learns_nothing_from_the_answer(house: House, kind: str) -> None:
    manager = await house.manager()
    if kind == "deactivated":
        async with house.units() as unit:
            await unit.managers.save(replace(manager, active=False))
    if kind == "invited":
        admin = await house.browser(await house.manager())
        invitation = {"email": "new@mitmachwerk.example", "name": "New"}
        await admin.post("/api/v1/managers/invite", json=invitation)
    email = {"unknown": "x@y.example", "invited": "new@mitmachwerk.example"}.get(kind, manager.email)
    password = WRONG if kind == "wrong" else PASSWORD

    answer = await (await house.nobody()).post("/api/v1/session", json={"email": email, "password": password})

    assert answer.status_code == 401
    assert answer.json() == {
        "type": "about:blank#not_signed_in",
        "title": "Unauthorized",
        "status": 401,
        "code": "not_signed_in",
        "detail": "The e-mail address or the password is wrong.",
    }
    assert "set-cookie" not in answer.headers


async def test_an_unknown_address_costs_as_much_work_as_a_wrong_password() -> None:
    hashed = await passwords.hash_password(PASSWORD)

    async def work(password_hash: str | None) -> float:
        begun = time.process_time()
        assert not await passwords.fits(password_hash, WRONG)
        return time.process_time() - begun

    known = min([await work(hashed) for _ in range(5)])
    unknown = min([await work(None) for _ in range(5)])

    assert unknown > known / 3


async def test_a_planted_session_is_never_adopted(house: House) -> None:
    manager = await house.manager()
    http = await house.nobody(cookies={"inbox": "planted-by-somebody"})

    answer = await http.post("/api/v1/session", json={"email": manager.email, "password": PASSWORD})

    assert answer.cookies["inbox"] != "planted-by-somebody"
    thief = await house.nobody(cookies={"inbox": "planted-by-somebody"})
    assert (await thief.get("/api/v1/me")).status_code == 401


async def test_signing_in_again_ends_the_browsers_session_before(house: House) -> None:
    manager = await house.manager()
    http = await house.nobody()
    credentials = {"email": manager.email, "password": PASSWORD}
    first = (await http.post("/api/v1/session", json=credentials)).cookies["inbox"]

    await http.post("/api/v1/session", json=credentials)

    assert (await (await house.nobody(cookies={"inbox": first})).get("/api/v1/me")).status_code == 401
    assert (await http.get("/api/v1/me")).status_code == 200


async def test_the_database_alone_signs_nobody_in(house: House) -> None:
    manager = await house.manager()
    await house.browser(manager)
    async with house.units.session() as session:
        stored = await session.driver.fetchval("select token_hash from sessions")

    for guess in (stored.hex(), stored.decode("latin-1").encode("unicode_escape").decode()):
        thief = await house.nobody(headers={"cookie": f"inbox={guess}"})
        assert (await thief.get("/api/v1/me")).status_code == 401


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        ([timedelta(hours=11, minutes=59)], 200),
        ([timedelta(hours=12, minutes=1)], 401),
        ([timedelta(hours=11)] * 15, 200),
        ([timedelta(hours=11)] * 16, 401),
    ],
)
async def test_a_session_ends_when_idle_for_twelve_hours_and_after_seven_days(
    house: House, steps: list[timedelta], status: int
) -> None:
    http = await house.browser(await house.manager())

    answers = []
    for step in steps:
        house.clock.advance(step)
        answers.append(await http.get("/api/v1/me"))

    assert answers[-1].status_code == status


async def test_signing_out_ends_the_session_and_no_other(house: House) -> None:
    manager = await house.manager()
    here, there = await house.browser(manager), await house.browser(manager)

    answer = await here.delete("/api/v1/session")

    assert answer.status_code == 204
    assert 'inbox=""' in answer.headers["set-cookie"]
    assert (await here.get("/api/v1/me")).status_code == 401
    assert (await there.get("/api/v1/me")).status_code == 200


async def test_another_password_ends_every_other_session(house: House) -> None:
    manager = await house.manager()
    here, there = await house.browser(manager), await house.browser(manager)

    answer = await here.post("/api/v1/me/password", json={"current": PASSWORD, "new": "a quite different one"})

    assert answer.status_code == 204
    assert (await there.get("/api/v1/me")).status_code == 401
    assert (await here.get("/api/v1/me")).status_code == 200
    again = await (await house.nobody()).post("/api/v1/session", json={"email": manager.email, "password": PASSWORD})
    assert again.status_code == 401


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"current": WRONG, "new": "a quite different one"}, "/current"),
        ({"current": PASSWORD, "new": "too short"}, "/new"),
        ({"current": PASSWORD, "new": "x" * 257}, "/new"),
        ({"current": PASSWORD, "new": "aaaaaaaaaaaaaaaa"}, "/new"),
    ],
)
async def test_a_password_changes_only_with_the_present_one_and_to_a_good_one(
    house: House, body: dict[str, str], pointer: str
) -> None:
    http = await house.browser(await house.manager())

    answer = await http.post("/api/v1/me/password", json=body)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert (await http.get("/api/v1/me")).status_code == 200


async def test_the_eleventh_wrong_password_has_to_wait_wherever_it_comes_from(house: House) -> None:
    manager = await house.manager()
    body = {"email": manager.email, "password": WRONG}
    for attempt in range(10):
        assert (
            await (await house.nobody(f"198.51.100.{attempt}")).post("/api/v1/session", json=body)
        ).status_code == 401

    answer = await (await house.nobody("198.51.100.99")).post(
        "/api/v1/session", json={"email": manager.email, "password": PASSWORD}
    )

    assert (answer.status_code, answer.json()["code"]) == (429, "limit_reached")
    assert answer.json()["retry_after"] == int(answer.headers["retry-after"]) == 900


async def test_who_waited_may_try_again(house: House) -> None:
    manager = await house.manager()
    http = await house.nobody()
    for _ in range(11):
        await http.post("/api/v1/session", json={"email": manager.email, "password": WRONG})
    house.clock.advance(timedelta(minutes=15))

    answer = await http.post("/api/v1/session", json={"email": manager.email, "password": PASSWORD})

    assert answer.status_code == 201


async def test_one_network_cannot_try_many_addresses(house: House) -> None:
    http = await house.nobody("2001:db8::1")
    for attempt in range(30):
        await http.post("/api/v1/session", json={"email": f"{attempt}@y.example", "password": "x" * 300})

    neighbour = await house.nobody("2001:db8::ffff")
    answer = await neighbour.post("/api/v1/session", json={"email": "31@y.example", "password": WRONG})

    assert answer.status_code == 429


async def test_two_hundred_guesses_at_once_get_no_more_than_ten(house: House) -> None:
    manager = await house.manager()
    browsers = [await house.nobody(f"198.51.{n // 250}.{n % 250}") for n in range(200)]

    answers = await asyncio.gather(
        *(http.post("/api/v1/session", json={"email": manager.email, "password": WRONG}) for http in browsers)
    )

    assert sum(answer.status_code == 401 for answer in answers) == 10
    assert sum(answer.status_code == 429 for answer in answers) == 190


async def test_right_passwords_use_up_no_tries(house: House) -> None:
    manager = await house.manager()
    http = await house.nobody()

    credentials = {"email": manager.email, "password": PASSWORD}
    answers = [await http.post("/api/v1/session", json=credentials) for _ in range(12)]

    assert {answer.status_code for answer in answers} == {201}


async def test_a_huge_password_is_refused_before_it_is_hashed(house: House) -> None:
    manager = await house.manager()

    answer = await (await house.nobody()).post(
        "/api/v1/session", json={"email": manager.email, "password": "x" * 1_000_000}
    )

    assert answer.status_code == 422


async def test_a_deactivated_manager_is_out_with_the_next_request(house: House) -> None:
    admin, victim = await house.manager(), await house.manager(Role.LEAD, name="Victim")
    theirs = await house.browser(victim)

    await (await house.browser(admin)).patch(
        f"/api/v1/managers/{victim.id}", json={"version": victim.version, "active": False}
    )

    assert (await theirs.get("/api/v1/me")).status_code == 401


async def test_a_demoted_manager_has_the_new_rights_with_the_next_request(house: House) -> None:
    admin, victim = await house.manager(), await house.manager(name="Victim")
    theirs = await house.browser(victim)
    assert (await theirs.get("/api/v1/api-keys")).status_code == 200

    await (await house.browser(admin)).patch(
        f"/api/v1/managers/{victim.id}", json={"version": victim.version, "role": "manager"}
    )

    assert (await theirs.get("/api/v1/api-keys")).status_code == 403


async def test_a_sign_in_that_races_with_a_new_password_opens_nothing(house: House) -> None:
    manager = await house.manager()
    async with house.units() as unit:
        attempt = await sign_in.begin(unit, manager.email, "local", now=house.clock())
    proved = await sign_in.prove(attempt, PASSWORD)
    async with house.units() as unit:
        await sign_in.change_password(unit, manager.id, "another hash")

    with pytest.raises(NotSignedIn):
        async with house.units() as unit:
            await sign_in.open_session(unit, proved, agent=None, now=house.clock())


async def test_nobody_sees_a_hash_or_a_token(house: House) -> None:
    http = await house.browser(await house.manager())

    bodies = [(await http.get(f"/api/v1/{path}")).text for path in ("me", "managers", "api-keys", "teams")]

    assert not any(word in body for body in bodies for word in ("hash", "token", "password", "$argon2"))
