"""What others do to become root, or to be able to: concerns, one for each account and doer until it was quiet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.detect.visits.bounded import NO_TIME, Texts, ids_sorted
from rootwarden.detect.visits.incident import Concern, ConcernKind, Reason, Severity, worst
from rootwarden.detect.visits.runs import Runs
from rootwarden.detect.visits.stamp import instant_of, stable_id
from rootwarden.detect.visits.visit import Hit, Seen, Summary

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.detect.visits.catalogue import Catalogue
    from rootwarden.detect.visits.settings import Settings
    from rootwarden.detect.visits.shape import AssumeRootCall

HOUR: Final = 3600
MOST_DOERS: Final = 1000
OTHERS: Final = "others, too many to be named"
REFUSED, UNSEEN, EXPECTED_UNSEEN = "assume-root-refused", "assume-root-not-seen", "assume-root-not-seen-expected"
_OWN: Final = {
    REFUSED: ("somebody tried to use AssumeRoot and was refused", Severity.NOTIFY),
    UNSEEN: ("somebody used AssumeRoot, and the account's own trail shows nothing of it", Severity.NOTIFY),
    EXPECTED_UNSEEN: (
        "an expected caller used AssumeRoot, and the account's own trail shows nothing of it",
        Severity.RECORD,
    ),
}


class Toward(msgspec.Struct, kw_only=True):
    """What was seen so far, by the account that is touched and by who did it; in any order.

    Whoever may take a role chooses the name of the session, and may choose a million: beyond the first thousand by
    name, those of one account count as one.

    Attributes:
        runs: What was seen, cut where it was quiet for an hour.
        doers: Who is told by name, by account.
        timeless: What has no time.
    """

    runs: dict[tuple[str, str], Runs] = msgspec.field(default_factory=dict)
    doers: dict[str, Texts] = msgspec.field(default_factory=dict)
    timeless: dict[tuple[str, str], Summary] = msgspec.field(default_factory=dict)

    def add(self, actor: str, seen: Seen) -> None:
        """Take one event in; `seen.account` is the account that is touched."""
        if seen.second is None:
            self.timeless.setdefault((seen.account, actor), Summary()).add(seen)
        else:
            self._runs(seen.account, actor).add(seen)

    def merge(self, other: Toward) -> None:
        """Take in what another reader holds."""
        for (account, actor), runs in other.runs.items():
            self._runs(account, actor).merge(runs)
        for key, summary in other.timeless.items():
            self.timeless.setdefault(key, Summary()).merge(summary)

    def copy(self) -> Toward:
        """One of its own, that can be added to without changing this one."""
        copied = Toward()
        copied.merge(self)
        return copied

    def concerns(self, catalogue: Catalogue) -> list[Concern]:
        """The concerns, sorted."""
        timed = [(*key, run) for key, runs in sorted(self.runs.items()) for run in runs.runs]
        timeless = [(*key, summary) for key, summary in sorted(self.timeless.items())]
        return [_concern(account, actor, run, catalogue) for account, actor, run in (*timed, *timeless)]

    def _runs(self, account: str, actor: str) -> Runs:
        if (account, actor) not in self.runs and actor not in {"", OTHERS}:
            actor = self._told_as(account, actor)
        return self.runs.setdefault((account, actor), Runs(quiet=HOUR))

    def _told_as(self, account: str, actor: str) -> str:
        """The name somebody new is told by; who has to make room for it joins the others."""
        doers = self.doers.setdefault(account, Texts(most=MOST_DOERS))
        last = doers.values[-1] if len(doers.values) == MOST_DOERS else ""
        doers.add(actor)
        if last and actor > last:
            return OTHERS
        if last:
            self.runs.setdefault((account, OTHERS), Runs(quiet=HOUR)).merge(self.runs.pop((account, last)))
        return actor


def seen_call(call: AssumeRootCall, settings: Settings, hits: tuple[Hit, ...]) -> Seen:
    """An AssumeRoot call as a concern keeps it: refused, or never seen in the account it was for.

    Args:
        call: The call.
        settings: They say which calls are expected.
        hits: What detections say of the call; of an expected one they are left aside.
    """
    expected = settings.expects(call.caller, call.task_policy)
    code = REFUSED if call.failed else EXPECTED_UNSEEN if expected else UNSEEN
    stamp = (NO_TIME if call.second is None else call.second, call.event_id)
    return Seen(
        stamp=stamp,
        account=call.account,
        shape=None,
        hits=(Hit(detection=code, undecided=False), *(() if expected else hits)),
    )


def _concern(account: str, actor: str, run: Summary, catalogue: Catalogue) -> Concern:
    reasons = tuple(sorted(_reasons(run, catalogue), key=lambda one: (-one.severity.rank, one.code)))
    return Concern(
        id=stable_id("toward-root", account, run.first if run.first < NO_TIME else 0, actor),
        kind=ConcernKind.TOWARD_ROOT,
        account=account,
        actor=actor,
        started=instant_of(run.first),
        ended=instant_of(run.last),
        event_ids=run.ids.ids(),
        severity=worst(reasons),
        reasons=reasons,
    )


def _reasons(run: Summary, catalogue: Catalogue) -> Iterable[Reason]:
    for code, hits in run.hits.items():
        events = ids_sorted(hits.events.values)
        if code in _OWN:
            words, severity = _OWN[code]
        else:
            words, severity = catalogue.detections[code].words, catalogue.detections[code].severity
        doubt = " (the record does not say enough to be sure)" if hits.undecided == hits.count else ""
        yield Reason(code=code, words=words + doubt, severity=severity, event_ids=events)
