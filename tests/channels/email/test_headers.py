"""Header fields are read from what mailers really send, and never raise."""

from email import message_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox_email.charsets import decode
from inbox_email.headers import Address, Headers, decode_words, parse_addresses
from inbox_email.parameters import parameters
from tests.channels.email.builders import mail, understood


def headers(octets: bytes) -> Headers:
    return Headers(message_from_bytes(octets))


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("=?utf-8?Q?J=C3=BCrgen?=", "Jürgen"),
        ("=?iso-8859-1?q?=80_5?=", "€ 5"),
        ("=?utf-8?B?SsO8?= =?utf-8?B?cmdlbg==?=", "Jürgen"),
        ("=?utf-8?B?SsM=?= =?utf-8?B?vHJnZW4=?=", "Jürgen"),  # cut within a character
        ("=?gb2312?B?xOO6ww==?=", "你好"),
        ("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"),
        ("=?unknown-8bit?Q?=C3=A9?=", "é"),
        ("=?rot13?Q?uryyb?=", "uryyb"),
        ("=?utf-8?Q?not closed", "=?utf-8?Q?not closed"),
        ("a =?utf-8?Q?b?= c", "a b c"),
    ],
)
def test_encoded_words_are_decoded(raw: str, text: str) -> None:
    assert decode_words(raw) == text


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ("Ann <ann@x.org>, bob@y.org", [Address("ann@x.org", "Ann"), Address("bob@y.org")]),
        ('"Weiß, J." <j@x.org>', [Address("j@x.org", "Weiß, J.")]),
        ("ann@x.org (Ann)", [Address("ann@x.org", "Ann")]),
        ("Team: a@x.org, b@x.org;", [Address("a@x.org"), Address("b@x.org")]),
        ("undisclosed-recipients:;", []),
        ("<>", []),
        ("=?utf-8?Q?A=2C_B?= <a@x.org>", [Address("a@x.org", "A, B")]),
        ('"a@x.org" <a@x.org>', [Address("a@x.org", "a@x.org")]),
        ("a@x.org; b@x.org", [Address("a@x.org"), Address("b@x.org")]),
        ("'ann@x.org'", [Address("ann@x.org")]),
    ],
)
def test_addresses_are_found(raw: str, found: list[Address]) -> None:
    assert list(parse_addresses(raw)) == found


@pytest.mark.parametrize(
    ("octets", "charset", "text"),
    [
        (b"\x80", "iso-8859-1", "€"),
        ("é".encode(), "us-ascii", "é"),
        (b"\xe9", "utf-8", "�"),
        (b"\xe9", None, "é"),
        (b"abc", "unicode_escape", "abc"),
        (b"\\udc80", "unicode_escape", "\\udc80"),
        (b"a\x00b\x1b", "utf-8", "ab"),
        ("안녕".encode("cp949"), "ks_c_5601-1987", "안녕"),
        (b"aGVsbG8=", "base64", "aGVsbG8="),
    ],
)
def test_bytes_are_decoded_as_meant(octets: bytes, charset: str | None, text: str) -> None:
    assert decode(octets, charset) == text


@given(st.binary(max_size=200), st.one_of(st.none(), st.text(max_size=20)))
def test_any_bytes_become_text_that_a_database_takes(octets: bytes, charset: str | None) -> None:
    text = decode(octets, charset)
    text.encode("utf-8")
    assert "\x00" not in text


@given(st.binary(max_size=300))
def test_any_header_is_read(octets: bytes) -> None:
    fields = headers(b"From: " + octets + b"\nReferences: " + octets + b"\nDate: " + octets + b"\n\n")
    for text in (fields.text("from"), fields.text("references"), *(a.address for a in fields.addresses("from"))):
        text.encode("utf-8")
        assert not set(text) & {"\n", "\r", "\x00"}
    fields.ids("references")
    fields.date()
    parameters(fields.raw("from"))


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60))
def test_what_the_standard_library_encodes_is_read_back(text: str) -> None:
    from email.header import Header

    text = " ".join(text.split())
    encoded = Header(text, "utf-8").encode()
    assert " ".join(decode_words(encoded.replace("\n", "\r\n")).split()) == decode(text.encode(), "utf-8")


def test_raw_eight_bit_headers_are_read() -> None:
    assert headers("Subject: Grüße\n\n".encode()).text("subject") == "Grüße"
    assert headers("Subject: Grüße\n\n".encode("latin-1")).text("subject") == "Grüße"


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 1 Jan 1601 00:00:00 +0000", "Mon, 1 Jan 2026 00:00:00 +9999"])
def test_a_date_that_is_none_is_none(date: str) -> None:
    assert headers(f"Date: {date}\n\n".encode()).date() is None


def test_an_id_is_read_as_pythons_email_package_writes_a_long_one() -> None:
    written = b"In-Reply-To: =?utf-8?q?=3Caaaaaaaaaaaaaaaaaaaa=2Ebbbbb?=\n =?utf-8?q?bbbbb=40crowd=2Eexample=3E?=\n\n"

    assert headers(written).ids("in-reply-to") == ("<aaaaaaaaaaaaaaaaaaaa.bbbbbbbbbb@crowd.example>",)


def test_ids_are_kept_as_they_are_also_malformed_ones() -> None:
    assert headers(b"Message-ID: <abc def@x>\n\n").own_id() == "<abc def@x>"
    assert headers(b"Message-ID: abc@x\n\n").own_id() == "<abc@x>"
    assert headers(b"References: <a@x>,<b@x>\n <a@x>\n\n").ids("references") == ("<a@x>", "<b@x>")


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ('x; filename="a b.pdf"', "a b.pdf"),
        ("x; filename=a b.pdf", "a b.pdf"),
        ("x; filename*=utf-8''%C3%A9.pdf", "é.pdf"),
        ("x; filename*=iso-8859-1'de'%FC.pdf", "ü.pdf"),
        ('x; filename="=?utf-8?Q?=C3=A9.pdf?="', "é.pdf"),
        ('x; filename*1="b.pdf"; filename*0="a"', "ab.pdf"),
        ('x; filename="a\\"b"', 'a"b'),
    ],
)
def test_names_of_files_are_read(raw: str, name: str) -> None:
    assert parameters(raw)["filename"] == name


def test_a_line_that_is_no_field_ends_no_header() -> None:
    octets = b"From: ann@example.net\nthis is no field\nSubject : Where is it?\nTo: help@example.org\n\nHello"
    received = understood(octets)
    assert (received.subject, received.text, received.meta["to"]) == ("Where is it?", "Hello", ["help@example.org"])


def test_blanks_around_an_encoding_do_not_hide_it() -> None:
    assert understood(mail("J=C3=BCrgen", content_transfer_encoding=" quoted-printable \t ")).text == "Jürgen"
