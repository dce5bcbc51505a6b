"""Is a plan one that planning can have made? What was edited in between is refused before anything is asked of AWS.

A plan file is not signed, so every call in it is made again from what the plan says was seen: a call that does not
follow, an account out of turn, or one that keeps its root user is no plan of ours.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.collect.disk import read_file
from rootwarden.credentials.plan import SCHEMA, Phase, Plan, State, digest
from rootwarden.credentials.steps import DEACTIVATE, preparation, removal
from rootwarden.errors import InputError
from rootwarden.facts.fact import Known
from rootwarden.facts.organization import Organization

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rootwarden.credentials.plan import Planned

LONGEST_WAIT: Final = 365
_DIGITS: Final = 12
_HINT: Final = "plan again with `rootwarden credentials plan`; a plan is never edited"


def read_plan(path: Path) -> tuple[Plan, str]:
    """A plan file, and its digest.

    Raises:
        InputError: It cannot be read, is no plan of this version, or does not hold together.
    """
    try:
        content = read_file(path)
    except OSError as error:
        raise InputError(f"`{path}` cannot be read: {error.strerror}", hint="give a plan made by `plan`") from error
    try:
        plan = msgspec.json.decode(content, type=Plan)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"`{path}` is no plan: {error}", hint="make one with `rootwarden credentials plan`") from error
    if plan.schema != SCHEMA:
        raise InputError(f"`{path}` has the schema `{plan.schema}`; this version reads `{SCHEMA}`")
    check(plan)
    return plan, digest(content)


def check(plan: Plan) -> None:
    """Refuse a plan that does not follow from what it says was seen.

    Raises:
        InputError: It does not; the message says where.
    """
    for wrong in _wrong(plan):
        raise InputError(f"the plan does not hold together: {wrong}", hint=_HINT)


def _wrong(plan: Plan) -> Iterator[str]:
    if not 0 <= plan.wait_days <= LONGEST_WAIT:
        yield f"it waits `{plan.wait_days}` days"
    seen = Counter(one.account for one in plan.accounts)
    for account, times in seen.items():
        if not _is_account(account):
            yield f"`{account}` is no account"
        if times > 1:
            yield f"account {account} is in it {times} times"
    yield from _waves(plan)
    for one in plan.accounts:
        yield from _account(plan, one)
    delegate = next((str(step.parameters["AccountId"]) for step in plan.prepare if "AccountId" in step.parameters), "")
    if delegate and not _is_account(delegate):
        yield f"`{delegate}` is no account"
    allowed = preparation(Organization(trusted_access=Known(False)), delegate=delegate)
    yield from (f"`{step.call}` prepares nothing" for step in plan.prepare if step not in allowed)
    if plan.wait_days and plan.hold not in {"", DEACTIVATE} and not plan.hold_sha256:
        yield f"it does not say which document of the policy `{plan.hold}` was proven"


def _is_account(text: str) -> bool:
    """Whether a text is spelled as an account is."""
    return len(text) == _DIGITS and text.isascii() and text.isdigit()


def _waves(plan: Plan) -> Iterator[str]:
    """Every ready account once, and no other."""
    placed = Counter(account for wave in plan.waves.waves for account in wave.accounts)
    ready = Counter(one.account for one in plan.ready())
    for account in sorted((placed - ready) + (ready - placed)):
        yield f"account {account} is in {placed[account]} waves, and ready {ready[account]} times"
    numbers = [wave.number for wave in plan.waves.waves]
    if numbers != [*range(1, len(numbers) + 1)]:
        yield "its waves are not numbered one after the other"


def _account(plan: Plan, one: Planned) -> Iterator[str]:
    if one.state is not State.READY:
        if one.steps:
            yield f"account {one.account} is {one.state}, and has steps"
        return
    if one.account == plan.management:
        yield f"account {one.account} is the management account, which keeps its root user"
    if one.seen is None or any(one.seen.unknown()):
        yield f"account {one.account} is ready, and what it holds is not known"
        return
    hold = plan.hold if plan.wait_days else ""
    if one.steps != removal(one.account, one.seen, hold=hold):
        yield f"the steps of account {one.account} are not those that take away what it holds"
    sleeps = any(step.phase is Phase.HOLD for step in one.steps)
    if plan.wait_days and not sleeps and one.seen.active_keys():
        yield f"account {one.account} has an active key that does not sleep first"
