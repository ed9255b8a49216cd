"""Which addresses of a network are called: those of the internet at large, and what the settings allow besides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import TypeAlias

from inbox.errors import StartRefused

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

# ipaddress.is_global is not enough: Python 3.11 calls 224.0.0.1, 2002:7f00:1::, ::127.0.0.1, fec0::1, 64:ff9b::7f00:1
# and the metadata services of two clouds global. These are IANA's special-purpose registries (RFC 6890) and the rest.
_CLOSED_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this host, RFC 791
            "10.0.0.0/8",  # private, RFC 1918
            "100.64.0.0/10",  # shared by a carrier's customers, RFC 6598; a cloud's metadata
            "127.0.0.0/8",  # loopback
            "168.63.129.16/32",  # Azure's metadata
            "169.254.0.0/16",  # link-local; most clouds' metadata
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments; Oracle's metadata
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # AMT
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",  # private
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, broadcast
        ),
    )
)
# All outside of global unicast (RFC 4291 section 2.4) is local or carries IPv4: ::/96, ::ffff:0:0/96, 64:ff9b::/96.
_OPEN_V6 = IPv6Network("2000::/3")
_CLOSED_V6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments, Teredo among them
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4, which carries IPv4
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # documentation
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may be called although it is private: networks, and names of hosts. Any port of theirs."""

    networks: tuple[Network, ...] = ()
    hosts: frozenset[str] = frozenset()

    def covers(self, host: str, address: Address) -> bool:
        """Say whether this address of this host may be called in any case."""
        return plain(host) in self.hosts or any(address in network for network in self.networks)


def read_allowance(entries: Iterable[str], *, of: str = "INBOX_HTTP_ALLOW") -> Allowance:
    """Read the entries of a setting: addresses, networks and names of hosts."""
    networks, hosts = list[Network](), set[str]()
    for entry in entries:
        try:
            networks.append(ip_network(entry, strict=False))
        except ValueError as error:
            if not entry or set(entry) & set("/:@ *"):
                raise StartRefused(f"{of}: {entry!r} is neither a network nor a host's name.") from error
            hosts.add(plain(entry))
    return Allowance(tuple(networks), frozenset(hosts))


def is_public(address: Address) -> bool:
    """Say whether an address belongs to the internet at large."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _CLOSED_V4)
    return address in _OPEN_V6 and not any(address in network for network in _CLOSED_V6)


def plain(host: str) -> str:
    """Return a host's name as it is compared."""
    return host.lower().removesuffix(".")
