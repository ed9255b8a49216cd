"""Secrets at rest: sealed with the service's keys, each bound to what it belongs to."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from inbox.errors import SecretUnreadable, StartRefused
from inbox.files import create_private, read_private, told

KEY_FILE = "secret-keys"  # in the data folder
_SEPARATOR = b"\0"


class Vault:
    """Seals and opens secrets; `keys` are Fernet's, the newest first, with which alone it seals."""

    __slots__ = ("_fernet", "_keys")

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise StartRefused("There is no secret key.")
        self._keys = tuple(_decoded(key) for key in keys)
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def seal(self, context: str, value: bytes) -> bytes:
        """Seal `value`, so that it opens only for the same `context`, such as `inbox:<id>`."""
        return self._fernet.encrypt(_bound(context) + value)

    def open(self, context: str, sealed: bytes) -> bytes:
        """Return what was sealed; raise SecretUnreadable for another context, key or content.

        A row that somebody copied to another inbox in the database does not open there.
        """
        bound = _bound(context)
        try:
            plain = self._fernet.decrypt(sealed)
        except InvalidToken as error:
            raise SecretUnreadable(f"The secret of {context} does not open with the present keys.") from error
        if not hmac.compare_digest(plain[: len(bound)], bound):
            raise SecretUnreadable(f"The secret of {context} belongs to something else.")
        return plain[len(bound) :]

    def reseal(self, sealed: bytes) -> bytes:
        """Seal again with the newest key, so that older ones can be thrown away."""
        try:
            return self._fernet.rotate(sealed)
        except InvalidToken as error:
            raise SecretUnreadable from error

    def derive(self, label: str) -> bytes:
        """Return a key of its own for `label`, for signing; it changes with the newest key."""
        return self.derived(label)[0]

    def derived(self, label: str) -> tuple[bytes, ...]:
        """Return the keys of `label`, the newest first: sign with the first, believe them all."""
        return tuple(_expanded(key, label) for key in self._keys)


def open_vault(data_dir: Path, configured: Sequence[str] = ()) -> Vault:
    """Return the vault of `configured` keys, or of the key file, which the first start writes.

    Where both are there the file's keys still open what they have sealed; that is how one moves from the file to
    configured keys. Several processes on several machines need configured ones.
    """
    path = data_dir / KEY_FILE
    with told(data_dir):
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not configured and not path.exists():
            create_private(path, Fernet.generate_key().decode("ascii"))
        kept = read_private(path).split() if path.exists() else []
    return Vault(tuple(dict.fromkeys((*configured, *kept))))


def _bound(context: str) -> bytes:
    if not context or "\0" in context:
        raise ValueError(f"no context to bind a secret to: {context!r}")
    return context.encode() + _SEPARATOR


def _decoded(key: str) -> bytes:
    try:
        decoded = base64.urlsafe_b64decode(key)
    except (binascii.Error, ValueError) as error:
        raise _no_key() from error
    if len(decoded) != 32:
        raise _no_key()
    return decoded


def _no_key() -> StartRefused:
    return StartRefused("A secret key is not 32 bytes in URL-safe base64 (44 characters, the last one '=').")


def _expanded(key: bytes, label: str) -> bytes:
    # RFC 5869; the key is uniformly random, so it needs no salt.
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"inbox/{label}".encode()).derive(key)
