"""Web origins: what a browser says a page comes from (RFC 6454)."""

from __future__ import annotations

from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


def origin_of(address: str) -> str:
    """Return `scheme://host[:port]` of an address as a browser writes it; raise ValueError for anything else."""
    parts = urlsplit(address.strip())
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError(f"{address!r} is no http or https address")
    if parts.username or parts.password:
        raise ValueError("an address of a site holds no password")
    host = _ascii(parts.hostname)
    shown = f"[{host}]" if ":" in host else host
    port = "" if parts.port in {None, _DEFAULT_PORTS[parts.scheme]} else f":{parts.port}"
    return f"{parts.scheme}://{shown}{port}"


def _ascii(host: str) -> str:
    """Browsers send the punycode of a name with umlauts."""
    return host if host.isascii() else host.encode("idna").decode("ascii")
