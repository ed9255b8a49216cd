"""The settings of a chat inbox."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic.config import JsonDict

from inbox.channel.contract import ChannelConfig
from inbox_chat.origins import origin_of

LEAST_SECRET = 32  # characters: RFC 7518 section 3.2 asks for a key as long as the hash
MOST_MEGABYTES = 25  # of one file
UUID_OR_NOTHING = r"^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$"
COLOR = r"^#[0-9a-fA-F]{6}$"


class Form(StrEnum):
    """What a visitor is asked before the first message."""

    OFF = "off"
    NAME = "name"
    NAME_AND_EMAIL = "name_email"


Site = Annotated[str, AfterValidator(origin_of), Field(max_length=300)]
Line = Annotated[str, Field(max_length=500)]


def _de(title: str, description: str) -> JsonDict:
    return {"de": {"title": title, "description": description}}


class ChatConfig(ChannelConfig):
    """Where the widget may run, what it says, and how visitors are known."""

    title: str = Field(
        default="Crowd support",
        max_length=80,
        title="Name",
        description="What the head of the chat window says.",
        json_schema_extra=_de("Name", "Was im Kopf des Chatfensters steht."),
    )
    sites: tuple[Site, ...] = Field(
        default=(),
        max_length=50,
        title="Sites",
        description="Addresses of the sites that show the widget, such as https://www.example.org.",
        json_schema_extra=_de(
            "Websites",
            "Adressen der Seiten mit dem Chat, etwa https://www.example.org.",
        ),
    )
    greeting_en: Line = Field(
        default="Hello! How can we help you?",
        title="Greeting (English)",
        description="Shown when the chat is opened.",
        json_schema_extra=_de("Begrüßung (Englisch)", "Erscheint, wenn der Chat geöffnet wird."),
    )
    greeting_de: Line = Field(
        default="Hallo! Wie können wir Ihnen helfen?",
        title="Greeting (German)",
        description="Shown to visitors whose browser is set to German.",
        json_schema_extra=_de("Begrüßung (Deutsch)", "Erscheint bei Besucher:innen mit deutschem Browser."),
    )
    form: Form = Field(
        default=Form.OFF,
        title="Ask before the chat",
        description="What visitors must say about themselves before the first message.",
        json_schema_extra=_de(
            "Vor dem Chat fragen",
            "Was Besucher:innen vor der ersten Nachricht angeben müssen.",
        ),
    )
    files: bool = Field(
        default=True,
        title="Visitors may send files",
        description="Pictures, documents and whatever else helps to explain a question.",
        json_schema_extra=_de(
            "Besucher:innen dürfen Dateien senden", "Bilder, Dokumente und was sonst beim Fragen hilft."
        ),
    )
    file_limit: int = Field(
        default=10,
        ge=1,
        le=MOST_MEGABYTES,
        title="Largest file (MB)",
        description="How large a file of a visitor may be.",
        json_schema_extra=_de("Größte Datei (MB)", "Wie groß eine Datei von Besucher:innen sein darf."),
    )
    continue_in: str = Field(
        default="",
        pattern=UUID_OR_NOTHING,
        title="Continue by e-mail",
        description="The inbox that mails an answer to visitors who left their address and are gone when it comes.",
        json_schema_extra=_de(
            "Per E-Mail weiterführen",
            "Der Eingang, der Antworten mailt: an Besucher:innen, die eine Adresse dagelassen haben und fort sind.",
        )
        | {"format": "inbox", "capability": "starts_tickets"},
    )
    grace_minutes: int = Field(
        default=2,
        ge=1,
        le=24 * 60,
        title="Minutes until an answer is mailed",
        description="How long a visitor must be gone. Several answers within this time become one mail.",
        json_schema_extra=_de(
            "Minuten bis zur Mail",
            "So lange muss jemand fort sein. Mehrere Antworten in dieser Zeit werden eine Mail.",
        ),
    )
    offline_en: Line = Field(
        default="Nobody is here right now. Write to us all the same: nothing is lost, and we will answer.",
        title="Nobody online (English)",
        description="Shown while no manager is online.",
        json_schema_extra=_de("Niemand da (Englisch)", "Erscheint, wenn gerade niemand online ist."),
    )
    offline_de: Line = Field(
        default="Gerade ist niemand da. Schreiben Sie uns trotzdem: Nichts geht verloren, und wir antworten.",
        title="Nobody online (German)",
        description="Shown while no manager is online.",
        json_schema_extra=_de("Niemand da (Deutsch)", "Erscheint, wenn gerade niemand online ist."),
    )
    privacy_en: Line = Field(
        default="",
        title="Privacy line (English)",
        description="One line below the input, such as how long chats are kept.",
        json_schema_extra=_de("Datenschutzzeile (Englisch)", "Eine Zeile unter der Eingabe."),
    )
    privacy_de: Line = Field(
        default="",
        title="Privacy line (German)",
        description="One line below the input, such as how long chats are kept.",
        json_schema_extra=_de("Datenschutzzeile (Deutsch)", "Eine Zeile unter der Eingabe."),
    )
    privacy_url: str = Field(
        default="",
        max_length=500,
        pattern=r"^(https?://\S+)?$",
        title="Privacy page",
        description="Where the privacy line leads.",
        json_schema_extra=_de("Datenschutzseite", "Wohin die Datenschutzzeile führt."),
    )
    color: str = Field(
        default="#1f5fbf",
        pattern=COLOR,
        title="Colour",
        description="Colour of the window's head and of the visitor's own messages.",
        json_schema_extra=_de("Farbe", "Farbe des Fensterkopfs und der eigenen Nachrichten."),
    )
    platform: str = Field(
        default="",
        max_length=200,
        title="Platform",
        description="Name of the platform whose members the identity tokens name, as its comments name it too.",
        json_schema_extra=_de(
            "Plattform",
            "Name der Plattform, deren Mitglieder die Token nennen (wie in Kommentaren).",
        ),
    )
    identity_secret: SecretStr | None = Field(
        default=None,
        title="Identity secret",
        description="Key with which the platform signs who is chatting (HS256, at least 32 characters).",
        json_schema_extra=_de(
            "Identitätsschlüssel",
            "Damit signiert die Plattform, wer schreibt (HS256, mindestens 32 Zeichen).",
        ),
    )

    @model_validator(mode="after")
    def _secret_is_long_and_has_a_platform(self) -> Self:
        if self.identity_secret is None:
            return self
        if len(self.identity_secret.get_secret_value()) < LEAST_SECRET:
            raise ValueError(f"identity_secret needs at least {LEAST_SECRET} characters")
        if not self.platform:
            raise ValueError("identity_secret needs the platform whose members it signs")
        return self
