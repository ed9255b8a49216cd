"""Whom somebody passes on is found in the forms of many mailers, and nobody else is."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from inbox.channel.model import Forwarded
from inbox_email.forwards import forwarded_in
from inbox_email.mime import take_apart

SAID = "Hallo,\n\nwann kommt meine Lampe?\n\nGreta"

FORMS = {
    "Gmail, English": (
        "Fwd: Lampe",
        "Please look.\n\n---------- Forwarded message ---------\nFrom: Greta Grün <greta@x.example>\n"
        "Date: Mon, 23 Nov 2026 at 09:00\nSubject: Lampe\nTo: Tom <tom@y.example>\n\n\n",
    ),
    "Gmail, German": (
        "Fwd: Lampe",
        "Please look.\n\n---------- Forwarded message ---------\nVon: Greta Grün <greta@x.example>\n"
        "Date: Mo., 23. Nov. 2026 um 09:00 Uhr\nSubject: Lampe\nTo: <tom@y.example>\n\n\n",
    ),
    "Outlook, German": (
        "WG: Lampe",
        "Please look.\n\nVon: Greta Grün <greta@x.example>\nGesendet: Montag, 23. November 2026 09:00\n"
        "An: Tom <tom@y.example>\nBetreff: Lampe\n\n",
    ),
    "Outlook, French": (
        "TR: Lampe",
        "Please look.\n\n________________________________\nDe : Greta Grün <greta@x.example>\n"
        "Envoyé : lundi 23 novembre 2026 09:00\nÀ : Tom <tom@y.example>\nObjet : Lampe\n\n",
    ),
    "Outlook, Spanish": (
        "RV: Lampe",
        "Please look.\n\nDe: Greta Grün <greta@x.example>\nEnviado: lunes, 23 de noviembre de 2026 9:00\n"
        "Para: Tom <tom@y.example>\nAsunto: Lampe\n\n",
    ),
    "Outlook, Italian": (
        "I: Lampe",
        "Please look.\n\nDa: Greta Grün [mailto:greta@x.example]\nInviato: lunedì 23 novembre 2026 09:00\n"
        "A: Tom\nOggetto: Lampe\n\n",
    ),
    "Outlook, Dutch": (
        "FW: Lampe",
        "Please look.\n\nVan: Greta Grün <greta@x.example>\nVerzonden: maandag 23 november 2026 09:00\n"
        "Aan: Tom <tom@y.example>\nOnderwerp: Lampe\n\n",
    ),
    "Outlook, Polish": (
        "FW: Lampe",
        "Please look.\n\nOd: Greta Grün <greta@x.example>\nWysłano: poniedziałek, 23 listopada 2026 09:00\n"
        "Do: Tom <tom@y.example>\nTemat: Lampe\n\n",
    ),
    "Thunderbird, German": (
        "Fwd: Lampe",
        "Please look.\n\n-------- Weitergeleitete Nachricht --------\nBetreff: \tLampe\n"
        "Datum: \tMon, 23 Nov 2026 09:00:00 +0100\nVon: \tGreta Grün <greta@x.example>\nAn: \tTom\n\n\n",
    ),
    "Thunderbird, French": (
        "Fwd: Lampe",
        "Please look.\n\n-------- Message transféré --------\nSujet : \tLampe\n"
        "Date : \tMon, 23 Nov 2026 09:00:00 +0100\nDe : \tGreta Grün <greta@x.example>\nPour : \tTom\n\n\n",
    ),
    "Outlook on a telephone, Swedish, bold": (
        "VB: Lampe",
        "Please look.\n\n*Från:* Greta Grün <greta@x.example>\n*Skickat:* den 23 november 2026 09:00\n"
        "*Till:* Tom <tom@y.example>\n*Ämne:* Lampe\n\n",
    ),
}


def found(subject: str, text: str, *, attached: EmailMessage | None = None) -> Forwarded | None:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "Tom <tom@y.example>", "help@y.example", subject
    made.set_content(text)
    if attached is not None:
        made.add_attachment(attached)
    return forwarded_in(take_apart(made.as_bytes()), subject=subject)


@pytest.mark.parametrize("form", FORMS)
def test_the_writer_is_found_as_mailers_name_them(form: str) -> None:
    subject, head = FORMS[form]
    forwarded = found(subject, head + SAID)

    assert forwarded is not None
    assert [(c.value, c.verified) for c in forwarded.sender.claims] == [("greta@x.example", True)]
    assert (forwarded.sender.name, forwarded.subject) == ("Greta Grün", "Lampe")
    assert (forwarded.text.strip(), forwarded.cover) == (SAID, "Please look.")


def test_what_apple_marks_line_by_line_is_read_without_the_marks() -> None:
    lines = "\n".join(f"> {line}".rstrip() for line in SAID.split("\n"))
    text = (
        "Please look.\n\nAnfang der weitergeleiteten Nachricht:\n\n> Von: Greta Grün <greta@x.example>\n"
        f"> Betreff: Lampe\n> Datum: 23. November 2026\n> An: tom@y.example\n> \n{lines}"
    )
    forwarded = found("Fwd: Lampe", text)

    assert forwarded is not None
    assert (forwarded.text.strip(), forwarded.cover, forwarded.subject) == (SAID, "Please look.", "Lampe")


def test_an_attached_mail_is_its_writers_with_its_own_files() -> None:
    inner = EmailMessage()
    inner["From"], inner["Subject"], inner["Message-ID"] = "Greta <greta@x.example>", "Lampe", "<1@x.example>"
    inner.set_content(SAID)
    inner.add_attachment(b"picture", maintype="image", subtype="png", filename="lampe.png")
    forwarded = found("Lampe", "Please look.\n", attached=inner)

    assert forwarded is not None
    assert (forwarded.sender.claims[0].value, forwarded.subject) == ("greta@x.example", "Lampe")
    assert (forwarded.text.strip(), forwarded.cover) == (SAID, "Please look.")
    assert [file.name for file in forwarded.files] == ["lampe.png"]
    assert forwarded.references == ("<1@x.example>",)


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("AW: Lampe", "Danke!\n\nVon: Greta <greta@x.example>\nGesendet: heute\nAn: Tom\nBetreff: Lampe\n\nHallo"),
        ("Fwd: Lampe", "Von: mir\nBetreff: Lampe\n\nohne Adresse"),
        ("Fwd: Lampe", "Nur ein Satz an help@y.example."),
        ("Lampe", "From: Greta <greta@x.example> came a question.\nTo: us\n"),
        ("Fwd: Lampe", ""),
    ],
)
def test_an_answer_or_mere_words_pass_nobody_on(subject: str, text: str) -> None:
    assert found(subject, text) is None
