"""What changed since an earlier run: new fails, fixed ones, and what can no longer be seen."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from rootwarden.audit.result import ALL, Change
from rootwarden.rules.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.audit.result import Finding


def changes_since(before: Iterable[Finding], after: Iterable[Finding]) -> tuple[Change, ...]:
    """Compare two runs, finding by finding.

    Returns:
        `new` for a fail that was none, `fixed` for a fail that is now pass or not applicable, `newly_unknown` for a
        decided verdict that is unknown now. An account the earlier run did not have counts as `none` before; one
        that is gone now is left out, since it may have been closed, and so is a user.
    """
    earlier = _Earlier(before)
    changes = []
    for finding in after:
        was = earlier.verdict(finding)
        kind = _kind(was, finding.verdict)
        if kind:
            changes.append(
                Change(
                    kind=kind,
                    rule=finding.rule,
                    account=finding.account,
                    resource=finding.resource,
                    before=str(was) if was else "none",
                    after=str(finding.verdict),
                )
            )
    return tuple(changes)


class _Earlier:
    """The verdicts of the earlier run, by account, rule and resource."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self._verdicts: dict[tuple[str, str], dict[str, Verdict]] = defaultdict(dict)
        for finding in findings:
            self._verdicts[finding.account, finding.rule][finding.user] = finding.verdict

    def verdict(self, finding: Finding) -> Verdict | None:
        """What was said of the same resource; users that could not be read stand for each of them, and each for all.

        So do other resources of a kind, and none at all: a first one that fails is new.
        """
        said = self._verdicts.get((finding.account, finding.rule), {})
        if finding.user in said:
            return said[finding.user]
        if finding.user.endswith(ALL):
            return next((verdict for verdict in said.values() if verdict is not Verdict.UNKNOWN), None)
        return next((verdict for name, verdict in said.items() if name.endswith(ALL)), None)


def _kind(before: Verdict | None, after: Verdict) -> str:
    if after is Verdict.FAIL and before is not Verdict.FAIL:
        return "new"
    if before is Verdict.FAIL and after in (Verdict.PASS, Verdict.NOT_APPLICABLE):
        return "fixed"
    decided = before in (Verdict.PASS, Verdict.FAIL, Verdict.NOT_APPLICABLE)
    return "newly_unknown" if decided and after is Verdict.UNKNOWN else ""
