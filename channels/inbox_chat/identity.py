"""Identity tokens: who is chatting, signed by the platform (JWT with HS256 and nothing else, RFC 7519)."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from inbox.channel.model import Sender
from inbox.domain.contact import Claim, IdentityKind
from inbox.errors import SignatureRejected
from inbox_chat.config import ChatConfig

LONGEST_TOKEN = 4096  # characters
LONGEST_LIFE = timedelta(hours=1)
CLOCK_SKEW = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the platform as its token names them."""

    subject: str
    email: str | None = None
    name: str | None = None
    locale: str | None = None
    email_verified: bool = True  # a platform that has not asked says `"email_verified": false`


def signed_sender(token: str, *, config: ChatConfig, audience: str, now: datetime) -> Sender:
    """Return the member whom a token names, verified; raise SignatureRejected for one that does not fit."""
    if config.identity_secret is None:
        raise SignatureRejected("This inbox knows no identity secret.")
    member = read_token(
        token,
        secret=config.identity_secret.get_secret_value(),
        audience=audience,
        now=now,
    )
    claims = [Claim(IdentityKind.PLATFORM_USER, member.subject, scope=config.platform)]
    if member.email:
        claims.append(Claim(IdentityKind.EMAIL, member.email, verified=member.email_verified))
    return Sender(claims=tuple(claims), name=member.name, language=member.locale)


def read_token(token: str, *, secret: str, audience: str, now: datetime) -> Member:
    """Check signature, audience and times of a token, in that order, and return whom it names."""
    if len(token) > LONGEST_TOKEN or token.count(".") != 2:
        raise SignatureRejected("The identity token is malformed.")
    signed, _, signature = token.rpartition(".")
    header, _, payload = signed.partition(".")
    _check_header(_json(header))
    expected = hmac.digest(secret.encode(), signed.encode(), sha256)
    if not hmac.compare_digest(expected, _decoded(signature)):
        raise SignatureRejected("The identity token is not signed with this inbox's secret.")
    claims = _json(payload)
    _check_audience(claims, audience)
    _check_times(claims, now)
    return _member(claims)


def write_token(claims: dict[str, object], *, secret: str) -> str:
    """Sign claims as a platform does; for its engineers to compare with, for tests and the demo."""
    header = _encoded(b'{"alg":"HS256","typ":"JWT"}')
    signed = f"{header}.{_encoded(json.dumps(claims).encode())}"
    return f"{signed}.{_encoded(hmac.digest(secret.encode(), signed.encode(), sha256))}"


def _check_header(header: dict[str, object]) -> None:
    # The algorithm is ours to choose, never the token's: RFC 8725 section 3.1. `crit` would ask us to know more.
    if header.get("alg") != "HS256" or header.get("typ", "JWT") != "JWT" or "crit" in header:
        raise SignatureRejected("The identity token is not signed with HS256.")


def _check_audience(claims: dict[str, object], audience: str) -> None:
    named = claims.get("aud")
    if named != audience and named != [audience]:
        raise SignatureRejected("The identity token is for another inbox.")


def _check_times(claims: dict[str, object], now: datetime) -> None:
    issued, expires = _seconds(claims, "iat"), _seconds(claims, "exp")
    present, skew = now.timestamp(), CLOCK_SKEW.total_seconds()
    if expires <= present - skew:
        raise SignatureRejected("The identity token has expired.")
    if issued > present + skew:
        raise SignatureRejected("The identity token is from the future.")
    if expires - issued > LONGEST_LIFE.total_seconds():
        raise SignatureRejected("The identity token is valid for more than an hour.")


def _member(claims: dict[str, object]) -> Member:
    subject = _word(claims, "sub", 200)
    if not subject:
        raise SignatureRejected("The identity token names nobody.")
    email, name, locale = (
        _word(claims, "email", 254),
        _word(claims, "name", 100),
        _word(claims, "locale", 35),
    )
    return Member(
        subject=subject,
        email=email if email and "@" in email else None,
        name=name,
        locale=locale,
        email_verified=claims.get("email_verified", True) is True,
    )


def _seconds(claims: dict[str, object], key: str) -> float:
    value = claims.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e12:
        raise SignatureRejected(f"The identity token has no usable {key}.")
    return float(value)


def _word(claims: dict[str, object], key: str, limit: int) -> str | None:
    value = claims.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > limit or not value.isprintable():
        raise SignatureRejected(f"The identity token's {key} cannot be used.")
    return value.strip() or None


def _json(part: str) -> dict[str, object]:
    try:
        value = json.loads(_decoded(part))
    except (ValueError, RecursionError) as error:
        raise SignatureRejected("The identity token is malformed.") from error
    if not isinstance(value, dict):
        raise SignatureRejected("The identity token is malformed.")
    return value


def _decoded(part: str) -> bytes:
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise SignatureRejected("The identity token is malformed.") from error


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
