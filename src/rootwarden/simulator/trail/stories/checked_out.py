"""Visits that somebody was given a code for, and what may be wrong with them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rootwarden.detect.visits.incident import ConcernKind, Severity, Shape, Verdict
from rootwarden.simulator.trail.checkouts import CheckoutLine
from rootwarden.simulator.trail.organization import (
    AUDIT,
    ELSEWHERE,
    HOME,
    OFFICE,
    OFFICE_NETWORK,
    PASSWORD_STORE,
    root_device,
)
from rootwarden.simulator.trail.record import event_id, role_identity
from rootwarden.simulator.trail.signing import Given, Worth
from rootwarden.simulator.trail.stage import console, failed_sign_in, sign_in

if TYPE_CHECKING:
    from datetime import datetime

    from rootwarden.detect.filter_pattern import Event as Record
    from rootwarden.simulator.trail.stage import Root, Stage

# Root-only tasks (IAM user guide, "Tasks that require root user credentials") that the console does, and their change.
BILLING_ACCESS: Final = "billing-access"
RESTORE_ADMIN: Final = "restore-admin"
_ADMIN: Final[Record] = {"userName": "ada", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
_CHANGES: Final[dict[str, tuple[str, Record]]] = {
    BILLING_ACCESS: ("billingconsole:SetIAMAccessPreference", {"iAMAccessPreference": "ACTIVATE"}),
    RESTORE_ADMIN: ("iam:AttachUserPolicy", _ADMIN),
}


def given(
    stage: Stage,
    at: datetime,
    *,
    task: str = BILLING_ACCESS,
    sources: tuple[str, ...] = (OFFICE_NETWORK,),
    worth: Worth = Worth.PROVEN,
    released: bool = True,
) -> str:
    """Add a check-out of two hours.

    Args:
        stage: Where the story plays.
        at: When its code is given out, a quarter of an hour after it begins.
        task: What it is for.
        sources: Networks it declares.
        worth: What its signature and proof are worth.
        released: Whether the code is given out at all.

    Returns:
        Its lease.
    """
    lease = f"lease-{event_id(stage.random)[:8]}"
    line = CheckoutLine(
        lease=lease,
        account=stage.account,
        task=task,
        person=stage.random.choice(("ada@example.com", "grace@example.com")),
        start=at - timedelta(minutes=15),
        until=at + timedelta(minutes=105),
        released_at=at if released else None,
        mfa_device=root_device(stage.account),
        sources=sources,
    )
    stage.checkouts.append(Given(line=line, worth=worth))
    return lease


def _visit(
    stage: Stage,
    lease: str,
    at: datetime,
    why: str = "",
    *,
    network: str = OFFICE,
    device: str = "",
    failed: bool = False,
) -> Root:
    """A visit under a check-out; expected unless `why` says what is wrong."""
    draft = stage.visit(
        Shape.CONSOLE,
        why or "as checked out",
        verdict=Verdict.OUT_OF_SCOPE if why else Verdict.EXPECTED,
        severity=Severity.PAGE if why else Severity.NOTIFY,
        lease=lease,
    )
    address = stage.address(network)
    if failed:
        failed_sign_in(stage, draft, at - timedelta(seconds=50), address=address)
    sign_in(stage, draft, at, device=device, address=address)
    return console(stage, draft, at, address=address)


def _does_the_task(hand: Root, at: datetime, task: str = BILLING_ACCESS) -> None:
    call, request = _CHANGES[task]
    kind = "AwsConsoleAction" if task == BILLING_ACCESS else "AwsApiCall"
    hand.reads(at, 5)
    hand.does(at + timedelta(minutes=4), call, write=True, request=request, kind=kind)


def as_declared(stage: Stage) -> None:
    """The declared task from the declared network, with the device of the code."""
    task = stage.random.choice(list(_CHANGES))
    hand = _visit(stage, given(stage, stage.at(), task=task), stage.at(minutes=3), failed=True)
    _does_the_task(hand, stage.at(minutes=3, seconds=5), task)


def only_reads(stage: Stage) -> None:
    """A visit that only reads fits whatever was declared; no network was."""
    hand = _visit(stage, given(stage, stage.at(), sources=()), stage.at(minutes=5), network=ELSEWHERE)
    hand.reads(stage.at(minutes=6), 7)


def second_visit(stage: Stage) -> None:
    """Two visits of one lease: the second is one too many."""
    lease = given(stage, stage.at())
    _does_the_task(_visit(stage, lease, stage.at(minutes=3)), stage.at(minutes=4))
    _visit(stage, lease, stage.at(minutes=50), "second visit of one check-out").reads(stage.at(minutes=51))


def other_device(stage: Stage) -> None:
    """Signed in with another device than the one whose code was given out."""
    lease = given(stage, stage.at())
    device = f"arn:aws:iam::{stage.account}:u2f/root/{HOME}-FAKE"
    _visit(stage, lease, stage.at(minutes=3), "another device", device=device).reads(stage.at(minutes=4))


def other_network(stage: Stage) -> None:
    """Signed in from another network than declared."""
    lease = given(stage, stage.at())
    _visit(stage, lease, stage.at(minutes=3), "another network", network=ELSEWHERE).reads(stage.at(minutes=4))


def moves_away(stage: Stage) -> None:
    """Signs in from the declared network, and goes on from another."""
    lease = given(stage, stage.at())
    hand = _visit(stage, lease, stage.at(minutes=3), "went on from another network")
    hand.address = stage.address(ELSEWHERE)
    hand.reads(stage.at(minutes=9))


def beyond_the_task(stage: Stage) -> None:
    """Does the declared task, and something else."""
    lease = given(stage, stage.at())
    hand = _visit(stage, lease, stage.at(minutes=3), "changes outside the declared task")
    _does_the_task(hand, stage.at(minutes=4))
    hand.does(stage.at(minutes=20), "ec2:AuthorizeSecurityGroupIngress", write=True, region=stage.region())


def other_task(stage: Stage) -> None:
    """The task `other` explains nothing."""
    lease = given(stage, stage.at(), task="other")
    _visit(stage, lease, stage.at(minutes=3), "the task `other` explains nothing").reads(stage.at(minutes=4))


def never_used(stage: Stage) -> None:
    """A code is given out, and no visit follows."""
    lease = given(stage, stage.at())
    stage.concern(ConcernKind.TOWARD_ROOT, "a code was given out, and no visit followed", lease=lease)


def before_the_day(stage: Stage) -> None:
    """A visit the day before its check-out begins, and the proper one."""
    draft = stage.visit(Shape.CONSOLE, "a day before the check-out")
    address = stage.address(OFFICE)
    sign_in(stage, draft, stage.at(), address=address)
    console(stage, draft, stage.at(), address=address).reads(stage.at(minutes=1))
    lease = given(stage, stage.at(days=1))
    _visit(stage, lease, stage.at(days=1, minutes=2)).reads(stage.at(days=1, minutes=3))


def _doubtful(stage: Stage, worth: Worth, why: str) -> None:
    given(stage, stage.at(), worth=worth)
    draft = stage.visit(Shape.CONSOLE, why)
    address = stage.address(OFFICE)
    sign_in(stage, draft, stage.at(minutes=3), address=address)
    _does_the_task(console(stage, draft, stage.at(minutes=3), address=address), stage.at(minutes=4))


def unsigned(stage: Stage) -> None:
    """All as declared, by a check-out that nobody signed."""
    _doubtful(stage, Worth.UNSIGNED, "its check-out is not signed")


def forged(stage: Stage) -> None:
    """All as declared, by a check-out signed with another key."""
    _doubtful(stage, Worth.FORGED, "its check-out is forged")


def changed(stage: Stage) -> None:
    """All as declared, by a check-out that was signed for another account."""
    _doubtful(stage, Worth.CHANGED, "its check-out was changed after it was signed")


def not_logged(stage: Stage) -> None:
    """All as declared, by a signed check-out that is not in the broker's log."""
    _doubtful(stage, Worth.NOT_LOGGED, "its check-out is not in the log")


def approved_only(stage: Stage) -> None:
    """A check-out is approved, its code is never given out, and nobody comes."""
    given(stage, stage.at(), released=False)


def code_not_given(stage: Stage) -> None:
    """A check-out is approved, and somebody is there without its code."""
    lease = given(stage, stage.at(), released=False)
    hand = _visit(stage, lease, stage.at(minutes=3), "the code of its check-out was not given out")
    _does_the_task(hand, stage.at(minutes=4))


def before_its_code(stage: Stage) -> None:
    """Somebody is there within the check-out, ten minutes before its code is given out; nobody is there after it."""
    lease = given(stage, stage.at())
    _visit(stage, lease, stage.at(minutes=-10), "before its code was given out").reads(stage.at(minutes=-9))
    stage.concern(ConcernKind.TOWARD_ROOT, "a code was given out, and no visit followed", lease=lease)


def overstays(stage: Stage) -> None:
    """Does the declared task, and is still there when the check-out has ended."""
    lease = given(stage, stage.at())
    hand = _visit(stage, lease, stage.at(minutes=3), "longer than checked out")
    _does_the_task(hand, stage.at(minutes=4))
    hand.reads(stage.at(hours=2, minutes=10))


def _reads_password(stage: Stage, at: datetime) -> str:
    who = role_identity(AUDIT, "Operator", stage.stranger, stage.key(), at - timedelta(minutes=10))
    return stage.other(
        at,
        "secretsmanager:GetSecretValue",
        who,
        account=AUDIT,
        request={"secretId": PASSWORD_STORE},
        address=stage.address(),
    )


def password_in_a_check_out(stage: Stage) -> None:
    """The password is read from its store while a check-out is open: no concern."""
    lease = given(stage, stage.at())
    _reads_password(stage, stage.at(minutes=1))
    _does_the_task(_visit(stage, lease, stage.at(minutes=3)), stage.at(minutes=4))


def password_store(stage: Stage) -> None:
    """A root password is read from its store at night, and no check-out of anybody is open."""
    made = _reads_password(stage, stage.at(hours=13))
    why = "a root password was read, and no check-out is open"
    stage.concern(ConcernKind.TOWARD_ROOT, why, made, account=AUDIT)
