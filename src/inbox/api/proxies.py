"""Who is really calling, where a proxy of ours stands in front."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from starlette.types import Scope

Networks = tuple[IPv4Network | IPv6Network, ...]

_SECURE = {"http": "https", "ws": "wss"}


class Proxies:
    """Believes X-Forwarded-For and -Proto from the trusted proxies, and from nobody else."""

    def __init__(self, trusted: Sequence[str]) -> None:
        self._networks: Networks = tuple(ip_network(each, strict=False) for each in trusted)

    def unwrap(self, scope: Scope) -> bool:
        """Put the real client and scheme into the scope; tell whether a trusted proxy named them."""
        client = scope.get("client")
        if not self._networks or client is None or not _within(client[0], self._networks):
            return False
        forwarded = _values(scope["headers"], b"x-forwarded-for")
        scope["client"] = (self._first_stranger(forwarded) or client[0], 0)
        protocols = _values(scope["headers"], b"x-forwarded-proto")
        if protocols and protocols[-1] == "https":
            scope["scheme"] = _SECURE.get(scope["scheme"], scope["scheme"])
        return True

    def _first_stranger(self, addresses: Sequence[str]) -> str | None:
        """Return the nearest address that is no proxy of ours; what stands before it, anybody may have written."""
        for address in reversed(addresses):
            if not _is_address(address):
                return None
            if not _within(address, self._networks):
                return address
        return None


def network_of(address: str) -> str:
    """Return what counts as one caller for limits: an IPv4 address, or the /64 that one IPv6 customer is given."""
    if not _is_address(address):
        return address
    found = ip_address(address)
    if found.version == 4:
        return address
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped) if mapped else str(ip_network(f"{address}/64", strict=False))


@lru_cache(maxsize=1024)
def _within(address: str, networks: Networks) -> bool:
    return _is_address(address) and any(ip_address(address) in network for network in networks)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _values(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[str]:
    joined = b",".join(value for key, value in headers if key == name)
    return [each.strip() for each in joined.decode("latin-1").split(",") if each.strip()]
