"""What can be asked of the queue, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from inbox.domain.ids import CampaignId, InboxId, ManagerId
from inbox.domain.manager import Access
from inbox.domain.ticket import State

T = TypeVar("T")


class View(StrEnum):
    """The named lists of the desk."""

    QUEUE = "queue"  # open, to answer
    MINE = "mine"  # assigned to me and at work
    OFFERED = "offered"  # to me, for a while
    UNASSIGNED = "unassigned"  # open, to answer, nobody has it
    THANK = "thank"  # open, in this lane
    NOTHING = "nothing"
    SPAM = "spam"
    WAITING = "waiting"
    SNOOZED = "snoozed"
    SOLVED = "solved"  # and closed
    ALL = "all"


class Sort(StrEnum):
    """The orders of a list; each is a sortable key that ends with the id."""

    DUE = "due"  # what is due next first, then the longest wait
    NEWEST = "newest"  # the latest change first


@dataclass(frozen=True, slots=True)
class TicketQuery:
    """A list of tickets: whose, which, in what order, from where."""

    access: Access
    me: ManagerId | None = None
    view: View = View.QUEUE
    sort: Sort = Sort.DUE
    inbox_id: InboxId | None = None
    campaign_id: CampaignId | None = None
    unsorted: bool = False  # only those without a campaign
    channel: str | None = None
    assignee_id: ManagerId | None = None
    nobodys: bool = False  # only those without an assignee
    state: State | None = None
    words: str | None = None  # in contact, subject or number
    after: tuple[str, ...] | None = None  # the key of the last row of the page before
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some of a list, and where the rest begins."""

    items: tuple[T, ...]
    next: tuple[str, ...] | None = None
