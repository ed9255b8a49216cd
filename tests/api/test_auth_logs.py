"""What happens at the door is logged, and no secret or address with it."""

import asyncio
import io
import json

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from inbox.app.links import first_run_link
from inbox.logs import configure
from tests.api.conftest import SITE, House

CANARY = "canary-4711-password"


@pytest.fixture
def logged() -> io.StringIO:
    """The log as the service writes it."""
    lines = io.StringIO()
    configure("info")
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(file=lines), cache_logger_on_first_use=False)
    return lines


async def test_the_door_logs_who_came_and_no_secret(house: House, logged: io.StringIO) -> None:
    link = await first_run_link(house.units, site=SITE, now=house.clock()) or ""
    http = await house.nobody()
    first = {"token": link.rpartition("/")[2], "name": "Anna", "email": "anna@y.example", "password": CANARY}

    me = (await http.post("/api/v1/setup", json=first)).json()
    await http.post("/api/v1/session", json={"email": "anna@y.example", "password": CANARY + "x"})
    await http.post("/api/v1/session", json={"email": CANARY, "password": CANARY})
    await http.post("/api/v1/session", json={"email": "a\x1b[2J\r\n{}\u202e@y.example", "password": CANARY})
    await http.post("/api/v1/password-reset", json={"email": "anna@y.example"})
    key = (await http.post("/api/v1/api-keys", json={"name": CANARY, "scopes": ["events:read"]})).json()
    await http.post("/api/v1/managers/invite", json={"email": "new@y.example", "name": "N"})
    await http.delete(f"/api/v1/api-keys/{key['id']}")

    log = logged.getvalue()
    lines = [json.loads(line) for line in log.splitlines()]
    assert [line["event"] for line in lines] == [
        "session.opened",
        "session.refused",
        "session.refused",
        "session.refused",
        "api_key.created",
        "api_key.revoked",
    ]
    assert all(len(line["request"]) == 16 for line in lines)
    assert lines[0]["manager"] == me["id"]
    secrets = [CANARY, link[-20:], http.cookies["inbox"], key["secret"], "@y.example", house.announced[0][-20:]]
    assert [secret for secret in secrets if secret in log] == []


async def test_what_the_database_refuses_is_reported_without_what_people_wrote(house: House) -> None:

    with pytest.raises(DBAPIError) as failed:
        async with house.units.session() as session:
            await session.rows(text("select * from nowhere where name = :name").bindparams(name=CANARY))

    assert CANARY not in str(failed.value)


async def test_a_deactivation_is_final_for_requests_that_race_with_it(house: House) -> None:
    admin, victim = await house.manager(), await house.manager(name="Victim")
    theirs, mine = await house.browser(victim), await house.browser(admin)
    over = asyncio.Event()
    started_after: list[int] = []

    async def ask() -> None:
        late, status = False, 0
        while not late:  # on a busy machine the deactivation takes longer than any number of requests
            late = over.is_set()
            status = (await theirs.get("/api/v1/me")).status_code
        started_after.append(status)

    async def deactivate() -> None:
        change = {"version": victim.version, "active": False}
        assert (await mine.patch(f"/api/v1/managers/{victim.id}", json=change)).is_success
        over.set()

    await asyncio.gather(*(ask() for _ in range(10)), deactivate())

    assert started_after == [401] * 10
