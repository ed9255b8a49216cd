"""The security headers of each part of the site."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Header = tuple[bytes, bytes]

_PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "connect-src 'self'; font-src 'self'; manifest-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; "
)
_EVERYWHERE: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
_OURS_ALONE: tuple[Header, ...] = (
    *_EVERYWHERE,
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
_NO_POWERS: Header = (
    b"permissions-policy",
    b"camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
)

API: tuple[Header, ...] = (
    *_OURS_ALONE,
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
DESK: tuple[Header, ...] = (
    *_OURS_ALONE,
    _NO_POWERS,
    (b"content-security-policy", f"{_PAGE}frame-ancestors 'none'".encode()),
)
# The first-run page shows the desk and the demo page side by side, so the desk frames it.
DEMO: tuple[Header, ...] = (
    *_OURS_ALONE,
    _NO_POWERS,
    (b"content-security-policy", f"{_PAGE}frame-ancestors 'self'".encode()),
)
# Pages of other sites include these.
WIDGET: tuple[Header, ...] = (
    *_EVERYWHERE,
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"access-control-allow-origin", b"*"),
)

_ONLY_HTTPS: Header = (b"strict-transport-security", b"max-age=31536000")
_PROFILES: tuple[tuple[tuple[str, ...], tuple[Header, ...]], ...] = (
    (("/api/", "/hooks/", "/chat/", "/pictures/", "/livez", "/readyz", "/metrics"), API),
    (("/widget.js", "/widget/"), WIDGET),
    (("/demo",), DEMO),
)


def profile_of(path: str, *, secure: bool) -> tuple[Header, ...]:
    """Return the headers that an answer under this path gets, unless it brings its own."""
    for starts, profile in _PROFILES:
        if path.startswith(starts):
            return (*profile, _ONLY_HTTPS) if secure else profile
    return (*DESK, _ONLY_HTTPS) if secure else DESK


def with_profile(headers: Iterable[Header], profile: Sequence[Header]) -> list[Header]:
    """Add to an answer's headers those of the profile that it does not bring itself."""
    own = list(headers)
    names = {name for name, _value in own}
    return own + [header for header in profile if header[0] not in names]
