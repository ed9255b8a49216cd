"""Quotes are folded, and no newly written line with them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox_email.quotes import Split, split_text

QUOTE = "> Hello,\n> how are you?"


@pytest.mark.parametrize(
    "introduction",
    [
        "On Mon, Feb 1, 2026 at 6:32 PM, Jeff <info@example.org>\nwrote:",
        "Am 01.02.2026 um 18:32 schrieb Jeff:",
        "Am So., 1. Feb. 2026 um 18:32 Uhr schrieb Jeff <info@example.org>:",
        "Le lun. 1 févr. 2026 à 18:32, Jeff <info@example.org> a écrit :",
        "El lun, 1 feb 2026 a las 18:32, Jeff (<info@example.org>) escribió:",
        "Il giorno lun 1 feb 2026 alle ore 18:32 Jeff <info@example.org> ha scritto:",
        "Op ma 1 feb. 2026 om 18:32 schreef Jeff <info@example.org>:",
        "Dnia 1 lutego 2026 18:32 Jeff <info@example.org> napisał(a):",
        "Den mån 1 feb. 2026 18:32 Jeff <info@example.org> skrev:",
        "2026-02-01 18:32 GMT+01:00 Jeff <info@example.org>:",
        "Jeff <info@example.org> schrieb am 1. Feb. 2026:",
    ],
)
def test_an_introduced_quote_is_folded(introduction: str) -> None:
    split = split_text(f"Fine.\n\n{introduction}\n\n{QUOTE}\n")
    assert split.text == "Fine."
    assert split.quoted == f"{introduction}\n\n{QUOTE}"


def test_a_line_right_before_an_introduction_is_kept() -> None:
    split = split_text(f"It is late.\nOn Mon, 1 Feb 2026 at 6:32 Jeff wrote:\n{QUOTE}")
    assert split.text == "It is late."


@pytest.mark.parametrize(
    "head",
    [
        "-----Original Message-----",
        "-----Ursprüngliche Nachricht-----",
        "Von: Hilfe <help@example.org>\nGesendet: Montag\nAn: Ann\nBetreff: Re: Frage",
        "________________________________\nFrom: Help\nSent: Monday\nTo: Ann\nSubject: Re",
        "*From:* Help\n*Date:* Monday\n*To:* Ann",
    ],
)
def test_all_that_follows_the_header_of_an_earlier_mail_is_folded(head: str) -> None:
    split = split_text(f"Fine.\n\n{head}\n\nHello Ann,\nhow are you?")
    assert split.text == "Fine."
    assert split.quoted is not None
    assert split.quoted.endswith("how are you?")


@pytest.mark.parametrize(
    "text",
    [
        "> Which size?\nLarge.\n\n> Which colour?\nBlue.",
        f"Hello,\n\n{QUOTE}\n\nFine, and you?",
        f"Begin forwarded message:\n\n{QUOTE}",
        QUOTE,
        "From: here to there\nit is far.",
        "She wrote: nothing.\nI wrote:\nnothing either.",
        "Just a text.",
    ],
)
def test_in_doubt_nothing_is_folded(text: str) -> None:
    split = split_text(text)
    assert split.text == text
    assert split.quoted is None


def test_words_below_a_quote_are_the_answer() -> None:
    split = split_text(f"On Mon, 1 Feb 2026 Jeff wrote:\n{QUOTE}\n\nFine.")
    assert split.text == "Fine."


def test_a_signature_below_a_quote_does_not_unfold_it() -> None:
    split = split_text(f"Fine.\n\n{QUOTE}\n\n-- \nAnn")
    assert (split.text, split.signature, split.quoted) == ("Fine.", "-- \nAnn", QUOTE)


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nAnn\nMitmachwerk, Berlin",
        "--\nAnn",
        "Von meinem iPhone gesendet",
        "Gesendet mit der GMX Mail App",
        "Sent from my Samsung Galaxy S5 device",
        "Envoyé depuis mon téléphone Android",
        "Get Outlook for iOS",
        "(sent from a phone)",
        "Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.",
    ],
)
def test_a_signature_is_folded(signature: str) -> None:
    assert split_text(f"Where is it?\n\n{signature}") == Split("Where is it?", None, signature)


@pytest.mark.parametrize(
    "text",
    [
        "-- \nAnn",
        "Hello\n\nSent from the warehouse, but where is it now?",
        "Hello\n\nSent from my desk, is much easier than my mobile phone.",
        "Gesendet von mir am Montag, angekommen ist nichts.",
        "Hello\n-- \n" + "\n".join(f"{n}. point" for n in range(20)),
    ],
)
def test_what_may_be_more_than_a_signature_is_shown(text: str) -> None:
    assert split_text(text).text == text


def test_a_quote_that_the_writer_put_before_their_words_stays() -> None:
    assert split_text(f"{QUOTE}\n\nI asked this on Monday.").quoted is None


LINE = st.sampled_from(
    ["", "new", "> old", ">> older", "On Mon, 1 Feb 2026 at 18:32 Jeff <a@b.example> wrote:", "wrote:", "-- ", "| x"]
)


@given(st.lists(LINE, max_size=14))
def test_every_line_is_either_shown_or_folded(lines: list[str]) -> None:
    split = split_text("\n".join(lines))
    kept = [line for line in f"{split.text}\n{split.folded or ''}".split("\n") if line.strip()]
    assert sorted(kept) == sorted(line for line in lines if line.strip())


@given(st.lists(LINE, max_size=14))
def test_no_newly_written_line_between_quotes_is_folded(lines: list[str]) -> None:
    split = split_text("\n".join(lines))
    if split.quoted and "wrote" not in split.quoted:
        assert "new" not in split.quoted.split("\n")


@pytest.mark.timeout(10)
@pytest.mark.parametrize("piece", ["On On On ", "> ", "schrieb ", "a@b.c ", "On 1 a@b.c wrote:\n", "-----", "_", ": "])
def test_a_text_built_to_stop_a_parser_is_split_at_once(piece: str) -> None:
    split_text(piece * (300_000 // len(piece)))
