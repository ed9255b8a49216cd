"""The page of a message: its policy holds whatever stands in it."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import httpx2 as httpx
import pytest

from inbox.domain.ids import MessageId, TicketId
from tests.api.conftest import House
from tests.api.world import World, build

DIRTY = '<p onclick="x()">Hallo</p><script>x()</script><img src="https://evil.example/x">'


async def page_of(world: World, html: str | None, *, theme: str = "dark") -> httpx.Response:
    """Put HTML into the store as it is, past all cleaning, and ask for its page."""
    ticket_id, message_id = TicketId(UUID(world.ids["ticket_id"])), MessageId(UUID(world.ids["said"]))
    async with world.house.units() as unit:
        message = await unit.messages.find(ticket_id, message_id)
        await unit.messages.save(replace(message, html=html, text="5 < 6 & <b>bold</b>"))
    return await world.admin.get(f"/api/v1/tickets/{ticket_id}/messages/{message_id}/page?theme={theme}")


async def test_what_was_overlooked_in_cleaning_still_runs_and_fetches_nothing(house: House) -> None:
    answer = await page_of(await build(house), DIRTY)

    policy = {part.split()[0]: part.split()[1:] for part in answer.headers["content-security-policy"].split(";")}
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert policy["default-src"] == ["'none'"]
    assert policy["img-src"] == ["'self'", "data:"]
    assert policy["frame-ancestors"] == ["'self'"]
    assert not {"script-src", "connect-src", "font-src"} & policy.keys()
    assert not {"allow-scripts", "allow-forms", "allow-top-navigation"} & set(policy["sandbox"])


async def test_a_message_without_html_is_shown_as_its_text(house: House) -> None:
    answer = await page_of(await build(house), None)

    assert "5 &lt; 6 &amp; &lt;b&gt;bold&lt;/b&gt;" in answer.text


@pytest.mark.parametrize(
    ("html", "on_paper"),
    [
        ("<p>plain</p>", False),
        ('<p style="margin: 0">color: red</p>', False),
        ('<p style="margin:0;color:#333">x</p>', True),
        ('<td bgcolor="#fff">x</td>', True),
        ('<font color="red">x</font>', True),
    ],
)
async def test_who_chose_colours_gets_white_paper_in_the_dark(house: House, html: str, on_paper: bool) -> None:
    answer = await page_of(await build(house), html)

    assert ("data-paper>" in answer.text) == on_paper
    assert 'data-theme="dark"' in answer.text


DARK = '<style>@media (prefers-color-scheme:dark){.a{color:#eee}}</style><p class="a" style="color:#111">x</p>'


@pytest.mark.parametrize(("theme", "condition"), [("dark", "(min-width:0)"), ("light", "(max-width:0)")])
async def test_a_mail_with_styles_for_the_dark_follows_the_reader_and_needs_no_paper(
    house: House, theme: str, condition: str
) -> None:
    answer = await page_of(await build(house), DARK, theme=theme)

    assert f"@media {condition}{{.a{{color:#eee}}}}" in answer.text
    assert "data-paper>" not in answer.text


async def test_a_style_sheet_of_colours_gets_white_paper_in_the_dark(house: House) -> None:
    answer = await page_of(await build(house), '<style>.a{background:#eef}</style><p class="a">x</p>')

    assert "data-paper>" in answer.text
