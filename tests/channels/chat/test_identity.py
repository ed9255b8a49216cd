"""Identity tokens: what the platform signed is believed, everything else is refused."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from inbox.domain.contact import Claim, IdentityKind
from inbox.errors import SignatureRejected
from inbox_chat import ChatConfig
from inbox_chat.identity import read_token, signed_sender, write_token

SECRET = "a-secret-of-the-platform-32-characters"
INBOX = "019aa000-0000-7000-8000-000000000001"
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def claims(**changes: object) -> dict[str, object]:
    """A token's claims as a platform makes them, with changes; None leaves one out."""
    start = int(NOW.timestamp())
    usual: dict[str, object] = {"sub": "u-17", "aud": INBOX, "iat": start, "exp": start + 600}
    return {key: value for key, value in {**usual, **changes}.items() if value is not None}


def token(**changes: object) -> str:
    return write_token(claims(**changes), secret=SECRET)


def read(text: str, *, now: datetime = NOW) -> str:
    return read_token(text, secret=SECRET, audience=INBOX, now=now).subject


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def config() -> ChatConfig:
    return ChatConfig.model_validate({"platform": "crowd.example", "identity_secret": SECRET})


def test_a_signed_member_is_known_by_the_platforms_id_and_address() -> None:
    signed = token(email="Greta@example.org", name="Greta M.", locale="de-DE")

    sender = signed_sender(signed, config=config(), audience=INBOX, now=NOW)

    assert sender.claims == (
        Claim(IdentityKind.PLATFORM_USER, "u-17", scope="crowd.example"),
        Claim(IdentityKind.EMAIL, "Greta@example.org"),
    )
    assert (sender.name, sender.language) == ("Greta M.", "de-DE")


def test_an_address_that_the_platform_has_not_checked_stays_unverified() -> None:
    signed = token(email="greta@example.org", email_verified=False)

    sender = signed_sender(signed, config=config(), audience=INBOX, now=NOW)

    assert not sender.claims[1].verified


def test_an_inbox_without_a_secret_believes_no_token() -> None:
    with pytest.raises(SignatureRejected, match="no identity secret"):
        signed_sender(token(), config=ChatConfig(), audience=INBOX, now=NOW)


def test_a_list_of_one_audience_is_as_good_as_its_name() -> None:
    assert read(token(aud=[INBOX])) == "u-17"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"aud": "another-inbox"}, "another inbox"),
        ({"aud": None}, "another inbox"),
        ({"aud": [INBOX, "another-inbox"]}, "another inbox"),
        ({"sub": None}, "nobody"),
        ({"sub": "  "}, "nobody"),
        ({"sub": 17}, "sub cannot"),
        ({"sub": "u\x0017"}, "sub cannot"),
        ({"sub": "u" * 201}, "sub cannot"),
        ({"exp": None}, "no usable exp"),
        ({"exp": True}, "no usable exp"),
        ({"exp": float("nan")}, "no usable exp"),
        ({"exp": 1e300}, "no usable exp"),
        ({"iat": None}, "no usable iat"),
        ({"iat": "1"}, "no usable iat"),
        ({"exp": int(NOW.timestamp()) + 3601}, "more than an hour"),
        ({"iat": int(NOW.timestamp()) + 120, "exp": int(NOW.timestamp()) + 300}, "future"),
    ],
)
def test_claims_that_do_not_fit_are_refused(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(SignatureRejected, match=reason):
        read(token(**changes))


def test_a_token_expires() -> None:
    with pytest.raises(SignatureRejected, match="expired"):
        read(token(), now=NOW + timedelta(minutes=12))


@pytest.mark.parametrize(
    "header",
    [{"alg": "none"}, {"alg": "HS512"}, {"alg": "RS256"}, {"alg": "hs256"}, {}, {"alg": "HS256", "crit": ["x"]}],
)
def test_no_other_algorithm_is_believed(header: dict[str, object]) -> None:
    _, payload, signature = token().split(".")

    with pytest.raises(SignatureRejected, match="HS256"):
        read(f"{part(header)}.{payload}.{signature}")


def test_changed_claims_are_refused() -> None:
    header, _, signature = token().split(".")

    with pytest.raises(SignatureRejected, match="not signed"):
        read(f"{header}.{part(claims(sub='u-18'))}.{signature}")


def test_another_secret_is_refused() -> None:
    with pytest.raises(SignatureRejected, match="not signed"):
        read(write_token(claims(), secret="b" * 40))


@pytest.mark.parametrize(
    "text", ["", ".", "..", "a.b", "a.b.c.d", "ä.ö.ü", "e30.e30.", "W10.e30.x", "x" * 5000, f"{part('x')}.e30.e30"]
)
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(SignatureRejected):
        read(text)


def test_an_unsigned_token_is_refused() -> None:
    header, payload, _ = token().split(".")

    with pytest.raises(SignatureRejected, match="not signed"):
        read(f"{header}.{payload}.")
