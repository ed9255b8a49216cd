"""Routing: which team, skills, priority, lane and target a ticket gets by the rulebook.

Rules read only facts of what arrived and of who sent it, never what another rule decided: there is no order in which
they could run in a circle. Whatever the facts and whatever the rules, there is a decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from inbox.domain.lanes import Lane, asks
from inbox.domain.rulebook import Conditions, Facts, Match, Outcome, Routed, Rule, Rulebook, Stop
from inbox.domain.ticket import Priority
from inbox.domain.words import Vocabulary, words_of


@dataclass(frozen=True, slots=True)
class Read:
    """A text, read once for all rules."""

    count: int  # of its words
    found: Mapping[str, None]  # phrases of the rulebook that stand in it
    asks: str | None


@dataclass(frozen=True, slots=True)
class Router:
    """A rulebook, prepared: its words are looked for in one pass."""

    book: Rulebook
    rules: tuple[Rule, ...]  # those that are switched on
    vocabulary: Vocabulary
    told: Mapping[str, tuple[int, ...]]  # the places of the rules that a phrase may make match
    always: tuple[int, ...]  # of those that need no words

    @classmethod
    def of(cls, book: Rulebook) -> Router:
        """Prepare a rulebook."""
        rules = tuple(rule for rule in book.rules if rule.active)
        told: dict[str, tuple[int, ...]] = {}
        for place, rule in enumerate(rules):
            for phrase in rule.when.words:
                told[phrase] = (*told.get(phrase, ()), place)
        phrases = (phrase for rule in rules for phrase in (*rule.when.words, *rule.when.without))
        always = tuple(place for place, rule in enumerate(rules) if not rule.when.words)
        return cls(book, rules, Vocabulary.of(phrases), told, always)

    def route(self, facts: Facts) -> Routed:
        """Decide about a ticket."""
        read = self.read(facts)
        matching = [rule for rule in self._possible(read) if missed(rule.when, facts, read) is None]
        if self.book.stop is Stop.FIRST:
            del matching[1:]
        matches = tuple(Match(rule, because(rule.when, facts, read)) for rule in matching)
        return _decided(self.book, facts, read, matches)

    def _possible(self, read: Read) -> list[Rule]:
        """Return the rules that are worth a look, in their order: most need words that are not there."""
        places = {place for phrase in read.found for place in self.told.get(phrase, ())}
        return [self.rules[place] for place in sorted(places.union(self.always))]

    def read(self, facts: Facts) -> Read:
        """Read the text of a message."""
        words = words_of(facts.text)
        sign = facts.sign or asks(facts.text, words, facts.language)
        return Read(len(words), self.vocabulary.found_in(words), sign)


def route(facts: Facts, book: Rulebook) -> Routed:
    """Decide about one ticket; whoever decides about many keeps a `Router`."""
    return Router.of(book).route(facts)


def missed(when: Conditions, facts: Facts, read: Read) -> str | None:
    """Return the name of the first condition that does not hold; None: the rule matches."""
    if when.inboxes and facts.inbox_id not in when.inboxes:
        return "inboxes"
    if when.channels and facts.channel not in when.channels:
        return "channels"
    if when.campaigns and facts.campaign_id not in when.campaigns:
        return "campaigns"
    if when.clients and facts.client_id not in when.clients:
        return "clients"
    if when.public is not None and when.public is not facts.public:
        return "public"
    return _missed_of_person(when, facts) or _missed_of_text(when, facts, read)


def _missed_of_person(when: Conditions, facts: Facts) -> str | None:
    if when.roles and not when.roles & facts.roles:
        return "roles"
    if when.first is not None and when.first is not facts.first:
        return "first"
    return None


def _missed_of_text(when: Conditions, facts: Facts, read: Read) -> str | None:
    if when.languages and not speaks(facts.language, when.languages):
        return "languages"
    if when.asks is not None and when.asks is (read.asks is None):
        return "asks"
    if when.at_most is not None and read.count > when.at_most:
        return "at_most"
    if when.words and read.found.keys().isdisjoint(when.words):
        return "words"
    if when.without and not read.found.keys().isdisjoint(when.without):
        return "without"
    if when.hours is not None and not when.hours.hold(facts.at):
        return "hours"
    return None


def speaks(language: str | None, wanted: Iterable[str]) -> bool:
    """Tell whether a text's language is among those wanted; `pt` means every Portuguese, `pt-BR` one of them."""
    if language is None:
        return False
    known = language.casefold()
    return any(known == w or known.startswith(f"{w}-") for w in (wish.casefold() for wish in wanted))


def because(when: Conditions, facts: Facts, read: Read) -> tuple[Mapping[str, Any], ...]:
    """Return by what a matching rule matched, as facts that any language can put into words."""
    said: list[Mapping[str, Any]] = []
    if when.words:
        said.append({"fact": "words", "words": _telling([word for word in read.found if word in when.words])})
    if when.asks is not None:
        said.append({"fact": "asks", "sign": read.asks} if when.asks else {"fact": "no_question"})
    if when.languages:
        said.append({"fact": "language", "language": facts.language})
    if when.roles:
        said.append({"fact": "roles", "roles": sorted(when.roles & facts.roles)})
    if when.first is not None:
        said.append({"fact": "first" if when.first else "not_first"})
    if when.hours is not None:
        said.append({"fact": "hours", "zone": when.hours.zone})
    return (*said, *_because_of_place(when, facts))


def _telling(found: list[str]) -> list[str]:
    """Return the first few of the words, without those that are part of another: `thank` says less than `thank you`."""
    return [word for word in found if not any(word != other and word in other for other in found)][:3]


def _because_of_place(when: Conditions, facts: Facts) -> list[Mapping[str, Any]]:
    said: list[Mapping[str, Any]] = []
    if when.inboxes:
        said.append({"fact": "inbox", "inbox_id": str(facts.inbox_id)})
    if when.channels:
        said.append({"fact": "channel", "channel": facts.channel})
    if when.campaigns:
        said.append({"fact": "campaign", "campaign_id": str(facts.campaign_id)})
    if when.clients:
        said.append({"fact": "client", "client_id": str(facts.client_id)})
    if when.public is not None:
        said.append({"fact": "public" if when.public else "private"})
    return said


def _decided(book: Rulebook, facts: Facts, read: Read, matches: tuple[Match, ...]) -> Routed:
    outcomes = [match.rule.then for match in matches]
    priority = next((o.priority for o in outcomes if o.priority is not None), Priority.NORMAL)
    own = next((o.target for o in outcomes if o.target is not None), None)
    minutes = book.target(facts) if own is None else own
    return Routed(
        lane=next((o.lane for o in outcomes if o.lane is not None), Lane.ANSWER),
        weight=book.weight(facts),
        target=book.due_within(minutes, facts.roles),
        team_id=next((o.team_id for o in outcomes if o.team_id is not None), facts.campaign_team),
        skills=_all(outcomes, "skills"),
        priority=priority,
        tags=_all(outcomes, "tags"),
        minutes=minutes,
        asks=read.asks,
        matches=matches,
    )


def _all(outcomes: Iterable[Outcome], name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for outcome in outcomes for value in getattr(outcome, name)))
