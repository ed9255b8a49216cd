"""Who there is on the platform Mitmachwerk: clients, campaigns, managers and a crowd. Everybody is made up."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

PLATFORM = "mitmachwerk.example"
LANGUAGES = ("de", "en", "fr")


@dataclass(frozen=True, slots=True)
class StagedClient:
    """An organisation that has a campaign run."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class StagedCampaign:
    """A campaign of the story; its days are counted from the day the story is told."""

    key: str
    name: str
    client: str
    phase: str
    begins: timedelta
    ends: timedelta
    weight: int  # how much is said about it
    languages: Mapping[str, int]  # and in which languages
    line: str  # its telephone number, from the numbers set aside for fiction
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StagedManager:
    """Somebody who answers."""

    name: str
    email: str
    role: str
    languages: tuple[str, ...]
    locale: str = "de"
    capacity: int = 100


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the crowd."""

    number: int
    name: str
    language: str
    email: str
    phone: str | None
    activity: float = field(compare=False)

    @property
    def user_id(self) -> str:
        """Return the platform's id of this person."""
        return f"u-{self.number}"

    @property
    def public_name(self) -> str:
        """Return the name as comments show it: Greta M."""
        first, _, last = self.name.rpartition(" ")
        return f"{first} {last[0]}."


CLIENTS = (
    StagedClient("lumi-gmbh", "LUMI GmbH"),
    StagedClient("nordbrot", "Nordbrot AG"),
    StagedClient("bwk", "Bürgerwind Küste eG"),
)

CAMPAIGNS = (
    StagedCampaign(
        key="lumi",
        name="LUMI – das Fahrradlicht, das mitdenkt",
        client="lumi-gmbh",
        phase="ending",
        begins=timedelta(days=-26),
        ends=timedelta(days=4),
        weight=50,
        languages={"de": 62, "en": 26, "fr": 12},
        line="+493023125101",
        topics=("delivery", "product", "reward", "payment", "refund"),
    ),
    StagedCampaign(
        key="brotzeit",
        name="Brotzeit – Ideen für das Brot von morgen",
        client="nordbrot",
        phase="live",
        begins=timedelta(days=-1),
        ends=timedelta(days=27),
        weight=28,
        languages={"de": 55, "en": 25, "fr": 20},
        line="+493023125102",
        topics=("rules", "rights", "upload", "voting", "prize"),
    ),
    StagedCampaign(
        key="kuestenwind",
        name="Küstenwind – der Windpark der Nachbarn",
        client="bwk",
        phase="live",
        begins=timedelta(days=-16),
        ends=timedelta(days=36),
        weight=22,
        languages={"de": 80, "en": 12, "fr": 8},
        line="+493023125103",
        topics=("risk", "payment", "interest", "identity", "tax"),
    ),
)

MANAGERS = (
    StagedManager("Aylin Demir", f"aylin@{PLATFORM}", "lead", ("de", "en", "tr")),
    StagedManager("Jonas Weber", f"jonas@{PLATFORM}", "manager", ("de", "en")),
    StagedManager("Claire Moreau", f"claire@{PLATFORM}", "manager", ("fr", "en"), locale="en"),
    StagedManager("Tomasz Nowak", f"tomasz@{PLATFORM}", "manager", ("de", "en", "pl")),
)

_FIRST_NAMES = {
    "de": "Greta Lena Jan Mia Paul Ayşe Emil Frieda Karl Sofie Henning Wiebke Ole Heike Dilara Matthias Ute Ben Yusuf",
    "en": "Olivia Harry Priya Owen Grace Callum Aisha Jack Megan Tom Niamh Sean",
    "fr": "Camille Hugo Léa Antoine Chloé Mathis Inès Rémi Zoé Luc",
}
_LAST_NAMES = {
    "de": "Meyer Wolf Petersen Schulz Yıldız Brandt Hoffmann Krüger Lorenz Öztürk Sommer Thiele Voigt Zimmermann",
    "en": "Walker Patel Hughes O'Brien Shaw Turner Reid Khan Murphy",
    "fr": "Bernard Lefèvre Dubois Girard Rousseau Fontaine Mercier",
}
_SHARES = {"de": 66, "en": 32, "fr": 22}  # of a crowd of 120
# Numbers that the regulators set aside for films: Bundesnetzagentur (Berlin, Hamburg), Ofcom, Arcep.
_FICTION = {
    "de": ("+4930231250", "+4940669690"),
    "en": ("+4420794600", "+4477009000"),
    "fr": ("+331990000", "+336399800"),
}
_MOST_ACTIVE = 25.0


def crowd(seed: int) -> tuple[Person, ...]:
    """Return the 120 people who take part; most of them seldom, a few all the time, and some with the same name."""
    random = Random(f"crowd {seed}")  # noqa: S311 - a story, not a secret
    names = [(name, language) for language in LANGUAGES for name in _names(language, random)]
    phones = {language: _phones(language, random) for language in LANGUAGES}
    return tuple(
        _person(number, name, language, phones[language].pop() if random.random() < 0.6 else None, random)
        for number, (name, language) in enumerate(names, start=1)
    )


def _phones(language: str, random: Random) -> list[str]:
    """Return numbers that nobody shares: who calls is then one person."""
    every = [f"{start}{end}" for start in _FICTION[language] for end in range(10, 100)]
    return random.sample(every, len(every))


def _names(language: str, random: Random) -> list[str]:
    firsts, lasts = _FIRST_NAMES[language].split(), _LAST_NAMES[language].split()
    every = [f"{first} {last}" for first in firsts for last in lasts]
    namesakes = ["Lena Meyer", "Lena Meyer", "Jan Wolf", "Jan Wolf"] if language == "de" else []
    others = [name for name in every if name not in namesakes]
    return namesakes + random.sample(others, _SHARES[language] - len(namesakes))


def _person(number: int, name: str, language: str, phone: str | None, random: Random) -> Person:
    return Person(
        number=number,
        name=name,
        language=language,
        email=f"{_plain(name)}.{number}@post.example",
        phone=phone,
        activity=min(random.paretovariate(1.2), _MOST_ACTIVE),
    )


def _plain(name: str) -> str:
    """Return a name as it stands in an address: without accents, blanks and apostrophes."""
    bare = unicodedata.normalize("NFKD", name.lower().replace("ß", "ss").replace("ı", "i").replace(" ", "."))
    return "".join(letter for letter in bare if letter.isascii() and (letter.isalpha() or letter == "."))
