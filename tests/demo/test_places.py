"""The service may call the demo's own servers besides, and nothing else on its machine."""

import pytest

from inbox.channel.host import HttpAnswer
from inbox.errors import OutgoingFailed
from inbox.guard import GuardedHttp, http_guard
from inbox.testing.fakes import Request
from inbox.testing.http import http_server


async def fine(_request: Request) -> HttpAnswer:
    return HttpAnswer(200, {}, b"fine")


async def test_a_place_is_called_by_its_address_and_at_its_port_alone() -> None:
    places = set[tuple[str, int]]()
    http = GuardedHttp(http_guard(places=places))
    async with http_server(fine) as ours, http_server(fine) as other:
        port = int(ours.rpartition(":")[2])
        places.add(("127.0.0.1", port))  # the demo's own servers come up after the guard

        answer = await http.get(ours)
        for elsewhere in (other, f"http://localhost:{port}", f"http://127.1:{port}"):
            with pytest.raises(OutgoingFailed):
                await http.get(elsewhere)
    await http.close()

    assert answer.status == 200
