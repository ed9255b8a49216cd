"""The demo's story is the same every time, has everything in it, and names nobody real."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from inbox.demo.cast import CAMPAIGNS, CLIENTS, LANGUAGES, MANAGERS, crowd
from inbox.demo.phrases import about
from inbox.demo.scenario import CallFact, ChatLine, Comment, Mail, Said, told
from inbox_telephony.numbers import e164

START = datetime(2026, 3, 25, 9, 0, tzinfo=UTC)


def story(seed: int = 1, *, length: int = 1500) -> list[Said]:
    return list(islice(told(seed, start=START, gap=timedelta(seconds=6)), length))


STORY = story()


def test_a_seed_always_tells_the_same_story() -> None:
    assert story() == STORY
    assert story(2) != STORY


def test_the_story_goes_forward() -> None:
    assert [said.at for said in STORY] == sorted(said.at for said in STORY)
    assert STORY[0].at == START


@pytest.mark.parametrize("kind", [Comment, ChatLine, Mail, CallFact])
def test_every_channel_is_used_in_every_campaign(kind: type[Said]) -> None:
    assert {said.campaign.key for said in STORY if isinstance(said, kind)} == {c.key for c in CAMPAIGNS}


@pytest.mark.parametrize("language", LANGUAGES)
def test_enough_different_things_are_said_in_every_language(language: str) -> None:
    assert len({said.text for said in story(length=4000) if said.language == language}) >= 60


@pytest.mark.parametrize("campaign", [c.key for c in CAMPAIGNS])
def test_every_topic_is_worded_in_every_language(campaign: str) -> None:
    phrases = about(campaign)

    for topic in phrases.topics.values():
        assert all(topic.texts[language] and topic.subject[language] for language in LANGUAGES), topic.key
    assert {key for thread in phrases.threads for key in thread.topics} <= phrases.topics.keys()


def test_a_comment_answers_only_what_was_said_before_in_its_thread() -> None:
    seen: dict[str, str] = {}
    answers = 0
    for said in STORY:
        if not isinstance(said, Comment):
            continue
        seen.setdefault(said.id, said.thread.id)
        answers += said.parent is not None
        assert said.parent is None or seen[said.parent] == said.thread.id
    assert answers > 20


def test_a_changed_comment_was_there_before() -> None:
    comments = [said for said in STORY if isinstance(said, Comment)]
    changed = [said for said in comments if said.kind != "comment.created"]

    assert {said.kind for said in changed} == {"comment.edited", "comment.deleted"}
    assert all(any(c.id == said.id and c.version < said.version for c in comments) for said in changed)


def test_every_call_that_rang_ends() -> None:
    facts = [said for said in story(length=4000) if isinstance(said, CallFact)]
    rang = {fact.call_id for fact in facts[:200] if fact.event == "ringing"}

    assert rang <= {fact.call_id for fact in facts if fact.event in {"ended", "missed", "voicemail"}}


def test_a_reminder_answers_the_persons_own_mail() -> None:
    mails = {said.message_id: said for said in story(length=4000) if isinstance(said, Mail)}
    reminders = [mail for mail in mails.values() if mail.answers]

    assert reminders
    assert all(mails[mail.answers or ""].author == mail.author for mail in reminders)


def test_ids_are_never_used_twice() -> None:
    created = [said.id for said in STORY if isinstance(said, Comment) and said.kind == "comment.created"]
    mails = [said.message_id for said in STORY if isinstance(said, Mail)]

    assert len(created) == len(set(created))
    assert len(mails) == len(set(mails))


def test_nobody_of_the_crowd_is_real() -> None:
    people = crowd(1)

    assert len(people) == len({person.email for person in people}) == 120
    assert all(re.fullmatch(r"[a-z.]+\.\d+@post\.example", person.email) for person in people)
    phones = [person.phone for person in people if person.phone]
    assert len(phones) == len(set(phones))
    assert all(e164(person.phone, "DE") == person.phone for person in people if person.phone)
    assert all(re.search(r"@[a-z]+\.example$", manager.email) for manager in MANAGERS)


def test_some_people_of_the_crowd_have_the_same_name() -> None:
    names = [person.name for person in crowd(1)]

    assert names.count("Lena Meyer") == names.count("Jan Wolf") == 2


def test_no_address_leads_anywhere() -> None:
    domains = {found for said in STORY for found in re.findall(r"[\w-]+\.[a-z]{2,}\b", said.text) if "." in found}

    assert all(domain.endswith(".example") for domain in domains)


def test_every_campaign_has_a_client_and_a_line_of_its_own() -> None:
    assert {campaign.client for campaign in CAMPAIGNS} == {client.key for client in CLIENTS}
    assert len({campaign.line for campaign in CAMPAIGNS}) == len(CAMPAIGNS)
