"""The settings of a chat inbox."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from inbox.channel.config import titled
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


class ChatConfig(ChannelConfig):
    """Where the widget may run, what it says, and how visitors are known."""

    title: str = titled(
        "Name",
        "What the head of the chat window says.",
        de=("Name", "Was im Kopf des Chatfensters steht."),
        max_length=80,
        default="Crowd support",
    )
    sites: tuple[Site, ...] = titled(
        "Sites",
        "Addresses of the sites that show the widget, such as https://www.example.org.",
        de=("Websites", "Adressen der Seiten mit dem Chat, etwa https://www.example.org."),
        max_length=50,
        default=(),
    )
    greeting_en: Line = titled(
        "Greeting (English)",
        "Shown when the chat is opened.",
        de=("Begrüßung (Englisch)", "Erscheint, wenn der Chat geöffnet wird."),
        default="Hello! How can we help you?",
    )
    greeting_de: Line = titled(
        "Greeting (German)",
        "Shown to visitors whose browser is set to German.",
        de=("Begrüßung (Deutsch)", "Erscheint bei Besucher:innen mit deutschem Browser."),
        default="Hallo! Wie können wir Ihnen helfen?",
    )
    form: Form = titled(
        "Ask before the chat",
        "What visitors must say about themselves before the first message.",
        de=("Vor dem Chat fragen", "Was Besucher:innen vor der ersten Nachricht angeben müssen."),
        options={
            "off": ("Nothing", "Nichts"),
            "name": ("Name", "Name"),
            "name_email": ("Name and e-mail address", "Name und E-Mail-Adresse"),
        },
        default=Form.OFF,
    )
    files: bool = titled(
        "Visitors may send files",
        "Pictures, documents and whatever else helps to explain a question.",
        de=("Besucher:innen dürfen Dateien senden", "Bilder, Dokumente und was sonst beim Fragen hilft."),
        default=True,
    )
    file_limit: int = titled(
        "Largest file (MB)",
        "How large a file of a visitor may be.",
        de=("Größte Datei (MB)", "Wie groß eine Datei von Besucher:innen sein darf."),
        ge=1,
        le=MOST_MEGABYTES,
        default=10,
    )
    continue_in: str = titled(
        "Continue by e-mail",
        "The inbox that mails an answer to visitors who left their address and are gone when it comes.",
        de=(
            "Per E-Mail weiterführen",
            ("Der Eingang, der Antworten mailt: an Besucher:innen, die eine Adresse dagelassen haben und fort sind."),
        ),
        format="inbox",
        capability="starts_tickets",
        pattern=UUID_OR_NOTHING,
        default="",
    )
    grace_minutes: int = titled(
        "Minutes until an answer is mailed",
        "How long a visitor must be gone. Several answers within this time become one mail.",
        de=(
            "Minuten bis zur Mail",
            "So lange muss jemand fort sein. Mehrere Antworten in dieser Zeit werden eine Mail.",
        ),
        ge=1,
        le=24 * 60,
        default=2,
    )
    offline_en: Line = titled(
        "Nobody online (English)",
        "Shown while no manager is online.",
        de=("Niemand da (Englisch)", "Erscheint, wenn gerade niemand online ist."),
        default="Nobody is here right now. Write to us all the same: nothing is lost, and we will answer.",
    )
    offline_de: Line = titled(
        "Nobody online (German)",
        "Shown while no manager is online.",
        de=("Niemand da (Deutsch)", "Erscheint, wenn gerade niemand online ist."),
        default="Gerade ist niemand da. Schreiben Sie uns trotzdem: Nichts geht verloren, und wir antworten.",
    )
    privacy_en: Line = titled(
        "Privacy line (English)",
        "One line below the input, such as how long chats are kept.",
        de=("Datenschutzzeile (Englisch)", "Eine Zeile unter der Eingabe."),
        default="",
    )
    privacy_de: Line = titled(
        "Privacy line (German)",
        "One line below the input, such as how long chats are kept.",
        de=("Datenschutzzeile (Deutsch)", "Eine Zeile unter der Eingabe."),
        default="",
    )
    privacy_url: str = titled(
        "Privacy page",
        "Where the privacy line leads.",
        de=("Datenschutzseite", "Wohin die Datenschutzzeile führt."),
        max_length=500,
        pattern=r"^(https?://\S+)?$",
        default="",
    )
    color: str = titled(
        "Colour",
        "Colour of the window's head and of the visitor's own messages.",
        de=("Farbe", "Farbe des Fensterkopfs und der eigenen Nachrichten."),
        pattern=COLOR,
        default="#1f5fbf",
    )
    platform: str = titled(
        "Platform",
        "Name of the platform whose members the identity tokens name, as its comments name it too.",
        de=("Plattform", "Name der Plattform, deren Mitglieder die Token nennen (wie in Kommentaren)."),
        max_length=200,
        default="",
    )
    identity_secret: SecretStr | None = titled(
        "Identity secret",
        "Key with which the platform signs who is chatting (HS256, at least 32 characters).",
        de=("Identitätsschlüssel", "Damit signiert die Plattform, wer schreibt (HS256, mindestens 32 Zeichen)."),
        default=None,
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
