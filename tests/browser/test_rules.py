"""The editor of the rules in a real browser: by keyboard, tried before it counts, and never lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, expect

from inbox.testing.visitor import visitor
from tests.browser.pages import Desk, a_desk
from tests.browser.program import Api

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chat(api: Api) -> dict[str, Any]:
    return api.post("/inboxes", {"channel": "chat", "name": "Website chat", "config": {"sites": [api.url]}})


@pytest.fixture
async def desk(browser: Browser, api: Api) -> AsyncIterator[Desk]:
    async with a_desk(browser, api.url, with_axe=True) as desk:
        await desk.sign_in(api.email, api.password)
        await desk.go("/settings/routing")
        await desk.page.get_by_role("button", name="New rule").wait_for()
        yield desk


def rules(desk: Desk) -> Locator:
    return desk.page.locator("[data-rule]")


async def type_into(desk: Desk, label: str, *texts: str) -> None:
    field = desk.page.get_by_role("dialog").get_by_label(label)
    for text in texts:
        await field.fill(text)
        await field.press("Enter")


async def test_a_rule_is_made_tried_on_a_ticket_and_saved(desk: Desk, api: Api, chat: dict[str, Any]) -> None:
    page = desk.page
    async with visitor(api.url.replace("http", "ws"), chat["id"], origin=api.url) as somebody:
        await somebody.say("I need an invoice with VAT")
    await page.get_by_role("button", name="New rule").click()
    await page.get_by_label("Name of the rule").fill("Invoices")
    await type_into(desk, "The text has one of these words", "invoice", "VAT")
    await type_into(desk, "Skills", "tax")
    await page.get_by_role("dialog").get_by_label("Priority").select_option("High")
    assert await desk.barriers() == []
    await desk.photograph("rule-dialog")
    await page.get_by_role("button", name="Take over").click()
    await expect(rules(desk).first).to_contain_text("If “invoice”, “VAT”")

    await page.get_by_label("Number, name or subject").fill("1")
    await page.get_by_role("button", name="Try").click()
    await expect(page.locator(".verdicts .decides")).to_have_text("Invoices decides: “invoice”, “VAT”")
    await expect(page.locator(".verdicts")).to_contain_text("Private thanks somebody asks for something")
    assert api.get("/routing")["version"] == 0, "trying changes nothing"
    assert await desk.barriers() == []
    await desk.photograph("rules")

    await page.get_by_label("What changed, for the others").fill("invoices first")
    await page.get_by_role("button", name="Save rules").click()
    await expect(page.get_by_text("Version 1, saved by")).to_be_visible()
    assert api.get("/routing")["document"]["rules"][0]["then"]["skills"] == ["tax"]


async def test_the_order_is_changed_by_keys_and_by_dragging(desk: Desk, api: Api) -> None:
    first, second = [await rules(desk).nth(at).get_attribute("data-rule") for at in (0, 1)]
    await rules(desk).first.locator(".grip").focus()
    await desk.key("ArrowDown")
    await expect(rules(desk).nth(1)).to_have_attribute("data-rule", str(first))
    await expect(rules(desk).nth(1).locator(".grip")).to_be_focused()

    await rules(desk).nth(1).drag_to(rules(desk).first)
    await expect(rules(desk).first).to_have_attribute("data-rule", str(first))
    await expect(rules(desk).nth(1)).to_have_attribute("data-rule", str(second))


async def test_a_removed_rule_comes_back_and_a_switched_off_one_stays_in_sight(desk: Desk) -> None:
    page = desk.page
    count = await rules(desk).count()
    await page.get_by_role("button", name="Remove Praise").click()
    await expect(rules(desk)).to_have_count(count - 1)
    await page.get_by_role("button", name="Undo").click()
    await expect(rules(desk)).to_have_count(count)
    await page.get_by_role("button", name="Duplicate Praise").click()
    await expect(rules(desk).filter(has_text="Praise, copy")).to_be_visible()
    await page.get_by_role("switch", name="On Chatter").uncheck()
    await page.get_by_label("Number, name or subject").fill("1")
    await page.get_by_role("button", name="Try").click()
    await expect(page.locator(".verdicts")).to_contain_text("Chatter switched off")


async def test_what_somebody_else_saved_meanwhile_is_not_overwritten(desk: Desk, api: Api) -> None:
    page = desk.page
    await page.get_by_role("spinbutton", name="Weight, Live chat").fill("25")
    await page.get_by_role("button", name="Save rules").wait_for()
    now = api.get("/routing")
    answer = api.http.put("/routing", json={"version": now["version"], "document": now["document"], "note": "x"})
    assert answer.status_code == 200

    await page.get_by_role("button", name="Save rules").click()
    await page.get_by_role("button", name="Show theirs").click()
    await expect(page.get_by_role("spinbutton", name="Weight, Live chat")).to_have_value("30")


async def test_an_older_version_is_brought_back_and_counts_when_it_is_saved(desk: Desk, api: Api) -> None:
    page = desk.page
    await page.get_by_role("button", name="Versions").click()
    await page.get_by_role("button", name="Bring back 0").click()
    await expect(rules(desk)).to_have_count(4)
    before = api.get("/routing")["version"]
    await page.get_by_role("button", name="Save rules").click()
    await expect(page.get_by_text(f"Version {before + 1}, saved by")).to_be_visible()

    assert [rule["id"] for rule in api.get("/routing")["document"]["rules"]] == [
        "offers",
        "praise",
        "thanks",
        "chatter",
    ]


async def test_the_rules_fit_a_phone_in_german_and_in_the_dark(browser: Browser, api: Api) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}
    async with a_desk(browser, api.url, with_axe=True, **phone) as desk:
        await desk.sign_in(api.email, api.password)
        api.http.patch("/me", json={"locale": "de"})
        await desk.go("/settings/routing")
        await desk.page.get_by_role("button", name="Neue Regel").wait_for()
        assert await desk.barriers() == []
        await desk.photograph("rules-phone-dark-de")
        wide = await desk.page.evaluate("document.documentElement.scrollWidth")
        api.http.patch("/me", json={"locale": "en"})

        assert wide <= 390
