"""Which step is served, decided from what was released before: never one for two leases, and never one back.

Two moments. *Before* the recipient signs for a code, `choose_step` says for which step, so that signing and typing fit
in. *After* the signature, `check_step` says whether that step may still be released. Both may say not now.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from rootwarden.breakglass.codes.clock import latest_step
from rootwarden.breakglass.codes.code import Code, code_at
from rootwarden.breakglass.codes.step import PERIOD, step_of, window_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rootwarden.breakglass.codes.code import Parameters
    from rootwarden.breakglass.codes.seed import Seed

LEAST_SECONDS: Final = 8
SIGN_SECONDS: Final = 15
MOST_CODES: Final = 3
ENROLMENT_CODES: Final = 2
_AGAIN: Final = "ask for a code again and sign for the next one"


class Released(msgspec.Struct, frozen=True):
    """A step of one device that was released.

    Attributes:
        step: The step.
        lease: To which lease; empty for a floor, below which nothing is served whoever asks.
    """

    step: int
    lease: str


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """When it is.

    Attributes:
        wall: The wall clock, trusted.
        bound: By how many seconds it may be off.
        period: Seconds a step takes.
    """

    wall: datetime
    bound: float
    period: int = PERIOD


class Serve(msgspec.Struct, frozen=True):
    """This step may be served.

    Attributes:
        step: The step.
        again: It was released to this lease before; the code is the same.
    """

    step: int
    again: bool


class NotYet(msgspec.Struct, frozen=True):
    """Ask again then.

    Attributes:
        at: From when on a step can be served.
        message: Why not now.
    """

    at: datetime
    message: str


class NotServed(msgspec.Struct, frozen=True):
    """Not for this lease, or not this step.

    Attributes:
        step: The step of docs/break-glass-protocol.md that refuses.
        message: Why.
        hint: What to do.
    """

    step: str
    message: str
    hint: str


Choice: TypeAlias = Serve | NotYet | NotServed


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """A code with all that is needed to type it in time (BG-7).

    Attributes:
        code: The code; it prints nowhere by itself.
        step: Its step.
        valid_from: First instant of the step; AWS may not take the code before.
        valid_until: When the step is over.
        seconds_left: Whole seconds from `server_time` to `valid_until`, never below 0.
        server_time: When this was made, by the clock here.
    """

    code: Code
    step: int
    valid_from: datetime
    valid_until: datetime
    seconds_left: int
    server_time: datetime


def choose_step(
    now: Moment,
    released: Sequence[Released],
    lease: str,
    *,
    least_seconds: float = LEAST_SECONDS,
    sign_seconds: float = SIGN_SECONDS,
    most: int = MOST_CODES,
    until: datetime | None = None,
) -> Choice:
    """The step to ask a signature for.

    The current step, when signing leaves time to type; else the next. A step of another lease, or below a floor, is
    passed over. The step this lease got last is given again while it is good: same lease, same step, same code.

    Args:
        now: When.
        released: All steps ever released of the device, in any order.
        lease: Who asks.
        least_seconds: What must be left of the step once the code is shown.
        sign_seconds: What signing takes.
        most: How many steps one lease gets.
        until: When the lease ends; no step that begins later is chosen.
    """
    current = step_of(now.wall, now.period)
    enough = _seconds_left(current, now) >= least_seconds + sign_seconds
    step = current if enough else current + 1
    # Of a floor and a release of the same step the floor holds.
    last = max(released, key=lambda each: (each.step, not each.lease), default=None)
    if last is not None and last.step >= step:
        step = last.step if last.lease == lease else last.step + 1
    again = Released(step, lease) in released
    if not again and len({each.step for each in released if each.lease == lease}) >= most:
        return _capped(most)
    return _too_late(step, now, until) or _if_begun(step, now) or Serve(step, again)


def check_step(
    step: int,
    now: Moment,
    released: Sequence[Released],
    lease: str,
    *,
    least_seconds: float = LEAST_SECONDS,
    most: int = MOST_CODES,
) -> Choice:
    """Whether a step that was signed for may be released now.

    Args:
        step: As `choose_step` gave it.
        now: When.
        released: All steps ever released of the device.
        lease: Who asks.
        least_seconds: What must be left of the step.
        most: How many steps one lease gets.
    """
    if _seconds_left(step, now) < least_seconds:
        return NotServed("R5", f"less than {least_seconds:g} s are left of this code", _AGAIN)
    again = Released(step, lease) in released
    floor = max((each.step for each in released if not each.lease), default=-1)
    if step <= floor or (not again and any(each.step >= step for each in released)):
        return NotServed("R4", "this step, or a later one, was released before", _AGAIN)
    if not again and len({each.step for each in released if each.lease == lease}) >= most:
        return _capped(most)
    return _if_begun(step, now) or Serve(step, again)


def choose_enrolment_step(
    now: Moment,
    released: Sequence[Released],
    lease: str,
    *,
    least_seconds: float = LEAST_SECONDS,
    sign_seconds: float = SIGN_SECONDS,
    until: datetime | None = None,
) -> Choice:
    """The step T to ask a signature for while a device is enrolled; T and T + 1 are served together, once (N2).

    The form of the console takes two consecutive codes (IAM guide, enabling a virtual MFA device). Once both are out,
    only a sign-in proves that the device works, so there is no third.

    Args:
        now: When.
        released: All steps ever released of the device.
        lease: Of the enrolment.
        least_seconds: What must be left of T once both codes are shown.
        sign_seconds: What signing takes.
        until: When the lease ends.
    """
    mine = sorted({each.step for each in released if each.lease == lease})
    if mine:
        return _after_both()
    return choose_step(now, released, lease, least_seconds=least_seconds, sign_seconds=sign_seconds, until=until)


def check_enrolment_step(
    step: int, now: Moment, released: Sequence[Released], lease: str, *, least_seconds: float = LEAST_SECONDS
) -> Choice:
    """Whether T, which was signed for, and T + 1 may be released now; the same two again, never another.

    Args:
        step: T, as `choose_enrolment_step` gave it.
        now: When.
        released: All steps ever released of the device.
        lease: Of the enrolment.
        least_seconds: What must be left of T.
    """
    mine = {each.step for each in released if each.lease == lease}
    if not mine <= {step, step + 1}:
        return _after_both()
    checked = check_step(step, now, released, lease, least_seconds=least_seconds, most=ENROLMENT_CODES)
    later = [each for each in released if each.step > step and each != Released(step + 1, lease)]
    if isinstance(checked, Serve) and later:
        return NotServed("R4", "the second step, or a later one, was released before", _AGAIN)
    return checked


def _after_both() -> NotServed:
    return NotServed(
        "N2", "both codes of this enrolment were served", "sign in with the device as proof, or enrol the seed again"
    )


def reply(seed: Seed, parameters: Parameters, step: int, at: datetime) -> Reply:
    """Compute the code of a step that was decided on, recorded and anchored."""
    window = window_of(step, parameters.period)
    left = max(0, int((window.valid_until - at).total_seconds()))
    return Reply(
        code=code_at(seed, step, parameters),
        step=step,
        valid_from=window.valid_from,
        valid_until=window.valid_until,
        seconds_left=left,
        server_time=at,
    )


def _seconds_left(step: int, now: Moment) -> float:
    return (window_of(step, now.period).valid_until - now.wall).total_seconds()


def _capped(most: int) -> NotServed:
    return NotServed("R6", f"this lease has had its {most} codes", "close it and make a new request")


def _too_late(step: int, now: Moment, until: datetime | None) -> NotServed | None:
    if until is None or window_of(step, now.period).valid_from < until:
        return None
    return NotServed("R5", "the lease ends before the next code begins", "make a new request")


def _if_begun(step: int, now: Moment) -> NotYet | None:
    """Not a code further ahead than the clock can vouch for."""
    if step <= latest_step(now.wall, now.bound, now.period):
        return None
    at = window_of(step - 1, now.period).valid_from + timedelta(seconds=now.bound)
    return NotYet(at, "the codes up to the next one were given out before")
