"""Below an answer stands the signature of its language, or the general one."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes, policy

import pytest

from inbox_email.compose import compose
from tests.channels.email.builders import KEY, config
from tests.channels.email.test_smtp import MESSAGE

SETTINGS = config(signature="Your team", signatures={"de": "Euer Team", "fr": "  "})


@pytest.mark.parametrize(
    ("language", "signature"),
    [("de", "Euer Team"), ("de-AT", "Euer Team"), ("en", "Your team"), ("fr", "Your team"), (None, "Your team")],
)
def test_the_language_of_an_answer_picks_its_signature(language: str | None, signature: str) -> None:
    _, octets = compose(SETTINGS, KEY, replace(MESSAGE, language=language))
    mail = message_from_bytes(octets, policy=policy.default)

    for kind in ("plain", "html"):
        body = mail.get_body((kind,))
        assert body is not None
        assert signature in body.get_content()


@pytest.mark.parametrize("texts", [{"deutsch": "x"}, {"de": "x" * 2_001}, {"DE": "x"}])
def test_a_signature_is_kept_by_a_short_code(texts: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="signatures"):
        config(signatures=texts)
