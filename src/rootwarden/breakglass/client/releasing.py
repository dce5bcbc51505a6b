"""What an open lease gives to its recipient: signed for, waited for, handed on."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from rootwarden.breakglass.broker.views import LeaseView, RequestView
from rootwarden.breakglass.broker.wishes import GetCode, GetExport, GetPassword, GetTaskSession, ServeEnrolment
from rootwarden.breakglass.client.checking import fields_of
from rootwarden.breakglass.client.door import part, trouble_of
from rootwarden.breakglass.client.replies import CodeReply, EnrolmentReply, Made, PasswordReply
from rootwarden.breakglass.client.troubles import Distrusted, ServerError
from rootwarden.breakglass.core.leasing import RECOVERY_POLICY
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.core.releasing import PERIOD, step_begins

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.breakglass.broker.wishes import AnyWish
    from rootwarden.breakglass.client.replies import Draft, Signed
    from rootwarden.breakglass.client.session import Session
    from rootwarden.breakglass.client.task_session import TaskSession

T = TypeVar("T")

# A step is asked for at most one step ahead of its time.
LONGEST_WAIT: Final = PERIOD.total_seconds() + 5
_PASSKEY: Final = "R7"
_NOT_YET: Final = "R5"


def code(session: Session, lease: str, tell: Callable[[str], None]) -> CodeReply:
    """Sign for a code, and give it; one whose step begins soon is waited for.

    Args:
        session: The recipient's.
        lease: Its id.
        tell: Hears that there is something to wait for.

    Raises:
        Refused: A step refused it; with the address of the page where a passkey is asked for.
        RootwardenError: It is recorded, and could not leave.
    """
    signed = _signed(session, GetCode(lease=lease), lease)
    return _left(session, signed, CodeReply, f"/leases/{part(lease)}/code", tell)


def enrolment_codes(session: Session, lease: str, device: str, tell: Callable[[str], None]) -> EnrolmentReply:
    """Sign for the two codes of an enrolment, and give them.

    Raises:
        Refused: A step refused it.
        RootwardenError: It is recorded, and they could not leave.
    """
    signed = _signed(session, ServeEnrolment(lease=lease, device=device), lease)
    return _left(session, signed, EnrolmentReply, f"/leases/{part(lease)}/enrolment/{part(device)}", tell)


def password(session: Session, lease: str) -> PasswordReply:
    """Sign for the root password, and give it.

    Raises:
        Refused: A step refused it.
        RootwardenError: It is recorded, and could not leave.
    """
    _, signed = _signed(session, GetPassword(lease=lease), lease)
    return _decoded(signed, PasswordReply)


def export(session: Session, lease: str) -> bytes:
    """Have the export of a lease made, sign for its digest, and give it.

    Raises:
        Refused: A step refused it.
        RootwardenError: It is recorded, and could not leave.
    """
    made = session.door.post(f"/leases/{part(lease)}/export", {}, Made)
    _, signed = _signed(session, GetExport(lease=lease, digest=made.digest), lease)
    if signed.trouble is not None:
        raise trouble_of(signed.trouble, signed.trouble.status)
    return session.door.lines(f"/leases/{part(lease)}/export")


def task_session(session: Session, lease: str, *, seconds: int, profile: str, region: str) -> TaskSession:
    """Sign for a task session, then open it with the recipient's own AWS credentials.

    Raises:
        Refused: A step refused it.
        AccessError: AWS did.
    """
    from rootwarden.aws.door import Door
    from rootwarden.breakglass.client.task_session import open_task_session

    # Without credentials nothing is signed for.
    door = Door(profile=profile, region=region)
    view = session.get("/leases/{}", LeaseView, lease)
    asked = session.get("/requests/{}", RequestView, view.request).request
    named = {"task_policy": asked.task_policy, "role": asked.role}
    wish = GetTaskSession(lease=lease, seconds=seconds)
    _, signed = session.wish(wish, also=named)
    if signed.trouble is not None:
        raise trouble_of(signed.trouble, signed.trouble.status)
    return open_task_session(door, lease=lease, account=asked.account, seconds=seconds, **named)


def leaves_a_password(made: TaskSession) -> bool:
    """Whether a session can make a root password, which is to be deleted again."""
    return made.task_policy.casefold() == RECOVERY_POLICY.casefold()


def _signed(session: Session, wish: AnyWish, lease: str) -> tuple[Draft, Signed]:
    try:
        return session.wish(wish)
    except Refused as error:
        if error.step != _PASSKEY:
            raise
        hint = f"open {session.door.server}/leases/{part(lease)} in a browser that has your passkey"
        raise Refused(error.step, error.message, hint=hint) from error


def _left(session: Session, done: tuple[Draft, Signed], kind: type[T], path: str, tell: Callable[[str], None]) -> T:
    """What left, at once or when its step begins."""
    draft, signed = done
    trouble = signed.trouble
    if trouble is None:
        return _decoded(signed, kind)
    if trouble.step != _NOT_YET:
        raise trouble_of(trouble, trouble.status)
    seconds = _until(draft)
    tell(f"the code begins in {seconds:.0f} s")
    time.sleep(seconds)
    return session.door.get(path, kind)


def _until(draft: Draft) -> float:
    """Seconds until the step of a draft begins, by the clock here; at least one, as clocks differ a little."""
    step = fields_of(draft).get("step")
    if not isinstance(step, int) or not 0 <= step < 1 << 33:
        raise Distrusted("the code the service recorded is for no time step")
    seconds = (step_begins(step) - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0) + 1, LONGEST_WAIT)


def _decoded(signed: Signed, kind: type[T]) -> T:
    if signed.trouble is not None:
        raise trouble_of(signed.trouble, signed.trouble.status)
    released: dict[str, Any] = signed.released or {}
    try:
        return msgspec.convert(released, kind)
    except msgspec.ValidationError:
        raise ServerError("it is recorded, and the service gave nothing this version knows") from None
