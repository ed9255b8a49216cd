"""Real mails of many mailers, where the corpora are there: none raises, none leaves what cannot be stored."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from inbox.errors import MessageUnreadable
from inbox_email.quotes import split_text
from tests.channels.email.builders import CORPORA, TESTDATA, understood

_NO_MAILS = {".json", ".xml", ".out", ".rb", ".md", ".py", ".js", ".gz", ".yml"}


def mails() -> Iterator[Path]:
    for folder in (TESTDATA, CORPORA):
        files = (path for path in sorted(folder.rglob("*")) if path.is_file())
        yield from (path for path in files if path.suffix not in _NO_MAILS and path.name != "LICENSE")


def strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            yield from (text for item in value.items() for text in strings(item))
        case list() | tuple():
            yield from (text for item in value for text in strings(item))


def test_every_mail_is_understood_and_can_be_stored() -> None:
    for path in mails():
        try:
            received = understood(path.read_bytes())
        except MessageUnreadable:
            continue
        for text in strings(asdict(received)):
            text.encode("utf-8")  # a lone surrogate would raise
            assert "\x00" not in text, path


def test_no_newly_written_line_of_a_reply_is_folded() -> None:
    """What the trimmer of Discourse expects to stay must stay; it also keeps some quotes, which may be folded."""
    folder = CORPORA / "discourse-email_reply_trimmer" / "test"
    for path in sorted(folder.glob("emails/*.txt")):
        shown = [line.strip() for line in split_text(path.read_text().replace("\r\n", "\n")).text.split("\n")]
        expected = (folder / "trimmed" / path.name).read_text().split("\n")
        lost = [line for line in expected if line.strip() and line.strip() not in shown]
        assert all(line.startswith(">") for line in lost), path
