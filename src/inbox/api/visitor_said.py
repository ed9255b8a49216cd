"""What a visitor says, as the core takes it in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from inbox.api.visitor_frames import FrameRejected, Hello, Refusal, Say
from inbox.app.visit import Guest
from inbox.channel.contract import Visits
from inbox.channel.model import CampaignRef, Received, Sender
from inbox.errors import Invalid


def sender_of(guest: Guest, visits: Visits, form: Mapping[str, str], *, locale: str) -> Sender:
    """Return who speaks: known by their session, else as they introduce themselves; raise Invalid if they must."""
    known = guest.sender
    if guest.contact is not None:
        return replace(known, language=known.language or locale)
    named = visits.identify(None, form)
    return Sender((*known.claims, *named.claims), named.name, named.language or locale)


def external_id(guest: Guest, client_id: str) -> str:
    """Return under which id a message is stored once, however often it is said."""
    return f"{guest.visitor.id}:{client_id}"


def received(frame: Say, guest: Guest, visits: Visits, hello: Hello, form: Mapping[str, str], at: datetime) -> Received:
    """Return a visitor's word as the core takes it; raise FrameRejected if the form comes first."""
    try:
        sender = sender_of(guest, visits, form, locale=hello.locale)
    except Invalid as error:
        raise FrameRejected(Refusal.FORM_REQUIRED, str(error), client_id=frame.client_id) from error
    page = hello.page
    meta = {"client_id": frame.client_id, "permalink": page.url, "page_title": page.title}
    return Received(
        external_id=external_id(guest, frame.client_id),
        sender=sender,
        at=at,
        text=frame.text,
        campaign=CampaignRef(page.campaign) if page.campaign else None,
        meta={key: value for key, value in meta.items() if value},
    )
