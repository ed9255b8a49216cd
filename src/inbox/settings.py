"""The settings, read once from INBOX_ variables at the start and handed down."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from inbox.errors import StartRefused

PREFIX = "INBOX_"
# Read by the build and by tests, which run with the same environment.
_NOT_OURS = frozenset({"INBOX_SKIP_WEB"})


def _parts(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _network(value: str) -> str:
    return str(ip_network(value, strict=False))


def _split(value: str) -> SplitResult:
    """Split an address; the library finds a wrong port late, and its words may repeat a part of a password."""
    parts = urlsplit(value)
    try:
        _ = parts.port
    except ValueError:
        raise ValueError("must name a port from 0 to 65535, or none") from None
    if any(character.isspace() for character in value):
        raise ValueError("must not hold a space")
    return parts


def _site(value: str) -> str:
    parts = _split(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("must be an address such as https://help.example.org")
    if parts.path.strip("/"):
        raise ValueError("must not have a path: the service needs a host of its own")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _database(value: SecretStr) -> SecretStr:
    if urlsplit(value.get_secret_value()).scheme not in {"postgresql", "postgres"}:
        raise ValueError("must begin with postgresql://")
    return value


def _mail(value: SecretStr) -> SecretStr:
    parts = _split(value.get_secret_value())
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValueError("must begin with smtp:// (STARTTLS where offered) or smtps://, and name a host")
    return value


Words = Annotated[tuple[str, ...], BeforeValidator(_parts)]
Networks = Annotated[tuple[Annotated[str, AfterValidator(_network)], ...], BeforeValidator(_parts)]
Secrets = Annotated[tuple[SecretStr, ...], BeforeValidator(_parts)]


class Settings(BaseModel):
    """What an administrator can set."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    host: str = Field("127.0.0.1", description="Address to listen on; 0.0.0.0 for all of this machine's.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    data_dir: Path = Field(Path("var"), description="Folder of the private database, attachments and keys.")
    public_url: Annotated[str, AfterValidator(_site)] | None = Field(
        None,
        description="Address under which browsers reach the service, and with which links begin. Unset: host and port.",
    )
    database_url: Annotated[SecretStr, AfterValidator(_database)] | None = Field(
        None, description="PostgreSQL 15 or newer, as postgresql://user:password@host/name. Unset: a private server."
    )
    trusted_proxies: Networks = Field(
        (), description="Networks of your reverse proxies, comma-separated; only they may say who is calling."
    )
    http_allow: Words = Field(
        (),
        description="For development: private hosts, addresses or networks that may be called, comma-separated.",
    )
    picture_allow: Words = Field(
        (),
        description="For development: the same for pictures in mails, whose addresses strangers choose.",
    )
    secret_keys: Secrets = Field(
        (),
        description="Fernet keys that seal stored secrets, the newest first, comma-separated. Unset: a file of ours.",
    )
    mail_url: Annotated[SecretStr, AfterValidator(_mail)] | None = Field(
        None,
        description="Server that sends invitations and password links, as smtps://user:password@host. Unset: they are "
        "shown to administrators and printed on the terminal.",
    )
    mail_from: str | None = Field(
        None, pattern=r"^[^@\s<>]+@[^@\s<>]+$", description="Sender of those mails; needed with INBOX_MAIL_URL."
    )
    undo_seconds: int = Field(
        10, ge=0, le=30, description="How long an answer by mail waits before it is sent, so that it can be taken back."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="How much is logged.")

    @property
    def site(self) -> str:
        """Return where browsers reach the service, without a slash at the end."""
        return self.public_url or self.own_address.replace("//127.0.0.1:", "//localhost:")

    @property
    def own_address(self) -> str:
        """Return where the service is reached from its own machine."""
        here = "127.0.0.1" if self.host in {"0.0.0.0", "::", "localhost"} else self.host  # noqa: S104 - compared only
        return f"http://[{here}]:{self.port}" if ":" in here else f"http://{here}:{self.port}"


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment; raise StartRefused with one sentence for what does not fit."""
    found = _variables(os.environ if environ is None else environ)
    for name in found:
        if name.lower() not in Settings.model_fields:
            raise StartRefused(_unknown(name))
    try:
        settings = Settings.model_validate({name.lower(): value for name, value in found.items()})
    except ValidationError as error:
        raise StartRefused(_sentence(error)) from None  # the error's own words repeat passwords
    if settings.mail_url is not None and settings.mail_from is None:
        raise StartRefused("INBOX_MAIL_FROM is missing: mails that INBOX_MAIL_URL sends need a sender.")
    return settings


def settings_table() -> str:
    """Return the table of all settings for the administrator's guide, in Markdown."""
    return "\n".join(["| variable | default | meaning |", "| --- | --- | --- |", *_table_rows()]) + "\n"


def _table_rows() -> Iterator[str]:
    for name, field in Settings.model_fields.items():
        default = "" if field.default in {None, ()} else f"`{field.default}`"
        yield f"| `{PREFIX}{name.upper()}` | {default} | {field.description} |"


def _variables(environ: Mapping[str, str]) -> dict[str, str]:
    ours = (name for name in environ if name.startswith(PREFIX) and name not in _NOT_OURS)
    return {name.removeprefix(PREFIX): environ[name] for name in ours if environ[name].strip()}


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, [field.upper() for field in Settings.model_fields], n=1)
    hint = f" (did you mean {PREFIX}{near[0]}?)" if near else ""
    return f"{PREFIX}{name} is no setting of Crowd Inbox{hint}."


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    reason = first["msg"].removeprefix("Value error, ")
    return f"{PREFIX}{str(first['loc'][0]).upper()} does not fit: {reason[:1].lower()}{reason[1:]}."
