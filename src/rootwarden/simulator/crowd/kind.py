"""A kind of planted principal: who it can be, what it needs, and how it is put into an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

if TYPE_CHECKING:
    from rootwarden.simulator.crowd.setting import Setting
    from rootwarden.simulator.principal_truth import PrincipalTruth

Who = Literal["user", "role"]


class Plant(Protocol):
    """Puts a principal of that name, and what it needs around it, into an account."""

    def __call__(self, setting: Setting, who: Who, name: str) -> None:
        """Put a `user` or `role` called `name` into the account of the setting."""


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind.

    Attributes:
        name: The id of the escalation path where it is just one.
        plant: How.
        who: What it can be.
        needs: Actions it cannot do without: where an SCP denies one of them, nothing is left.
        fenced: Whether it can be where an SCP denies some actions; not if other ways would be left.
        neighbour: Whether it needs another account whose role trusts this one.
    """

    name: str
    plant: Plant
    who: tuple[Who, ...] = ("user", "role")
    needs: tuple[str, ...] = ()
    fenced: bool = True
    neighbour: bool = False


def denied(kind: Kind, actions: frozenset[str]) -> str:
    """An action the kind needs and an SCP denies, or an empty text."""
    return next((each for each in kind.needs if each in actions), "")


def barred(truth: PrincipalTruth, why: str) -> PrincipalTruth:
    """The truth where an SCP takes the way; without the organization's answers it is still there."""
    alone = truth.dump_alone or truth.standing
    return msgspec.structs.replace(
        truth, standing="none", why=why, path=(), steps=0, dump_alone=None if alone == "none" else alone
    )
