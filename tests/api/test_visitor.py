"""Visitors' chats over real sockets: nothing lost, nothing doubled, nothing private."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from inbox.api.visitor_limits import Limits
from inbox.app.presence import Whisper
from inbox.domain.ids import TicketId
from inbox.domain.manager import Availability
from inbox.domain.message import Delivery, Kind
from inbox.domain.ticket import State
from inbox.secrets import Vault
from inbox.testing.visitor import Visitor
from tests.api.chatting import ChatService, eventually, serving

OFTEN = Limits(messages=((10_000, 60.0),), frames=((10_000, 10.0),))


@pytest.fixture
async def service(dsn: str, vault: Vault, tmp_path: Path) -> AsyncIterator[ChatService]:
    async with serving(dsn, vault, tmp_path, OFTEN) as service:
        yield service


def team(guest: Visitor) -> list[str]:
    """What the team said, as this visitor has it, in the order of the log."""
    return [m["text"] for _, m in sorted(guest.messages.items()) if m["from"]["side"] == "team"]


def own(guest: Visitor) -> list[str]:
    return [m["text"] for _, m in sorted(guest.messages.items()) if m["from"]["side"] == "visitor"]


async def test_a_visitors_word_is_a_ticket_and_the_answer_comes_back(service: ChatService) -> None:
    async with service.visit() as mia:
        said = await mia.say("When does my lamp arrive?")
        await service.answer("In May.")
        answer = await mia.hears("May")

    ticket = await service.ticket()
    assert (said.seq, said.ticket) == (1, str(ticket.id))
    assert answer["from"] == {"side": "team", "name": "Tom"}


async def test_an_answer_to_a_chat_counts_as_sent_at_once(service: ChatService) -> None:
    async with service.visit() as mia:
        await mia.say("Hello?")

        assert (await service.answer("Hello!")).delivery is Delivery.SENT


async def test_a_message_said_twice_is_acknowledged_again_and_stored_once(service: ChatService) -> None:
    async with service.visit() as mia:
        first = await mia.say("Hello?", client_id="c1")
        second = await mia.say("Hello?", client_id="c1")

    assert (first.id, first.seq) == (second.id, second.seq)
    assert len(await service.messages(await service.ticket())) == 1


async def test_what_was_missed_in_a_tunnel_is_told_afterwards_once_and_in_order(service: ChatService) -> None:
    async with service.visit() as mia:
        await mia.say("Hello?")
        await mia.drop()
        for n in range(70):
            await service.answer(f"answer {n:02}")
        await mia.hears("answer 69")

        assert team(mia) == [f"answer {n:02}" for n in range(70)]
        assert [f["seq"] for f in mia.frames if f["type"] == "message"] == list(range(1, 72))


async def test_sixty_lost_connections_lose_and_double_nothing(service: ChatService) -> None:
    async with service.visit() as mia, asyncio.TaskGroup() as group:
        acks = [mia.put(f"m{n:03}") for n in range(120)]

        async def tunnels() -> None:
            for _ in range(60):
                await asyncio.sleep(0.02)
                await mia.drop()

        group.create_task(tunnels())
        said = await asyncio.gather(*acks)

    stored = await service.messages(await service.ticket())
    assert [m.text for m in stored] == [f"m{n:03}" for n in range(120)]
    assert [one.seq for one in said] == list(range(1, 121))
    assert mia.connections > 10


async def test_who_comes_back_with_their_session_finds_their_conversation(service: ChatService) -> None:
    async with service.visit() as mia:
        await mia.say("Hello?")
        await service.answer("Hello!")
        await mia.hears("Hello!")

    async with service.visit(session=mia.session) as later:
        history = await later.frame("history")

    assert [m["text"] for m in history["messages"]] == ["Hello?", "Hello!"]
    assert history["more"] is False


async def test_a_long_conversation_is_shown_from_its_end_and_paged_backwards(service: ChatService) -> None:
    async with service.visit() as mia:
        for n in range(60):
            await mia.say(f"m{n}")

    async with service.visit(session=mia.session) as later:
        newest = await later.frame("history")
        later.frames.clear()
        await later.send("history", before=newest["messages"][0]["seq"])
        older = await later.frame("history")

    assert [m["seq"] for m in newest["messages"]] == list(range(11, 61))
    assert [m["seq"] for m in older["messages"]] == list(range(1, 11))
    assert (newest["more"], older["more"]) == (True, False)


async def test_a_client_that_claims_to_be_ahead_of_the_log_gets_the_log(service: ChatService) -> None:
    async with service.visit() as mia:
        said = await mia.say("Hello?")

    async with service.visit(session=mia.session, ticket=said.ticket, seen=500) as later:
        welcome = await later.frame("welcome")
        await later.frame("history")

    assert welcome["since"] == 1


async def test_another_tab_of_the_same_visitor_sees_both_sides(service: ChatService) -> None:
    async with service.visit() as mia:
        await mia.frame("welcome")
        async with service.visit(session=mia.session) as tab:
            await tab.frame("welcome")
            await mia.say("Hello?")
            await service.answer("Hello!")
            await tab.hears("Hello!")

            assert own(tab) == ["Hello?"]


async def test_after_a_week_a_new_word_begins_a_new_ticket_and_the_client_is_told(service: ChatService) -> None:
    async with service.visit() as mia:
        first = await mia.say("Hello?")
        await service.turn(State.SOLVED)
        await _backdate(service)
        second = await mia.say("Another question")
        await service.answer("Go on")
        await mia.hears("Go on")

    assert second.ticket != first.ticket
    assert second.seq == 1
    assert len(await service.tickets()) == 2


async def _backdate(service: ChatService) -> None:
    async with service.services.units.session() as session:  # type: ignore[attr-defined]  # the store's own Units
        await session.driver.execute("update tickets set solved_at = now() - interval '8 days'")


async def test_two_visitors_never_see_each_other(service: ChatService) -> None:
    async with service.visit() as mia, service.visit() as noa:
        await mia.say("Mia here")
        await noa.say("Noa here")
        await service.answer("For Noa")
        await noa.hears("For Noa")

        assert (team(mia), own(mia)) == ([], ["Mia here"])
        assert "Mia" not in str(noa.frames)


async def test_nothing_internal_reaches_the_visitor(service: ChatService) -> None:
    async with service.visit() as mia:
        await mia.say("Hello?")
        await service.note("He always complains; see the invoice of tom@example.org")
        await service.turn(State.WAITING)
        await service.answer("Hello!")
        await mia.hears("Hello!")

        seen = str(mia.frames)
        assert all(
            word not in seen for word in ("complains", "tom@example.org", str(service.tom.id), "assignee", "waiting")
        )
        assert mia.seen == 3  # her word, a state that she is not told the name of, the answer


async def test_the_visitor_learns_that_the_matter_is_settled_and_that_it_is_open_again(service: ChatService) -> None:
    async with service.visit() as mia:
        await mia.say("Hello?")
        await service.answer("Done.", solve=True)
        update = await mia.frame("update")
        await mia.say("One more thing")

    assert update["state"] == "solved"
    assert (await service.ticket()).state is State.OPEN


async def test_typing_is_told_both_ways_and_stored_nowhere(service: ChatService) -> None:
    heard: list[dict[str, object]] = []
    service.services.presence.listen(lambda whisper: heard.append(whisper.frame))
    async with service.visit() as mia:
        said = await mia.say("Hello?")
        await mia.send("typing", on=True)
        await eventually(lambda: bool(heard))
        _whisper_of_tom(service, said.ticket or "")
        typing = await mia.frame("typing")

    assert heard[0]["by"] == {"kind": "contact", "id": str((await service.ticket()).contact_id), "name": ""}
    assert (typing["on"], typing["name"]) == (True, "Tom")


def _whisper_of_tom(service: ChatService, ticket_id: str) -> None:
    by = {"kind": "manager", "id": str(service.tom.id), "name": "Tom"}
    frame = {"type": "typing", "ticket_id": ticket_id, "by": by, "on": True}
    service.services.presence.whisper(Whisper(TicketId(UUID(ticket_id)), service.inbox.id, frame, visitor_too=True))


async def test_a_read_answer_counts_as_delivered(service: ChatService) -> None:
    async with service.visit() as mia:
        await mia.say("Hello?")
        await service.answer("Hello!")
        shown = await mia.hears("Hello!")
        await mia.send("read", seq=shown["seq"])

        async def is_delivered() -> bool:
            return (await service.messages(await service.ticket()))[1].delivery is Delivery.DELIVERED

        await eventually(is_delivered)


async def test_a_visitor_who_ends_an_answered_chat_solves_it(service: ChatService) -> None:
    async with service.visit() as mia:
        await mia.say("Hello?")
        await service.answer("Hello!")
        await mia.send("end")
        await mia.frame("update")

    assert (await service.ticket()).state is State.SOLVED


async def test_a_question_stays_open_when_the_visitor_leaves(service: ChatService) -> None:
    async with service.visit() as mia:
        await mia.say("Hello?")
        await mia.send("end")
        await mia.send("ping")
        await mia.frame("pong")

    assert (await service.ticket()).state is State.OPEN


async def test_a_rating_is_a_note_for_the_team(service: ChatService) -> None:
    async with service.visit() as mia:
        await mia.say("Hello?")
        await mia.send("rate", score=4, comment="quick")
        await mia.send("ping")
        await mia.frame("pong")

    note = (await service.messages(await service.ticket()))[1]
    assert (note.kind, note.text) == (Kind.NOTE, "★★★★☆ quick")


async def test_a_visitor_is_told_honestly_whether_somebody_is_there(service: ChatService) -> None:
    async with service.visit() as mia:
        assert (await mia.frame("welcome"))["queue"] == {"online": True}
        await service.be(Availability.OFFLINE)
        gone = await mia.frame("queue")
        said = await mia.say("Hello?")

    assert gone["online"] is False
    assert said.seq == 1  # a message is a ticket all the same


async def test_the_page_and_its_campaign_are_known_at_the_desk(service: ChatService) -> None:
    page = {"url": "https://crowd.example/p/lumi?token=secret", "title": "LUMI", "campaign": "lumi"}
    async with service.visit(page=page, locale="de-DE") as mia:
        await mia.say("Hallo?")

    ticket = await service.ticket()
    message = (await service.messages(ticket))[0]
    assert (ticket.campaign_key, ticket.language) == ("lumi", "de-DE")
    assert message.meta["permalink"] == "https://crowd.example/p/lumi"


async def test_a_visitor_is_told_what_the_team_has_read_now_and_when_they_come_back(service: ChatService) -> None:
    async with service.visit() as mia:
        await mia.say("Hello?")
        await service.note("A note counts in our order, not in hers")
        await mia.say("Are you there?")
        ticket = await service.ticket()
        async with service.services.units() as unit:
            place = await unit.visitors.team_read(ticket.id, 2, now=service.services.clock())
            again = await unit.visitors.team_read(ticket.id, 1, now=service.services.clock())
        frame = {"type": "read", "seq": place}
        service.services.presence.whisper(Whisper(ticket.id, ticket.inbox_id, frame, visitor_too=True))
        await mia.frame("read")
        session = mia.session
    async with service.visit(session=session) as mia:
        later = await mia.frame("read")

    assert (place, again, later["seq"]) == (1, None, 1)
