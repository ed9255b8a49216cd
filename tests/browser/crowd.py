"""Who takes part in a test of routing: visitors who say something, and colleagues who answer."""

from __future__ import annotations

from typing import Any

import httpx2 as httpx

from inbox.testing.visitor import visitor
from tests.browser.program import Api


async def says(api: Api, chat: dict[str, Any], *texts: str) -> None:
    """Let a visitor say something, as the widget would."""
    async with visitor(api.url.replace("http", "ws"), chat["id"], origin=api.url) as somebody:
        for text in texts:
            await somebody.say(text)


def colleague(api: Api, name: str) -> Api:
    """Invite somebody and let them accept; they may see everything, and are offline until they sign in."""
    email = f"{name.split(maxsplit=1)[0].lower()}@crowd.example"
    who = {"email": email, "name": name, "role": "manager", "inboxes": None, "campaigns": None}
    link = api.post("/managers/invite", who)["link"]
    http = httpx.Client(base_url=f"{api.url}/api/v1", headers={"origin": api.url}, timeout=30, trust_env=False)
    joined = Api(api.url, http, email)
    token = link.rpartition("/")[2]
    joined.post("/links/accept", {"token": token, "name": name, "password": api.password, "locale": "en"})
    be(joined, "offline")
    return joined


def be(api: Api, availability: str) -> None:
    """Set somebody's availability."""
    answer = api.http.patch("/me", json={"availability": availability})
    assert answer.is_success, answer.text


def team_chat(api: Api, name: str, **team: Any) -> dict[str, Any]:
    """Make a chat whose tickets are a team's, by its campaign."""
    made = api.post("/teams", {"name": name, **team})
    key = name.lower().replace(" ", "-")
    campaign = api.post("/campaigns", {"key": key, "name": f"Campaign of {name}", "team_id": made["id"]})
    config = {"sites": [api.url]}
    inbox = {"channel": "chat", "name": f"Chat of {name}", "config": config, "campaign_id": campaign["id"]}
    return api.post("/inboxes", inbox)
