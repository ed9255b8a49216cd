"""Telephone numbers as telephony systems write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox_telephony.numbers import e164, is_reachable


@pytest.mark.parametrize(
    "written",
    [
        "+49 30 901820",
        "+49 (0)30 901820",
        "0049 30 901820",
        "030/90 18 20",
        "4930901820",
        "sip:+4930901820@pbx.example",
        "tel:+49-30-901820",
        "sip:030901820;user=phone@pbx.example",
    ],
)
def test_one_number_written_in_many_ways_is_one(written: str) -> None:
    assert e164(written, "DE") == "+4930901820"


@pytest.mark.parametrize(
    "written", ["anonymous", "Unknown", "restricted", "", "   ", "sip:anonymous@anonymous.invalid"]
)
def test_a_withheld_number_is_none(written: str) -> None:
    assert e164(written, "DE") is None


@pytest.mark.parametrize("written", ["22", "110", "112", "4711"])
def test_an_extension_is_not_made_a_number_of_the_country(written: str) -> None:
    # libphonenumber would make +4922 and +49110 of these.
    number = e164(written, "DE")

    assert number == written
    assert not is_reachable(number)


@pytest.mark.parametrize(
    ("written", "region", "number"),
    [
        ("044 668 18 00", "CH", "+41446681800"),
        ("492111234567", "DE", "+492111234567"),
        ("33123456789", "DE", "+33123456789"),
        ("612345678", "ES", "+34612345678"),
        ("06 1234 5678", "IT", "+390612345678"),
        ("(202) 555-0123", "US", "+12025550123"),
        ("1" * 40, "DE", None),
        ("0", "DE", "0"),
    ],
)
def test_the_region_of_the_line_decides_what_national_numbers_mean(
    written: str, region: str, number: str | None
) -> None:
    assert e164(written, region) == number


@given(st.text(max_size=100))
def test_no_text_is_too_strange_to_be_read(written: str) -> None:
    number = e164(written, "DE")

    assert number is None or number.removeprefix("+").isdigit()
