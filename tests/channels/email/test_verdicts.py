"""Whose word counts about who sent a mail."""

import pytest

from inbox_email.channel import EmailChannel
from inbox_email.understand import Reader
from tests.channels.email.builders import ADDRESS, KEY, config, host_for, mail, original

OURS = "mx.example.org"
FAIL, PASS = "dmarc=fail (p=NONE dis=NONE) header.from=example.net", "dmarc=pass header.from=example.net"


def believed(*results: str, judge: str = OURS) -> bool:
    fields = "".join(f"Authentication-Results: {result}\r\n" for result in results)
    received = Reader(ADDRESS, KEY, judge).read(original(fields.encode() + mail()))
    return received.sender.claims[0].verified


@pytest.mark.parametrize(
    "results",
    [
        [f"{OURS}; spf=fail smtp.mailfrom=evil.example; dkim=none; {FAIL}"],
        [f"{OURS.upper()} 1;\r\n spf=pass;\r\n {FAIL}"],
        [f"(by (us)) {OURS}; {FAIL}"],
        [f"{OURS}; dkim=pass", f"{OURS}; {FAIL}"],  # one field each, as OpenDKIM and OpenDMARC write
        [f"{OURS}; {FAIL}", f"{OURS}; {PASS}"],  # the lower one came with the mail
    ],
)
def test_a_sender_whom_our_server_refutes_is_not_believed(results: list[str]) -> None:
    assert not believed(*results)


@pytest.mark.parametrize(
    "results",
    [
        [],
        [f"{OURS}; {PASS}"],
        [f"{OURS}; spf=fail; dkim=fail"],  # a forwarded mail fails one of them every day
        [f"{OURS}; dmarc=none"],
        [f"mx.evil.example; {FAIL}"],
        [f"{OURS}.evil.example; {FAIL}"],
        [f"{OURS}; {PASS}", f"{OURS}; {FAIL}"],
        [f"{OURS}; x=y ({FAIL})"],
        [f"; ; {FAIL}"],
    ],
)
def test_nobody_elses_word_and_no_doubt_counts_against_a_sender(results: list[str]) -> None:
    assert believed(*results)


def test_without_a_named_server_nothing_is_judged() -> None:
    assert believed(f"{OURS}; {FAIL}", f"; {FAIL}", judge="")


async def test_the_settings_name_the_server() -> None:
    async with EmailChannel().open(config(authentication_server=OURS), host_for()) as connection:
        (received,) = connection.understand(original(f"Authentication-Results: {OURS}; {FAIL}\r\n".encode() + mail()))

    assert not received.sender.claims[0].verified


def test_what_a_stranger_gets_into_a_comment_is_no_verdict() -> None:
    assert not believed(f"{OURS}; spf=fail (of a(b(c)); dmarc=pass)", f"{OURS}; {FAIL}")
