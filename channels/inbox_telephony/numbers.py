"""Reads telephone numbers as telephony systems write them. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers

_SHORTEST = 6  # digits: fewer are an extension or a short code, which would parse as +4922
_LONGEST = 64  # characters
_WITHHELD = frozenset({"anonymous", "unavailable", "unknown", "restricted", "private", "withheld", "none"})
_SCHEME = re.compile(r"(?:sips?|tel):", re.IGNORECASE)
_DIGITS = re.compile(r"\D")


@lru_cache(maxsize=4096)
def e164(written: str, region: str) -> str | None:
    """Return a number as +4930901820; short ones stay as they are, withheld and impossible ones are None.

    Args:
        written: +49 (0)30 901820, 0049…, 030…, 4930901820 without a plus, sip:+49…@host, or an extension.
        region: whose national numbers are meant, such as DE.
    """
    bare = _SCHEME.sub("", written.strip()[:_LONGEST]).partition("@")[0].partition(";")[0].strip()
    digits = _DIGITS.sub("", bare)
    if not digits or bare.casefold() in _WITHHELD:
        return None
    if len(digits) < _SHORTEST:
        return digits
    return _parsed(_with_plus(bare, digits, region), region)


def is_reachable(number: str | None) -> bool:
    """Tell whether a number names the same telephone everywhere: extensions do not."""
    return number is not None and number.startswith("+")


def _with_plus(bare: str, digits: str, region: str) -> str:
    """Add the plus that sipgate and others leave out: where numbers at home begin with 0, others are from abroad."""
    if bare.startswith("+"):
        return bare
    if digits.startswith("00"):
        return f"+{digits[2:]}"
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    has_trunk_zero = metadata is not None and metadata.national_prefix == "0"
    return f"+{digits}" if has_trunk_zero and not digits.startswith("0") else bare


def _parsed(number: str, region: str) -> str | None:
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
