"""What comment events become."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from inbox.channel.model import CampaignRef, Received
from inbox.domain.contact import Claim, IdentityKind
from inbox.domain.ids import MessageId, new_id
from inbox.errors import MessageUnreadable
from inbox.testing.fakes import NOON
from inbox.testing.hooks import comment_event
from inbox.testing.sample import original
from inbox_comments.config import CommentsConfig
from inbox_comments.event import understood


def read(event: object, **settings: Any) -> tuple[Received, ...]:
    return understood(original(orjson.dumps(event)), CommentsConfig(**settings))


def one(event: object, **settings: Any) -> Received:
    (received,) = read(event, **settings)
    return received


def changed(path: str, value: object, **event: Any) -> dict[str, Any]:
    """Return a comment event with one field, given by its pointer, changed."""
    made = comment_event(**event)
    place: Any = made
    *way, last = path.strip("/").split("/")
    for step in way:
        place = place[step]
    place[last] = value
    return made


def test_a_comment_carries_all_that_a_manager_needs() -> None:
    received = one(comment_event(parent="c-0", reply_url="https://crowd.example/r"))

    assert received.external_id == "c-1"
    assert received.parent == "c-0"
    assert received.text == "Wann kommt die Auszahlung?"
    assert received.thread == "mitmachwerk.example/update-3"
    assert received.thread_title == "Update 3"
    assert received.version == 1
    assert received.at == NOON
    assert received.language == "de"
    assert received.campaign == CampaignRef("lumi", title="Lumi")
    assert received.meta["reply"]["url"] == "https://crowd.example/r"
    assert received.meta["permalink"] == "https://mitmachwerk.example/update-3#c-1"


def test_an_author_is_known_by_their_id_on_the_platform() -> None:
    sender = one(comment_event()).sender

    assert sender.claims == (Claim(IdentityKind.PLATFORM_USER, "u-17", scope="mitmachwerk.example"),)
    assert sender.name == "Greta M."


@pytest.mark.parametrize("verified", [True, False])
def test_an_address_is_only_as_sure_as_the_platform_says(verified: bool) -> None:
    event = changed("/data/author/email", "greta@mail.example")
    event["data"]["author"]["email_verified"] = verified

    assert one(event).sender.claims[1] == Claim(IdentityKind.EMAIL, "greta@mail.example", verified=verified)


def test_an_address_verified_by_something_else_than_true_is_unverified() -> None:
    event = changed("/data/author/email", "greta@mail.example")
    event["data"]["author"]["email_verified"] = "no"

    assert not one(event).sender.claims[1].verified


def test_two_anonymous_authors_share_no_claim() -> None:
    assert one(comment_event(author=None, name="Anonym")).sender.claims == ()


@pytest.mark.parametrize("email", ["nobody", "@", "a b@mail.example", "x" * 250 + "@mail.example", 17])
def test_what_is_no_address_is_no_claim(email: object) -> None:
    assert len(one(changed("/data/author/email", email)).sender.claims) == 1


def test_a_cloud_event_says_the_same_as_a_plain_one() -> None:
    plain = comment_event()
    cloud = {
        "specversion": "1.0",
        "id": "msg_1",
        "source": "https://crowd.example/p/solardach",
        "type": plain["type"],
        "time": plain["timestamp"],
        "datacontenttype": "application/json",
        "data": plain["data"],
    }

    assert one(cloud) == one(plain)


def test_a_number_is_an_id_too() -> None:
    assert one(changed("/data/comment/id", 90210)).external_id == "90210"


def test_without_a_version_the_time_of_the_change_is_one() -> None:
    event = changed("/data/comment/version", None)
    event["data"]["comment"]["updated_at"] = "1970-01-01T00:00:01.000002Z"

    assert one(event).version == 1_000_002


def test_a_deleted_comment_leaves_a_tombstone_without_words() -> None:
    event = comment_event(kind="comment.deleted", version=3)
    del event["data"]["author"]

    received = one(event)

    assert received.deleted
    assert received.text == ""
    assert received.version == 3
    assert not received.wants_answer


def test_a_deletion_without_a_version_counts_from_its_time() -> None:
    event = comment_event(kind="comment.deleted")
    event["data"]["comment"] = {"id": "c-1", "deleted_at": "2026-03-25T12:00:00Z"}

    assert one(event).version == int(NOON.timestamp()) * 1_000_000


def test_a_restored_comment_speaks_again() -> None:
    event = comment_event(kind="comment.restored", version=4)
    event["data"]["comment"]["deleted_at"] = "2026-03-25T11:00:00Z"

    assert not one(event).deleted


@pytest.mark.parametrize("state", ["spam", "hidden"])
def test_what_the_platform_hid_asks_for_no_answer(state: str) -> None:
    event = changed("/data/comment/state", state, kind="comment.moderated")

    assert not one(event).wants_answer
    assert one(event).meta["state"] == state


def test_our_own_answer_is_known_when_it_comes_back() -> None:
    ours = MessageId(new_id())

    assert one(comment_event(client_ref=str(ours))).echo_of == ours
    assert one(comment_event(client_ref="r_of_another_tool")).echo_of is None


def test_a_comment_of_tomorrow_was_written_now() -> None:
    assert one(comment_event(at=NOON + timedelta(days=1))).at == NOON


def test_an_edit_happened_when_it_was_made() -> None:
    event = changed("/data/comment/edited_at", "2026-03-25T11:30:00Z", kind="comment.edited", version=2)

    assert one(event).at == NOON - timedelta(minutes=30)


def test_a_time_without_a_zone_is_utc() -> None:
    assert one(changed("/data/comment/created_at", "2026-03-25T11:00:00")).at == datetime(2026, 3, 25, 11, tzinfo=UTC)


def test_markup_becomes_plain_words() -> None:
    event = changed(
        "/data/comment/body",
        {"html": "<p>Gr&uuml;ße<br>an <b>alle</b></p><script>alert(1)</script><p>1 &lt; 2</p>", "format": "html"},
    )

    assert one(event).text == "Grüße\nan alle\n\n1 < 2"


def test_an_address_that_is_no_web_page_is_left_out() -> None:
    assert "permalink" not in one(changed("/data/comment/permalink", "javascript:alert(1)")).meta


def test_a_language_that_is_none_falls_back_to_the_inbox() -> None:
    assert one(changed("/data/comment/language", "Deutsch!"), language="fr").language == "fr"


def test_what_nobody_asked_for_is_no_reason_to_refuse() -> None:
    assert one(changed("/data/comment/mood", {"score": 3})).external_id == "c-1"


def test_a_nul_is_left_out() -> None:
    assert one(comment_event(text="a\0b", name="Gre\0ta")).text == "ab"


@pytest.mark.parametrize("kind", ["ping", "comment.reacted", "thread.updated"])
def test_an_event_that_changes_no_comment_stores_none(kind: str) -> None:
    assert read({"type": kind, "data": {}}) == ()


def test_an_erasure_waits_for_a_person() -> None:
    with pytest.raises(MessageUnreadable, match="erased u-17"):
        read({"type": "author.erased", "data": {"platform": "crowd.example", "author": {"id": "u-17"}}})


def test_an_event_of_another_platform_is_refused() -> None:
    with pytest.raises(MessageUnreadable, match=r"mitmachwerk\.example"):
        read(comment_event(), platform="other.example")


@pytest.mark.parametrize(
    "pointer",
    [
        "/type",
        "/data",
        "/data/platform",
        "/data/thread",
        "/data/thread/id",
        "/data/comment",
        "/data/comment/id",
        "/data/comment/version",
        "/data/author",
        "/data/author/display_name",
    ],
)
def test_what_is_missing_is_named_by_its_pointer(pointer: str) -> None:
    with pytest.raises(MessageUnreadable, match=pointer):
        read(changed(pointer, None))


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/data/comment/id", "x" * 501),
        ("/data/comment/id", ["c-1"]),
        ("/data/comment/version", True),
        ("/data/comment/version", -1),
        ("/data/comment/version", 1 << 63),
        ("/data/comment/created_at", "yesterday"),
        ("/data/comment/created_at", "0001-01-01T00:00:00+14:00"),
        ("/data/comment/created_at", 1e300),
        ("/data/author/id", {"id": 1}),
        ("/type", "comment.sung"),
        ("/type", ["comment.created"]),
    ],
)
def test_what_makes_no_sense_is_unreadable(pointer: str, value: object) -> None:
    with pytest.raises(MessageUnreadable):
        read(changed(pointer, value))


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff", b'{"type": "comment.created"}', b"[" * 5000])
def test_what_is_no_event_is_unreadable(body: bytes) -> None:
    with pytest.raises(MessageUnreadable):
        understood(original(body), CommentsConfig())


def test_the_documented_example_is_understood() -> None:
    event = json.loads(
        """{"type":"comment.created","timestamp":"2026-11-22T05:25:50.120Z","data":{"platform":"crowd.example",
        "campaign":{"id":"p-4711","title":"Solardach Grundschule","url":"https://crowd.example/p/solardach"},
        "thread":{"id":"update-3","kind":"update","title":"Update 3","url":"https://crowd.example/u/3"},
        "comment":{"id":"c-90210","parent_id":null,"version":1,"state":"published","visibility":"public",
        "created_at":"2026-11-22T05:25:49Z","edited_at":null,"deleted_at":null,
        "body":{"text":"Wann kommt die Auszahlung?","format":"text","html":null},"language":"de"},
        "author":{"id":"u-17","display_name":"Greta M.","email":null,"email_verified":false,"locale":"de-DE"},
        "actor":{"id":"u-17","kind":"user"},"origin":null,"reply":{"url":"https://crowd.example/r","actions":["reply"]}}}"""
    )

    assert one(event).thread_title == "Update 3"


@pytest.mark.timeout(5)
@pytest.mark.parametrize("markup", ["<ul><li>", "<div>", "<b><i><p>", "<svg><math><mi>", "<b x=1><p>", "<"])
def test_a_comment_of_nothing_but_markup_is_read_at_once(markup: str) -> None:
    html = markup * (200_000 // len(markup)) + "Hallo &amp; <b>danke</b>"

    assert one(changed("/data/comment/body", {"html": html})).text.endswith("Hallo & danke")
