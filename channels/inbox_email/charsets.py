"""Decodes what mails really contain: wrong labels, unknown charsets, bytes that no database would take."""

from __future__ import annotations

import codecs
import re

# What the label says, and what senders mean by it (WHATWG Encoding Standard, section 4.2).
_MEANT = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
}
_ALIASES = {"ks_c_5601-1987": "cp949", "ansi": "cp1252", "unicode-1-1-utf-7": "utf-7", "cp-850": "cp850"}
# Python's registry also holds rot13, base64, idna, punycode and unicode_escape: none of them is a charset.
_CHARSETS = ("utf", "iso8859", "cp", "koi8", "gb", "big5", "euc", "iso2022", "shift_jis", "mac", "hz", "johab", "ptcp")
_LEGACY = ("cp12", "iso8859", "cp850", "cp437", "mac")
# Line feed and tab stay. C1 is never meant: what it once marked has been decoded as windows-1252.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def decode(octets: bytes, charset: str | None) -> str:
    """Return text for any bytes under any label; never raises."""
    codec = _codec(charset)
    if codec is None or codec.startswith(_LEGACY):
        try:
            # UTF-8 under a Western label is common and hardly ever means what the label says.
            return clean(octets.decode("utf-8"))
        except UnicodeDecodeError:
            codec = codec or "cp1252"
    try:
        return clean(octets.decode(codec, "replace"))
    except (UnicodeError, ValueError, LookupError):
        return clean(octets.decode("cp1252", "replace"))


def clean(text: str) -> str:
    """Return text that a database, JSON and a screen can take: no NUL, no surrogate, no carriage return."""
    if text.isprintable():  # most header fields, and it is asked of each of them
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNWANTED.sub("", _SURROGATES.sub("\ufffd", text))


def one_line(text: str) -> str:
    """Return cleaned text without line breaks: a decoded header must not bring one (`=?utf-8?Q?a=0D=0ABcc:_x?=`)."""
    return " ".join(clean(text).split())


def _codec(charset: str | None) -> str | None:
    """Return the codec that a label means, None where it means nothing."""
    label = (charset or "").strip().strip("\"'").lower()
    if not label or len(label) > 40 or not label.isascii():
        return None
    try:
        name = codecs.lookup(_ALIASES.get(label, label)).name
    except (LookupError, ValueError):
        return None
    name = _MEANT.get(name, name)
    return name if name.startswith(_CHARSETS) else None
