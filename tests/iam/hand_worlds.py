"""Worlds in which a way up needs two principals at once, made from the files of the escalation paths.

Of two kinds: what somebody could do to itself, done to it by a role it may assume; and a role that is worth nothing
until the actor, who can run something as it, writes a policy into it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from tests.iam.path_site import MANAGEMENT, WRITING, By, Site
from tests.iam.path_worlds import InTheWay, others

from rootwarden.iam.escalation.path import Actor, Gain, TargetKind
from rootwarden.packs import escalation_paths
from rootwarden.simulator.evidence import write_evidence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rootwarden.iam.escalation.path import EscalationPath


class HandWorld(msgspec.Struct, frozen=True, kw_only=True):
    """One path in one world.

    Attributes:
        site: The accounts.
        in_the_way: What keeps the way from being walked.
        standing: The class of the actor where nothing does.
        steps: Ids of the steps of the way, one of each, and the principals that take them.
    """

    site: Site
    in_the_way: InTheWay
    standing: str
    steps: tuple[tuple[frozenset[str], str], ...]

    def write(self, folder: Path) -> None:
        """Write the evidence folder."""
        write_evidence(folder, tuple(self.site.accounts.values()), self.site.organization)


def by_hands() -> list[EscalationPath]:
    """The paths that another can take on somebody."""
    return [path for path in escalation_paths() if path.another is not None]


def by_writing() -> list[EscalationPath]:
    """The paths that run something as a role; where the actor can assume it, writing into it is a path of its own."""
    return [
        path
        for path in escalation_paths()
        if path.target.kind is TargetKind.ROLE
        and path.target.trusts
        and path.gain is Gain.TARGET
        and not (path.ended or path.actor is Actor.OUTSIDER)
    ]


def worlds_by_hands(path: EscalationPath) -> Iterator[HandWorld]:
    """A path taken by a role that the actor may assume: it works, and five things in its way."""
    action, actor = path.stops[0], Site(path).actor
    hands = f"arn:aws:iam::{Site(path).home}:role/hands"
    steps = ((frozenset({"role-assume"}), actor), (frozenset({path.id}), hands))
    standing = "conditional" if set(path.requires) - {"older-version"} else "escalation"
    for in_the_way, site in _sites(path, action, By.HANDS, "hands"):
        yield HandWorld(site=site, in_the_way=in_the_way, standing=standing, steps=steps)


def worlds_by_writing(path: EscalationPath) -> Iterator[HandWorld]:
    """A role that the actor runs something as, and writes a policy into."""
    actor = Site(path).actor
    steps = ((frozenset({path.id, *others(path)}), actor), (frozenset({"role-put-own-policy"}), actor))
    standing = "conditional" if path.requires or path.existing else "escalation"
    for in_the_way, site in _sites(path, WRITING, By.WRITING, "trusts"):
        yield HandWorld(site=site, in_the_way=in_the_way, standing=standing, steps=steps)


def _sites(path: EscalationPath, action: str, by: By, broken: str) -> Iterator[tuple[InTheWay, Site]]:
    yield InTheWay.NOTHING, Site(path, by=by)
    yield InTheWay.PRECONDITION, Site(path, by=by, broken=broken)
    yield InTheWay.DENY, Site(path, by=by, denied=action)
    yield InTheWay.BOUNDARY, Site(path, by=by, bounded=action)
    if Site(path).home != MANAGEMENT:
        yield InTheWay.SCP, Site(path, by=by, fenced=action)
