"""Who is let into a chat, who they are taken for, and who is shown out."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from inbox.api.visitor_hub import VisitorHub
from inbox.api.visitor_limits import Limits, Paces, counted_address
from inbox.domain.contact import Claim, Contact, IdentityKind
from inbox.domain.events import EventType, NewEvent
from inbox.domain.ids import ContactId, new_id
from inbox.domain.inbox import Inbox
from inbox.secrets import Vault
from inbox.testing.visitor import Refused
from inbox_chat.identity import write_token
from tests.api.chatting import SITE, ChatService, eventually, serving

SECRET = "a-secret-of-the-platform-32-characters"
SIGNING = {"platform": "crowd.example", "identity_secret": SECRET}
STRICT = Limits(messages=((3, 1.0),), frames=((30, 10.0),), hello=0.3, silence=5.0, send=0.5, sockets_of_visitor=2)


@pytest.fixture
async def service(dsn: str, vault: Vault, tmp_path: Path) -> AsyncIterator[ChatService]:
    async with serving(dsn, vault, tmp_path, STRICT) as service:
        yield service


def token(inbox: Inbox, subject: str, **claims: object) -> str:
    start = int(time.time())
    usual = {"sub": subject, "aud": str(inbox.id), "iat": start, "exp": start + 600}
    return write_token({**usual, **claims}, secret=SECRET)


async def knock(service: ChatService, *frames: str | bytes, origin: str | None = SITE, inbox: object = None) -> int:
    """Open a bare socket, send these frames as they are, and return the code with which it is closed."""
    url = f"{service.url}/chat/{inbox or service.inbox.id}"
    async with connect(url, origin=Origin(origin) if origin else None, compression=None) as wire:
        for frame in frames:
            await wire.send(frame)
        return await closed_with(wire)


async def closed_with(wire: ClientConnection) -> int:
    try:
        async with asyncio.timeout(5):
            while True:
                await wire.recv()
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 1006


def hello(**fields: object) -> str:
    return orjson.dumps({"type": "hello", **fields}).decode()


# ------------------------------------------------------------------------------------------------------- the door


@pytest.mark.parametrize(
    "origin", [None, "null", "https://evil.example", "http://crowd.example", "https://crowd.example.evil.example"]
)
async def test_a_page_of_another_site_is_shown_out(service: ChatService, origin: str | None) -> None:
    assert await knock(service, hello(), origin=origin) == 4403


async def test_our_own_pages_are_let_in_under_whatever_name_they_are_reached(service: ChatService) -> None:
    own = service.url.replace("ws://", "http://")

    async with service.visit(origin=own) as mia:
        assert await mia.frame("welcome")


async def test_an_inbox_that_is_no_chat_or_is_not_there_is_unknown(service: ChatService) -> None:
    comments = await service.add_inbox("comments", secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

    assert await knock(service, hello(), inbox=comments.id) == 4404
    assert await knock(service, hello(), inbox="019aa000-0000-7000-8000-000000000001") == 4404


@pytest.mark.parametrize("frame", ["", "[]", "{}", '{"type":"ping"}', '{"type":"message","client_id":"a","text":"x"}'])
async def test_whoever_does_not_say_hello_first_is_shown_out(service: ChatService, frame: str) -> None:
    assert await knock(service, frame) == 4400


async def test_whoever_says_nothing_is_shown_out(service: ChatService) -> None:
    assert await knock(service) == 4503


async def test_whoever_falls_silent_is_shown_out_and_may_come_back(service: ChatService) -> None:
    service.app.state.visitor_limits = replace(STRICT, silence=0.4)

    assert await knock(service, hello()) == 4503


async def test_binary_frames_are_refused(service: ChatService) -> None:
    assert await knock(service, b"\x00\xff") == 1003
    assert await knock(service, hello(), b"\x00\xff") == 1003


async def test_a_frame_over_every_limit_ends_the_socket(service: ChatService) -> None:
    assert await knock(service, hello(), "x" * 100_000) == 1009


async def test_nonsense_is_answered_ten_times_and_then_ends_the_socket(service: ChatService) -> None:
    assert await knock(service, hello(), *["nonsense"] * 10) == 4400


async def test_a_flood_of_frames_ends_the_socket(service: ChatService) -> None:
    assert await knock(service, hello(), *['{"type":"ping"}'] * 40) == 4429


async def test_messages_that_come_too_fast_wait_and_are_stored_in_order(service: ChatService) -> None:
    async with service.visit() as mia:
        said = await asyncio.gather(*[mia.put(f"m{n}") for n in range(5)])

    assert [one.seq for one in said] == [1, 2, 3, 4, 5]
    assert any(f["type"] == "error" and f["code"] == "rate_limited" and f["retry_after"] > 0 for f in mia.frames)


async def test_a_refused_message_leaves_the_socket_open(service: ChatService) -> None:
    async with service.visit() as mia:
        with pytest.raises(Refused, match="too_large"):
            await mia.say("x" * 8001)
        assert (await mia.say("shorter")).seq == 1


async def test_a_visitor_has_only_so_many_tabs(service: ChatService) -> None:
    async with service.visit() as mia:
        await mia.frame("welcome")
        async with service.visit(session=mia.session) as second:
            await second.frame("welcome")

            assert await knock(service, hello(session=mia.session)) == 4429


def test_an_address_gets_only_so_many_new_sessions_and_our_own_machine_is_none() -> None:
    sessions = Paces(((2, 60.0),))

    assert [bool(sessions.wait("203.0.113.7", now)) for now in (0.0, 1.0, 2.0, 61.0)] == [False, False, True, False]
    assert counted_address("127.0.0.1") is None
    assert counted_address("2001:db8:1:2:3::4") == counted_address("2001:db8:1:2:ffff::1")


# ------------------------------------------------------------------------------------------------ who they are


async def test_an_unknown_session_is_refused(service: ChatService) -> None:
    assert await knock(service, hello(session="guessed")) == 4401


async def test_a_session_of_another_inbox_is_refused(service: ChatService) -> None:
    other = await service.add_inbox()
    async with service.visit() as mia:
        await mia.frame("welcome")

    assert await knock(service, hello(session=mia.session), inbox=other.id) == 4401


async def test_a_lost_session_begins_anew_by_itself(service: ChatService) -> None:
    async with service.visit(session="gone") as mia:
        assert (await mia.say("Hello?")).seq == 1
        assert mia.session != "gone"


async def test_a_session_is_stored_as_its_hash_alone(service: ChatService) -> None:
    async with service.visit() as mia:
        await mia.frame("welcome")
        async with service.services.units.session() as session:  # type: ignore[attr-defined]  # the store's own Units
            stored = await session.driver.fetchval("select token_hash from visitors")

    assert len(mia.session or "") >= 43  # 256 bits
    assert (mia.session or "").encode() not in stored


async def test_an_anonymous_visitor_is_nobody_in_particular(service: ChatService) -> None:
    async with service.visit(form={"name": "The Mayor", "email": "mayor@example.org"}) as mia:
        await mia.say("Hello?")

    ticket = await service.ticket()
    contact = await _contact(service)
    assert (ticket.contact_name, ticket.contact_verified) == ("The Mayor", False)
    trusted = {i.kind: i.verified for i in contact.identities}
    assert trusted == {IdentityKind.VISITOR: True, IdentityKind.EMAIL: False}


async def test_a_typed_address_never_opens_what_its_owner_wrote(service: ChatService) -> None:
    inbox = await service.add_inbox(**SIGNING)
    async with service.visit(inbox_id=inbox.id, identity_token=token(inbox, "u-1", email="g@example.org")) as greta:
        await greta.say("My secret order 7")

    async with service.visit(inbox_id=inbox.id, form={"email": "g@example.org"}) as mallory:
        said = await mallory.say("Hello?")

    assert said.seq == 1
    assert len(await service.tickets()) == 2
    assert "secret order" not in str(mallory.frames)


async def test_a_member_whom_the_platform_signed_is_verified_and_known_on_every_device(service: ChatService) -> None:
    inbox = await service.add_inbox(**SIGNING)
    async with service.visit(inbox_id=inbox.id, identity_token=token(inbox, "u-1", name="Greta M.")) as phone:
        await phone.say("Hello?")
    async with service.visit(inbox_id=inbox.id, identity_token=token(inbox, "u-1", name="Greta M.")) as laptop:
        history = await laptop.frame("history")

    ticket = await service.ticket()
    assert (ticket.contact_name, ticket.contact_verified) == ("Greta M.", True)
    assert [m["text"] for m in history["messages"]] == ["Hello?"]


async def test_a_members_session_is_enough_when_their_token_has_run_out(service: ChatService) -> None:
    inbox = await service.add_inbox(**SIGNING, form="name_email")
    async with service.visit(inbox_id=inbox.id, identity_token=token(inbox, "u-1", name="Greta M.")) as mia:
        assert (await mia.frame("welcome"))["greeting"]["form"] == []
        await mia.drop()
        await eventually(lambda: mia.connections == 2)
        await mia.say("Hello?")

    assert (await service.ticket()).contact_verified


async def test_who_signs_in_during_a_chat_keeps_it(service: ChatService) -> None:
    inbox = await service.add_inbox(**SIGNING)
    async with service.visit(inbox_id=inbox.id) as mia:
        await mia.say("Hello?")
    async with service.visit(inbox_id=inbox.id, session=mia.session, identity_token=token(inbox, "u-1")) as later:
        await later.frame("history")
        await later.say("It is me")

    assert later.session == mia.session
    assert len(await service.tickets()) == 1


async def test_the_next_member_at_the_same_browser_sees_nothing_of_the_last(service: ChatService) -> None:
    inbox = await service.add_inbox(**SIGNING)
    async with service.visit(inbox_id=inbox.id, identity_token=token(inbox, "u-1")) as greta:
        await greta.say("My secret order 7")
    async with service.visit(inbox_id=inbox.id, session=greta.session, identity_token=token(inbox, "u-2")) as jonas:
        await jonas.say("Hello?")

    assert jonas.session != greta.session
    assert "secret order" not in str(jonas.frames)
    assert len(await service.tickets()) == 2


async def test_a_member_known_from_elsewhere_is_the_same_person(service: ChatService) -> None:
    inbox = await service.add_inbox(**SIGNING)
    known = Contact(id=ContactId(new_id()), name="Greta M.", created_at=service.services.clock())
    async with service.services.units() as unit:
        await unit.contacts.add(known, [Claim(IdentityKind.PLATFORM_USER, "u-1", scope="crowd.example")])
    async with service.visit(inbox_id=inbox.id, identity_token=token(inbox, "u-1")) as mia:
        await mia.say("Hello?")

    assert (await service.ticket()).contact_id == known.id


@pytest.mark.parametrize("claims", [{"aud": "another"}, {"exp": 1}, {"sub": ""}])
async def test_a_false_token_ends_the_socket(service: ChatService, claims: dict[str, object]) -> None:
    inbox = await service.add_inbox(**SIGNING)

    assert await knock(service, hello(identity_token=token(inbox, "u-1", **claims)), inbox=inbox.id) == 4402


async def test_a_required_form_comes_before_the_first_message(service: ChatService) -> None:
    inbox = await service.add_inbox(form="name_email")
    async with service.visit(inbox_id=inbox.id) as mia:
        with pytest.raises(Refused, match="form_required"):
            await mia.say("Hello?")
        await mia.send("introduce", form={"name": "Mia", "email": "mia@example.org"})
        await mia.frame("introduced")
        await mia.say("Hello?")

    assert (await service.ticket()).contact_name == "Mia"


async def test_who_leaves_an_address_later_is_named_at_the_desk(service: ChatService) -> None:
    async with service.visit() as mia:
        await mia.say("Hello?")
        await mia.send("introduce", form={"name": "Mia", "email": "mia@example.org"})
        await mia.frame("introduced")

    assert (await service.ticket()).contact_name == "Mia"
    assert ("mia@example.org", False) in {(i.value, i.verified) for i in (await _contact(service)).identities}


async def test_changed_settings_call_visitors_back_in(service: ChatService) -> None:
    async with service.visit() as mia:
        await mia.frame("welcome")
        async with service.services.units() as unit:
            stored = await unit.inboxes.find(service.inbox.id)
            saved = await unit.inboxes.save(stored)
            shown = {"inbox": {"version": saved.version}}
            unit.record(NewEvent(EventType.INBOX_CHANGED, saved.id, shown, inbox_id=saved.id))
        bye = await mia.frame("bye")
        await service.services.inboxes.forget(service.inbox.id)
        await eventually(lambda: sum(f["type"] == "welcome" for f in mia.frames) == 2)

    assert bye == {"type": "bye", "reason": "settings", "reconnect": True}


async def test_a_visitor_who_does_not_read_is_cut_off_and_others_are_served(service: ChatService) -> None:
    service.app.state.visitor_limits = replace(STRICT, silence=60.0)
    async with service.visit() as mia:
        await mia.say("Hello?")
        for _ in range(49):
            await service.answer("ß" * 7900)
        stalled = await _stalled(service, hello(session=mia.session))
        await eventually(lambda: _tabs(service) == 2)
        for _ in range(8):  # more than the buffers of the system between us
            await stalled.send('{"type":"history","before":51}')
        await service.answer("the last")
        await mia.hears("the last")

        await eventually(lambda: _tabs(service) == 1)
        stalled.transport.abort()
        assert mia.connections == 1


async def _stalled(service: ChatService, first: str) -> ClientConnection:
    """Return a socket with next to no buffer whose client has stopped reading."""
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    small.setblocking(False)
    host, port = service.url.removeprefix("ws://").split(":")
    await asyncio.get_running_loop().sock_connect(small, (host, int(port)))
    stalled = await connect(f"{service.url}/chat/{service.inbox.id}", origin=Origin(SITE), compression=None, sock=small)
    await stalled.send(first)
    stalled.transport.pause_reading()
    return stalled


def _tabs(service: ChatService) -> int:
    hub: VisitorHub = service.app.state.visitor_hub
    return hub.sockets(service.inbox.id)


async def _contact(service: ChatService) -> Contact:
    ticket = await service.ticket()
    assert ticket.contact_id is not None
    async with service.services.units.reading() as unit:
        return await unit.contacts.find(ticket.contact_id)


async def test_who_names_themselves_without_end_is_told_to_wait_and_leaves_few_names(
    dsn: str, vault: Vault, tmp_path: Path
) -> None:
    async with serving(dsn, vault, tmp_path, Limits(asides=((3, 60.0),))) as service, service.visit() as mia:
        await mia.say("Hello?")
        for n in range(6):
            await mia.send("introduce", form={"email": f"{n}@people.example"})
        refused = await mia.frame("error")
        contact_id = (await service.ticket()).contact_id
        async with service.services.units.reading() as unit:
            contact = await unit.contacts.find(contact_id or pytest.fail("nobody"))

    assert (refused["code"], refused["retry_after"] > 0) == ("rate_limited", True)
    assert len([each for each in contact.identities if each.kind == "email"]) == 3
