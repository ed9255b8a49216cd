"""`Idempotency-Key`: a request that is sent again gets the answer of the first, and changes nothing again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable

from fastapi import Request
from pydantic import BaseModel

from inbox.api.auth import Caller
from inbox.api.json import Json
from inbox.api.services import services
from inbox.app.ports import Unit
from inbox.errors import Invalid

_KEY = re.compile(r"[\x21-\x7e]{1,200}")
Make = Callable[[Unit], Awaitable[Json]]


async def once(request: Request, caller: Caller, body: BaseModel, make: Make) -> Json:
    """Open a unit, make the change and keep its answer in the same transaction; or give the answer that was kept.

    Two requests at the same time wait for each other. A request that fails keeps nothing, so it can be tried again.
    """
    here, key = services(request), _key_of(request)
    async with here.units() as unit:
        if key is None:
            return await make(unit)
        fingerprint = _fingerprint(request, body)
        if not await unit.auth.claim_key(caller.label, key, fingerprint, now=here.clock()):
            return await _again(unit, caller, key, fingerprint)
        answer = await make(unit)
        await unit.auth.keep_answer(caller.label, key, status=answer.status_code, body=bytes(answer.body))
        return answer


class Kept(Json):
    """An answer that was encoded before."""

    def render(self, content: object) -> bytes:
        """Return the bytes as they were."""
        return content if isinstance(content, bytes) else super().render(content)


async def _again(unit: Unit, caller: Caller, key: str, fingerprint: bytes) -> Json:
    kept = await unit.auth.kept_answer(caller.label, key)
    if kept is None or kept[0] != fingerprint:
        raise Invalid("This Idempotency-Key was used for another request.")
    return Kept(kept[2], status_code=kept[1], headers={"idempotency-replayed": "true"})


def _key_of(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise Invalid("An Idempotency-Key has 1 to 200 printable characters.")
    return key


def _fingerprint(request: Request, body: BaseModel) -> bytes:
    content = f"{request.method} {request.url.path}\n{body.model_dump_json()}"
    return hashlib.sha256(content.encode()).digest()
