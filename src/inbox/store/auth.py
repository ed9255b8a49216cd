"""Sessions, one-time links, API keys, limits: who may come in."""

from __future__ import annotations

from inbox.store.database import Session


class Auth:
    """The credentials of one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session
