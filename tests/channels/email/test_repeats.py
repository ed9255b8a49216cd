"""What an answer repeats of us is folded, in any language; what its writer wrote newly never is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.channel.model import Received, Sender, Told
from inbox_email.html import text_of
from inbox_email.repeats import fold

OWN = "help@crowd.example"
OURS = "Hallo Greta,\n\nIhre Lampe kommt im Mai, wir schreiben Ihnen noch einmal.\n\nTom vom Team"
THEIRS = "Wann kommt meine Lampe endlich?"
NEW = "Danke! Und kann ich die Farbe noch ändern?"


def answered(text: str, *, html: str | None = None, subject: str = "Re: Lampe") -> Received:
    received = Received("<1@x>", Sender(()), datetime(2026, 5, 1, tzinfo=UTC), text, html=html, subject=subject)
    return fold(received, [Told(OURS, ours=True), Told(THEIRS, ours=False)], own=OWN)


def marked(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.split("\n"))


@pytest.mark.parametrize(
    "introduction",
    [
        "Þann fim. 1. maí 2026 kl. 10:00 skrifaði Team <help@crowd.example>:",
        "2026. máj. 1., Team ezt írta (help@crowd.example):",
        "Ar 1 Mai 2026, ysgrifennodd Team <help@crowd.example>:",
        "在 2026年5月1日 10:00，Team <help@crowd.example> 写道：",
        "2026-05-01 10:00, Team <help@crowd.example> rašė:",
        "Lähettäjä: Team <help@crowd.example>\nPvm: 1.5.2026\nAihe: Lampe",
        "От кого: Team <help@crowd.example>\nДата: 1 мая 2026\nТема: Lampe",
        "",
    ],
)
@pytest.mark.parametrize("how", [marked, str], ids=["marked", "bare"])
def test_our_words_are_known_whatever_language_introduces_them(introduction: str, how: object) -> None:
    quote = marked(OURS) if how is marked else OURS
    folded = answered(f"{NEW}\n\n{introduction}\n\n{quote}\n\n{marked(THEIRS)}\n")

    assert folded.text == NEW
    assert folded.quoted is not None
    assert "im Mai" in folded.quoted


def test_lines_that_a_mailer_broke_anew_are_known_too() -> None:
    wrapped = "Hallo Greta, Ihre Lampe kommt im Mai,\n> wir schreiben Ihnen\n> noch einmal. Tom vom Team"

    assert answered(f"{NEW}\n\n> {wrapped}").text == NEW


def test_an_answer_below_what_it_quotes_is_what_stays() -> None:
    assert answered(f"{marked(OURS)}\n\n{NEW}").text == NEW


@pytest.mark.parametrize(
    "text",
    [
        f"Ja.\n{marked('Hallo Greta,')}\nGern.\n{marked(OURS.partition('Greta,')[2])}\nDanke.",  # point by point
        f"{NEW}\n\n{marked(OURS)}\n\nUnd noch etwas ganz anderes.",
        f"Sie schrieben: {OURS}",  # in a line of their own
        f"{NEW}\n\n> Ihre Lampe kommt im Mai",  # not all of it
        OURS,  # nothing new
        NEW,
    ],
)
def test_in_doubt_nothing_is_folded(text: str) -> None:
    assert (answered(text).text, answered(text).quoted) == (text, None)


def test_what_is_passed_on_keeps_everything() -> None:
    assert answered(f"Bitte ansehen.\n\n{marked(OURS)}", subject="Fwd: Lampe").quoted is None


def test_a_page_loses_the_same_words_and_keeps_its_frames() -> None:
    ours = OURS.replace("\n", "<br>")
    page = f"<p>{NEW}</p><div class='x'><b>Team &lt;help@crowd.example&gt; skrifaði:</b><br>{ours}</div>"
    text = f"{NEW}\n\nTeam <help@crowd.example> skrifaði:\n\n{OURS}"
    folded = answered(text, html=page.replace("'", '"'))

    assert folded.html is not None
    assert (text_of(folded.html).strip(), folded.text) == (NEW, NEW)
    assert answered(text, html="<p>something else</p>").quoted is None


_LINES = st.lists(st.text(alphabet="abc üß.,!?>|:-", max_size=30), max_size=6).map("\n".join)


@given(above=_LINES, between=_LINES, below=_LINES, signed=st.booleans())
def test_no_new_word_is_ever_folded(above: str, between: str, below: str, *, signed: bool) -> None:
    quote = marked(OURS) if signed else OURS
    text = f"{above}\n{between}\n\n{quote}\n{below}"
    folded = answered(text)
    new = [line for line in (*above.split("\n"), *between.split("\n"), *below.split("\n")) if line.strip()]

    for line in new:
        is_marked = line.lstrip(" ")[:1] in {">", "|"}  # as any mailer marks what it quotes
        assert (
            line in folded.text.split("\n") or is_marked or not line.strip(" .,!?>|:-") or line.strip() in folded.text
        )
