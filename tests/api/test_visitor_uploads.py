"""Files that visitors send: bound to their session, bounded, inert, said once, and gone when they never are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2 as httpx
import pytest

from inbox.api.visitor_limits import Limits
from inbox.app.visitor_files import OF_MANAGERS, WAITS, forget_abandoned
from inbox.blobs import BlobStore
from inbox.secrets import Vault
from inbox.store.unit_of_work import utc_now
from inbox.testing.visitor import Refused, Visitor
from tests.api.chatting import SITE, ChatService, serving

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
LATER = timedelta(hours=2)


@pytest.fixture
async def service(dsn: str, vault: Vault, tmp_path: Path) -> AsyncIterator[ChatService]:
    async with serving(dsn, vault, tmp_path, Limits(files=((4, 60.0),), bytes_a_day=2_500_000)) as service:
        yield service


async def post(
    service: ChatService, session: str | None, data: bytes = PNG, *, origin: str | None = SITE, **more: Any
) -> httpx.Response:
    headers = {} if session is None else {"authorization": f"Bearer {session}"}
    headers |= {} if origin is None else {"origin": origin}
    inbox_id = more.get("inbox_id", service.inbox.id)
    async with httpx.AsyncClient(base_url=service.url.replace("ws://", "http://")) as http:
        return await http.post(
            f"/chat/{inbox_id}/files",
            params={"name": more.get("name", "lamp.png")},
            content=data,
            headers=headers,
        )


async def session_of(guest: Visitor) -> str:
    await guest.frame("welcome")
    return guest.session or ""


async def upload(service: ChatService, guest: Visitor, data: bytes = PNG, name: str = "lamp.png") -> str:
    answer = await post(service, await session_of(guest), data, name=name)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _visitor(url: str) -> str:
    return url.partition("visitor=")[2].partition("&")[0]


async def refusals(service: ChatService, guest: Visitor, *answers: bytes) -> list[int]:
    session = await session_of(guest)
    return [(await post(service, session, data)).status_code for data in answers]


async def test_a_visitors_file_stands_in_their_message_and_is_known_by_its_own_bytes(service: ChatService) -> None:
    async with service.visit() as mia:
        file = await upload(service, mia, name="../lamp\u202egnp.exe")
        await mia.say("It arrived broken.", files=[file])
        shown = await mia.until(lambda: next((m for m in mia.messages.values() if m["attachments"]), None))

    (message,) = await service.messages(await service.ticket())
    (kept,) = message.attachments
    assert (kept.name, kept.mime, kept.size) == ("lampgnp.exe", "image/png", len(PNG))
    assert shown["attachments"][0]["size"] == len(PNG)


async def test_a_visitor_downloads_their_own_file_and_nobody_else_does(service: ChatService) -> None:
    async with service.visit() as mia:
        await mia.say("", files=[await upload(service, mia)])
        shown = await mia.until(lambda: next((m for m in mia.messages.values() if m["attachments"]), None))
        url = shown["attachments"][0]["url"]
        async with httpx.AsyncClient(base_url=service.url.replace("ws://", "http://")) as http:
            own, changed = (
                await http.get(url),
                await http.get(url.replace(f"visitor={_visitor(url)}", f"visitor={UUID(int=1)}")),
            )

    assert (own.status_code, own.content, changed.status_code) == (200, PNG, 404)
    assert own.headers["content-disposition"].startswith("attachment;")


async def test_a_message_of_a_file_alone_is_a_line_in_the_queue(service: ChatService) -> None:
    async with service.visit() as mia:
        await mia.say("", files=[await upload(service, mia)])

    assert (await service.ticket()).last_line == "lamp.png"


async def test_a_message_with_files_said_again_is_stored_once(service: ChatService) -> None:
    async with service.visit() as mia:
        file = await upload(service, mia)
        first = await mia.say("Look", client_id="c1", files=[file])
        await mia.drop()
        second = await mia.say("Look", client_id="c1", files=[file])

    (message,) = await service.messages(await service.ticket())
    assert (first.id, first.seq) == (second.id, second.seq)
    assert len(message.attachments) == 1


async def test_a_file_is_sent_once_and_only_by_who_uploaded_it(service: ChatService) -> None:
    async with service.visit() as mia, service.visit() as noa:
        file = await upload(service, mia)
        with pytest.raises(Refused, match="unknown_file"):
            await noa.say("Mine", files=[file])
        await mia.say("Mine", files=[file])
        with pytest.raises(Refused, match="unknown_file"):
            await mia.say("Again", files=[file])

    assert [len(await service.messages(each)) for each in await service.tickets()] == [1]


async def test_an_upload_needs_a_session_of_this_inbox_and_a_page_of_its_sites(service: ChatService) -> None:
    other = await service.add_inbox()
    async with service.visit() as mia:
        session = await session_of(mia)
        answers = [
            await post(service, None),
            await post(service, "x" * 43),
            await post(service, session, inbox_id=other.id),
            await post(service, session, origin="https://evil.example"),
            await post(service, session, origin=None),
            await post(service, session, inbox_id=UUID(int=1)),
        ]

    assert [each.status_code for each in answers] == [401, 401, 401, 403, 403, 404]


async def test_pages_of_the_sites_may_ask_from_another_origin_and_others_may_not(service: ChatService) -> None:
    asks = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    async with httpx.AsyncClient(base_url=service.url.replace("ws://", "http://")) as http:
        path = f"/chat/{service.inbox.id}/files"
        ours = await http.options(path, headers={**asks, "origin": SITE})
        other = await http.options(path, headers={**asks, "origin": "https://evil.example"})

    assert (ours.status_code, ours.headers["access-control-allow-origin"]) == (204, SITE)
    assert "access-control-allow-origin" not in other.headers
    assert "access-control-allow-credentials" not in ours.headers


async def test_a_refusal_can_be_read_by_the_page_that_asked(service: ChatService) -> None:
    async with service.visit() as mia:
        answer = await post(service, await session_of(mia), b"")

    assert answer.status_code == 422
    assert answer.headers["access-control-allow-origin"] == SITE
    assert answer.json()["code"] == "invalid"


async def test_a_file_over_the_inboxs_limit_is_refused_also_when_it_does_not_say_how_long_it_is(
    service: ChatService,
) -> None:
    small = await service.add_inbox(file_limit=1)

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(32):
            yield b"x" * 65_536

    async with service.visit(inbox_id=small.id) as mia:
        session = await session_of(mia)
        long = await post(service, session, b"x" * 1_000_001, inbox_id=small.id)
        chunked = await post(service, session, endless(), inbox_id=small.id)  # type: ignore[arg-type]  # a body in pieces
        welcome = await mia.frame("welcome")

    assert [long.status_code, chunked.status_code] == [413, 413]
    assert welcome["limits"] == {"text": 8000, "files": 5, "file": 1_000_000}


async def test_an_inbox_that_takes_no_files_says_so_and_refuses_them(service: ChatService) -> None:
    none = await service.add_inbox(files=False)
    async with service.visit(inbox_id=none.id) as mia:
        answer = await post(service, await session_of(mia), inbox_id=none.id)

        assert (await mia.frame("welcome"))["limits"]["files"] == 0
    assert answer.status_code == 403


async def test_who_uploads_too_often_waits(service: ChatService) -> None:
    async with service.visit() as mia:
        assert await refusals(service, mia, *[PNG] * 5) == [201, 201, 201, 201, 429]


async def test_who_uploads_too_much_in_a_day_waits(service: ChatService) -> None:
    async with service.visit() as mia:
        assert await refusals(service, mia, b"a" * 2_000_000, b"b" * 600_000, b"c" * 500_000, PNG) == [
            *(201, 413, 201, 429),
        ]


async def test_a_file_that_is_never_sent_is_gone_after_a_day_and_one_that_was_sent_stays(service: ChatService) -> None:
    blobs = service.services.blobs
    assert isinstance(blobs, BlobStore)
    async with service.visit() as mia:
        await upload(service, mia, b"never sent")
        await mia.say("Look", files=[await upload(service, mia, b"was sent")])
        (sent,) = (await service.messages(await service.ticket()))[0].attachments
        await service.upload(b"forgotten by a manager")

        gone = [await forget_abandoned(service.services.units, blobs, now=utc_now() + wait) for wait in (LATER, WAITS)]
        gone.append(await forget_abandoned(service.services.units, blobs, now=utc_now() + WAITS + LATER))
        gone.append(await forget_abandoned(service.services.units, blobs, now=utc_now() + OF_MANAGERS + LATER))

    assert gone == [0, 0, 1, 1]
    assert blobs.exists(sent.sha256)


async def test_a_content_that_is_kept_again_meanwhile_stays(service: ChatService) -> None:
    blobs = service.services.blobs
    assert isinstance(blobs, BlobStore)
    kept = await blobs.put(b"twice", limit=100)

    assert not await blobs.drop(kept.sha256, unless_kept_since=(utc_now() - LATER).timestamp())
    assert blobs.exists(kept.sha256)
    assert await blobs.drop(kept.sha256, unless_kept_since=(utc_now() + LATER).timestamp())
    assert not blobs.exists(kept.sha256)
