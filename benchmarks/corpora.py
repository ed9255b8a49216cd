"""How the mail channel understands real mails, folder by folder, against what is expected of them.

Folders are known by their form: mails with a `.json` beside each state headers, bodies and files; `emails/` beside
`trimmed/` states the visible replies; mails of bounces state in their names what they are, and in their own machine
readable fields whom they are about.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import orjson

from inbox.channel.model import Original, Received
from inbox.errors import MessageUnreadable
from inbox_email.mime import Mail, take_apart
from inbox_email.quotes import split_text
from inbox_email.understand import Reader

BESIDE = Path(__file__).parents[2] / "shared" / "corpora"  # where they lie beside a checkout
_NO_MAIL = {".json", ".xml", ".out", ".rb", ".md", ".py", ".js", ".gz", ".yml", ".html"}
_OTHER_TONGUES = re.compile(
    r"chinese|danish|dutch|french|italian|japanese|norwegian|polish|portuguese|russian|spanish|swedish|ukrainian"
)
_NO_BOUNCE = re.compile(r"is-not-bounce|rfc3834|arf-")
_BOUNCE_ELSEWHERE = re.compile(r"bounce|delivery-status|badbound")  # in folders of all sorts of mails
_STATED = re.compile(rb"^(?:final-recipient|x-failed-recipients):[^\r\n]*?([^\s;<>,]+@[^\s;<>,]+)", re.I | re.M)
_ORIGINALLY = re.compile(rb"^original-recipient:[^\r\n]*?([^\s;<>,]+@[^\s;<>,]+)", re.I | re.M)
_READER = Reader("help@example.org", b"k" * 32)
_THEN = datetime(2026, 3, 23, 9, 0, tzinfo=UTC)


@dataclass(slots=True)
class Report:
    """What was counted over all folders."""

    counts: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def saw(self, what: str, note: str, *, right: bool) -> None:
        self.counts[f"{what}.all"] += 1
        self.counts[f"{what}.right"] += right
        if not right:
            self.notes.append(f"{what}: {note}")

    def share(self, what: str) -> float | None:
        return (
            round(self.counts[f"{what}.right"] / everything, 4) if (everything := self.counts[f"{what}.all"]) else None
        )


async def measure(folders: Sequence[Path] = ()) -> dict[str, Any]:
    """Read every folder; missing ones give empty figures."""
    report, by_folder = Report(), dict[str, dict[str, int]]()
    for folder in _folders([BESIDE, *folders]):
        before = Counter(report.counts)
        _read(folder, report)
        by_folder[folder.name] = dict(sorted((report.counts - before).items()))
    return _figures(report) | {"folders": by_folder, "disagreements": report.notes}


def _figures(report: Report) -> dict[str, Any]:
    count = report.counts
    return {
        "mails": count["mails"],
        "exceptions": count["exceptions"],
        "unreadable": count["unreadable"],
        "bounces": {
            "recall": report.share("bounce"),
            "ordinary_taken_for_one": count["ordinary.all"] - count["ordinary.right"],
            "recipients": report.share("recipient"),
        },
        "replies": {
            "lost": count["reply.lost"],
            "exact": report.share("reply"),
            "exact_de_en": report.share("reply_de_en"),
        },
        "headers": {"agreement": report.share("header"), "wrong_expectations": count["wrong_expectations"]},
        "bodies": {"agreement": report.share("body")},
        "files": {"agreement": report.share("files")},
    }


def _folders(roots: Sequence[Path]) -> Iterator[Path]:
    """Return the folders of a root, or the root itself where it holds mails."""
    for root in (root for root in roots if root.is_dir()):
        holds_mails = _is_replies(root) or next(_mails(root, "*"), None) is not None
        yield from [root] if holds_mails else sorted(path for path in root.iterdir() if path.is_dir())


def _read(folder: Path, report: Report) -> None:
    trimmed = [path for path in folder.rglob("trimmed") if _is_replies(path.parent)]
    for expected in trimmed:
        _read_replies(expected.parent, report)
    are_bounces = re.search(r"bounce|sisimai|dsn", folder.name) is not None
    for path in _mails(folder):
        if not any(path.is_relative_to(expected.parent) for expected in trimmed):
            _read_mail(path, report, is_bounce_folder=are_bounces)


def _is_replies(folder: Path) -> bool:
    return (folder / "trimmed").is_dir() and (folder / "emails").is_dir()


def _mails(folder: Path, pattern: str = "**/*") -> Iterator[Path]:
    files = (path for path in sorted(folder.glob(pattern)) if path.is_file() and not path.name.startswith("."))
    return (path for path in files if path.suffix not in _NO_MAIL and path.name not in {"LICENSE", "README"})


def _read_mail(path: Path, report: Report, *, is_bounce_folder: bool) -> None:
    report.counts["mails"] += 1
    octets = path.read_bytes()
    try:
        received = _READER.read(Original("", octets, "message/rfc822", _THEN))
        mail = take_apart(octets)
    except MessageUnreadable:
        report.counts["unreadable"] += 1  # kept whole in quarantine
        return
    except Exception as error:  # noqa: BLE001 - that none comes is what is measured
        report.counts["exceptions"] += 1
        report.notes.append(f"exception: {path.name}: {error!r}")
        return
    if is_bounce_folder:
        _judge_bounce(path, octets, received, report)
    elif not _BOUNCE_ELSEWHERE.search(path.name):
        report.saw("ordinary", _name(path), right=received.meta.get("automatic") != "bounce")
    for expected in (path.with_suffix(".json"), path.with_suffix(".crlf.json")):
        if expected.is_file():
            _judge_parts(path, orjson.loads(expected.read_bytes()), mail, report)
            break


def _judge_bounce(path: Path, octets: bytes, received: Received, report: Report) -> None:
    is_taken_for_one = received.meta.get("automatic") == "bounce"
    if _NO_BOUNCE.search(path.name):
        report.saw("ordinary", path.name, right=not is_taken_for_one)
        return
    report.saw("bounce", path.name, right=is_taken_for_one)
    stated = {a.decode("ascii", "replace").lower() for a in _STATED.findall(octets)}
    also = {a.decode("ascii", "replace").lower() for a in _ORIGINALLY.findall(octets)}
    found = {failure.recipient.lower() for failure in received.undelivered}
    if stated:
        report.saw("recipient", path.name, right=bool(found) and found <= stated | also)


def _judge_parts(path: Path, expected: dict[str, Any], mail: Mail, report: Report) -> None:
    headers = {h["name"]: h["value"] for h in reversed(expected["parts"][0]["headers"]) if isinstance(h["name"], str)}
    for name, value in headers.items():
        pair = _header(name, value, mail)
        if pair is None:
            continue
        if "\ufffd" in str(pair[0]):
            report.counts["wrong_expectations"] += 1  # the expectation lost a letter that the mail holds
            continue
        report.saw("header", f"{_name(path)} {name}", right=pair[0] == pair[1])
    texts = [part["body"]["Text"] for i in expected["text_body"] if "Text" in (part := expected["parts"][i])["body"]]
    if texts and mail.body.text is not None:
        wanted = _plain(" ".join(texts))
        report.saw("body", _name(path), right="\ufffd" in wanted or wanted == _plain(mail.body.text))
    report.saw("files", _name(path), right=len(expected["attachments"]) == len(mail.files))


def _header(name: str, value: object, mail: Mail) -> tuple[object, object] | None:
    """Return what is expected of a header and what we read, in one form; None for headers that we do not use."""
    match name, value:
        case ("subject", {"Text": str(text)}):
            return _plain(text), _plain(mail.headers.text("subject"))
        case ("message_id", {"Text": str(text)}):
            return text, (mail.headers.own_id() or "")[1:-1]
        case ("from" | "to", {"Address": address}):
            return _addresses(address), [(_plain(a.name), a.address.lower()) for a in mail.headers.addresses(name)]
        case ("date", {"DateTime": stated}) if (at := _moment(stated)) is not None:
            return at, mail.headers.date()
        case _:
            return None


def _moment(stated: dict[str, Any]) -> datetime | None:
    offset = timedelta(hours=stated["tz_hour"], minutes=stated["tz_minute"])
    zone = timezone(-offset if stated["tz_before_gmt"] else offset)
    try:
        day = datetime(stated["year"], stated["month"], stated["day"], tzinfo=zone)
        return (day + timedelta(hours=stated["hour"], minutes=stated["minute"], seconds=stated["second"])).astimezone(
            UTC
        )
    except (ValueError, OverflowError):
        return None  # stated, and no moment at all


def _addresses(stated: dict[str, Any]) -> list[tuple[str, str]]:
    listed = stated.get("List") or [a for group in stated.get("Group", []) for a in group["addresses"]]
    return [(_plain(a.get("name")), a["address"].lower()) for a in listed if "@" in (a.get("address") or "")]


def _read_replies(folder: Path, report: Report) -> None:
    for path in sorted((folder / "emails").glob("*.txt")):
        report.counts["mails"] += 1
        shown = _lines(split_text(path.read_text().replace("\r\n", "\n")).text)
        # A forward is kept whole here: what is passed on is what the mail is about.
        expected = folder / ("emails" if path.name.startswith("forwarded") else "trimmed") / path.name
        wanted = _lines(expected.read_text())
        lost = [line for line in wanted if line not in shown and not line.startswith(">")]
        report.counts["reply.lost"] += len(lost)
        for what in ("reply", *(() if _OTHER_TONGUES.search(path.name) else ("reply_de_en",))):
            report.saw(what, path.name, right=wanted == shown)


def _lines(text: str) -> list[str]:
    return [_plain(line) for line in text.split("\n") if line.strip()]


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _plain(text: str | None) -> str:
    return " ".join((text or "").replace("\x00", "").split())
