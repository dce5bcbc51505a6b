"""Look again, through audit sessions only: is a root credential left anywhere the plan wanted none?"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.aws.calls import CallFailed
from rootwarden.credentials.holdings import counted, in_words
from rootwarden.credentials.plan import AUDIT, State

if TYPE_CHECKING:
    from rootwarden.credentials.member import Members
    from rootwarden.credentials.plan import Plan


_LEFT_ALONE: Final = {
    State.BLOCKED: "the plan had it blocked, and changed nothing there",
    State.UNKNOWN: "the plan could not decide about it, and changed nothing there",
}


class Left(StrEnum):
    """What a look showed."""

    NOTHING = "nothing"
    SOMETHING = "something"
    UNKNOWN = "unknown"
    GONE = "gone"


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """One account, looked at again.

    Attributes:
        account: Twelve digits.
        left: What is left.
        detail: In words.
    """

    account: str
    left: Left
    detail: str


def look_again(plan: Plan, members: Members, *, workers: int = 8) -> tuple[Looked, ...]:
    """Look into every member the plan changed or called clean; those it left alone are not known to be clean.

    Args:
        plan: The plan.
        members: The way into accounts.
        workers: Most accounts at once.

    Returns:
        Each account: those that were looked at, then those that were not; each in the order of the plan.
    """
    accounts = [one.account for one in plan.accounts if one.state in {State.READY, State.CLEAN}]
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="rootwarden") as pool:
        looked = tuple(pool.map(lambda account: _look(account, members), accounts))
    return looked + tuple(
        Looked(account=one.account, left=Left.UNKNOWN, detail=f"not looked at: {_LEFT_ALONE[one.state]}")
        for one in plan.accounts
        if one.state in _LEFT_ALONE
    )


def exit_code(looked: tuple[Looked, ...]) -> int:
    """0 when nothing is left, 1 when something is, 3 when neither but somebody could not be looked at, or is gone."""
    if any(one.left is Left.SOMETHING for one in looked):
        return 1
    return 0 if looked and all(one.left is Left.NOTHING for one in looked) else 3


def _look(account: str, members: Members) -> Looked:
    try:
        session = members.open(account, AUDIT)
    except CallFailed as failed:
        gone = members.gone(account)
        said = gone or f"sts:AssumeRoot: {failed.code}"
        return Looked(account=account, left=Left.GONE if gone else Left.UNKNOWN, detail=said)
    now = members.look(account, session, attached=False)
    unknown = [f"{name}: {fact.reason}" for name, fact in now.holdings.unknown()]
    if any(counted(now.holdings).values()):
        return Looked(account=account, left=Left.SOMETHING, detail="; ".join([in_words(now.holdings), *unknown]))
    if unknown:
        return Looked(account=account, left=Left.UNKNOWN, detail="; ".join(unknown))
    left = Left.NOTHING if now.holdings.is_empty() else Left.SOMETHING
    return Looked(account=account, left=left, detail=in_words(now.holdings))
