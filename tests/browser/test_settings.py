"""The settings in a real browser: keys of other programs, clients, teams."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2 as httpx
import pytest
from playwright.async_api import Browser, expect

from tests.browser.pages import Desk, a_desk
from tests.browser.program import Api

pytestmark = pytest.mark.browser


@pytest.fixture
async def desk(browser: Browser, api: Api) -> AsyncIterator[Desk]:
    async with a_desk(browser, api.url) as desk:
        await desk.sign_in(api.email, api.password)
        yield desk


def _asked_with(api: Api, key: str) -> int:
    bearer = {"authorization": f"Bearer {key}"}
    return httpx.get(f"{api.url}/api/v1/tickets", headers=bearer, trust_env=False).status_code


async def test_a_key_is_shown_once_and_works_until_it_is_revoked(desk: Desk, api: Api) -> None:
    page = desk.page
    await desk.go("/settings/keys")
    await expect(page.get_by_text("No key yet")).to_be_visible()
    await page.get_by_role("button", name="New API key").click()
    await page.get_by_label("Name of the program").fill("Platform")
    await expect(page.get_by_role("button", name="Create key")).to_be_disabled()
    await page.get_by_role("checkbox", name="tickets:read").check()
    await page.get_by_role("button", name="Create key").click()
    secret = await page.get_by_role("dialog").locator("code", has_text="ibx_live_").inner_text()
    await page.get_by_role("button", name="Done").click()
    assert _asked_with(api, secret) == 200
    await page.reload()
    await expect(page.get_by_text("tickets:read")).to_be_visible()
    assert secret not in await page.content()

    await page.get_by_role("button", name="Revoke Platform").click()
    await expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    await page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    await expect(page.get_by_text("No key yet")).to_be_visible()
    assert _asked_with(api, secret) == 401


async def test_a_renamed_client_is_renamed_on_every_screen(browser: Browser, desk: Desk, api: Api) -> None:
    page = desk.page
    await desk.go("/settings/clients")
    await page.get_by_role("button", name="New client").first.click()
    await page.get_by_label("Name of the organisation").fill("Funkenwerk")
    await desk.key("Enter")
    await expect(page.get_by_text("funkenwerk · no campaign")).to_be_visible()
    client = api.get("/clients")["items"][0]["id"]
    api.post("/campaigns", {"key": "lumi", "name": "LUMI", "client_id": client})
    await expect(page.get_by_text("funkenwerk · LUMI")).to_be_visible()
    async with a_desk(browser, api.url) as colleague:
        await colleague.sign_in(api.email, api.password)
        await colleague.go("/settings/campaigns")
        await page.get_by_role("button", name="Rename Funkenwerk").click()
        await page.get_by_label("Name of the organisation").fill("Funkenwerk GmbH")
        await desk.key("Enter")
        await expect(colleague.page.get_by_text("Funkenwerk GmbH")).to_be_visible()


async def test_a_team_keeps_its_members(desk: Desk) -> None:
    page = desk.page
    await desk.go("/settings/teams")
    await page.get_by_role("button", name="New team").click()
    await page.get_by_label("Name", exact=True).fill("Payments")
    await page.get_by_role("checkbox", name="Mara Lindner").check()
    await page.get_by_role("button", name="Save").click()
    await page.reload()
    await expect(page.get_by_role("listitem").filter(has_text="Payments")).to_contain_text("one person")


@pytest.mark.parametrize(("page_of", "path"), [("keys", "api-keys"), ("clients", "clients"), ("teams", "teams")])
async def test_what_could_not_be_loaded_can_be_tried_again(desk: Desk, page_of: str, path: str) -> None:
    page = desk.page
    await desk.go("/settings/profile")
    await page.route(f"**/api/v1/{path}*", lambda route: route.abort())
    await page.locator(f"a[href='/settings/{page_of}']").click()
    await expect(page.get_by_role("alert").get_by_text("The service cannot be reached.")).to_be_visible()
    await page.unroute_all()
    await page.get_by_role("button", name="Try again").click()
    await expect(page.get_by_text("The service cannot be reached.")).to_be_hidden()
    await expect(page.locator(".listing")).to_be_visible()


async def test_a_team_says_how_its_tickets_come_to_its_members(desk: Desk, api: Api) -> None:
    page = desk.page
    helpers = api.post("/teams", {"name": "Helpers"})["id"]
    await desk.go("/settings/teams")
    await page.get_by_role("button", name="New team").click()
    await page.get_by_label("Name", exact=True).fill("Refunds")
    await page.get_by_role("radio", name="Offered").check()
    await page.get_by_label("An offer stands for").fill("45")
    await page.get_by_label("Skills of all members").fill("refunds, law,")
    await page.get_by_role("checkbox", name="Helpers").check()
    await page.get_by_label("after this part of the target").fill("40")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("listitem").filter(has_text="Refunds")).to_contain_text("Offered · helped by Helpers")
    refunds = next(team for team in api.get("/teams")["items"] if team["name"] == "Refunds")
    assert (refunds["mode"], refunds["offer_for"], refunds["overflow_after"]) == ("offer", 45, 40)
    assert refunds["overflow_to"] == [helpers]


async def test_a_manager_is_given_languages_skills_and_weights(desk: Desk, api: Api) -> None:
    page = desk.page
    await desk.go("/settings/people")
    await page.get_by_role("button", name="Change Mara Lindner").click()
    languages = page.get_by_label("Languages that I answer in")
    await languages.fill("Klingon")
    await languages.press("Enter")
    await expect(page.get_by_text("“Klingon” is not known.")).to_be_visible()
    await languages.fill("French")
    await languages.press("Enter")
    await languages.fill("de")
    await languages.press("Enter")
    await page.get_by_label("Skills", exact=True).fill("tax law")
    await page.get_by_label("Capacity").fill("80")
    await page.get_by_text("What a ticket takes").click()
    await page.get_by_label("E-mail").fill("20")
    await page.get_by_role("button", name="Save").click()
    row = page.get_by_role("row", name="Mara Lindner")
    await expect(row).to_contain_text("French")
    me = api.get("/me")
    assert (me["languages"], me["skills"], me["capacity"], me["weights"]) == (
        ["fr", "de"],
        ["tax law"],
        80,
        {"email": 20},
    )

    await desk.go("/settings/profile")
    await expect(page.get_by_role("region", name="My work")).to_contain_text("tax law")
