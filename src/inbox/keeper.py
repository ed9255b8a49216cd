"""Keeps the files that come with messages, and says by their own bytes what they are."""

from __future__ import annotations

from collections.abc import AsyncIterator

import puremagic

from inbox.app.intake import as_attachment
from inbox.blobs import BlobStore
from inbox.channel.model import File
from inbox.domain.message import Attachment
from inbox.errors import Invalid

_LIMIT = 50 * 1024 * 1024  # bytes of one file; channels and uploads have their own, lower ones
_SNIFFED = 4_096  # bytes
UNKNOWN = "application/octet-stream"
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})  # shown; all else is only downloaded


class BlobKeeper:
    """Keeps attachments in the blob store."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    async def keep(self, file: File) -> Attachment:
        """Store a file durably, under a type that we found and not the one it came with."""
        blob = await self._blobs.put(file.data, limit=_LIMIT)
        return as_attachment(file, sha256=blob.sha256, size=blob.size, mime=sniffed(file.data))

    async def keep_pieces(self, name: str, pieces: AsyncIterator[bytes], *, limit: int) -> Attachment:
        """Store a file as it comes in; raise TooLarge as soon as it passes the limit, and Invalid for an empty one."""
        beginning = _Beginning(pieces)
        blob = await self._blobs.put(beginning, limit=limit)
        if not blob.size:
            raise Invalid("The file is empty.")
        return as_attachment(File(name, b""), sha256=blob.sha256, size=blob.size, mime=sniffed(beginning.octets))


class _Beginning:
    """Keeps the first bytes of what passes through."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces
        self.octets = b""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._pieces:
            if len(self.octets) < _SNIFFED:
                self.octets += piece[:_SNIFFED]
            yield piece


def sniffed(data: bytes) -> str:
    """Return the type of a content by its first bytes: one of a few that we know, else that of unknown bytes."""
    try:
        found = puremagic.from_string(data[:_SNIFFED], mime=True)
    except (puremagic.PureError, ValueError):
        return UNKNOWN
    is_known = found in PICTURES or found in {"application/pdf", "application/zip", "audio/mpeg", "video/mp4"}
    return found if is_known else UNKNOWN
