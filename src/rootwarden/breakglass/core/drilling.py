"""Drills in the log: what begins, what came back, what was opened for it; steps S1 to S3."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Final

from rootwarden.breakglass.core.refusal import Refused, require
from rootwarden.breakglass.core.state import Drill

if TYPE_CHECKING:
    from rootwarden.breakglass.core.entry import DrillBegun, DrillDone
    from rootwarden.breakglass.core.state import Lease, State

# Those that open a lease, those where something sent must come back, and those people do and tell of.
LEASED: Final = frozenset({"full-path", "code-only", "password-only"})
ANSWERED: Final = frozenset({"mail", "phone", "alternate-contacts"})
TOLD: Final = frozenset({"custody-quorum", "restore", "dns-less-start"})
KINDS: Final = LEASED | ANSWERED | TOLD
PASSED: Final = "passed"
OUTCOMES: Final = frozenset({PASSED, "failed", "aborted"})


def check_begun(state: State, entry: DrillBegun) -> None:
    """S1: a kind there is, of an account there is; what is sent has a digest (S2)."""
    require(entry.drill not in state.drills, "S1", f"there is a drill `{entry.drill}` already")
    require(entry.account in state.accounts, "S1", f"account `{entry.account}` is not guarded here")
    require(entry.drill_kind in KINDS, "S1", f"`{entry.drill_kind}` is no kind of drill", hint=", ".join(sorted(KINDS)))
    sent = entry.drill_kind in ANSWERED
    require(bool(entry.nonce_digest) is sent, "S2", "a drill of mail or phone, and no other, sends something")


def apply_begun(state: State, entry: DrillBegun) -> None:
    """It is under way."""
    state.drills[entry.drill] = Drill(
        id=entry.drill,
        account=entry.account,
        kind=entry.drill_kind,
        begun=entry.at,
        nonce_digest=entry.nonce_digest,
    )


def check_done(state: State, entry: DrillDone) -> None:
    """S1 to S3: one that was begun, ended once, and passed only with what proves it."""
    drill = state.drills.get(entry.drill)
    if drill is None:
        raise Refused("S1", f"there is no drill `{entry.drill}`")
    same = (drill.account, drill.kind) == (entry.account, entry.drill_kind)
    require(same and drill.done is None, "S1", "it is another drill, or it ended already")
    require(entry.outcome in OUTCOMES, "S1", f"`{entry.outcome}` is no outcome", hint=", ".join(sorted(OUTCOMES)))
    require(bool(entry.evidence.strip()), "S1", "how it went is missing")
    if entry.outcome != PASSED:
        return
    if drill.kind in ANSWERED:
        came = hashlib.sha256(entry.answer.strip().lower().encode()).hexdigest()
        require(hmac.compare_digest(came, drill.nonce_digest), "S2", "what was typed is not what was sent")
    if drill.kind in LEASED:
        lease = state.leases.get(entry.lease)
        mine = lease is not None and (lease.request.account, lease.request.drill) == (drill.account, drill.kind)
        since = mine and lease is not None and lease.opened >= drill.begun
        require(since and _was_used(lease, drill.kind), "S3", "no lease that was opened for this drill released it")


def _was_used(lease: Lease | None, kind: str) -> bool:
    if lease is None:
        return False
    return lease.password_released if kind == "password-only" else bool(lease.steps)


def apply_done(state: State, entry: DrillDone) -> None:
    """It ended."""
    drill = state.drills[entry.drill]
    drill.due, drill.done, drill.outcome, drill.evidence = entry.due, entry.at, entry.outcome, entry.evidence
