"""Knobs: what is made to go wrong, for which account and which call.

A knob names an account (twelve digits or `*`) and a call as the counters spell it (`iam:GetAccountSummary`), where `*`
and `?` match as in file names. Knobs are data, so that they travel as JSON: `{"kind": "deny", "account": "*", "call":
"iam:GetAccountSummary"}`. Setting one replaces whole tuples, so another thread may do it while the server answers.
"""

from __future__ import annotations

from collections import Counter
from fnmatch import fnmatchcase
from typing import Annotated, TypeVar

import msgspec

PositiveInt = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=3600)]


class _Knob(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", forbid_unknown_fields=True):
    account: str = "*"
    call: str = "*"

    def matches(self, account: str, call: str) -> bool:
        return self.account in {"*", account} and fnmatchcase(call, self.call)


class Deny(_Knob, frozen=True, tag="deny"):
    """The call is refused as not authorized."""


class Throttle(_Knob, frozen=True, tag="throttle"):
    """Every n-th matching call is throttled; with `separately`, counted for each account and call by itself."""

    every: PositiveInt
    separately: bool = False


class Delay(_Knob, frozen=True, tag="delay"):
    """The answer comes this many seconds late."""

    seconds: Seconds


class Fail(_Knob, frozen=True, tag="fail"):
    """Every n-th matching call ends in an internal error of the service (500)."""

    every: PositiveInt = 1


class Drop(_Knob, frozen=True, tag="drop"):
    """Every n-th matching call has its connection closed without an answer."""

    every: PositiveInt = 1


class Truncate(_Knob, frozen=True, tag="truncate"):
    """Every n-th matching answer stops half way."""

    every: PositiveInt = 1


class EmptyPage(_Knob, frozen=True, tag="empty_page"):
    """Matching paged lists have an empty page in the middle."""


class ReportPolls(_Knob, frozen=True, tag="report_polls"):
    """The credential report is in progress for this many further polls."""

    polls: Annotated[int, msgspec.Meta(ge=0)]


class StaleReport(_Knob, frozen=True, tag="stale_report"):
    """A credential report of that age exists already; `columns` says how its root row differed then."""

    age_seconds: Annotated[float, msgspec.Meta(ge=0)]
    columns: dict[str, str] = {}


class Join(_Knob, frozen=True, tag="join"):
    """The account shows in lists only after `after` calls that match `call` (of any account)."""

    after: PositiveInt


class Leave(_Knob, frozen=True, tag="leave"):
    """The account has left after `after` calls that match `call` (of any account)."""

    after: PositiveInt


class UseRootKey(_Knob, frozen=True, tag="use_root_key"):
    """Somebody uses the root key of the account once `after` calls that match `call` were made (of any account)."""

    after: PositiveInt


class AllowTask(_Knob, frozen=True, tag="allow_task"):
    """Every root task policy allows the call in the account too, as a later version of it might."""


class ExpireSessions(_Knob, frozen=True, tag="expire_sessions"):
    """A session of the account is expired once it has made `after` calls."""

    after: Annotated[int, msgspec.Meta(ge=0)]


Knob = (
    Deny
    | Throttle
    | Delay
    | Fail
    | Drop
    | Truncate
    | EmptyPage
    | ReportPolls
    | StaleReport
    | Join
    | Leave
    | UseRootKey
    | AllowTask
    | ExpireSessions
)
K = TypeVar("K", bound=_Knob)


class Knobs:
    """The knobs that are set now."""

    def __init__(self, initial: tuple[Knob, ...] = ()) -> None:
        self._initial = initial
        self._replace(initial)

    def add(self, *knobs: Knob) -> None:
        """Set further knobs."""
        self._replace((*self._knobs, *knobs))

    def clear(self) -> None:
        """Unset every knob, the world's own ones too."""
        self._replace(())

    def reset(self) -> None:
        """Go back to the world's own knobs."""
        self._replace(self._initial)

    def all(self) -> tuple[Knob, ...]:
        """Every knob that is set."""
        return self._knobs

    def matching(self, account: str, call: str) -> tuple[Knob, ...]:
        """The knobs that concern this account and call, those for every account first."""
        key = (account, call)
        found = self._matching.get(key)
        if found is None:
            candidates = self._by_account.get("*", []) + self._by_account.get(account, [])
            found = tuple(knob for knob in candidates if knob.matches(account, call))
            self._matching[key] = found
        return found

    def first(self, kind: type[K], account: str, call: str) -> K | None:
        """The first matching knob of one kind."""
        return next((knob for knob in self.matching(account, call) if isinstance(knob, kind)), None)

    def join(self, account: str) -> Join | None:
        """The knob that makes this account join late."""
        return self._joins.get(account)

    def of_account(self, kind: type[K], account: str) -> K | None:
        """The first knob of one kind about this account, whatever its call."""
        return next((one for one in self._knobs if isinstance(one, kind) and one.account in {"*", account}), None)

    def due(self, knob: Throttle | Fail | Drop | Truncate, account: str, call: str) -> bool:
        """Count one call against an every-n-th knob and tell whether it is the one."""
        separately = isinstance(knob, Throttle) and knob.separately
        key = (id(knob), account, call) if separately else (id(knob), "", "")
        self._ticks[key] += 1
        return self._ticks[key] % knob.every == 0

    def _replace(self, knobs: tuple[Knob, ...]) -> None:
        by_account: dict[str, list[Knob]] = {}
        for knob in knobs:
            by_account.setdefault(knob.account, []).append(knob)
        self._knobs = knobs
        self._joins = {knob.account: knob for knob in knobs if isinstance(knob, Join)}
        self._by_account = by_account
        self._matching: dict[tuple[str, str], tuple[Knob, ...]] = {}
        self._ticks: Counter[tuple[int, str, str]] = Counter()
