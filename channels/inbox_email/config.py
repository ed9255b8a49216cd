"""The settings of an e-mail inbox."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, TypeVar

from pydantic import ConfigDict, Field, SecretStr, StringConstraints, ValidationInfo, field_validator

from inbox.channel.config import titled
from inbox.channel.contract import ChannelConfig
from inbox_email.ways_in import BY_CONSENT, BY_TOKEN, NEEDED, SERVERS, TITLES, SignIn, Tenant, WebAddress

Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=255, pattern=r"^[^\x00-\x1f\x7f]*$")]
Needed = Annotated[Line, StringConstraints(min_length=1)]
MailAddress = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, max_length=254, pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+$"
    ),
]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
PerLanguage = Annotated[dict[Language, Annotated[str, StringConstraints(max_length=2000)]], Field(max_length=40)]


def in_language(texts: Mapping[str, str], language: str | None) -> str:
    """Return the text for a language, whatever country is named with it; empty if there is none."""
    text = texts.get(code_of(language), "")
    return text.strip("\n") if text.strip() else ""


def code_of(language: str | None) -> str:
    """Return a language without its country or script (RFC 5646 section 2.2.1); empty for none."""
    return (language or "").partition("-")[0].lower()


class Security(StrEnum):
    """How a connection is encrypted."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


class SyncFrom(StrEnum):
    """Which mails are fetched first."""

    NOW = "now"
    DAYS = "days"
    ALL = "all"


_ENCRYPTIONS = {
    "tls": ("TLS", "TLS"),
    "starttls": ("STARTTLS", "STARTTLS"),
    "none": ("None", "Keine"),
}


Given = TypeVar("Given", str, SecretStr | None)


class EmailConfig(ChannelConfig):
    """An address with the mailbox that its mail arrives in and the server that sends for it."""

    model_config = ConfigDict(validate_default=True)

    address: MailAddress = titled(
        "Address",
        "What people write to and what our answers come from.",
        de=("Adresse", "Woran geschrieben wird und wovon unsere Antworten kommen."),
    )
    display_name: Line = titled(
        "Sender name",
        "Stands before the address, after the manager's name.",
        de=("Absendername", "Steht vor der Adresse, nach dem Namen der antwortenden Person."),
        default="",
    )
    sign_in: SignIn = titled(
        "Sign-in",
        "How the mailbox is opened. Google and Microsoft want their own page for it, on which its owner consents.",
        de=(
            "Anmeldung",
            "Wie das Postfach geöffnet wird. Google und Microsoft wollen dafür ihre eigene Seite, auf der zustimmt, "
            "wem es gehört.",
        ),
        options=TITLES,
        consent=BY_CONSENT,
        fills=SERVERS,
        default=SignIn.PASSWORD,
    )
    oauth_client_id: Line = titled(
        "Client ID",
        "The provider gives it to the application that you register there.",
        de=("Client-ID", "Der Anbieter vergibt sie an die Anwendung, die Sie dort anmelden."),
        when={"sign_in": BY_TOKEN},
        needed=True,
        default="",
    )
    oauth_client_secret: SecretStr | None = titled(
        "Client secret",
        "Of the same application. Some Microsoft and other applications have none.",
        de=("Client-Geheimnis", "Das derselben Anwendung. Manche Anwendungen haben keines."),
        when={"sign_in": BY_TOKEN},
        goes_to=("sign_in", "oauth_tenant", "oauth_token_url"),
        default=None,
    )
    oauth_tenant: Tenant = titled(
        "Directory (tenant)",
        "Its ID or domain, or common where anybody's account may sign in.",
        de=("Verzeichnis (Mandant)", "Seine ID oder Domain, oder common, wenn sich jedes Konto anmelden darf."),
        when={"sign_in": (SignIn.MICROSOFT, SignIn.MICROSOFT_APP)},
        default="common",
    )
    oauth_authorize_url: WebAddress = titled(
        "Authorization endpoint",
        "The page on which the mailbox's owner consents.",
        de=("Autorisierungs-Endpunkt", "Die Seite, auf der zustimmt, wem das Postfach gehört."),
        when={"sign_in": (SignIn.OAUTH2,)},
        needed=True,
        default="",
    )
    oauth_token_url: WebAddress = titled(
        "Token endpoint",
        "Where access tokens are asked for.",
        de=("Token-Endpunkt", "Wo Zugangstoken geholt werden."),
        when={"sign_in": (SignIn.OAUTH2,)},
        needed=True,
        default="",
    )
    oauth_scope: Line = titled(
        "Scope",
        "What is asked for, in the words of the server, separated by spaces.",
        de=("Umfang (scope)", "Worum gebeten wird, in den Worten des Servers, durch Leerzeichen getrennt."),
        when={"sign_in": (SignIn.OAUTH2,)},
        default="",
    )
    imap_host: Needed = titled(
        "IMAP server",
        "Name of the server that holds the mailbox.",
        de=("IMAP-Server", "Name des Servers, auf dem das Postfach liegt."),
    )
    imap_port: int = titled(
        "IMAP port",
        "993 with TLS, 143 with STARTTLS.",
        de=("IMAP-Port", "993 mit TLS, 143 mit STARTTLS."),
        ge=1,
        le=65535,
        default=993,
    )
    imap_security: Security = titled(
        "IMAP encryption",
        "TLS from the start, STARTTLS, or none, which is for servers on the same machine only.",
        de=("IMAP-Verschlüsselung", "TLS von Anfang an, STARTTLS oder keine, was nur auf derselben Maschine taugt."),
        options=_ENCRYPTIONS,
        default=Security.TLS,
    )
    imap_user: Needed = titled(
        "IMAP user",
        "Often the address itself.",
        de=("IMAP-Benutzer", "Oft die Adresse selbst."),
    )
    imap_password: SecretStr | None = titled(
        "IMAP password",
        "With two-factor sign-in this is an app password.",
        de=("IMAP-Passwort", "Bei Zwei-Faktor-Anmeldung ein App-Passwort."),
        when={"sign_in": (SignIn.PASSWORD,)},
        needed=True,
        goes_to=("imap_host", "imap_security", "smtp_host", "smtp_security"),
        default=None,
    )
    imap_folder: Needed = titled(
        "Folder",
        "The folder that is read. Mails stay in it, unread ones unread.",
        de=("Ordner", "Der Ordner, der gelesen wird. Mails bleiben darin, ungelesene ungelesen."),
        default="INBOX",
    )
    more_folders: Annotated[str, StringConstraints(max_length=2000)] = titled(
        "Further folders",
        "Folders that are read too, one a line: those that rules of the mail server sort into. Looked at every minute.",
        de=(
            "Weitere Ordner",
            "Ordner, die auch gelesen werden, einer je Zeile: in die Regeln des Mailservers einsortieren. "
            "Jede Minute wird nachgesehen.",
        ),
        format="multiline",
        default="",
    )
    sent_folder: Line = titled(
        "Folder of sent mails",
        "Answers written in another mail program come from here into their tickets. Empty: they do not.",
        de=(
            "Ordner der gesendeten Mails",
            "Antworten aus einem anderen Mailprogramm kommen von hier in ihre Vorgänge. Leer: Sie kommen nicht.",
        ),
        default="",
    )
    sync_from: SyncFrom = titled(
        "First fetch",
        "Only mails that arrive from now on, those of the last days, or all that are there. What is older than three "
        "days comes as history: solved, and given to nobody.",
        de=(
            "Erster Abruf",
            "Nur Mails, die ab jetzt ankommen, die der letzten Tage oder alle, die da sind. Was älter als drei Tage "
            "ist, kommt als Vergangenes: gelöst und niemandem zugeteilt.",
        ),
        options={
            "now": ("From now on", "Ab jetzt"),
            "days": ("Of the last days", "Der letzten Tage"),
            "all": ("All that are there", "Alle, die da sind"),
        },
        default=SyncFrom.NOW,
    )
    sync_days: int = titled(
        "Days of the first fetch",
        "How many days back, if those of the last days are fetched.",
        de=("Tage des ersten Abrufs", "Wie viele Tage zurück, wenn die der letzten Tage abgerufen werden."),
        ge=1,
        le=3650,
        default=30,
    )
    authentication_server: Line = titled(
        "Server that checks senders",
        "The name that stands first in Authentication-Results, such as mx.google.com. Empty: nothing is checked.",
        de=(
            "Server, der Absender prüft",
            "Der Name, der in Authentication-Results vorn steht, etwa mx.google.com. Leer: Es wird nichts geprüft.",
        ),
        default="",
    )
    smtp_host: Needed = titled(
        "SMTP server",
        "Name of the server that sends for this address.",
        de=("SMTP-Server", "Name des Servers, der für diese Adresse versendet."),
    )
    smtp_port: int = titled(
        "SMTP port",
        "465 with TLS, 587 with STARTTLS.",
        de=("SMTP-Port", "465 mit TLS, 587 mit STARTTLS."),
        ge=1,
        le=65535,
        default=465,
    )
    smtp_security: Security = titled(
        "SMTP encryption",
        "TLS from the start, STARTTLS, or none, which is for servers on the same machine only.",
        de=("SMTP-Verschlüsselung", "TLS von Anfang an, STARTTLS oder keine, was nur auf derselben Maschine taugt."),
        options=_ENCRYPTIONS,
        default=Security.TLS,
    )
    smtp_user: Line = titled(
        "SMTP user",
        "Empty: the same as for IMAP.",
        de=("SMTP-Benutzer", "Leer: derselbe wie bei IMAP."),
        default="",
    )
    smtp_password: SecretStr | None = titled(
        "SMTP password",
        "Empty: the same as for IMAP.",
        de=("SMTP-Passwort", "Leer: dasselbe wie bei IMAP."),
        when={"sign_in": (SignIn.PASSWORD,)},
        goes_to=("smtp_host", "smtp_security"),
        default=None,
    )
    per_minute: int = titled(
        "Mails a minute",
        "What your provider lets this account send; what is more waits its turn. 0: any number.",
        de=(
            "Mails pro Minute",
            "Was der Anbieter dieses Konto senden lässt; was darüber ist, wartet. 0: beliebig viele.",
        ),
        ge=0,
        le=10_000,
        default=0,
    )
    plus_addresses: bool = titled(
        "Mark the address that answers go to",
        "Answers find their ticket by help+mark@… too. Used once a mail of ours to such an address has arrived.",
        de=(
            "Antwortadresse markieren",
            "Antworten finden ihren Vorgang auch über hilfe+marke@… Gilt, sobald eine Probemail dort ankam.",
        ),
        default=False,
    )
    plus_proven: Line = titled(
        "Proven for",
        "The address at which a marked mail of ours has arrived.",
        de=("Erprobt für", "Die Adresse, an der eine markierte Mail von uns angekommen ist."),
        readOnly=True,
        default="",
    )
    quote_original: bool = titled(
        "Quote below answers",
        "Put the message that is answered below the answer.",
        de=("Unter Antworten zitieren", "Die beantwortete Nachricht unter die Antwort setzen."),
        default=True,
    )
    signature: Annotated[str, StringConstraints(max_length=2000)] = titled(
        "Signature",
        "Stands below every answer in a language that has none of its own.",
        de=("Signatur", "Steht unter jeder Antwort in einer Sprache ohne eigene Signatur."),
        format="multiline",
        default="",
    )
    signatures: PerLanguage = titled(
        "Signatures by language",
        "Below answers in these languages they stand instead.",
        de=("Signaturen nach Sprache", "Unter Antworten in diesen Sprachen stehen sie stattdessen."),
        format="by_language",
        default_factory=dict,
    )

    ask_for_receipts: bool = titled(
        "Ask for read receipts",
        "Readers' programs may then tell that an answer was opened; most ask their reader first.",
        de=(
            "Um Lesebestätigungen bitten",
            "Mailprogramme dürfen dann melden, dass eine Antwort geöffnet wurde; die meisten fragen erst.",
        ),
        default=False,
    )
    acknowledge: bool = titled(
        "Acknowledge new mails",
        "Whoever begins a ticket is told that their mail is here: once a day, and never machines or lists.",
        de=(
            "Eingang bestätigen",
            "Wer einen Vorgang beginnt, erfährt, dass die Mail da ist: einmal am Tag, und nie Maschinen oder Listen.",
        ),
        default=False,
    )
    acknowledgements: PerLanguage = titled(
        "Acknowledgement",
        "Text in the language of the mail. {number} is the ticket's. Without one of yours there is one of ours.",
        de=(
            "Eingangsbestätigung",
            "Text in der Sprache der Mail. {number} ist die Nummer des Vorgangs. Ohne eigenen Text kommt unserer.",
        ),
        format="by_language",
        default_factory=dict,
    )

    @field_validator("imap_password", *NEEDED)
    @classmethod
    def _is_there(cls, value: Given, info: ValidationInfo) -> Given:
        """Ask for what the chosen way to sign in cannot do without."""
        if not value and info.data.get("sign_in") in NEEDED[info.field_name or ""]:
            raise ValueError("is needed")
        return value

    def credentials(self, protocol: str) -> tuple[str, str]:
        """Return user and password of one of the servers; the password is empty where there is none."""
        password = self.imap_password
        if protocol == "imap":
            return self.imap_user, password.get_secret_value() if password else ""
        own = self.smtp_password if self.smtp_password and self.smtp_password.get_secret_value() else password
        return self.smtp_user or self.imap_user, own.get_secret_value() if own else ""

    @property
    def marks_replies(self) -> bool:
        """Tell whether answers may go to an address with a mark behind a plus."""
        return self.plus_addresses and self.plus_proven == self.address

    def signed(self, language: str | None) -> str:
        """Return the signature of a language."""
        return in_language(self.signatures, language) or self.signature

    @property
    def folders(self) -> tuple[str, ...]:
        """Return every folder that is read, the main one first, each once."""
        further = (name.strip() for name in self.more_folders.splitlines())
        return tuple(dict.fromkeys(name for name in (self.imap_folder, *further, self.sent_folder) if name))

    def setting_of(self, folder: str) -> str:
        """Return the setting that names a folder."""
        if folder == self.imap_folder:
            return "imap_folder"
        return "sent_folder" if folder == self.sent_folder else "more_folders"

    @property
    def domain(self) -> str:
        """Return the domain of the address, which our message ids are made in."""
        return self.address.rpartition("@")[2].lower()
