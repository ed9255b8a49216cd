"""How far the folders of an inbox are fetched: its cursor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from inbox.channel.model import Original
from inbox_email.config import EmailConfig, SyncFrom
from inbox_email.imap import Listed, Mailbox

HISTORY = "history"  # marks an original that was old when its inbox began
SENT = "sent"  # marks an original that we wrote ourselves, in another program
# What somebody wrote over the weekend before an inbox was added still waits for an answer; what is older is history.
_STILL_WORK = timedelta(days=3)
# From adding an inbox to signing in some time passes, and a server's clock may be behind ours.
_JUST_NOW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Place:
    """How far one folder is fetched."""

    folder: str
    uidvalidity: int
    last_uid: int
    since: datetime | None = None  # of the mails that were there already, older ones are not ours
    new_from: int = 0  # this number and all above came later and are ours whatever their date; 0 if unknown
    began: datetime | None = None  # when the folder was first fetched

    @property
    def cursor(self) -> dict[str, Any]:
        """Return the place as it is stored."""
        moments = {"since": self.since, "began": self.began}
        kept = {name: moment.isoformat() for name, moment in moments.items() if moment}
        numbers = {"uidvalidity": self.uidvalidity, "last_uid": self.last_uid}
        known = {"new_from": self.new_from} if self.new_from else {}
        return {"folder": self.folder} | numbers | known | kept

    def key_of(self, uid: int) -> str:
        """Return the name of a mail within its inbox."""
        return f"{self.folder}:{self.uidvalidity}:{uid}"

    def wants(self, mail: Listed) -> bool:
        """Tell whether a mail belongs to the inbox."""
        if self.since is None or mail.at is None or mail.at >= self.since:
            return True
        # Its date may be of a clock that is behind, or of the folder that it was moved from (RFC 3501 section 6.4.7).
        return 0 < self.new_from <= mail.uid

    def is_history(self, at: datetime) -> bool:
        """Tell whether a mail of this moment was old when the folder was first fetched."""
        return self.began is not None and at < self.began - _STILL_WORK


@dataclass(frozen=True, slots=True)
class Places:
    """How far every folder of an inbox is fetched."""

    config: EmailConfig
    known: Mapping[str, Place] = field(default_factory=dict)

    @classmethod
    def of(cls, config: EmailConfig, cursor: Mapping[str, Any] | None) -> Places:
        """Read the cursor of an inbox; what is known of folders that are no longer read is forgotten."""
        stored = [cursor, *cursor.get("others", ())] if cursor else []
        found = {place["folder"]: _read(place) for place in stored}
        return cls(config, {name: place for name, place in found.items() if name in config.folders})

    @property
    def cursor(self) -> dict[str, Any]:
        """Return the places as they are stored: the main folder's, with those of the others in it."""
        first, *others = [self.known[name].cursor for name in self.config.folders if name in self.known]
        return first | ({"others": others} if others else {})

    def moved(self, place: Place) -> Places:
        """Return the places with one of them changed."""
        return replace(self, known={**self.known, place.folder: place})

    def opened(self, folder: str, mailbox: Mailbox, *, now: datetime) -> Place:
        """Return where to go on in a folder: at its place, at the start after a renumbering, or where it begins."""
        place = self.known.get(folder)
        if place is None:
            return self._beginning(folder, mailbox, now)
        if place.uidvalidity != mailbox.uidvalidity:
            # The old numbers mean nothing any more; the service knows by their content the mails that it has.
            return replace(place, uidvalidity=mailbox.uidvalidity, last_uid=0, new_from=mailbox.uidnext or 0)
        return place

    def marks(self, place: Place, at: datetime) -> dict[str, str]:
        """Return what is to be known of a mail besides its bytes."""
        marked = {HISTORY: place.is_history(at), SENT: place.folder == self.config.sent_folder}
        return {name: "yes" for name, is_so in marked.items() if is_so}

    def _beginning(self, folder: str, mailbox: Mailbox, now: datetime) -> Place:
        begun = Place(folder, mailbox.uidvalidity, 0, began=now)
        if self.config.sync_from is SyncFrom.ALL:
            return begun
        back = timedelta(days=self.config.sync_days) if self.config.sync_from is SyncFrom.DAYS else _JUST_NOW
        return replace(begun, since=now - back, new_from=mailbox.uidnext or 0)


def marked(original: Original, mark: str) -> bool:
    """Tell whether an original bears a mark."""
    return original.headers.get(mark) == "yes"


def _read(stored: Mapping[str, Any]) -> Place:
    moments = {name: datetime.fromisoformat(stored[name]) for name in ("since", "began") if stored.get(name)}
    new_from = stored.get("new_from", 0)
    return Place(stored["folder"], stored["uidvalidity"], stored["last_uid"], new_from=new_from, **moments)
