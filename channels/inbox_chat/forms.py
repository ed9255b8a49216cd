"""The pre-chat form: which fields there are, and what a visitor said in them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inbox.channel.model import Sender
from inbox.domain.contact import Claim, IdentityKind
from inbox.errors import Invalid
from inbox_chat.config import Form

# Only the shape: that the address works is shown by an answered mail, nothing else.
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\.]+(\.[^\s@<>,;:\"()\[\]\\.]+)+")
_LONGEST = {"name": 100, "email": 254}


@dataclass(frozen=True, slots=True)
class FormField:
    """One question of the form."""

    name: str
    required: bool


_FIELDS: dict[Form, tuple[FormField, ...]] = {
    Form.OFF: (),
    Form.NAME: (FormField("name", required=True),),
    Form.NAME_AND_EMAIL: (
        FormField("name", required=True),
        FormField("email", required=True),
    ),
}


def fields_of(form: Form) -> tuple[FormField, ...]:
    """Return the questions that a visitor must answer before the first message."""
    return _FIELDS[form]


def introduced(form: Mapping[str, str], fields: Sequence[FormField]) -> Sender:
    """Return the visitor as they call themselves; raise Invalid for a missing answer or an impossible address."""
    answers = {name: _clean(form.get(name, ""), limit) for name, limit in _LONGEST.items()}
    for field in fields:
        if field.required and not answers[field.name]:
            raise Invalid(f"The form asks for {field.name}.")
    return Sender(claims=_claims(answers["email"]), name=answers["name"] or None)


def _claims(address: str) -> tuple[Claim, ...]:
    if not address:
        return ()
    if not _ADDRESS.fullmatch(address):
        raise Invalid("This is no e-mail address.")
    return (Claim(IdentityKind.EMAIL, address, verified=False),)


def _clean(text: str, limit: int) -> str:
    """One line without control characters; cut, since nobody's name is longer."""
    return " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())[:limit]
