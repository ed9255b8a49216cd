"""The settings of an e-mail inbox."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, SecretStr, StringConstraints

from inbox.channel.contract import ChannelConfig

Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=255, pattern=r"^[^\x00-\x1f\x7f]*$")]
Needed = Annotated[Line, StringConstraints(min_length=1)]
MailAddress = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, max_length=254, pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+$"
    ),
]


class Security(StrEnum):
    """How a connection is encrypted."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


class SyncFrom(StrEnum):
    """Which mails are fetched first."""

    NOW = "now"
    ALL = "all"


def _german(title: str, description: str) -> dict[str, Any]:
    return {"de": {"title": title, "description": description}}


class EmailConfig(ChannelConfig):
    """An address with the mailbox that its mail arrives in and the server that sends for it."""

    address: MailAddress = Field(
        title="Address",
        description="What people write to and what our answers come from.",
        json_schema_extra=_german("Adresse", "Woran geschrieben wird und wovon unsere Antworten kommen."),
    )
    display_name: Line = Field(
        "",
        title="Sender name",
        description="Stands before the address, after the manager's name.",
        json_schema_extra=_german("Absendername", "Steht vor der Adresse, nach dem Namen der antwortenden Person."),
    )
    imap_host: Needed = Field(
        title="IMAP server",
        description="Name of the server that holds the mailbox.",
        json_schema_extra=_german("IMAP-Server", "Name des Servers, auf dem das Postfach liegt."),
    )
    imap_port: int = Field(
        993,
        ge=1,
        le=65535,
        title="IMAP port",
        description="993 with TLS, 143 with STARTTLS.",
        json_schema_extra=_german("IMAP-Port", "993 mit TLS, 143 mit STARTTLS."),
    )
    imap_security: Security = Field(
        Security.TLS,
        title="IMAP encryption",
        description="TLS from the start, STARTTLS, or none, which is for servers on the same machine only.",
        json_schema_extra=_german(
            "IMAP-Verschlüsselung", "TLS von Anfang an, STARTTLS oder keine, was nur auf derselben Maschine taugt."
        ),
    )
    imap_user: Needed = Field(
        title="IMAP user",
        description="Often the address itself.",
        json_schema_extra=_german("IMAP-Benutzer", "Oft die Adresse selbst."),
    )
    imap_password: SecretStr = Field(
        title="IMAP password",
        description="With two-factor sign-in this is an app password.",
        json_schema_extra=_german("IMAP-Passwort", "Bei Zwei-Faktor-Anmeldung ein App-Passwort.")
        | {"goes_to": ["imap_host", "imap_security", "smtp_host", "smtp_security"]},
    )
    imap_folder: Needed = Field(
        "INBOX",
        title="Folder",
        description="The folder that is read. Mails stay in it, unread ones unread.",
        json_schema_extra=_german("Ordner", "Der Ordner, der gelesen wird. Mails bleiben darin, ungelesene ungelesen."),
    )
    sync_from: SyncFrom = Field(
        SyncFrom.NOW,
        title="First fetch",
        description="Only mails that arrive from now on, or all that are there.",
        json_schema_extra=_german("Erster Abruf", "Nur Mails, die ab jetzt ankommen, oder alle, die da sind."),
    )
    smtp_host: Needed = Field(
        title="SMTP server",
        description="Name of the server that sends for this address.",
        json_schema_extra=_german("SMTP-Server", "Name des Servers, der für diese Adresse versendet."),
    )
    smtp_port: int = Field(
        465,
        ge=1,
        le=65535,
        title="SMTP port",
        description="465 with TLS, 587 with STARTTLS.",
        json_schema_extra=_german("SMTP-Port", "465 mit TLS, 587 mit STARTTLS."),
    )
    smtp_security: Security = Field(
        Security.TLS,
        title="SMTP encryption",
        description="TLS from the start, STARTTLS, or none, which is for servers on the same machine only.",
        json_schema_extra=_german(
            "SMTP-Verschlüsselung", "TLS von Anfang an, STARTTLS oder keine, was nur auf derselben Maschine taugt."
        ),
    )
    smtp_user: Line = Field(
        "",
        title="SMTP user",
        description="Empty: the same as for IMAP.",
        json_schema_extra=_german("SMTP-Benutzer", "Leer: derselbe wie bei IMAP."),
    )
    smtp_password: SecretStr | None = Field(
        None,
        title="SMTP password",
        description="Empty: the same as for IMAP.",
        json_schema_extra=_german("SMTP-Passwort", "Leer: dasselbe wie bei IMAP.")
        | {"goes_to": ["smtp_host", "smtp_security"]},
    )
    quote_original: bool = Field(
        True,
        title="Quote below answers",
        description="Put the message that is answered below the answer.",
        json_schema_extra=_german("Unter Antworten zitieren", "Die beantwortete Nachricht unter die Antwort setzen."),
    )
    signature: Annotated[str, StringConstraints(max_length=2000)] = Field(
        "",
        title="Signature",
        description="Stands below every answer.",
        json_schema_extra=_german("Signatur", "Steht unter jeder Antwort.") | {"format": "multiline"},
    )

    @property
    def smtp_credentials(self) -> tuple[str, str]:
        """Return user and password for sending."""
        password = (
            self.smtp_password and self.smtp_password.get_secret_value()
        ) or self.imap_password.get_secret_value()
        return self.smtp_user or self.imap_user, password

    @property
    def domain(self) -> str:
        """Return the domain of the address, which our message ids are made in."""
        return self.address.rpartition("@")[2].lower()
