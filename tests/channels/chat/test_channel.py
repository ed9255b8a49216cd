"""The chat channel: which pages may open it, what it says, whom it believes."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from inbox.channel.contract import Channel, Visits
from inbox.channel.host import Dialer, Host, Http
from inbox.channel.model import Outgoing
from inbox.domain.contact import Claim, IdentityKind
from inbox.domain.ids import InboxId, MessageId, TicketId
from inbox.domain.message import Delivery
from inbox.errors import Invalid, SignatureRejected
from inbox_chat import ChatChannel, ChatConfig
from inbox_chat.channel import ChatConnection

INBOX = InboxId(UUID("019aa000-0000-7000-8000-000000000001"))
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


class NoWire:
    """The wire that a chat inbox never uses."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"a chat inbox asked for {name}")


def host() -> Host:
    wire: Any = NoWire()
    http: Http = wire
    dialer: Dialer = wire
    log: Any = logging.getLogger("chat")
    return Host(INBOX, http, dialer, lambda: NOW, log, b"key", "https://desk.example.org")


def opened(**settings: Any) -> ChatConnection:
    return ChatConnection(ChatConfig.model_validate(settings), host())


def outgoing() -> Outgoing:
    return Outgoing(MessageId(UUID(int=1)), TicketId(UUID(int=2)), INBOX, "Hello", NOW, "Tom")


def test_the_channel_and_its_connection_keep_the_contract() -> None:
    channel: Channel[ChatConfig] = ChatChannel()

    assert channel.capabilities.live
    assert isinstance(opened(), Visits)


async def test_a_committed_message_is_sent() -> None:
    async with ChatChannel().open(ChatConfig(), host()) as connection:
        receipt = await connection.send(outgoing())

    assert receipt.delivery is Delivery.SENT


async def test_an_inbox_without_sites_is_not_healthy_and_says_which_setting_is_missing() -> None:
    assert (await opened().check()).field == "sites"
    assert (await opened(sites=["https://crowd.example"]).check()).ok


@pytest.mark.parametrize(
    ("site", "origin"),
    [
        ("https://crowd.example/projects?x=1", "https://crowd.example"),
        ("https://Crowd.Example:443", "https://crowd.example"),
        ("http://crowd.example:8080/", "http://crowd.example:8080"),
        ("https://grün.example", "https://xn--grn-ioa.example"),
        ("http://[::1]:8000/demo/", "http://[::1]:8000"),
    ],
)
def test_a_site_is_known_by_its_origin(site: str, origin: str) -> None:
    assert opened(sites=[site]).origin_allowed(origin)


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "",
        "null",
        "https://evil.example",
        "http://crowd.example",
        "https://crowd.example.evil.example",
        "https://crowd.example:8443",
        "https://crowd.example/",
    ],
)
def test_another_origin_is_refused(origin: str | None) -> None:
    assert not opened(sites=["https://crowd.example"]).origin_allowed(origin)


def test_our_own_pages_may_open_the_chat() -> None:
    assert opened().origin_allowed("https://desk.example.org")


@pytest.mark.parametrize(
    "site",
    ["crowd.example", "javascript:alert(1)", "https://", "https://user:secret@crowd.example", "file:///etc/passwd"],
)
def test_what_is_no_site_is_refused_in_the_settings(site: str) -> None:
    with pytest.raises(ValidationError):
        opened(sites=[site])


def test_the_greeting_speaks_the_visitors_language() -> None:
    connection = opened(greeting_de="Moin!", greeting_en="Hi!", form="name")

    assert connection.greeting("de-AT")["text"] == "Moin!"
    assert connection.greeting("fr")["text"] == "Hi!"
    assert connection.greeting("en")["form"] == [{"name": "name", "required": True}]


def test_a_greeting_never_holds_the_secret() -> None:
    connection = opened(platform="crowd.example", identity_secret="s" * 32)

    assert "s" * 32 not in str(connection.greeting("en"))


def test_nobody_has_to_say_who_they_are_without_a_form() -> None:
    assert opened().identify(None, {}).claims == ()


def test_an_address_that_was_only_typed_is_not_verified() -> None:
    sender = opened(form="name_email").identify(None, {"name": " Greta \n M. ", "email": "greta@example.org"})

    assert sender.claims == (Claim(IdentityKind.EMAIL, "greta@example.org", verified=False),)
    assert sender.name == "Greta M."


def test_an_address_may_be_left_where_none_is_asked_for() -> None:
    assert opened().identify(None, {"email": "greta@example.org"}).claims


@pytest.mark.parametrize("form", [{}, {"name": "Greta"}, {"name": " ", "email": "greta@example.org"}])
def test_a_required_answer_may_not_be_missing(form: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        opened(form="name_email").identify(None, form)


@pytest.mark.parametrize(
    "address", ["greta", "greta@", "@example.org", "a@b", "a b@example.org", "a@b.c,d@e.f", "<a@b.c>", "a@b..c"]
)
def test_an_impossible_address_is_refused(address: str) -> None:
    with pytest.raises(Invalid, match="no e-mail address"):
        opened().identify(None, {"email": address})


def test_a_false_token_is_never_taken_for_an_anonymous_visitor() -> None:
    with pytest.raises(SignatureRejected):
        opened().identify("a.b.c", {"name": "Greta"})


@pytest.mark.parametrize(
    "settings",
    [
        {"platform": "p", "identity_secret": "short"},
        {"identity_secret": "s" * 32},
        {"unknown": 1},
        {"color": "red"},
        {"privacy_url": "javascript:x"},
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ChatConfig.model_validate(settings)


def test_every_setting_has_words_in_both_languages() -> None:
    for name, field in ChatConfig.model_json_schema()["properties"].items():
        assert all([field["title"], field["description"], field["de"]["title"], field["de"]["description"]]), name
