"""What the page about chat inboxes tells platform engineers is so."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inbox.api.visitor_frames import Close, parse
from inbox_chat.identity import read_token

GUIDE = (Path(__file__).parents[3] / "docs" / "chat.md").read_text(encoding="utf-8")
SECRET = "a-secret-of-the-platform-32-characters"


def test_a_token_made_by_the_sample_is_believed() -> None:
    (sample,) = re.findall(r"^```python\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
    made: dict[str, Any] = {}
    exec(sample, made)

    token = made["identity_token"]("the-inbox", SECRET, "u-17", name="Greta M.")

    member = read_token(token, secret=SECRET, audience="the-inbox", now=datetime.now(UTC))
    assert (member.subject, member.name) == ("u-17", "Greta M.")


def test_every_code_with_which_we_close_is_explained() -> None:
    assert [code for code in Close if str(code.value) not in GUIDE] == []


def test_every_frame_that_the_guide_names_is_one() -> None:
    table = GUIDE[GUIDE.index("| client says") : GUIDE.index("| service says")]
    fields = '"client_id": "a", "text": "x", "seq": 1, "before": 1, "score": 1, "on": true'

    for kinds in re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE):
        for kind in re.findall(r"`(\w+)`", kinds):
            assert parse(f'{{"type": "{kind}", {fields}}}') is not None
