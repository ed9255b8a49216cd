"""A text gets its language when it comes in, tickets follow it, and people are known by theirs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from inbox.app.contacts import change_contact, put_contact
from inbox.app.intake import Door, take_message
from inbox.app.languages import Languages
from inbox.app.opened import Opened
from inbox.app.receive import Taken
from inbox.app.routing import Routing
from inbox.channel.model import File, Received
from inbox.detector import Ngrams
from inbox.domain.campaign import Campaign
from inbox.domain.contact import Contact, LanguageBy
from inbox.domain.ids import CampaignId, new_id
from inbox.domain.inbox import Inbox
from inbox.domain.languages import named
from inbox.domain.manager import Manager
from inbox.domain.message import Attachment
from inbox.domain.ticket import Ticket
from inbox.store.unit_of_work import Units
from tests.app.conftest import CAPABILITIES, NOW, comment, person

FRENCH = "Bonjour, je ne trouve plus ma facture, pouvez-vous me la renvoyer ?"
ENGLISH = "Could you please tell me when the parcel is going to arrive?"
GERMAN = "Wann kommt denn endlich mein Paket an?"

Write = Callable[..., Awaitable[Taken]]


class _Nothing:
    """Keeps no files: none come here."""

    async def keep(self, file: File) -> Attachment:
        raise NotImplementedError

    async def keep_pieces(self, name: str, pieces: AsyncIterator[bytes], *, limit: int) -> Attachment:
        raise NotImplementedError


@pytest.fixture
async def languages(units: Units) -> Languages:
    """The languages of a house that runs a campaign in French beside the desk's own."""
    heard = Languages(Ngrams())
    async with units() as unit:
        await unit.campaigns.add(Campaign(CampaignId(new_id()), "lumi", "Lumi", languages=("fr-FR",)))
    async with units.reading() as unit:
        await heard.refresh(unit)
    return heard


@pytest.fixture
def write(units: Units, inboxes: dict[str, Inbox], languages: Languages) -> Write:
    """Let somebody write through a channel, as an edge does."""
    nowhere: Any = None
    door = Door(units, nowhere, _Nothing(), lambda: NOW, languages=languages)

    async def written(text: str, *, to: str = "comments", **more: object) -> Taken:
        channel: Any = type("Channel", (), {"capabilities": CAPABILITIES[to]})()
        said = replace(comment(f"c-{new_id()}", text), **more)  # type: ignore[arg-type]  # a test's builder
        return await take_message(door, Opened(inboxes[to], channel, channel), said)

    return written


def of(taken: Taken) -> tuple[Ticket, str | None]:
    assert taken.ticket is not None
    assert taken.message is not None
    return taken.ticket, taken.message.language


async def contact_of(units: Units, taken: Taken) -> Contact:
    assert taken.message is not None
    assert taken.message.contact_id is not None
    async with units.reading() as unit:
        return await unit.contacts.find(taken.message.contact_id)


async def set_by_hand(units: Units, taken: Taken, language: str) -> None:
    known = await contact_of(units, taken)
    async with units() as unit:
        await change_contact(unit, known, named(known, language, LanguageBy.PERSON))


@pytest.mark.parametrize("channel", ["comments", "chat", "email"])
async def test_a_message_is_stored_with_its_language_and_the_ticket_has_it(
    units: Units, write: Write, channel: str
) -> None:
    taken = await write(FRENCH, to=channel)

    ticket, language = of(taken)
    assert (ticket.language, language) == ("fr", "fr")
    async with units.reading() as unit:
        (stored,) = await unit.messages.since(ticket.id, 0)
    assert stored.language == "fr"


async def test_a_ticket_follows_the_last_clear_text_and_not_a_thumb(write: Write) -> None:
    await write(GERMAN)
    second, _ = of(await write(ENGLISH, sender=person("Mira")))
    third, unknown = of(await write("👍 ok"))

    assert second.language == "en"
    assert (third.language, unknown) == ("en", None)


async def test_a_text_in_a_language_not_in_use_is_unknown(write: Write) -> None:
    ticket, language = of(await write("Hola, ¿cuándo llega mi paquete? No he recibido nada"))

    assert (ticket.language, language) == (None, None)


async def test_a_language_counts_as_soon_as_a_manager_speaks_it(
    units: Units, write: Write, languages: Languages, aylin: Manager
) -> None:
    async with units() as unit:
        await unit.managers.save(replace(await unit.managers.find(aylin.id), languages=("es",)))
    async with units.reading() as unit:
        await languages.refresh(unit)

    _, language = of(await write("Hola, ¿cuándo llega mi paquete? No he recibido nada"))

    assert language == "es"


async def test_what_the_source_says_stands_where_the_text_says_nothing(write: Write) -> None:
    ticket, language = of(await write("1234", language="pt-BR"))

    assert (ticket.language, language) == ("pt-BR", None)


async def test_what_the_source_says_is_corrected_by_a_clear_text(write: Write) -> None:
    ticket, language = of(await write(ENGLISH, language="de"))

    assert (ticket.language, language) == ("en", "en")


async def test_a_source_that_knows_the_country_too_is_kept(write: Write) -> None:
    ticket, language = of(await write(GERMAN, language="de-AT"))

    assert (ticket.language, language) == ("de-AT", "de")


async def test_an_automatic_answer_changes_no_language(units: Units, write: Write) -> None:
    await write(GERMAN)

    taken = await write("I am out of the office until Monday and will read your mail then.", wants_answer=False)

    assert of(taken)[0].language == "de"
    assert (await contact_of(units, taken)).heard == "de"


async def test_two_texts_that_agree_tell_a_persons_language(units: Units, write: Write) -> None:
    first = await contact_of(units, await write(FRENCH))
    second = await contact_of(units, await write("Merci beaucoup, mais le lien ne marche toujours pas"))

    assert (first.language, first.heard) == (None, "fr")
    assert (second.language, second.language_by) == ("fr", LanguageBy.TEXTS)


async def test_two_texts_that_differ_tell_nothing_of_a_person(units: Units, write: Write) -> None:
    await write(FRENCH)

    known = await contact_of(units, await write(ENGLISH))

    assert (known.language, known.heard) == (None, "en")


async def test_two_texts_correct_what_the_platform_said(units: Units, write: Write) -> None:
    sender = replace(person("Greta"), language="de")
    await write(ENGLISH, sender=sender)

    known = await contact_of(units, await write("It still has not arrived, what is going on?", sender=sender))

    assert (known.language, known.language_by) == ("en", LanguageBy.TEXTS)


async def test_what_a_person_set_is_never_changed_by_texts_or_by_the_platform(units: Units, write: Write) -> None:
    taken = await write(ENGLISH)
    await set_by_hand(units, taken, "fr")

    await write(ENGLISH)
    await write("It still has not arrived, what is going on?")
    async with units() as unit:
        await put_contact(unit, person("Greta").claims, name="Greta", language="de", now=NOW)

    known = await contact_of(units, taken)
    assert (known.language, known.language_by) == ("fr", LanguageBy.PERSON)


async def test_the_language_that_a_person_set_decides_where_the_text_does_not(units: Units, write: Write) -> None:
    taken = await write(FRENCH)
    await set_by_hand(units, taken, "fr")

    _, language = of(await write("merci!"))

    assert language == "fr"


async def test_somebody_being_changed_at_this_moment_keeps_nobody_waiting(units: Units, write: Write) -> None:
    known = await contact_of(units, await write(FRENCH))
    async with units() as unit:
        await unit.contacts.save(replace(known, name="Greta Müller"))

        taken = await write(FRENCH, thread="another")

    assert of(taken)[1] == "fr"
    assert (await contact_of(units, taken)).language is None


async def test_the_languages_of_the_campaign_decide_where_the_text_does_not(
    units: Units, inboxes: dict[str, Inbox], languages: Languages
) -> None:
    async with units() as unit:
        campaign = await unit.campaigns.add(Campaign(CampaignId(new_id()), "kite", "Kite", languages=("en",)))
    routing, nowhere = Routing(), cast("Any", None)
    await routing.refresh(units)
    door = Door(units, nowhere, _Nothing(), lambda: NOW, languages=languages, routing=routing)
    channel: Any = type("Channel", (), {"capabilities": CAPABILITIES["comments"]})()
    plain, of_campaign = inboxes["comments"], replace(inboxes["comments"], campaign_id=campaign.id)

    before = await take_message(door, Opened(plain, channel, channel), comment("c-1", "sorry", thread="a"))
    after = await take_message(door, Opened(of_campaign, channel, channel), comment("c-2", "sorry", thread="b"))

    assert (of(before)[1], of(after)[1]) == (None, "en")


async def test_what_we_write_ourselves_is_not_heard(languages: Languages) -> None:
    ours = Received(external_id="x", sender=person("Aylin"), at=NOW, text=FRENCH, outbound=True)

    assert languages.hear(ours).weights == {}
