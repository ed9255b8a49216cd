"""Examples of call events, for the contract tests."""

from __future__ import annotations

import orjson

from inbox.channel.model import Outgoing
from inbox.domain.ids import InboxId, MessageId, TicketId, new_id
from inbox.testing.fakes import NOON
from inbox.testing.hooks import call_event, signed_call
from inbox.testing.sample import Sample, original
from inbox_telephony.channel import TelephonyChannel
from inbox_telephony.event import FORM

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - for tests, known to everybody
OTHER_SECRET = "whsec_c2VjcmV0IG51bWJlciB0d28gZm9yIHRlc3Rz"  # noqa: S105 - for tests, known to everybody
SPOKEN_BY_SIPGATE = (
    b"event=newCall&direction=in&from=492111234567&to=4915791234567&callId=12345678&origCallId=12345678"
    b"&user%5B%5D=Alice&user%5B%5D=Bob&userId%5B%5D=w0&fullUserId%5B%5D=1234567w0&xcid=123abc456def789"
)


def sample() -> Sample:
    """Return settings and events, as JSON and as a form."""
    ringing = call_event("call-1", "ringing", at=NOON)
    voicemail = call_event("call-1", "voicemail", at=NOON, duration=12, transcript="Bitte rufen Sie mich zurück.")
    return Sample(
        channel=TelephonyChannel(),
        config={"secret": SECRET},
        other_secret={"secret": OTHER_SECRET},
        originals=(
            original(orjson.dumps(ringing)),
            original(orjson.dumps(voicemail), key="original-2"),
            original(SPOKEN_BY_SIPGATE, key="original-3", content_type=FORM),
        ),
        calls=(signed_call(ringing, SECRET), signed_call(voicemail, SECRET, message_id="msg_2")),
        signature_header="webhook-signature",
        outgoing=_unsendable(),
    )


def _unsendable() -> Outgoing:
    return Outgoing(
        id=MessageId(new_id()),
        ticket_id=TicketId(new_id()),
        inbox_id=InboxId(new_id()),
        text="Hello?",
        at=NOON,
        from_name="Aylin",
    )
