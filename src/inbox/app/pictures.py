"""Pictures in messages: addresses that we sign, and whose pictures are fetched from elsewhere."""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from html import escape, unescape
from typing import Protocol
from urllib.parse import unquote, urlencode

from inbox.domain.message import Direction, Message
from inbox.domain.pictures import Picture
from inbox.errors import NotFound

LASTS = timedelta(hours=3)  # at most; addresses change once an hour, so that browsers can keep what they fetched
MAX_REMOTE = 200  # of one page

_OWN = re.compile(r'src="cid:([^"]+)"')
_HELD_BACK = re.compile(r'data-remote-src="([^"]+)"')


class RemotePictures(Protocol):
    """Fetches pictures from elsewhere, so that no reader has to."""

    async def get(self, url: str) -> tuple[Picture, bytes]:
        """Return a picture; raise NotFound for what is none, cannot be had, or must not be asked for."""


class NoPictures:
    """Fetches nothing from anywhere."""

    async def get(self, url: str) -> tuple[Picture, bytes]:
        """Have no picture."""
        raise NotFound(f"Nothing is fetched here, and so not {url}.")


NONE = NoPictures()


@dataclass(frozen=True, slots=True)
class PictureLinks:
    """Signs the addresses of pictures: whoever has one sees this picture for some hours, and nothing else."""

    key: bytes = field(repr=False)
    now: datetime

    def own(self, attachment_id: object) -> str:
        """Return the address of a picture that came with a message."""
        return self._signed(f"/pictures/{attachment_id}", str(attachment_id))

    def remote(self, url: str) -> str:
        """Return our address of a picture that is elsewhere."""
        return self._signed(f"/pictures/remote/{urlsafe_b64encode(url.encode()).decode().rstrip('=')}", url)

    def holds(self, what: str, *, until: int, proof: str) -> bool:
        """Tell whether we made this address, and it still holds."""
        return until >= self.now.timestamp() and hmac.compare_digest(self._proof(what, until), proof)

    def _signed(self, path: str, what: str) -> str:
        hour = 3600
        until = int(self.now.timestamp() // hour) * hour + int(LASTS.total_seconds())
        return f"{path}?{urlencode({'until': until, 'proof': self._proof(what, until)})}"

    def _proof(self, what: str, until: int) -> str:
        return hmac.digest(self.key, f"picture:{until}:{what}".encode(), sha256).hex()


def url_in(path: str) -> str | None:
    """Read the address back that a path of ours carries; None for what is none."""
    try:
        return urlsafe_b64decode(path + "=" * (-len(path) % 4)).decode()
    except ValueError:
        return None


def held_back(message: Message) -> int:
    """Count the pictures that could be fetched; those of one pixel never are."""
    return len(_HELD_BACK.findall(message.html or ""))


def sender_of(message: Message) -> str | None:
    """Return the address whose pictures one may always want; None where nobody knows whether it is theirs."""
    sender = message.meta.get("from")
    is_theirs = message.direction is Direction.INBOUND and not message.unverified and not message.meta.get("doubted")
    return str(sender).lower() if sender and is_theirs else None


def with_pictures(html: str, places: Mapping[str, str], links: PictureLinks | None) -> str:
    """Point pictures that came along (RFC 2392 `cid:`) at where we serve them; with `links` also those from afar."""

    def pointed(found: re.Match[str]) -> str:
        place = places.get(unquote(unescape(found[1])))
        return f'src="{escape(place)}"' if place else found[0]

    def fetched(found: re.Match[str]) -> str:
        return f'src="{escape(links.remote(unescape(found[1])))}"' if links else found[0]

    return _HELD_BACK.sub(fetched, _OWN.sub(pointed, html), count=MAX_REMOTE)
