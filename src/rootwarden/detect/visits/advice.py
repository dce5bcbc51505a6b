"""What to do next about an incident or a concern: the first steps of the playbook its worst reason names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.detect.visits.detection import Accounts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.detect.visits.detection import Detection
    from rootwarden.detect.visits.incident import Reason
    from rootwarden.detect.visits.playbook import Playbook

STEPS: Final = 3


class Advice:
    """Playbooks by detection."""

    def __init__(self, detections: Iterable[Detection], playbooks: Iterable[Playbook]) -> None:
        known = {one.id: one for one in playbooks}
        self._playbooks = {one.id: known[one.playbook] for one in detections if one.playbook in known}

    def about(self, reasons: Iterable[Reason]) -> tuple[str, ...]:
        """The next steps, the most urgent first; none where no reason is a detection's.

        Args:
            reasons: Of the incident or concern, the most severe first.
        """
        playbook = next((self._playbooks[one.code] for one in reasons if one.code in self._playbooks), None)
        if playbook is None:
            return ()
        # Of which kind the account is no event says: only what is done in any account is told here.
        return tuple(step.what for step in playbook.steps if Accounts.ANY in step.accounts)[:STEPS]
