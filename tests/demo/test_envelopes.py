"""What the demo's crowd sends is what the channels understand."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import orjson
import pytest
from pydantic import SecretStr

from inbox.channel.model import Original
from inbox.demo.cast import PLATFORM
from inbox.demo.crowd import each_kind_first
from inbox.demo.envelopes import call_event, comment_event, identity_token, mail_bytes, page_of, written_mail
from inbox.demo.scenario import CallFact, ChatLine, Comment, Mail, Said, told
from inbox.domain.contact import Claim, IdentityKind
from inbox_chat.config import ChatConfig
from inbox_chat.identity import signed_sender
from inbox_comments.config import CommentsConfig
from inbox_comments.event import understood as understood_comment
from inbox_telephony.event import understood as understood_call

NOW = datetime(2026, 3, 25, 9, 0, tzinfo=UTC)


def first(kind: type[Said]) -> Said:
    story = told(1, start=NOW - timedelta(days=1), gap=timedelta(seconds=6))
    return next(said for said in story if isinstance(said, kind) and said.author is not None)


def original(event: object) -> Original:
    return Original("1", orjson.dumps(event), "application/json", NOW)


def test_a_comment_arrives_with_its_thread_campaign_and_address_for_answers() -> None:
    comment = first(Comment)
    assert isinstance(comment, Comment)

    event = comment_event(comment, reply_url="http://127.0.0.1:1/comments/1")
    (received,) = understood_comment(original(event), CommentsConfig(platform=PLATFORM))

    assert (received.external_id, received.text, received.at) == (comment.id, comment.text, comment.at)
    assert received.campaign is not None
    assert received.campaign.key == comment.campaign.key
    assert received.thread_title == comment.thread.title
    assert received.meta["reply"]["url"] == "http://127.0.0.1:1/comments/1"
    assert received.sender.claims == (Claim(IdentityKind.PLATFORM_USER, comment.author.user_id, PLATFORM),)


def test_a_call_arrives_with_its_caller() -> None:
    fact = first(CallFact)
    assert isinstance(fact, CallFact)

    (received,) = understood_call(original(call_event(fact)), "DE")

    assert received.call is not None
    assert (received.call.caller, received.call.callee) == (fact.caller, fact.campaign.line)


def test_a_mail_says_who_writes_to_whom() -> None:
    mail = first(Mail)
    assert isinstance(mail, Mail)

    read = message_from_bytes(mail_bytes(mail), policy=default)

    assert mail.author.email in read["From"]
    assert read["To"] == f"{mail.campaign.key}@{PLATFORM}"
    assert read["Message-ID"] == mail.message_id
    assert read.get_content().strip().replace("\r\n", "\n") == mail.text


def test_a_mail_that_answers_ours_names_it_whatever_its_length() -> None:
    author, ours = first(Mail).author, f"<{'a' * 42}.{'b' * 26}@{PLATFORM}>"
    assert author is not None

    written = written_mail(author, f"lumi@{PLATFORM}", "Re: Über", "Grüße", message_id="<1@x>", at=NOW, answers=ours)

    assert f"In-Reply-To: {ours}\r\n".encode() in written


def test_a_token_of_the_platform_proves_who_is_chatting() -> None:
    author = first(ChatLine).author
    assert author is not None
    secret = "a secret that is long enough to sign with"
    config = ChatConfig(platform=PLATFORM, identity_secret=SecretStr(secret))

    sender = signed_sender(identity_token(author, secret, inbox_id="7", at=NOW), config=config, audience="7", now=NOW)

    assert sender.name == author.name
    assert {claim.value for claim in sender.claims} == {author.user_id, author.email}


def test_the_first_things_said_come_over_all_four_channels_and_nothing_is_lost() -> None:
    story = list(zip(range(60), told(1, start=NOW, gap=timedelta(seconds=6)), strict=False))
    reordered = each_kind_first(iter([said for _, said in story]))
    beginning = [next(reordered) for _ in range(4)]

    assert {type(said) for said in beginning} == {ChatLine, Comment, Mail, CallFact}
    assert sorted(map(repr, [*beginning, *reordered])) == sorted(repr(said) for _, said in story)


@pytest.mark.parametrize("kind", [Comment, ChatLine])
def test_a_campaign_has_a_page_on_the_platform(kind: type[Said]) -> None:
    assert page_of(first(kind).campaign).startswith(f"https://{PLATFORM}/")
