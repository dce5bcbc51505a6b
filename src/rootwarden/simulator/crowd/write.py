"""Write a crowd as an evidence folder, and its truth beside it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from rootwarden.errors import UsageError
from rootwarden.simulator.crowd.crowd import Size
from rootwarden.simulator.evidence import put, write_evidence
from rootwarden.simulator.principal_truth import PrincipalTruth, Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from rootwarden.simulator.account import Account
    from rootwarden.simulator.crowd.crowd import Crowd

TRUTH_SCHEMA = "rootwarden.synthetic-principals/1"


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """What is true of everybody, by ARN, and what it was drawn from."""

    schema: str
    size: Size
    principals: dict[str, PrincipalTruth]


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What is in the folder: accounts, principals, managed policies, and how many principals of each class."""

    accounts: int
    principals: int
    policies: int
    standings: dict[Standing, int]


def write_crowd(
    crowd: Crowd, folder: Path, aside: Path, *, on_progress: Callable[[int, int], None] | None = None
) -> Written:
    """Write an evidence folder (docs/evidence-folder.md) and the truth.

    Args:
        crowd: What to write.
        folder: A folder that does not exist yet, or is empty.
        aside: Where the truth is put; outside of the folder.
        on_progress: Told after each account how many of how many are written.

    Raises:
        UsageError: When the folder holds something, the truth would be in it, or either cannot be written.
    """
    if aside.resolve().is_relative_to(folder.resolve()):
        raise UsageError(f"`{aside}` is inside of `{folder}`", hint="the truth is kept outside of what is looked at")
    try:
        if folder.exists() and any(folder.iterdir()):
            raise UsageError(f"`{folder}` is not empty", hint="name a new folder")
        return _write(crowd, folder, aside, on_progress)
    except OSError as error:
        raise UsageError(
            f"`{folder}` cannot be written: {error.strerror}", hint="name a folder you may write, with space left"
        ) from error


def _write(crowd: Crowd, folder: Path, aside: Path, on_progress: Callable[[int, int], None] | None) -> Written:
    truth: dict[str, PrincipalTruth] = {}
    counted: Counter[str] = Counter()

    def accounts() -> Iterator[Account]:
        for number, filled in enumerate(crowd.accounts(), 1):
            truth.update(filled.truth)
            counted["policies"] += len(filled.account.policies)
            yield filled.account
            if on_progress is not None:
                on_progress(number, crowd.size.accounts)

    write_evidence(folder, accounts(), crowd.organization)
    put(aside, Truth(schema=TRUTH_SCHEMA, size=crowd.size, principals=truth))
    standings: Counter[Standing] = Counter(each.standing for each in truth.values())
    return Written(
        accounts=crowd.size.accounts,
        principals=len(truth),
        policies=counted["policies"],
        standings=dict(standings),
    )
