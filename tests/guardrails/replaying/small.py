"""A small organization, and replays of one policy in it, without files."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from tests.guardrails.replaying.strange import HERE, THERE

from rootwarden.audit.guardrail_proof import around_of
from rootwarden.facts.fact import Absent, Known
from rootwarden.facts.organization import OrganizationalUnit
from rootwarden.guardrails.replaying.change import PolicyKind, attach, changed
from rootwarden.guardrails.replaying.paths import Brief
from rootwarden.guardrails.standing import Attached, Landscape, Level, Standing
from rootwarden.iam.document import read_document
from rootwarden.iam.service_rules import FULL_ACCESS
from rootwarden.packs.actions import action_catalogue
from rootwarden.packs.event_names import event_names
from rootwarden.simulator.trail.organization import MANAGEMENT
from rootwarden.trail.replay import Replay, packed_catalogue

ROOT: Final = "r-fake"
ACCOUNTS: Final = (HERE, THERE)


def organization() -> Landscape:
    """Two members under one root, with full access at every level."""
    full = Attached(FULL_ACCESS.name, FULL_ACCESS.name, FULL_ACCESS.document)
    top = Level(ROOT, "/Root", (full,))
    return Landscape(
        organization="o-fake000000",
        management=MANAGEMENT,
        root=ROOT,
        standings=tuple(
            Standing(
                account=account,
                name="",
                partition="aws",
                management=False,
                scp=Known((top, Level(account, f"account {account}", (full,)))),
                rcp=Known((top, Level(account, f"account {account}", (full,)))),
                sign_in=Absent(),
            )
            for account in ACCOUNTS
        ),
        skipped=(),
        units=(OrganizationalUnit(id=ROOT, path="/Root", targets=(ROOT,), accounts=ACCOUNTS),),
    )


def replay_of_policy(document: dict[str, Any], *, kind: PolicyKind = PolicyKind.SCP, target: str = ROOT) -> Replay:
    """A replay of a policy attached at a target."""
    there = organization()
    policy = Attached("planned", "drawn", read_document(document), planned=True)
    steps = (attach(there, kind, target, policy),)
    after = changed(there, steps)
    brief = Brief(before=there, after=after, steps=steps, around=around_of(after))
    return Replay(brief=brief, names=event_names(), catalogue=_catalogue())


@cache
def _catalogue() -> bytes:
    return packed_catalogue(action_catalogue())
