"""Policies at the limits of length and number, and one beyond: planned, rendered, and taken by the simulated AWS."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.attachment import changing
from tests.attachment.changing import CANARY, ROOT
from typer.testing import CliRunner

from rootwarden import packs
from rootwarden.attachment.drafting import Asked, attachment
from rootwarden.attachment.plan import TYPES, Verb
from rootwarden.attachment.present import present_in
from rootwarden.audit.guardrail_proof import Wanted, policy_of
from rootwarden.cli.guardrails import app
from rootwarden.collect.folder import EvidenceFolder
from rootwarden.errors import UsageError
from rootwarden.guardrails.content.values import values_for
from rootwarden.guardrails.content.writing import as_json
from rootwarden.iam.document import read_document
from rootwarden.packs.policies import policy_limits
from rootwarden.simulator import running
from rootwarden.simulator.parts import WORKLOADS_UNIT
from rootwarden.simulator.policy_limits import USUAL_LIMITS
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.attachment.present import Present

CHARACTERS: Final = {one.kind.value: one.newest.value for one in policy_limits() if one.counts == "characters"}
ATTACHED: Final = {one.kind.value: one.newest.value for one in policy_limits() if one.counts == "attached"}
NAMES: Final = {"scp": "protect-contacts", "rcp": "restrict-assume-root-of-members"}
OF: Final[dict[str, dict[str, str]]] = {"scp": {}, "rcp": {"organization": "o-fake000000"}}


def roles_for(kind: str, length: int) -> str:
    """Roles with which the policy has exactly so many characters: the first has a path as long as is missing."""

    def made(roles: list[str]) -> int:
        return len(as_json(policy_of(wanted(kind, roles=",".join(roles), **OF[kind]))))

    roles = [f"r{number}".ljust(64, "x") for number in range(1000, 1199)]
    each = made(roles[:3]) - made(roles[:2])
    count = (length - made(roles[:2])) // each + 1
    missing = length - made(roles[:count])
    path = ("p" * 49 + "/") * (missing // 50 - 1)
    last = missing - len(path)
    path += "p" * (last // 2 - 1) + "/" + "p" * (last - last // 2 - 1) + "/"
    roles = [path + roles[0], *roles[1:count]]
    assert made(roles) == length
    return ",".join(roles)


def wanted(kind: str, **given: str) -> Wanted:
    found = next(one for one in packs.guardrails() if one.id == NAMES[kind])
    return Wanted(found, values_for(found, given))


@pytest.fixture(scope="module")
def present() -> Present:
    """An organization with both kinds of policies."""
    with running(make_world("central_root", 8)) as simulator:
        hand = changing.hand(simulator)
        hand.change(Verb.ENABLE, {"RootId": ROOT, "PolicyType": TYPES["rcp"]})
        return hand.look()


def asked(**more: Any) -> Asked:
    settings: dict[str, Any] = {"waived": "a test of limits", **more}
    return Asked(targets=(WORKLOADS_UNIT,), canaries=(CANARY,), at=changing.AT, **settings)


@cache
def given(kind: str, length: int) -> dict[str, str]:
    return {"roles": roles_for(kind, length), **OF[kind]}


@pytest.mark.parametrize("kind", ["scp", "rcp"])
class TestLength:
    def test_at_the_limit_is_planned(self, present: Present, kind: str) -> None:
        plan = attachment(present, [wanted(kind, **given(kind, CHARACTERS[kind]))], asked())
        assert len(plan.policies[0].document) == CHARACTERS[kind]

    def test_one_more_is_not(self, present: Present, kind: str) -> None:
        length = CHARACTERS[kind] + 1
        with pytest.raises(UsageError, match=f"has {length} characters; a policy may have {CHARACTERS[kind]}"):
            attachment(present, [wanted(kind, **given(kind, length))], asked())

    @pytest.mark.parametrize("form", ["json", "terraform", "cloudformation"])
    @pytest.mark.parametrize("more", [0, 1])
    def test_as_it_is_rendered(self, kind: str, form: str, more: int) -> None:
        settings = given(kind, CHARACTERS[kind] + more)
        parameters = [part for name, value in settings.items() for part in ("--parameter", f"{name}={value}")]
        done = CliRunner().invoke(app, ["render", NAMES[kind], "--format", form, *parameters], standalone_mode=False)
        assert done.exception is None
        assert done.return_value == more
        assert ("characters; a" in done.stderr and "has at most" in done.stderr) is bool(more)
        if form == "json":
            assert len(done.stdout.rstrip("\n")) == CHARACTERS[kind] + more
        elif form == "cloudformation":
            (resource,) = json.loads(done.stdout)["Resources"].values()
            document = read_document(json.dumps(resource["Properties"]["Content"]))
            assert len(as_json(document)) == CHARACTERS[kind] + more


@pytest.mark.parametrize(("others", "fits"), [(8, True), (9, False)])
def test_as_many_as_a_target_may_have_and_one_more(folder: Path, tmp_path: Path, others: int, fits: bool) -> None:
    """FullAWSAccess and the new one are there besides."""
    targets = json.loads((folder / "targets.json").read_text("utf-8"))
    targets["attachments"][WORKLOADS_UNIT] += [f"p-more{number}" for number in range(others)]
    for each in folder.iterdir():
        if each.name != "targets.json":
            (tmp_path / each.name).symlink_to(each)
    (tmp_path / "targets.json").write_text(json.dumps(targets), encoding="utf-8")
    full = present_in(EvidenceFolder(tmp_path))
    assert len(full.attached("scp", WORKLOADS_UNIT)) + 1 == ATTACHED["scp"] + (not fits)
    more = asked(proof_waived="what those policies say is not known")
    if fits:
        assert attachment(full, [changing.wanted()], more).waves
    else:
        with pytest.raises(UsageError, match=f"11 would be attached to `{WORKLOADS_UNIT}`; at most 10"):
            attachment(full, [changing.wanted()], more)


def test_the_simulated_aws_has_the_newest_limits() -> None:
    assert {kind: (USUAL_LIMITS[name].characters, USUAL_LIMITS[name].attached) for kind, name in TYPES.items()} == {
        kind: (CHARACTERS[kind], ATTACHED[kind]) for kind in TYPES
    }


def test_a_policy_at_the_limit_is_carried_out(tmp_path: Path) -> None:
    with running(make_world("central_root", 4)) as simulator:
        hand = changing.hand(simulator)
        plan = attachment(
            hand.look(),
            [wanted("scp", **given("scp", CHARACTERS["scp"]))],
            Asked(targets=(CANARY,), at=changing.AT, waived="a test of limits"),
        )
        changing.to_the_end(plan, tmp_path, hand)
        assert changing.where(simulator, NAMES["scp"]) == {CANARY}
