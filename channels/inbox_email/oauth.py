"""Access tokens by OAuth 2.0 (RFC 6749): by the consent of the mailbox's owner, or for an application of its own."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from inbox.channel.grants import GrantRefused
from inbox.channel.host import Host, HttpAnswer
from inbox.errors import OutgoingFailed, OutgoingRefused, Unavailable
from inbox_email.config import EmailConfig
from inbox_email.ways_in import SignIn
from inbox_email.wire import SettingRejected

_MARGIN = timedelta(minutes=5)  # a token is renewed so long before it ends: a connection may take a while
_LASTS = 3_600  # seconds, where the server does not say (RFC 6749 section 5.1)
_TO_BLAME = {"invalid_client": "oauth_client_secret", "unauthorized_client": "oauth_client_id"}
# Only the owner can help: the consent is over (RFC 6749 section 5.2), or they must answer for themselves again.
_OVER = frozenset({"invalid_grant", "interaction_required", "consent_required", "login_required"})
_SHORT = 300  # characters of what a server says


@dataclass(frozen=True, slots=True)
class Provider:
    """An authorization server, and what to ask it for."""

    authorize: str
    token: str
    scope: str
    asked: Mapping[str, str] = field(default_factory=dict)  # besides what every server is asked
    basic: bool = False  # the client says who it is in the header: what every server must understand


def provider_of(config: EmailConfig) -> Provider:
    """Return the server that an inbox's tokens come from."""
    microsoft = f"https://login.microsoftonline.com/{quote(config.oauth_tenant, safe='')}/oauth2/v2.0"
    exchange = "https://outlook.office.com"
    match config.sign_in:
        case SignIn.GOOGLE:
            return Provider(
                "https://accounts.google.com/o/oauth2/v2/auth",
                "https://oauth2.googleapis.com/token",
                "https://mail.google.com/",
                # Without these Google gives a refresh token for the first consent only.
                {"access_type": "offline", "prompt": "consent"},
            )
        case SignIn.MICROSOFT:
            scope = f"{exchange}/IMAP.AccessAsUser.All {exchange}/SMTP.Send offline_access"
            return Provider(f"{microsoft}/authorize", f"{microsoft}/token", scope)
        case SignIn.MICROSOFT_APP:
            return Provider("", f"{microsoft}/token", "https://outlook.office365.com/.default")
        case _:
            return Provider(config.oauth_authorize_url, config.oauth_token_url, config.oauth_scope, basic=True)


def consent_url(config: EmailConfig, *, redirect_uri: str, state: str, challenge: str) -> str:
    """Return where the owner consents; only the challenge of the secret goes there (RFC 7636)."""
    provider = provider_of(config)
    asked = {
        "response_type": "code",
        "client_id": config.oauth_client_id,
        "redirect_uri": redirect_uri,
        "scope": provider.scope,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "login_hint": config.imap_user,
        **provider.asked,
    }
    joint = "&" if "?" in provider.authorize else "?"
    return provider.authorize + joint + urlencode({name: value for name, value in asked.items() if value})


async def by_code(config: EmailConfig, host: Host, code: str, *, redirect_uri: str, verifier: str) -> Mapping[str, Any]:
    """Redeem the code of a consent."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
    }
    grant = await _tokens(config, host, form)
    if not grant.get("refresh_token"):
        raise SettingRejected("The server gave a consent that does not last: it has no refresh token.", field="sign_in")
    return grant


async def by_refresh(config: EmailConfig, host: Host, grant: Mapping[str, Any]) -> Mapping[str, Any]:
    """Renew a grant; a server that rotates its refresh tokens gives another one, which is the only one that holds."""
    form = {"grant_type": "refresh_token", "refresh_token": str(grant["refresh_token"])}
    return {"refresh_token": grant["refresh_token"], **await _tokens(config, host, form)}


async def for_itself(config: EmailConfig, host: Host) -> Mapping[str, Any]:
    """Ask for a token in the application's own name (RFC 6749 section 4.4)."""
    return await _tokens(config, host, {"grant_type": "client_credentials", "scope": provider_of(config).scope})


def bound_to(config: EmailConfig) -> dict[str, Any]:
    """Return the settings that a grant was given for: nobody else may be sent its tokens."""
    return {
        "client": config.oauth_client_id,
        "token": provider_of(config).token,
        "imap": [config.imap_host.lower(), config.imap_security.value],
        "smtp": [config.smtp_host.lower(), config.smtp_security.value],
    }


def holds_at(grant: Mapping[str, Any], now: datetime) -> bool:
    """Tell whether the access token can still be used for a while."""
    return datetime.fromisoformat(grant["expires_at"]) - now > _MARGIN


async def _tokens(config: EmailConfig, host: Host, form: Mapping[str, str]) -> dict[str, Any]:
    answer = await _asked(config, host, form)
    given = _json(answer)
    if answer.status != 200 or not isinstance(given.get("access_token"), str):
        raise _refusal(answer, given)
    # A token that lives shorter than the margin is used all the same, and renewed each time.
    lasts = given.get("expires_in")
    seconds = int(str(lasts)) if str(lasts).isdigit() else _LASTS
    tokens = {
        "access_token": given["access_token"],
        "expires_at": (host.clock() + timedelta(seconds=seconds)).isoformat(),
        "bound": bound_to(config),
    }
    rotated = given.get("refresh_token")
    return tokens | ({"refresh_token": rotated} if isinstance(rotated, str) and rotated else {})


async def _asked(config: EmailConfig, host: Host, form: Mapping[str, str]) -> HttpAnswer:
    provider = provider_of(config)
    secret = config.oauth_client_secret.get_secret_value() if config.oauth_client_secret else ""
    headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
    if provider.basic and secret:
        name = f"{quote(config.oauth_client_id, safe='')}:{quote(secret, safe='')}"  # RFC 6749 section 2.3.1
        headers["authorization"] = "Basic " + base64.b64encode(name.encode()).decode("ascii")
    else:
        form = {**form, "client_id": config.oauth_client_id, **({"client_secret": secret} if secret else {})}
    try:
        return await host.http.post(provider.token, content=urlencode(form).encode(), headers=headers)
    except OutgoingRefused as error:
        raise SettingRejected(f"The OAuth2 server may not be called from here: {error}", field="sign_in") from error
    except OutgoingFailed as error:
        raise Unavailable(f"The OAuth2 server does not answer: {error}") from error


def _json(answer: HttpAnswer) -> dict[str, Any]:
    try:
        given = json.loads(answer.body)
    except ValueError:
        return {}
    return given if isinstance(given, dict) else {}


def _refusal(answer: HttpAnswer, given: Mapping[str, Any]) -> Exception:
    """Decide whose trouble a refusal is: the server's, the settings', or that of a consent that is over."""
    code = str(given.get("error", ""))
    words = " ".join(f"{code} {given.get('error_description', '')}".split())[:_SHORT] or f"status {answer.status}"
    if code in _OVER:
        return GrantRefused(f"The consent to use this mailbox does not hold any more; connect it again. ({words})")
    if answer.status == 429 or answer.status >= 500 or code in {"temporarily_unavailable", "server_error"}:
        return Unavailable(f"The OAuth2 server gives no token now: {words}")
    return SettingRejected(f"The OAuth2 server gives no token: {words}", field=_TO_BLAME.get(code, "sign_in"))
