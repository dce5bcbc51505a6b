"""Requests, and who agrees."""

from __future__ import annotations

from rootwarden.breakglass.core.entries.base import Entry, SignedEntry
from rootwarden.breakglass.core.request import Request
from rootwarden.breakglass.core.text import Line, Name, NameOrNone, PersonName, Place, Words


class RequestFiled(SignedEntry, frozen=True, kw_only=True, tag="request-filed", forbid_unknown_fields=True):
    """Somebody asks."""

    request: Request


class ApprovalGiven(SignedEntry, frozen=True, kw_only=True, tag="approval-given", forbid_unknown_fields=True):
    """An approver agrees to exactly this request, having seen the log up to this head (BG-2)."""

    request: Name
    digest: Line
    head_size: Place
    head_root: Line
    phrase: Line


class RequestDenied(SignedEntry, frozen=True, kw_only=True, tag="request-denied", forbid_unknown_fields=True):
    """An approver says no."""

    request: Name
    reason: Words


class RequestWithdrawn(Entry, frozen=True, kw_only=True, tag="request-withdrawn", forbid_unknown_fields=True):
    """The requester does not want it any more."""

    request: Name


class RequestReported(SignedEntry, frozen=True, kw_only=True, tag="request-reported", forbid_unknown_fields=True):
    """Somebody got a request nobody announced: it ends, and its requester is frozen."""

    request: Name
    reason: Words


class RequestExpired(Entry, frozen=True, kw_only=True, tag="request-expired", forbid_unknown_fields=True):
    """Its time passed without enough approvals, or a change made it void."""

    request: Name


class NoticeRecorded(Entry, frozen=True, kw_only=True, tag="notice-recorded", forbid_unknown_fields=True):
    """Somebody was told of the entry at a place, or could not be; `request` is the one that entry files, if any."""

    request: NameOrNone = ""
    about: Place = 0
    person: PersonName
    channel: Line
    delivered: bool
