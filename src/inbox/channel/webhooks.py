"""Standard Webhooks 1.0.0: signs what is sent and checks what arrives. Pure: the time comes with the call."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, SecretStr
from standardwebhooks.webhooks import Webhook

from inbox.channel.model import Original, WebhookCall
from inbox.errors import SignatureRejected, TooLarge

EVENT_LIMIT = 256 * 1024  # bytes
TOLERANCE = timedelta(minutes=5)
PREFIX = "whsec_"
_KEY_SIZES = range(24, 65)  # bytes, as Standard Webhooks 1.0.0 asks for
_SHORTEST_TOKEN = 24  # characters
_SECONDS = re.compile(r"[0-9]{1,11}")
_TOKEN = re.compile(rf"[A-Za-z0-9._~-]{{{_SHORTEST_TOKEN},200}}")
_ID = re.compile(r"[!-~]{1,255}")


def new_secret() -> SecretStr:
    """Return a fresh secret of 32 random bytes, as `whsec_…`."""
    return SecretStr(PREFIX + base64.b64encode(secrets.token_bytes(32)).decode())


def checked_secret(secret: SecretStr) -> SecretStr:
    """Return a secret that a webhook can be signed with; raise ValueError in words for whoever typed it."""
    key, _, encoded = secret.get_secret_value().partition("_")
    try:
        size = len(base64.b64decode(encoded, validate=True))
    except binascii.Error:
        size = 0
    if f"{key}_" != PREFIX or size not in _KEY_SIZES:
        raise ValueError("A secret is whsec_ followed by 24 to 64 random bytes in base64.")
    return secret


def new_token() -> SecretStr:
    """Return a fresh token for a header or a path, 32 random bytes."""
    return SecretStr(secrets.token_urlsafe(32))


def checked_token(token: SecretStr) -> SecretStr:
    """Return a token that cannot be guessed and fits into a path; raise ValueError in words for whoever typed it."""
    if not _TOKEN.fullmatch(token.get_secret_value()):
        raise ValueError(f"A token needs at least {_SHORTEST_TOKEN} letters, digits, dots, hyphens or underscores.")
    return token


def _none_if_empty(value: object) -> object:
    return None if value == "" else value


def _new_if_empty(value: object) -> object:
    return new_secret() if value in (None, "") else value


Secret = Annotated[SecretStr, AfterValidator(checked_secret), BeforeValidator(_new_if_empty)]
OptionalSecret = Annotated[Annotated[SecretStr, AfterValidator(checked_secret)] | None, BeforeValidator(_none_if_empty)]
Token = Annotated[SecretStr, AfterValidator(checked_token)]
OptionalToken = Annotated[Token | None, BeforeValidator(_none_if_empty)]


class Webhooks:
    """Signs with its first secret and accepts every one of them, so that secrets can be changed without a gap."""

    __slots__ = ("_keys",)

    def __init__(self, *secret: SecretStr | None) -> None:
        self._keys = tuple(Webhook(s.get_secret_value()) for s in secret if s is not None)

    def headers(self, message_id: str, body: bytes, *, at: datetime) -> dict[str, str]:
        """Return the three headers that make `body` ours."""
        return {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": self._keys[0].sign(message_id, at, body.decode()),
        }

    def verified_id(self, call: WebhookCall) -> str:
        """Return the call's id once signature and time are proved; raise SignatureRejected."""
        webhook_id = call.headers.get("webhook-id", "")
        if not _ID.fullmatch(webhook_id):
            raise SignatureRejected("The header webhook-id is missing or malformed.")
        signed_at = _sent_at(call)
        body = _text(call.body)
        offered = [s.encode("latin-1", "replace") for s in call.headers.get("webhook-signature", "").split(" ")]
        # The library's own verify() reads the machine's clock and decodes base64 leniently, so that a signature with
        # something appended passes; the whole word is compared here, in constant time.
        for key in self._keys:
            expected = key.sign(webhook_id, signed_at, body).encode()
            if any(hmac.compare_digest(expected, one) for one in offered):
                return webhook_id
        raise SignatureRejected("The header webhook-signature does not fit this body, id and time.")

    def original(self, call: WebhookCall, *, token: SecretStr | None, offered: str) -> Original:
        """Return a call, proved and named: by its signature, else by the token of a sender that cannot sign.

        Raises TooLarge before anything is looked at, and SignatureRejected.
        """
        if len(call.body) > EVENT_LIMIT:
            raise TooLarge(f"An event may have {EVENT_LIMIT // 1024} KiB; files are sent as URLs.")
        return Original(
            key=self._name(call, token, offered),
            body=call.body,
            content_type=call.headers.get("content-type", "application/json"),
            at=call.at,
        )

    def _name(self, call: WebhookCall, token: SecretStr | None, offered: str) -> str:
        try:
            return self.verified_id(call)
        except SignatureRejected:
            if not same_token(token, offered):
                raise
        return digest_key(call.body)


def same_token(expected: SecretStr | None, offered: str) -> bool:
    """Tell in constant time whether a token is the expected one; without an expected one, nothing is."""
    if expected is None:
        return False
    return hmac.compare_digest(expected.get_secret_value().encode(), offered.encode("utf-8", "replace"))


def digest_key(body: bytes) -> str:
    """Name a call by its body, where the sender gives it no id."""
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def _sent_at(call: WebhookCall) -> datetime:
    stamp = call.headers.get("webhook-timestamp", "")
    if not _SECONDS.fullmatch(stamp):
        raise SignatureRejected("The header webhook-timestamp is missing or not in whole seconds.")
    sent_at = datetime.fromtimestamp(int(stamp), tz=UTC)
    if abs(call.at - sent_at) > TOLERANCE:
        raise SignatureRejected("The header webhook-timestamp is more than five minutes off our clock.")
    return sent_at


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise SignatureRejected("The body is not UTF-8, so nobody can have signed it.") from error
