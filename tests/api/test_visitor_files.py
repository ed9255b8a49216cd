"""Files in a chat: the visitor's own, by a link made for them, and inert."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx2 as httpx
import pytest

from inbox.api.visitor_chat import hashed
from inbox.api.visitor_files import LASTS, link
from inbox.api.visitor_limits import Limits
from inbox.domain.ids import VisitorId
from inbox.secrets import Vault
from inbox.testing.visitor import Visitor
from tests.api.chatting import ChatService, serving

PAGE = b"<!doctype html><script>alert(1)</script>"


@pytest.fixture
async def service(dsn: str, vault: Vault, tmp_path: Path) -> AsyncIterator[ChatService]:
    async with serving(dsn, vault, tmp_path, Limits()) as service:
        yield service


async def fetched(service: ChatService, url: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=service.url.replace("ws://", "http://")) as http:
        return await http.get(url)


async def own_link(service: ChatService, guest: Visitor, attachment_id: object, *, late: bool = False) -> str:
    """The link that the service would make for a file, had it anything to show."""
    async with service.services.units.reading() as unit:
        found = await unit.visitors.by_token(service.inbox.id, hashed(guest.session or ""))
    assert found is not None
    now = service.services.clock() - (LASTS + timedelta(minutes=1) if late else timedelta())
    return link(service.inbox.id, VisitorId(found.id), str(attachment_id), key=hashed(guest.session or ""), now=now)


async def test_a_file_of_an_answer_is_downloaded_and_never_opened(service: ChatService) -> None:
    async with service.visit() as mia:
        await mia.say("Hello?")
        await service.answer("Your invoice", file=PAGE)
        (file,) = (await mia.hears("invoice"))["attachments"]
        answer = await fetched(service, file["url"])

    assert (file["name"], file["size"]) == ("invoice.html", len(PAGE))
    assert (answer.status_code, answer.content) == (200, PAGE)
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["content-security-policy"].startswith("sandbox;")


async def test_a_file_of_a_note_is_never_given_out(service: ChatService) -> None:
    async with service.visit() as mia:
        await mia.say("Hello?")
        note = await service.note("Internal", file=PAGE)
        url = await own_link(service, mia, note.attachments[0].id)

    assert (await fetched(service, url)).status_code == 404


async def test_another_visitors_file_is_never_given_out(service: ChatService) -> None:
    async with service.visit() as mia, service.visit() as noa:
        await mia.say("Hello?")
        answer = await service.answer("For Mia", file=PAGE)
        await noa.say("Hello?")
        url = await own_link(service, noa, answer.attachments[0].id)

    assert (await fetched(service, url)).status_code == 404


async def test_a_link_runs_out(service: ChatService) -> None:
    async with service.visit() as mia:
        await mia.say("Hello?")
        answer = await service.answer("Your invoice", file=PAGE)
        url = await own_link(service, mia, answer.attachments[0].id, late=True)

    assert (await fetched(service, url)).status_code == 404


@pytest.mark.parametrize("changed", [("until=", "until=9"), ("proof=", "proof=0"), ("visitor=", "visitor=x")])
async def test_a_changed_link_opens_nothing(service: ChatService, changed: tuple[str, str]) -> None:
    async with service.visit() as mia:
        await mia.say("Hello?")
        answer = await service.answer("Your invoice", file=PAGE)
        url = await own_link(service, mia, answer.attachments[0].id)

    assert (await fetched(service, url.replace(*changed))).status_code in {404, 422}
