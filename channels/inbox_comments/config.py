"""The settings of a comments inbox."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from inbox.channel.config import titled
from inbox.channel.contract import ChannelConfig
from inbox.channel.reading import origin
from inbox.channel.webhooks import OptionalSecret, OptionalToken, Secret, new_secret


def _checked_origin(url: str) -> str:
    found = origin(url.strip())
    if found is None:
        raise ValueError("An origin is like https://crowd.example, with its port if it is an unusual one.")
    return found


Origin = Annotated[str, AfterValidator(_checked_origin)]


class CommentsConfig(ChannelConfig):
    """What a platform and we agreed on."""

    platform: str = titled(
        "Platform",
        "The platform's own name in its events, like crowd.example. Events of others are refused.",
        de=(
            "Plattform",
            (
                "Wie sich die Plattform in ihren Meldungen nennt, etwa crowd.example. Ausgefüllt werden Meldungen "
                "anderer abgelehnt."
            ),
        ),
        max_length=200,
        default="",
    )
    secret: Secret = titled(
        "Signing secret",
        (
            "Signs the comments sent here and the answers sent back (Standard Webhooks). Made for you if left "
            "empty; shown once."
        ),
        de=(
            "Signaturschlüssel",
            (
                "Unterschreibt die Kommentare hierher und die Antworten zurück (Standard Webhooks). Bleibt er "
                "leer, wird einer erzeugt und einmal gezeigt."
            ),
        ),
        default_factory=new_secret,
    )
    previous_secret: OptionalSecret = titled(
        "Previous secret",
        "Still accepted while the platform changes over to a new secret.",
        de=("Bisheriger Schlüssel", "Gilt weiter, solange die Plattform auf einen neuen Schlüssel umstellt."),
        default=None,
    )
    reply_origins: tuple[Origin, ...] = titled(
        "Where answers may be sent",
        "Origins such as https://crowd.example. A reply address anywhere else is never called.",
        de=(
            "Wohin Antworten gehen dürfen",
            "Ursprünge wie https://crowd.example. Eine Antwortadresse anderswo wird nie aufgerufen.",
        ),
        max_length=20,
        default=(),
    )
    bearer_token: OptionalToken = titled(
        "Token for senders that cannot sign",
        "Weaker than a signature: whoever reads one request can send more. Empty: signatures only.",
        de=(
            "Token für Absender ohne Signatur",
            "Schwächer als eine Signatur: Wer eine Anfrage mitliest, kann weitere senden. Leer: nur signierte.",
        ),
        default=None,
    )
    language: str | None = titled(
        "Language",
        "The language of comments that name none, such as de.",
        de=("Sprache", "Die Sprache von Kommentaren, die keine nennen, etwa de."),
        pattern=r"^([A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*)?$",
        default=None,
    )
