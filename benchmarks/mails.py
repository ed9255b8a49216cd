"""Mails as a crowd writes them: threads, two languages, text beside HTML, some files; each seed its own."""

from __future__ import annotations

import os
import random
from base64 import encodebytes
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from quopri import encodestring

_ANSWERS = 0.45  # of all mails: they answer one that was written before
_WITH_FILE = 0.02
_WITH_PICTURES = 0.2  # from elsewhere, which are held back
_FILE = 20_000  # bytes
_BEGAN = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
_SENTENCES = (
    "Wann kommt die Auszahlung? Ich habe im März unterstützt und noch nichts gehört.",
    "Könnt ihr mir bitte sagen, ob meine neue Anschrift angekommen ist?",
    "Die Lieferung hat einen Kratzer, Fotos schicke ich gern nach.",
    "When will the second batch be shipped, and do I have to pay customs?",
    "I backed the project twice by accident; please cancel one of the two pledges.",
    "The update says June, the project page says August: which one is it?",
    "Vielen Dank für die schnelle Antwort, das hilft mir weiter.",
    "Is there a way to change the size of the reward after the survey?",
)
_HEADERS = (
    "Received: from mx{n}.mail.example (mx{n}.mail.example [192.0.2.{o}])\r\n"
    "\tby mail.crowd.example with ESMTPS id 4Zq{n:08x}; {date}\r\n"
    "Received: from [192.168.178.{o}] by mx{n}.mail.example with ESMTPSA id {n:010x}; {date}\r\n"
    "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=mail.example; s=s1; h=from:to:subject:date;\r\n"
    "\tbh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b={dkim}\r\n"
    "From: {name} <{sender}>\r\nTo: help@example.org\r\nSubject: {subject}\r\nDate: {date}\r\n"
    "Message-ID: <{n}@mail.example>\r\n{answers}MIME-Version: 1.0\r\nUser-Agent: Mozilla Thunderbird\r\n"
)
_ALTERNATIVE = (
    'Content-Type: multipart/alternative; boundary="alt{n}"\r\n\r\n--alt{n}\r\n{encoding}'
    "Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n--alt{n}\r\n{encoding}"
    "Content-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n--alt{n}--\r\n"
)
_ENCODING = "Content-Transfer-Encoding: quoted-printable\r\n"
_MIXED = (
    'Content-Type: multipart/mixed; boundary="mix{n}"\r\n\r\n--mix{n}\r\n{inner}--mix{n}\r\n'
    'Content-Type: application/pdf; name="receipt-{n}.pdf"\r\nContent-Transfer-Encoding: base64\r\n'
    'Content-Disposition: attachment; filename="receipt-{n}.pdf"\r\n\r\n{file}--mix{n}--\r\n'
)
_HTML = (
    '<html><head><meta charset="utf-8"><style>p{{margin:0}}</style></head><body>'
    '<div style="font-family:Arial,sans-serif;font-size:14px;color:#222">{paragraphs}{picture}</div>'
    '<p><a href="https://mitmachwerk.example/projects/{n}">Projekt</a></p>{quote}</body></html>'
)


class Mails:
    """Writes mails, one after the other."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a crowd, not a secret
        self._threads: list[tuple[int, int, list[int]]] = []  # author, subject, mails

    def write(self, count: int) -> Iterator[bytes]:
        """Yield the next mails."""
        for n in range(count):
            yield self._mail(n)

    def _mail(self, n: int) -> bytes:
        dice = self._random
        answers = bool(self._threads) and dice.random() < _ANSWERS
        if answers:
            author, subject, before = dice.choice(self._threads[-2_000:])
        else:
            author, subject, before = dice.randrange(n + 10), n, []
            self._threads.append((author, subject, before))
        words = dice.sample(_SENTENCES, 3)
        head = _HEADERS.format(
            n=n,
            o=n % 250 + 1,
            date=format_datetime(_BEGAN + timedelta(seconds=n)),
            dkim=dice.randbytes(96).hex(),
            name=f"Person {author}",
            sender=f"person-{author}@mail.example",
            subject=("Re: " if answers else "") + f"Question {subject}",
            answers=_references(before[-10:]),
        )
        before.append(n)
        body = _body(n, words, answers=answers, picture=dice.random() < _WITH_PICTURES)
        if dice.random() < _WITH_FILE:
            octets = b"%PDF-1.7\n" + dice.randbytes(_FILE)
            body = _MIXED.format(n=n, inner=body, file=encodebytes(octets).decode().replace("\n", "\r\n"))
        return (head + body).encode()


def _references(before: list[int]) -> str:
    if not before:
        return ""
    ids = "\r\n ".join(f"<{n}@mail.example>" for n in before)
    return f"In-Reply-To: <{before[-1]}@mail.example>\r\nReferences: {ids}\r\n"


def _body(n: int, words: list[str], *, answers: bool, picture: bool) -> str:
    quoted = "Am 3. März 2026 um 09:12 schrieb Crowd <help@example.org>:" if answers else ""
    text = f"Hallo,\n\n{words[0]} {words[1]}\n\n{words[2]} (mail {n})\n\nViele Grüße\n"
    text += f"\n{quoted}\n> {words[1]}\n> {words[0]}\n" if answers else ""
    html = _HTML.format(
        n=n,
        paragraphs="".join(f'<p style="line-height:1.4">{sentence}</p><p><br></p>' for sentence in words),
        picture='<img src="https://track.example/o.gif" width="1" height="1">' if picture else "",
        quote=f'<div>{quoted}</div><blockquote type="cite"><p>{words[1]}</p></blockquote>' if answers else "",
    )
    return _ALTERNATIVE.format(n=n, encoding=_ENCODING, text=_printable(text), html=_printable(html))


def _printable(text: str) -> str:
    return encodestring(text.encode()).decode().replace("\n", "\r\n")


def fill(folder: Path, mails: Iterator[bytes]) -> None:
    """Put mails into a folder of Dovecot's, in their order, as its own delivery would."""
    owner = folder.parent.parent.stat()
    for part in (folder.parent, folder, *(folder / name for name in ("tmp", "new", "cur"))):
        part.mkdir(mode=0o700, exist_ok=True)
        os.chown(part, owner.st_uid, owner.st_gid)
    for n, octets in enumerate(mails):
        path = folder / "cur" / f"{1_700_000_000 + n // 1_000}.M{n:06d}P1.crowd:2,"
        path.write_bytes(octets)
        os.chown(path, owner.st_uid, owner.st_gid)
