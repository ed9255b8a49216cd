"""Secrets of an inbox stay where they were entered for."""

from typing import Any

import pytest

from inbox.channel.config import read_config, with_kept_secrets
from inbox.channel.registry import installed
from inbox.errors import Invalid

OLD: dict[str, Any] = {
    "imap_host": "imap.example.org",
    "imap_security": "tls",
    "smtp_host": "smtp.example.org",
    "smtp_security": "tls",
    "imap_password": "s3cret-42",
}
BLANK = {**OLD, "imap_password": None}


def test_a_blank_secret_stays_as_it_was() -> None:
    assert with_kept_secrets(installed()["email"], BLANK, OLD) == OLD


@pytest.mark.parametrize("field", ["imap_host", "smtp_host", "imap_security"])
def test_a_blank_secret_is_not_sent_to_another_server(field: str) -> None:
    with pytest.raises(Invalid) as refused:
        with_kept_secrets(installed()["email"], {**BLANK, field: "evil.example"}, OLD)

    assert refused.value.pointer == "/config/imap_password"
    assert "s3cret" not in str(refused.value)


def test_a_secret_entered_again_goes_to_another_server() -> None:
    new = {**OLD, "imap_host": "other.example.org", "imap_password": "another"}

    assert with_kept_secrets(installed()["email"], new, OLD) == new


def test_every_place_that_a_secret_goes_to_is_a_setting() -> None:
    for channel in installed().values():
        properties = channel.config.model_json_schema()["properties"]
        assert {place for each in properties.values() for place in each.get("goes_to", ())} <= set(properties)


def test_a_setting_that_does_not_fit_is_named_by_its_pointer() -> None:
    with pytest.raises(Invalid) as refused:
        read_config(installed()["telephony"], {"region": 7})

    assert refused.value.pointer == "/config/region"
