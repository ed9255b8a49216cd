"""Contacts: persons, and the identities by which channels know them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from inbox.domain.ids import ContactId, IdentityId


class IdentityKind(StrEnum):
    """How a channel knows a person."""

    EMAIL = "email"
    PHONE = "phone"
    VISITOR = "visitor"
    PLATFORM_USER = "platform_user"


@dataclass(frozen=True, slots=True)
class Claim:
    """An identity as somebody presents it; only a verified one may join what we know."""

    kind: IdentityKind
    value: str
    scope: str = ""  # the platform or site within which the value is unique; empty: everywhere
    verified: bool = True

    @property
    def key(self) -> str:
        """Return the normalised value: addresses do not differ by case."""
        value = self.value.strip()
        return value.casefold() if self.kind is IdentityKind.EMAIL else value


def proves_who(claim: Claim) -> bool:
    """Tell whether a claim names a person: a visitor's session shows only that it is the same browser."""
    return claim.verified and claim.kind is not IdentityKind.VISITOR


@dataclass(frozen=True, slots=True)
class Identity:
    """A claim that was stored, with the contact whom it names."""

    id: IdentityId
    contact_id: ContactId
    kind: IdentityKind
    value: str
    scope: str
    verified: bool


class LanguageBy(StrEnum):
    """How we know which language a person writes; the later, the surer."""

    SOURCE = "source"  # the platform, the browser
    TEXTS = "texts"  # two of their own agreed
    PERSON = "person"  # a manager set it: never changed by itself


@dataclass(frozen=True, slots=True)
class Contact:
    """A person: a crowd member, a client's person, or both."""

    id: ContactId
    name: str | None
    created_at: datetime
    language: str | None = None  # BCP 47
    language_by: LanguageBy | None = None
    heard: str | None = None  # the language of their last text that was clear
    identities: tuple[Identity, ...] = ()
    roles: tuple[str, ...] = ()  # by word of the platform or a manager: vip, press, client


def naming(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """Return the claims that may name a known person, the best first.

    An unverified claim names nobody. A number is often shared, by a family or an office: it names somebody only where
    nothing better is known.
    """
    verified = tuple(claim for claim in claims if claim.verified)
    better = tuple(claim for claim in verified if claim.kind is not IdentityKind.PHONE)
    return better or verified
