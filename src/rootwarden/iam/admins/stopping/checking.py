"""A boundary or service control policy does what it is printed for: asked of the policy engine, not of the search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.errors import InternalError
from rootwarden.iam.admins.admin import EVERYTHING
from rootwarden.iam.decision import Question, Response, decide
from rootwarden.iam.statement import Request

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.iam.admins.holders import Holder
    from rootwarden.iam.layer import Policy

# An action that no way up needs: a deny of a few actions leaves it alone.
_UNTOUCHED: Final = "health:DescribeEvents"


def checked(
    subject: Holder,
    denies: Iterable[str],
    *,
    boundary: Policy | None = None,
    bar: Policy | None = None,
    spared: Iterable[Holder] = (),
) -> None:
    """Ask whether every action is denied to the principal, and to nobody who is spared.

    Raises:
        InternalError: It is not so, which would be a mistake of ours.
    """
    for action in denies:
        if _answer(subject, action, boundary, bar) != Response.EXPLICITLY_DENIED.value:
            raise _mistaken(f"`{action}` is not denied to `{subject.arn}` by the policy made for it")
        for one in spared:
            if _answer(one, action, boundary, bar) == Response.EXPLICITLY_DENIED.value:
                raise _mistaken(f"`{action}` is not left to `{one.arn}` by the policy that spares it")
    if _answer(subject, _UNTOUCHED, boundary, bar) == Response.EXPLICITLY_DENIED.value and boundary is None:
        raise _mistaken("a service control policy made here denies more than it says")


def _answer(who: Holder, action: str, boundary: Policy | None, bar: Policy | None) -> str:
    question = Question(
        who=who.principal,
        request=Request(action.lower(), "*", who.context),
        identity=(EVERYTHING,),
        boundary=None if boundary is None else (boundary,),
        scp=None if bar is None else ((EVERYTHING, bar),),
    )
    return decide(question).response


def _mistaken(why: str) -> InternalError:
    return InternalError(why, hint="this looks like a bug; please report it with the names made up")
