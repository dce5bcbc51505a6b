"""A small organization, and replays of one policy in it, without files."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from msgspec import structs
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


def parted(extra: dict[str, Any] | None = None) -> Landscape:
    """The same members, each in a unit of its own, with full access there, too; and a policy more on the second."""
    there = organization()
    full = Attached(FULL_ACCESS.name, FULL_ACCESS.name, FULL_ACCESS.document)
    more = () if extra is None else (Attached("p-extra", "extra", read_document(extra)),)
    units = tuple(
        OrganizationalUnit(id=name, path=f"/Root/{name}", targets=(ROOT, name), accounts=(account,))
        for name, account in zip(("ou-fake-one", "ou-fake-two"), ACCOUNTS, strict=True)
    )
    standings = tuple(
        structs.replace(
            one,
            scp=Known(
                (
                    Level(ROOT, "/Root", (full,)),
                    Level(unit.id, unit.path, (full,)),
                    Level(one.account, one.account, (full, *(more if one.account == ACCOUNTS[1] else ()))),
                )
            ),
        )
        for one, unit in zip(there.standings, units, strict=True)
    )
    return structs.replace(there, standings=standings, units=(structs.replace(there.units[0], accounts=()), *units))


def replay_of_policy(
    document: dict[str, Any],
    *,
    kind: PolicyKind = PolicyKind.SCP,
    target: str = ROOT,
    there: Landscape | None = None,
) -> Replay:
    """A replay of a policy attached at a target."""
    there = there or organization()
    policy = Attached("planned", "drawn", read_document(document), planned=True)
    steps = (attach(there, kind, target, policy),)
    after = changed(there, steps)
    brief = Brief(before=there, after=after, steps=steps, around=around_of(after))
    return Replay(brief=brief, names=event_names(), catalogue=_catalogue())


@cache
def _catalogue() -> bytes:
    return packed_catalogue(action_catalogue())
