"""The words of the story, read from the files beside this module."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Thread:
    """A place for comments, and what people talk about there."""

    id: str
    title: str
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Topic:
    """What people say about one subject, by language."""

    key: str
    weight: int
    subject: Mapping[str, str]
    texts: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Phrases:
    """All that is said about one campaign."""

    threads: tuple[Thread, ...]
    topics: Mapping[str, Topic]


@cache
def about(campaign: str) -> Phrases:
    """Return what people say about a campaign."""
    read = _read(campaign)
    threads = tuple(Thread(t["id"], t["title"], tuple(t["topics"])) for t in read["threads"])
    return Phrases(threads, {key: _topic(key, topic) for key, topic in read["topics"].items()})


@cache
def common() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """Return what people say whichever campaign it is about: by channel, occasion and language."""
    return _read("common")


def _topic(key: str, read: Mapping[str, Any]) -> Topic:
    texts = {language: tuple(read[language]) for language in read["subject"]}
    return Topic(key, read["weight"], read["subject"], texts)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((files("inbox.demo") / "texts" / f"{name}.toml").read_text(encoding="utf-8"))
