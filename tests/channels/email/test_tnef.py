"""winmail.dat is opened: its files are listed, its words are read."""

from __future__ import annotations

import base64
import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox_email.rtf import decompressed, page_of
from inbox_email.tnef import unpacked
from tests.channels.email.builders import mail, understood

# The example of MS-OXRTFCP section 4.1.1.
COMPRESSED = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a00726370673132354232 0af32068656c090020627705b06c647d0a800fa0"
)
# The example of section 4.2: a reference into what it is just writing.
CROSSING = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")
FROM_HTML = (
    rb"{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}}{\*\htmltag19 <html>}{\*\htmltag64 <p>}"
    rb"\htmlrtf {\htmlrtf0 Gr\'fc\'dfe \u8364 ?{\*\htmltag84 <b>}\htmlrtf {\b \htmlrtf0 fett\htmlrtf }\htmlrtf0"
    rb"{\*\htmltag92 </b>}\htmlrtf\par}\htmlrtf0{\*\htmltag72 </p>}{\*\htmltag27 </html>}}"
)


def attribute(name: int, value: bytes, *, level: int = 1) -> bytes:
    return struct.pack("<BHHI", level, name, 0, len(value)) + value + struct.pack("<H", sum(value) % 65536)


def padded(value: bytes) -> bytes:
    return value + b"\0" * (-len(value) % 4)


def varying(key: int, kind: int, *values: bytes) -> bytes:
    head = struct.pack("<HHI", kind, key, len(values))
    return head + b"".join(struct.pack("<I", len(value)) + padded(value) for value in values)


def properties(*given: bytes) -> bytes:
    return struct.pack("<I", len(given)) + b"".join(given)


def stream(*attributes: bytes) -> bytes:
    return b"\x78\x9f\x3e\x22\x01\x00" + attribute(0x9007, struct.pack("<II", 1252, 0)) + b"".join(attributes)


def rtf(content: bytes) -> bytes:
    return struct.pack("<II4sI", len(content) + 12, len(content), b"MELA", 0) + content


NAMED = struct.pack("<HH", 0x0003, 0x8001) + bytes(16) + struct.pack("<II", 0, 7) + struct.pack("<I", 1)
CALLED = (
    struct.pack("<HH", 0x000B, 0x8002)
    + bytes(16)
    + struct.pack("<II", 1, 6)
    + padded("abc".encode("utf-16-le"))
    + bytes(4)
)
PLAIN = stream(
    attribute(0x9003, properties(NAMED, CALLED, varying(0x1000, 0x1E, b"Gr\xfc\xdfe aus Leipzig\0"))),
    attribute(0x9002, b"\0" * 14, level=2),
    attribute(0x8010, b"LIEFER~1.PDF\0", level=2),
    attribute(0x800F, b"%PDF-1.7", level=2),
    attribute(0x9005, properties(varying(0x3707, 0x1F, "Lieferplan für Mai.pdf\0".encode("utf-16-le"))), level=2),
    attribute(0x9002, b"\0" * 14, level=2),
    attribute(0x8010, b"lamp.png\0", level=2),
    attribute(0x800F, b"\x89PNG", level=2),
)  # fmt: skip


def winmail(pack: bytes, text: str | None = None) -> bytes:
    packed = "--b\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    said = f"--b\r\nContent-Type: text/plain\r\n\r\n{text}\r\n" if text is not None else ""
    body = f"{said}{packed}{base64.encodebytes(pack).decode()}\r\n--b--\r\n"
    return mail(body, content_type="multipart/mixed; boundary=b")


def test_a_pack_is_read_and_its_files_are_listed() -> None:
    received = understood(winmail(PLAIN))

    assert received.text == "Grüße aus Leipzig"
    assert [(file.name, file.data) for file in received.files] == [
        ("Lieferplan für Mai.pdf", b"%PDF-1.7"),
        ("lamp.png", b"\x89PNG"),
    ]


def test_the_words_of_the_mail_count_more_than_those_in_the_pack() -> None:
    received = understood(winmail(PLAIN, "Hello"))

    assert received.text == "Hello"
    assert len(received.files) == 2


def test_a_pack_that_cannot_be_opened_stays_a_file() -> None:
    received = understood(winmail(PLAIN[:-30], "Hello"))

    assert [(file.name, file.data) for file in received.files] == [("winmail.dat", PLAIN[:-30])]


@pytest.mark.parametrize("second", [varying(0x1013, 0x102, b"<p>Gr\xc3\xbc\xc3\x9fe</p>"), b""])
def test_a_page_in_a_pack_is_shown_like_any_other(second: bytes) -> None:
    codepage = struct.pack("<HHI", 0x0003, 0x3FDE, 65001)
    given = [second, codepage] if second else [varying(0x1009, 0x102, rtf(FROM_HTML))]
    received = understood(winmail(stream(attribute(0x9003, properties(*given)))))

    assert received.html is not None
    assert received.html.startswith("<p>Grüße")
    assert received.text.startswith("Grüße")
    assert received.files == ()


def test_a_message_in_a_pack_is_a_file_and_so_are_its_files() -> None:
    within = varying(0x3701, 0x0D, bytes(16) + PLAIN)
    given = properties(within, varying(0x3704, 0x1E, b"Re: Lampen\0"))
    received = understood(winmail(stream(attribute(0x9002, b"", level=2), attribute(0x9005, given, level=2)), "Hello"))

    assert [file.name for file in received.files] == ["Re_ Lampen.txt", "Lieferplan für Mai.pdf", "lamp.png"]
    assert received.files[0].data.decode() == "Grüße aus Leipzig"


def test_rich_text_is_unpacked_as_its_specification_shows() -> None:
    assert decompressed(COMPRESSED) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert decompressed(CROSSING) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"


def test_rich_text_says_what_it_shows() -> None:
    assert page_of(rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}{\*\generator x;}a\par b\tab\'e4\u8211 - \{c\}{\b d}}") == (
        "a\nb\tä– {c}d",
        None,
    )
    assert page_of(FROM_HTML) == (None, "<html><p>Grüße €<b>fett</b></p></html>")


@given(st.binary(max_size=200), st.integers(0, len(PLAIN)), st.integers(0, 255))
def test_no_pack_trips_it(octets: bytes, place: int, value: int) -> None:
    unpacked(b"\x78\x9f\x3e\x22" + octets)
    unpacked(PLAIN[:place] + bytes([value]) + PLAIN[place + 1 :])
    decompressed(b"\0\0\0\0\xff\0\0\0LZFu\0\0\0\0" + octets)
    page_of(octets)


BOMB = struct.pack("<II4sI", 9, 1 << 31, b"LZFu", 0) + b"\xff" * 900_000


@pytest.mark.parametrize(
    "octets",
    [
        stream(attribute(0x9003, properties(varying(0x1009, 0x102, BOMB)))),
        stream(attribute(0x9003, struct.pack("<I", 1 << 31) + bytes(900_000))),
        stream(*[attribute(0x9002, b"")] * 90_000),
        stream(attribute(0x9003, properties(varying(0x1009, 0x102, rtf(b"{" * 900_000))))),
    ],
    ids=["a bomb", "many properties", "many files", "nested"],
)
def test_a_pack_that_is_built_to_be_slow_is_not(octets: bytes) -> None:
    started = time.process_time()
    unpacked(octets)

    assert time.process_time() - started < 2
