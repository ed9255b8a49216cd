"""The settings of a comments inbox."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

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

    platform: str = Field(
        default="",
        max_length=200,
        title="Platform",
        description="The platform's own name in its events, like crowd.example. Events of others are refused.",
        json_schema_extra={
            "de": {
                "title": "Plattform",
                "description": "Wie sich die Plattform in ihren Meldungen nennt, etwa crowd.example. "
                "Ausgefüllt werden Meldungen anderer abgelehnt.",
            }
        },
    )
    secret: Secret = Field(
        default_factory=new_secret,
        title="Signing secret",
        description="Signs the comments sent here and the answers sent back (Standard Webhooks). "
        "Made for you if left empty; shown once.",
        json_schema_extra={
            "de": {
                "title": "Signaturschlüssel",
                "description": "Unterschreibt die Kommentare hierher und die Antworten zurück (Standard Webhooks). "
                "Bleibt er leer, wird einer erzeugt und einmal gezeigt.",
            }
        },
    )
    previous_secret: OptionalSecret = Field(
        default=None,
        title="Previous secret",
        description="Still accepted while the platform changes over to a new secret.",
        json_schema_extra={
            "de": {
                "title": "Bisheriger Schlüssel",
                "description": "Gilt weiter, solange die Plattform auf einen neuen Schlüssel umstellt.",
            }
        },
    )
    reply_origins: tuple[Origin, ...] = Field(
        default=(),
        max_length=20,
        title="Where answers may be sent",
        description="Origins such as https://crowd.example. A reply address anywhere else is never called.",
        json_schema_extra={
            "de": {
                "title": "Wohin Antworten gehen dürfen",
                "description": "Ursprünge wie https://crowd.example. Eine Antwortadresse anderswo wird nie aufgerufen.",
            }
        },
    )
    bearer_token: OptionalToken = Field(
        default=None,
        title="Token for senders that cannot sign",
        description="Weaker than a signature: whoever reads one request can send more. Empty: signatures only.",
        json_schema_extra={
            "de": {
                "title": "Token für Absender ohne Signatur",
                "description": "Schwächer als eine Signatur: Wer eine Anfrage mitliest, kann weitere senden. "
                "Leer: nur signierte.",
            }
        },
    )
    language: str | None = Field(
        default=None,
        pattern="^([A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*)?$",
        title="Language",
        description="The language of comments that name none, such as de.",
        json_schema_extra={
            "de": {
                "title": "Sprache",
                "description": "Die Sprache von Kommentaren, die keine nennen, etwa de.",
            }
        },
    )
