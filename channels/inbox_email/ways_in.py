"""The ways to prove to mail servers who we are, and what each of them needs."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints


class SignIn(StrEnum):
    """How we prove to the servers that we may."""

    PASSWORD = "password"  # noqa: S105 - the name of a way in
    GOOGLE = "google"
    MICROSOFT = "microsoft"
    MICROSOFT_APP = "microsoft_app"
    OAUTH2 = "oauth2"


BY_CONSENT = (SignIn.GOOGLE, SignIn.MICROSOFT, SignIn.OAUTH2)  # of the mailbox's owner, in a browser
BY_TOKEN = (*BY_CONSENT, SignIn.MICROSOFT_APP)

NEEDED = {
    "imap_password": (SignIn.PASSWORD,),
    "oauth_client_id": BY_TOKEN,
    "oauth_client_secret": (SignIn.GOOGLE, SignIn.MICROSOFT_APP),
    "oauth_authorize_url": (SignIn.OAUTH2,),
    "oauth_token_url": (SignIn.OAUTH2,),
}
TITLES = {
    "password": ("Password", "Passwort"),
    "google": ("Google (OAuth2)", "Google (OAuth2)"),
    "microsoft": ("Microsoft (OAuth2)", "Microsoft (OAuth2)"),
    "microsoft_app": ("Microsoft, as an application without a user", "Microsoft, als Anwendung ohne Benutzer"),
    "oauth2": ("Another OAuth2 server", "Ein anderer OAuth2-Server"),
}


def _servers(imap: str, smtp: str, port: str, security: str) -> dict[str, str]:
    return {
        "imap_host": imap,
        "imap_port": "993",
        "imap_security": "tls",
        "smtp_host": smtp,
        "smtp_port": port,
        "smtp_security": security,
    }


_OUTLOOK = _servers("outlook.office365.com", "smtp.office365.com", "587", "starttls")
SERVERS = {  # of those whose servers are known
    "google": _servers("imap.gmail.com", "smtp.gmail.com", "465", "tls"),
    "microsoft": _OUTLOOK,
    "microsoft_app": _OUTLOOK,
}

Tenant = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255, pattern="^[A-Za-z0-9.-]+$")
]
# Unencrypted on this machine alone: codes and tokens are worth a password (RFC 6749 section 3.1).
WebAddress = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        max_length=299,
        pattern=r"^(https://[^\s#]+|http://(127\.0\.0\.1|localhost)(:\d+)?(/[^\s#]*)?)?$",
    ),
]
