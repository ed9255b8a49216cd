"""Turns the bytes of a mail into a message: who wrote it, what it says, and which ticket it answers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from inbox.channel.model import Forwarded, Original, Received, Sender, Undelivered
from inbox.channel.signing import find_ticket
from inbox.domain.contact import Claim, IdentityKind
from inbox.domain.ids import MessageId, TicketId
from inbox.domain.recipients import Recipient, Role, distinct
from inbox_email.acknowledge import may_be_answered
from inbox_email.automatic import WANT_NO_ANSWER, Automatic, automatic_kind
from inbox_email.bounces import is_gone, report_of
from inbox_email.charsets import decode
from inbox_email.content import Content, content_of
from inbox_email.forwards import forwarded_in
from inbox_email.headers import Address, Headers
from inbox_email.html import CLEANER
from inbox_email.invitations import invitation_in
from inbox_email.marks import LOOP_FIELD, loop_mark, message_of, own_id_in, probe_mark
from inbox_email.mime import Mail, content_octets, take_apart
from inbox_email.places import HISTORY, SENT, marked
from inbox_email.receipts import seen_by
from inbox_email.sent import as_history, as_sent
from inbox_email.verdicts import is_proved, is_refuted

HEADERS_ONLY = "text/rfc822-headers"  # the type of an original that was too large to be fetched
MAX_REFERENCES = 50

_ARRIVED_AT = ("delivered-to", "x-original-to", "envelope-to", "x-gm-original-to", "to", "cc")
_NOBODY = re.compile(
    r"(?:no|do-?not|nicht)[-_.]?(?:reply|respond|antworten)|noreply|wordpress|web-?form", re.IGNORECASE
)
_TICKET_NUMBER = re.compile(r"\[#([1-9][0-9]{0,8})\]")
_RETURNED_ID = re.compile(r"^[ \t>|]{0,8}message-id:\s*(<[^<>\s]{1,998}>)", re.IGNORECASE | re.MULTILINE)
_ABOUT_OURS = frozenset({"bounce", "receipt"})
_OF_THEIR_OWN_ACCORD: frozenset[Automatic | None] = frozenset({"reply", "generated", "list", "bulk"})
_RETURNED_OCTETS = 65_536
_RETURNED = frozenset({"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"})


@dataclass(frozen=True, slots=True)
class Reader:
    """Understands the mails of one inbox."""

    address: str
    key: bytes  # that signs this inbox's tokens
    judge: str = ""  # the server whose verdict on senders counts; empty: none

    def understand(self, original: Original) -> list[Received]:
        """Parse a mail, which is one message; a copy of one that we sent ourselves may be nothing new."""
        received = self.read(original)
        if marked(original, HISTORY):
            received = as_history(received)
        if not marked(original, SENT):
            return [replace(received, proves=self._proved(original))]
        return as_sent(received, take_apart(original.body).headers, address=self.address)

    def read(self, original: Original) -> Received:
        """Parse a mail; raise MessageUnreadable only for one that is built to stop a parser."""
        mail = take_apart(original.body)
        headers, kind = mail.headers, automatic_kind(mail)
        subject = headers.text("subject")[:998]
        shown = content_of(mail.body, mail.files, subject=subject)
        sender, references = self._sender(headers, original.body), _references(mail, kind)
        vouched = is_proved(headers, self.judge)
        forwarded = self._forwarded(mail, subject) if vouched else None
        invitation = invitation_in(mail.files, self.address)
        said = shown.text or (invitation or {}).get("summary")
        return Received(
            external_id=headers.own_id() or f"sha256:{_hex(original.body)}",
            sender=sender,
            at=original.at,
            text="\n\n".join(part for part in (_not_fetched(original), said) if part),
            html=shown.html,
            quoted=shown.quoted,
            subject=subject or None,
            references=references,
            ticket=self._ticket(headers, references),
            number=_number(subject),
            automatic=_is_automatic(headers, kind),
            away=kind == "reply",
            echo_of=self._echo(headers),
            echo_arrived=False,  # whoever got a copy can send it to us
            about=next((own for own in map(message_of, references) if own), None) if kind in _ABOUT_OURS else None,
            undelivered=_undelivered(mail) if kind == "bounce" else (),
            seen=seen_by(mail, sender.claims[0].value) if kind == "receipt" else None,
            answerable=sender.claims[0].verified and self._answerable(headers, kind),
            wants_answer=kind not in WANT_NO_ANSWER and not self._is_own(headers),
            files=(*shown.files, *(forwarded.files if forwarded else ())),
            forwarded=forwarded,
            vouched=vouched,
            recipients=_recipients(headers),
            meta=_meta(headers, kind=kind, shown=shown)
            | _from(sender)
            | _special(mail, invitation)
            | {"digest": _digest(headers, original.body)},
        )

    def _proved(self, original: Original) -> dict[str, str]:
        """Return what is true once our mail to ourselves is here: it went to the marked address and nowhere else."""
        mark = probe_mark(self.key, self.address)
        if mark.encode() not in original.body[:_RETURNED_OCTETS]:
            return {}
        to = take_apart(original.body).headers.addresses("to")
        is_probe = any(each.address.partition("@")[0].partition("+")[2].casefold() == mark for each in to)
        return {"plus_proven": self.address} if is_probe else {}

    def _sender(self, headers: Headers, octets: bytes) -> Sender:
        named = _first(headers.addresses("from")) or _first(headers.addresses("sender", "reply-to", "return-path"))
        replies_to = _first(headers.addresses("reply-to"))
        if named is None:
            # A mail without a sender is still a mail; a name of its own keeps such senders apart (RFC 2606).
            nobody = f"unknown-{_hex(octets)[:16]}@unknown.invalid"
            return Sender((Claim(IdentityKind.EMAIL, nobody, verified=False),))
        if replies_to and replies_to.address != named.address and self._speaks_for_others(named):
            # A form writes in its own name; the person is whom it asks us to answer, on the form's word alone.
            return Sender((Claim(IdentityKind.EMAIL, replies_to.address, verified=False),), replies_to.name)
        # Our own address writes to itself only by our own mails, which are known before; it names nobody.
        is_own = named.address.casefold() == self.address.casefold()
        verified = not is_own and not is_refuted(headers, self.judge)
        return Sender((Claim(IdentityKind.EMAIL, named.address, verified=verified),), named.name)

    def _answerable(self, headers: Headers, kind: Automatic | None) -> bool:
        named = _first(headers.addresses("from"))
        return may_be_answered(headers, kind, named, own=self.address, judge=self.judge)

    def _forwarded(self, mail: Mail, subject: str) -> Forwarded | None:
        """Return whom a mail passes on; our own words that come back are nobody's."""
        found = forwarded_in(mail, subject=subject)
        is_ours = found is not None and found.sender.claims[0].key == self.address.casefold()
        return None if is_ours else found

    def _speaks_for_others(self, sender: Address) -> bool:
        return sender.address.casefold() == self.address.casefold() or bool(_NOBODY.match(sender.address))

    def _ticket(self, headers: Headers, references: Iterable[str]) -> TicketId | None:
        """Return the ticket that our token proves: in the address that was written to, else in what is answered."""
        written_to = (a.address.partition("@")[0] for a in headers.addresses(*_ARRIVED_AT))
        tagged = " ".join(local.partition("+")[2] for local in written_to)
        return find_ticket(self.key, tagged) or find_ticket(self.key, " ".join(references))

    def _echo(self, headers: Headers) -> MessageId | None:
        """Return our own message if this is it, come back by a list or a copy."""
        own_id = headers.own_id() or ""
        if headers.raw(LOOP_FIELD).strip() != loop_mark(self.key, own_id):
            return None
        return message_of(own_id)

    def _is_own(self, headers: Headers) -> bool:
        return self._echo(headers) is not None


def _is_automatic(headers: Headers, kind: Automatic | None) -> bool:
    """Tell whether a machine wrote a mail of its own accord; another service of our kind marks what it writes."""
    return kind in _OF_THEIR_OWN_ACCORD or (kind is None and headers.has(LOOP_FIELD))


def _digest(headers: Headers, octets: bytes) -> str:
    """Return a digest of what the sender wrote, which is the same whichever way a mail came here."""
    written = "\0".join(headers.raw(name) for name in ("from", "to", "subject", "date")).encode("utf-8", "replace")
    return _hex(written + b"\0" + content_octets(octets))


def _hex(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()


def _number(subject: str) -> int | None:
    """Return the number of a ticket that a subject names."""
    found = _TICKET_NUMBER.search(subject)
    return int(found[1]) if found else None


def _references(mail: Mail, kind: Automatic | None) -> tuple[str, ...]:
    """Return what a mail answers, nearest first; a bounce answers what it returns."""
    headers = mail.headers
    returned = _returned_ids(mail) if kind in {"bounce", "complaint", "receipt"} else []
    if kind == "bounce" and (named := own_id_in(report_of(mail).envelope)):
        returned = [named, *returned]
    found = dict.fromkeys([*returned, *headers.ids("in-reply-to"), *reversed(headers.ids("references"))])
    found.pop(headers.own_id() or "", None)
    return tuple(found)[:MAX_REFERENCES]


def _undelivered(mail: Mail) -> tuple[Undelivered, ...]:
    failures = (f for f in report_of(mail).failures if f.action != "delivered")
    return tuple(
        Undelivered(f.recipient, f.reason, f.action == "failed", f.status, gone=is_gone(f.status, f.reason))
        for f in failures
    )


def _returned_ids(mail: Mail) -> list[str]:
    """Return the ids of the mails that a report returns: in a part of it, or in its words."""
    parts = [decode(file.data[:_RETURNED_OCTETS], None) for file in mail.files if file.mime in _RETURNED]
    return [found[1] for text in [*parts, mail.body.text or ""] if (found := _RETURNED_ID.search(text))]


def _recipients(headers: Headers) -> tuple[Recipient, ...]:
    """Return whom a mail names in To and Cc; whoever got a blind copy is named nowhere."""
    fields = ((Role.TO, "to"), (Role.CC, "cc"))
    return distinct(Recipient(a.address, a.name, role) for role, name in fields for a in headers.addresses(name)[:100])


def _meta(headers: Headers, *, kind: Automatic | None, shown: Content) -> dict[str, Any]:
    """Return what our answer needs, and what the screens say about a mail."""
    date = headers.date()
    meta = {
        "automatic": kind,
        "remote_images": shown.blocked,
        "cleaner": CLEANER if shown.html else None,
        "date": date.isoformat() if date else None,
        "references": shortened(headers.ids("references") or headers.ids("in-reply-to")),
        "to": [a.address for a in headers.addresses("to")][:100],
        "cc": [a.address for a in headers.addresses("cc")][:100],
        "list": headers.has("list-id") or headers.has("list-post"),
        "reply_to": [a.address for a in headers.addresses("reply-to")][:10],
    }
    return {name: value for name, value in meta.items() if value}


def _from(sender: Sender) -> dict[str, Any]:
    """Return who wrote it, and whether nobody knows that they did."""
    claim = sender.claims[0]
    return {"from": claim.value} | ({} if claim.verified else {"doubted": True})


def _special(mail: Mail, invitation: dict[str, Any] | None) -> dict[str, Any]:
    """Return what of a mail is shown in a way of its own."""
    seal = mail.seal._asdict() if mail.seal else None
    return {name: value for name, value in (("invitation", invitation), ("seal", seal)) if value}


def shortened(references: Iterable[str]) -> list[str]:
    """Return the first id of a thread and the last twenty: long threads outgrow every header."""
    ids = list(dict.fromkeys(references))
    return ids if len(ids) <= 21 else [ids[0], *ids[-20:]]


def _not_fetched(original: Original) -> str:
    """Say what a mail is that could not be fetched: it is shown all the same."""
    if not original.content_type.startswith(HEADERS_ONLY):
        return ""
    if "refused" in original.content_type:
        return "The mail server could not hand over this mail; read it in the mailbox itself."
    size = re.search(r"size=(\d+)", original.content_type)
    megabytes = int(size[1]) // 1_000_000 if size else 0
    return f"This mail is too large to be fetched ({megabytes} MB); read it in the mailbox itself."


def _first(addresses: tuple[Address, ...]) -> Address | None:
    return addresses[0] if addresses else None
