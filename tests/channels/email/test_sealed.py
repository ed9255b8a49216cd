"""Signed and encrypted mails are shown for what they are, and what is only signed can be read."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import (
    PKCS7EnvelopeBuilder,
    PKCS7Options,
    PKCS7SignatureBuilder,
)
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from inbox_email.sealed import content_of_signed
from tests.channels.email.builders import mail, understood

WITHIN = b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>Gr\xc3\xbc\xc3\x9fe</p>\r\n"


@cache
def identity() -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    key, name = rsa.generate_private_key(65537, 2048), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Greta")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    now = datetime(2026, 1, 1, tzinfo=UTC)
    dated = made.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=900))
    return key, dated.sign(key, SHA256())


def signed(*options: PKCS7Options, encoding: Encoding = Encoding.DER) -> bytes:
    key, certificate = identity()
    builder = PKCS7SignatureBuilder().set_data(WITHIN).add_signer(certificate, key, SHA256())
    return builder.sign(encoding, [PKCS7Options.Binary, *options])


def encrypted() -> bytes:
    return PKCS7EnvelopeBuilder().set_data(WITHIN).add_recipient(identity()[1]).encrypt(Encoding.DER, [])


def wrapped(octets: bytes) -> bytes:

    text = base64.encodebytes(octets).decode()
    return mail(text, content_type='application/pkcs7-mime; name="smime.p7m"', content_transfer_encoding="base64")


def parts(kind: str, protocol: str, second: str) -> bytes:
    body = f"--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n--b\r\nContent-Type: {second}\r\n\r\nx\r\n--b--\r\n"
    return mail(body, content_type=f'multipart/{kind}; protocol="{protocol}"; boundary=b')


ARMORED = "Hi\n\n-----BEGIN PGP MESSAGE-----\n\nhQEM\n-----END PGP MESSAGE-----"
CLEAR = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nHello\n-----BEGIN PGP SIGNATURE-----\n\nx\n"


@pytest.mark.parametrize(
    ("octets", "kind", "by"),
    [
        (parts("signed", "application/pkcs7-signature", "application/pkcs7-signature"), "signed", "smime"),
        (parts("signed", "application/pgp-signature", "application/pgp-signature"), "signed", "pgp"),
        (parts("encrypted", "application/pgp-encrypted", "application/octet-stream"), "encrypted", "pgp"),
        (mail(ARMORED), "encrypted", "pgp"),
        (mail(CLEAR), "signed", "pgp"),
    ],
)
def test_a_seal_is_named(octets: bytes, kind: str, by: str) -> None:
    assert understood(octets).meta["seal"] == {"kind": kind, "by": by}


def test_an_ordinary_mail_has_no_seal() -> None:
    assert "seal" not in understood(mail("I wrote -----BEGIN PGP MESSAGE----- in a line")).meta
    assert "seal" not in understood(parts("mixed", "", "application/pgp-signature")).meta


def test_a_mail_that_its_signature_has_wrapped_is_read_and_kept_whole() -> None:
    octets = signed()
    received = understood(wrapped(octets))

    assert received.meta["seal"] == {"kind": "signed", "by": "smime"}
    assert (received.text, received.html) == ("Grüße", "<p>Grüße</p>\n")
    assert [(file.name, file.data) for file in received.files] == [("smime.p7m", octets)]


def test_an_encrypted_mail_is_a_file_and_says_so() -> None:
    octets = encrypted()
    received = understood(wrapped(octets))

    assert received.meta["seal"] == {"kind": "encrypted", "by": "smime"}
    assert (received.text, received.html) == ("", None)
    assert [file.data for file in received.files] == [octets]


def test_a_mail_in_pieces_of_unknown_length_is_read() -> None:
    """As a sender writes it who does not know the end yet (BER, indefinite length)."""

    def open_ended(tag: int, *content: bytes) -> bytes:
        return bytes([tag, 0x80]) + b"".join(content) + b"\0\0"

    kind, plain = bytes.fromhex("06092a864886f70d010702"), bytes.fromhex("06092a864886f70d010701")
    pieces = (bytes([4, len(piece)]) + piece for piece in (WITHIN[:50], WITHIN[50:]))
    content = open_ended(0x30, plain, open_ended(0xA0, open_ended(0x24, *pieces)))
    octets = open_ended(0x30, kind, open_ended(0xA0, open_ended(0x30, b"\x02\x01\x01", b"\x31\0", content)))

    assert content_of_signed(octets) == WITHIN


def test_a_detached_signature_wraps_nothing() -> None:
    assert content_of_signed(signed(PKCS7Options.DetachedSignature)) is None


@given(st.data())
def test_no_bytes_trip_it(data: st.DataObject) -> None:
    octets = bytearray(data.draw(st.one_of(st.binary(max_size=80), st.just(signed()))))
    for _ in range(data.draw(st.integers(0, 6)) if octets else 0):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    content_of_signed(bytes(octets))
    content_of_signed(bytes(octets[: data.draw(st.integers(0, len(octets)))]))


@pytest.mark.parametrize(
    "octets", [b"\x30\x80" * 50_000, b"\x30\x84\xff\xff\xff\xff", b"\x30\x80" + b"\x04\0" * 90_000]
)
def test_bytes_that_are_built_to_stop_it_do_not(octets: bytes) -> None:
    assert content_of_signed(octets) is None
