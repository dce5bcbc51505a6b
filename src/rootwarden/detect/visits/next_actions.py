"""What to do next about an incident or concern: the first steps of its playbook, for somebody who was just woken.

One step of each phase, in the order of phases (keep what shows it, contain, evict, …): three steps of keeping evidence
would leave the door open, and containing first would lose the evidence. The playbook has the rest.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rootwarden.detect.visits.detection import Accounts
from rootwarden.detect.visits.incident import ConcernKind, Incident, Severity, Shape, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rootwarden.detect.visits.detection import Detection
    from rootwarden.detect.visits.incident import Concern
    from rootwarden.detect.visits.playbook import Phase, Playbook, Step

MOST: Final = 3
_ROOT_USED: Final = "root-used"
# For what no detection names: a visit as such, a call whose session nobody saw, silence.
_BY_SHAPE: Final[Mapping[Shape, str]] = MappingProxyType({Shape.ASSUMED: "root-assumed", Shape.ACCESS_KEY: "root-key"})
_BY_KIND: Final[Mapping[ConcernKind, str]] = MappingProxyType(
    {
        ConcernKind.TOWARD_ROOT: "way-to-root-touched",
        ConcernKind.DENIAL_OF_WALLET: "denial-of-wallet",
        ConcernKind.SILENCE: "logging-tampered",
    }
)


class Playbooks:
    """The playbooks with what leads to them.

    Args:
        playbooks: Of the packs.
        detections: Of the packs; each names its playbook.
    """

    def __init__(self, playbooks: Iterable[Playbook], detections: Iterable[Detection]) -> None:
        self._playbooks = {each.id: each for each in playbooks}
        self._of_detection = {each.id: each.playbook for each in detections}

    def of(self, each: Incident | Concern) -> Playbook | None:
        """The playbook for it: that of its most severe reason; `None` when there is nothing to do."""
        if each.severity is Severity.RECORD or (isinstance(each, Incident) and each.verdict is Verdict.EXPECTED):
            return None
        named = (self._of_detection.get(reason.code, "") for reason in each.reasons)
        return self._playbooks.get(next((name for name in named if name), _otherwise(each)))

    def actions(self, each: Incident | Concern, account: Accounts = Accounts.ANY) -> tuple[str, ...]:
        """What to do next, at most three steps, and where the rest is.

        Args:
            each: What was found.
            account: Where the account stands in its organization; `any` where that is not known: then only steps that
                are right in every account are named.
        """
        playbook = self.of(each)
        if playbook is None:
            return ()
        steps = _first_of_each_phase(playbook.steps_for(account))
        rest = f"then the rest: `rootwarden detection playbook {playbook.id}`"
        return (*(f"{step.what} ({step.who})" for step in steps[:MOST]), rest)


def _otherwise(each: Incident | Concern) -> str:
    return _BY_SHAPE.get(each.shape, _ROOT_USED) if isinstance(each, Incident) else _BY_KIND[each.kind]


def _first_of_each_phase(steps: Iterable[Step]) -> list[Step]:
    found: dict[Phase, Step] = {}
    for step in steps:
        found.setdefault(step.phase, step)
    return list(found.values())
