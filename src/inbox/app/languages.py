"""The languages in use, and what a text is heard to be in: known in the process, so that no message asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from inbox.app.ports import Unit
from inbox.channel.model import Received
from inbox.domain.languages import Detector, Hints, evidence, in_use, read


@dataclass(frozen=True, slots=True)
class Heard:
    """How the words of a message weigh for each language, and the languages that count."""

    weights: Mapping[str, float] = field(default_factory=dict)
    used: frozenset[str] = frozenset()


SILENCE = Heard()


class Languages:
    """Hears in which of the languages in use something is written; without a detector, in none."""

    def __init__(self, detector: Detector | None = None) -> None:
        self._detector = detector
        self.used = in_use()

    async def refresh(self, unit: Unit) -> None:
        """Learn which languages are in use by now."""
        self.used = in_use(await unit.languages.named())

    def hear(self, received: Received) -> Heard:
        """Weigh what somebody of the crowd wrote, or said and had written down."""
        text = received.text or (received.call.transcript if received.call else None) or received.subject
        if self._detector is None or received.outbound or received.deleted or not text:
            return SILENCE
        return Heard(evidence(self._detector, text, received.sender.name), self.used)

    def written_in(self, text: str, usual: str | None) -> str | None:
        """Return the language that one of us wrote in: as the text clearly says, or else as usual."""
        if self._detector is None:
            return usual
        found = read(evidence(self._detector, text), Hints(ticket=usual), self.used)
        return found.language if found.clear else usual
