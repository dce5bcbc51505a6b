"""Sessions of AssumeRoot: somebody in another account works as root of this one, within a task policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.detect.visits.catalogue import POLICY
from rootwarden.detect.visits.coverage import some
from rootwarden.detect.visits.incident import Reason, Severity, Verdict

if TYPE_CHECKING:
    from rootwarden.detect.visits.gather import Visit
    from rootwarden.detect.visits.settings import Settings
    from rootwarden.detect.visits.visit import Fit


def judge_assumed(visit: Visit, settings: Settings) -> tuple[Verdict, list[Reason]]:
    """The verdict, and the reasons for it.

    Expected is a session whose call was seen, whose caller and task policy are configured, and all of whose changes the
    task policy allows.
    """
    call = visit.call
    outside = _outside(visit, call.task_policy if call else "")
    reasons = [outside] if outside else []
    if call is None:
        words = "root was used through AssumeRoot, and the call that began it was not seen"
        return Verdict.UNEXPLAINED, [*reasons, _notify("assume-root-not-joined", words)]
    if not settings.expects(call.caller, call.task_policy):
        policy = f"`{call.task_policy}`" if call.task_policy else "a task policy the call does not name"
        words = f"`{call.caller}` used AssumeRoot with {policy}, which no setting expects"
        return Verdict.UNEXPLAINED, [*reasons, _notify("assume-root-not-expected", words)]
    words = f"`{call.caller}` used AssumeRoot with `{call.task_policy}`, as configured"
    expected = Reason(code="assume-root-expected", words=words, severity=Severity.RECORD)
    return (Verdict.OUT_OF_SCOPE if outside else Verdict.EXPECTED), [*reasons, expected]


def _notify(code: str, words: str) -> Reason:
    return Reason(code=code, words=words, severity=Severity.NOTIFY)


def _outside(visit: Visit, task_policy: str) -> Reason | None:
    """A reason to page when the changes are not surely those of the task policy; of any, where it is not known."""
    fit = visit.summary.fit
    if fit.surely is None:
        return None
    if _allowing(fit, task_policy):
        return None
    outside = [action for action, one in sorted(visit.summary.fits.items()) if not _allowing(one, task_policy)]
    what = some(outside) if outside else "all changes"
    policy = f"the task policy `{task_policy}`" if task_policy else "a task policy of AssumeRoot"
    return Reason(code="outside-task-policy", words=f"{policy} is not known to allow {what}", severity=Severity.PAGE)


def _allowing(fit: Fit, task_policy: str) -> bool:
    """Whether the task policy surely allows all of some changes; whether one of the five does, where none is known."""
    allowing = {one for one in fit.surely or () if one.startswith(POLICY)}
    return POLICY + task_policy in allowing if task_policy else bool(allowing)
