"""What changed since an earlier run: new fails, fixed ones, and what can no longer be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.audit.result import Change
from rootwarden.rules.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.audit.result import Finding


def changes_since(before: Iterable[Finding], after: Iterable[Finding]) -> tuple[Change, ...]:
    """Compare two runs, finding by finding.

    Returns:
        `new` for a fail that was none, `fixed` for a fail that is now pass or not applicable, `newly_unknown` for a
        decided verdict that is unknown now. An account the earlier run did not have counts as `none` before; one
        that is gone now is left out, since it may have been closed.
    """
    earlier = {(finding.account, finding.rule): finding.verdict for finding in before}
    changes = []
    for finding in after:
        was = earlier.get((finding.account, finding.rule))
        kind = _kind(was, finding.verdict)
        if kind:
            changes.append(
                Change(
                    kind=kind,
                    rule=finding.rule,
                    account=finding.account,
                    before=str(was) if was else "none",
                    after=str(finding.verdict),
                )
            )
    return tuple(changes)


def _kind(before: Verdict | None, after: Verdict) -> str:
    if after is Verdict.FAIL and before is not Verdict.FAIL:
        return "new"
    if before is Verdict.FAIL and after in (Verdict.PASS, Verdict.NOT_APPLICABLE):
        return "fixed"
    decided = before in (Verdict.PASS, Verdict.FAIL, Verdict.NOT_APPLICABLE)
    return "newly_unknown" if decided and after is Verdict.UNKNOWN else ""
