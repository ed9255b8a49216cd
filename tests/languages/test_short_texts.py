"""What people of a crowd really write is told apart, and what says nothing is left alone."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.languages import SEVEN, THREE, Short, short_texts, told
from inbox.detector import Ngrams
from inbox.detector.ngrams import LONGEST, MODEL
from inbox.domain.languages import UNREAD, Hints, evidence, in_use, read

DETECTOR = Ngrams()

# What is in no language, or in any.
SAYS_NOTHING = [
    "ok",
    "OK 👍",
    "👍",
    "🎉🎉🎉",
    "1234",
    "+49 171 2345678",
    "https://www.mitmachwerk.example/kampagnen/lumi-die-lampe",
    "lena.meyer@crowd.example",
    "@lena_meyer",
    "#4711",
    "??",
    "...",
    "Lena",
    "Berlin",
    "Super",
    "lol",
    "> Wann kommt denn das nächste Update, und wo steht das?",
    "```\nif not found: return None\n```",
    "-- \nMit freundlichen Grüßen aus der schönen Stadt Hamburg",
    "\x00\x00",
    "\ud800",
    "",
]

# What somebody writes in a language that nobody here reads.
FOREIGN = [
    "Hola, ¿cuándo llega mi paquete? No he recibido nada",
    "non riesco ad accedere al mio account",
    "Wanneer komt mijn pakket aan? Ik heb nog niets gehoord",
    "nie moge sie zalogowac na konto",
    "Hvornår kommer min pakke? Jeg har ikke hørt noget",
    "Когда придет моя посылка?",
    "hesabıma giremiyorum, yardım eder misiniz",
]


def language_of(text: str, hints: Hints | None = None, used: frozenset[str] = THREE) -> str | None:
    return read(evidence(DETECTOR, text), hints or Hints(), used).language


def of_text(short: Short) -> Hints:
    return short.hints


def test_nineteen_of_twenty_short_texts_are_told_right_and_hardly_one_wrong() -> None:
    assert len(short_texts()) == 200

    for used in (THREE, SEVEN):
        alone, informed = told(DETECTOR, used, lambda _: Hints()), told(DETECTOR, used, of_text)

        assert alone["right"] >= 185
        assert alone["wrong"] <= 5
        assert informed["right"] >= 190
        assert informed["wrong"] <= 2


@pytest.mark.parametrize("text", SAYS_NOTHING)
def test_a_text_that_says_nothing_is_unknown(text: str) -> None:
    assert language_of(text) is None


@pytest.mark.parametrize("text", ["ok", "👍", "1234", "Super"])
def test_a_word_that_says_nothing_is_in_the_language_of_whom_we_know_well(text: str) -> None:
    assert language_of(text, Hints(set_by_hand="fr", page="fr")) == "fr"


@pytest.mark.parametrize("text", FOREIGN)
def test_a_text_in_a_language_that_nobody_here_reads_is_not_taken_for_a_neighbour(text: str) -> None:
    assert language_of(text) is None


def test_a_clear_text_is_believed_against_all_that_was_known() -> None:
    hints = Hints(set_by_hand="de", told="de", ticket="de", page="de", campaign=("de",))

    assert language_of("Could you please send me the contract again as a PDF?", hints) == "en"


def test_the_names_of_who_writes_do_not_count() -> None:
    alone = evidence(DETECTOR, "Wolfgang Schneider", "Wolfgang Schneider")

    assert alone == {}


def test_links_signatures_code_and_quotes_do_not_count() -> None:
    text = """Merci pour votre réponse, mais le lien ne marche pas.

    > Guten Tag, bitte folgen Sie dem Link in der Bestätigung, die wir Ihnen geschickt haben.
    https://www.example.org/wo-finde-ich-meine-rechnung/und-die-bestaetigung
    ```die Rechnung ist noch nicht bezahlt worden und die Bestätigung auch nicht```
-- \nMit freundlichen Grüßen, Ihre Firma für Brotzeitbretter und Zubehör aus dem schönen Allgäu"""

    assert language_of(text) == "fr"


def test_a_text_in_capitals_is_read_like_any_other() -> None:
    assert language_of("WANN KOMMT DENN ENDLICH MEIN PAKET") == "de"


def test_every_language_of_the_model_can_be_found() -> None:
    known = Ngrams(MODEL).weigh("Hallo")

    assert {"de", "en", "fr", "es", "it", "nl", "pl", "pt", "tr", "uk", "zh"} <= known.keys()


tags = st.one_of(st.none(), st.sampled_from(["de", "de-AT", "en-GB", "fr", "es", "hsb", "x"]), st.text(max_size=8))
hints = st.builds(Hints, tags, tags, tags, tags, tags, st.lists(st.sampled_from(["de", "fr", "es"])).map(tuple))
anything = st.one_of(st.text(), st.text(st.characters(categories=["L", "Cs", "Cc", "So"])))


@given(anything, hints, st.lists(st.sampled_from(["fr", "es", "hsb", "pt-BR"])))
def test_only_a_language_in_use_is_ever_found(text: str, known: Hints, named: list[str]) -> None:
    used = in_use(named)

    assert read(evidence(DETECTOR, text, known.page), known, used).language in {None, *used}


@given(anything)
def test_whoever_uses_no_language_finds_none(text: str) -> None:
    assert read(evidence(DETECTOR, text), Hints(), frozenset()) == UNREAD


class _Counting:
    """A detector that notes how much it is given to read."""

    def __init__(self) -> None:
        self.read = 0

    def weigh(self, text: str) -> Mapping[str, float]:
        self.read = max(self.read, len(text))
        return {}


@pytest.mark.parametrize(
    "piece", ["a", "Wann kommt das Update? ", "> ", "`", "``` ", "a@", "\n-- x", "\x00", "\ud800é", "𝓐"]
)
def test_of_a_text_of_a_megabyte_only_the_beginning_is_read(piece: str) -> None:
    text = piece * (2**20 // len(piece))
    counting = _Counting()

    evidence(counting, text, "Lena Meyer")

    assert counting.read <= 2_002
    assert DETECTOR.weigh(text) == DETECTOR.weigh(text[:LONGEST])


@pytest.mark.parametrize(
    ("rest", "language"),
    [
        ("und wann kommt denn nun endlich meine Lampe, ich warte schon so lange", "de"),
        ("where is my lamp, I have been waiting for so long now and nobody answers", "en"),
    ],
)
def test_where_the_beginning_says_nothing_the_rest_decides(rest: str, language: str) -> None:
    weights = DETECTOR.weigh(f"Taxi Hotel Radio Internet Computer Baby Film Sport Video Foto {rest}")

    assert max(weights, key=weights.__getitem__) == language
