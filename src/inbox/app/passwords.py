"""Passwords: hashed with Argon2id, two at a time, and as slowly for nobody as for somebody."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from inbox.errors import Invalid

SHORTEST, LONGEST = 12, 256  # characters

# OWASP's least setting for Argon2id: some 30 ms here, where the library's own default takes 230.
_HASHER = PasswordHasher(memory_cost=19_456, time_cost=2, parallelism=1)
# The hash of random bytes that nobody kept: an unknown address must take as long as a wrong password.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$pLz7FFDYGaEpoFYHgK9dgw$hgvM6zetw+65IcN2BihtB8jzS91Y8PlVkm7xs5luRe0"
# Two threads bound what a crowd of sign-ins takes from everything else.
_POOL = ThreadPoolExecutor(max_workers=2, thread_name_prefix="password")


def check_password(password: str, *, pointer: str = "/password") -> None:
    """Refuse a password that is too short, or so long that hashing it would be an attack; raise Invalid."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(f"A password has {SHORTEST} to {LONGEST} characters.", pointer=pointer)
    if len(set(password)) < 5:
        raise Invalid("This password repeats too few characters.", pointer=pointer)


async def hash_password(password: str) -> str:
    """Return the hash to store for a password that was checked before."""
    return await asyncio.get_running_loop().run_in_executor(_POOL, _HASHER.hash, password)


async def fits(password_hash: str | None, password: str) -> bool:
    """Tell whether a password is the hashed one; without a hash, take the same time and say no."""
    if len(password) > LONGEST:
        return False
    matches = await asyncio.get_running_loop().run_in_executor(_POOL, _matches, password_hash or _NOBODY, password)
    return matches and password_hash is not None


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
