"""The consent of an account's owner, while it is asked for: what the answer must show, and for how long."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

LASTS = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was sent to an authorization server by somebody's browser."""

    state_hash: str  # of what comes back unchanged; hashed, since it goes through a URL and back
    verifier: str  # the secret that makes the code worthless to whoever else sees it (RFC 7636)
    by: str  # who asked: nobody else may bring the answer
    until: datetime

    @property
    def challenge(self) -> str:
        """Return what may be seen of the verifier."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def is_answered_by(self, state: str, *, by: str, now: datetime) -> bool:
        """Tell whether an answer is one to this question, brought in time by who asked it."""
        fits = hmac.compare_digest(hash_of_state(state), self.state_hash)
        return fits and by == self.by and now < self.until


def ask(*, by: str, now: datetime) -> tuple[str, Asked]:
    """Return a new question with the state that its answer has to bring back."""
    state = secrets.token_urlsafe(32)
    return state, Asked(hash_of_state(state), secrets.token_urlsafe(48), by, now + LASTS)


def hash_of_state(state: str) -> str:
    """Return what is kept of a state."""
    return hashlib.sha256(state.encode()).hexdigest()
