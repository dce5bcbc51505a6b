"""The sign-in page without a session: failures alone and in bursts, recovery, the password and the e-mail address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.detect.visits.incident import Severity, Shape
from rootwarden.simulator.trail.organization import ELSEWHERE
from rootwarden.simulator.trail.stage import Stage, console, failed_sign_in, sign_in, sign_in_page
from rootwarden.simulator.trail.stories.console import NOBODY_SAID, recovery, signed_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.simulator.trail.stage import Stage


def _failures(stage: Stage, minutes: Iterable[float], severity: Severity, why: str) -> None:
    draft = stage.visit(Shape.SIGN_IN, why, severity=severity)
    for minute in minutes:
        failed_sign_in(stage, draft, stage.at(minutes=minute), address=stage.address(ELSEWHERE))


def fails_once(stage: Stage) -> None:
    """One failed sign-in."""
    _failures(stage, (0,), Severity.NOTIFY, "one failed sign-in")


def fails_twice(stage: Stage) -> None:
    """Two failed sign-ins."""
    _failures(stage, (0, 2), Severity.NOTIFY, "two failed sign-ins")


def fails_in_a_burst(stage: Stage) -> None:
    """Three failed sign-ins within five minutes."""
    _failures(stage, (0, 1.5, 4), Severity.PAGE, "three failed sign-ins within five minutes")


def fails_now_and_then(stage: Stage) -> None:
    """Three failed sign-ins, twenty minutes apart: one incident, no burst."""
    _failures(stage, (0, 20, 40), Severity.NOTIFY, "three failed sign-ins, far apart")


def fails_patiently(stage: Stage) -> None:
    """Ten failed sign-ins within an hour, never three in five minutes."""
    _failures(stage, (6.0 * number for number in range(10)), Severity.PAGE, "ten failed sign-ins within an hour")


def fails_on_two_occasions(stage: Stage) -> None:
    """A failed sign-in, and another three hours later: two incidents."""
    _failures(stage, (0,), Severity.NOTIFY, "one failed sign-in")
    _failures(stage, (180,), Severity.NOTIFY, "one failed sign-in, hours after another")


def fails_after_success(stage: Stage) -> None:
    """A visit, and a failed sign-in ten minutes after its sign-in: not part of it."""
    signed_in(stage, stage.at()).reads(stage.at(seconds=3), 3)
    _failures(stage, (10,), Severity.NOTIFY, "one failed sign-in after another that worked")


def fails_long_before(stage: Stage) -> None:
    """A failed sign-in more than an hour before one that works, another within it: only that belongs to the visit."""
    _failures(stage, (0,), Severity.NOTIFY, "one failed sign-in, long before another that worked")
    draft = stage.visit(Shape.CONSOLE, NOBODY_SAID)
    address = stage.address(ELSEWHERE)
    failed_sign_in(stage, draft, stage.at(minutes=20), address=address)
    sign_in(stage, draft, stage.at(minutes=75), address=address)
    console(stage, draft, stage.at(minutes=75), address=address).reads(stage.at(minutes=76))


def other_directory(stage: Stage) -> None:
    """A failed sign-in of a directory that says Root and has no ARN."""
    draft = stage.visit(Shape.SIGN_IN, "one failed sign-in", severity=Severity.NOTIFY)
    draft.failed = 1
    sign_in_page(
        stage,
        draft,
        stage.at(),
        "ExternalIdPDirectoryLogin",
        identity={
            "type": "Root",
            "principalId": stage.account,
            "arn": "",
            "accountId": stage.account,
            "accessKeyId": "",
        },
        message="Failed authentication",
        response={"ExternalIdPDirectoryLogin": "Failure"},
    )


def asks_for_recovery(stage: Stage) -> None:
    """Somebody asks for a new root password, and nothing follows."""
    draft = stage.visit(Shape.SIGN_IN, "recovery of root's password was asked for")
    name = "PasswordRecoveryRequested"
    sign_in_page(stage, draft, stage.at(), name, response={name: "Success"}, write=True)


def completes_recovery(stage: Stage) -> None:
    """A recovery is completed, and nobody signs in."""
    draft = stage.visit(Shape.SIGN_IN, "root's password was recovered")
    recovery(stage, draft, stage.address(ELSEWHERE))


def new_password(stage: Stage) -> None:
    """The older record of a changed root password."""
    draft = stage.visit(Shape.SIGN_IN, "root's password was changed")
    sign_in_page(stage, draft, stage.at(), "PasswordUpdated", response={"PasswordUpdated": "Success"}, write=True)


def new_address(stage: Stage) -> None:
    """Root's e-mail address is changed."""
    draft = stage.visit(Shape.SIGN_IN, "root's e-mail address was changed")
    sign_in_page(stage, draft, stage.at(), "EmailUpdated", response={"EmailUpdated": "Success"}, write=True)
