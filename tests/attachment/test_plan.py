"""Plans: what goes in which wave, what is refused and why, the file, and its schema."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import msgspec
import pytest
from tests.attachment import changing
from tests.attachment.changing import CANARY, GUARDRAIL, ROOT

from rootwarden.attachment.calls import permissions_policy
from rootwarden.attachment.drafting import changes_of, switching
from rootwarden.attachment.plan import Plan, Verb, printed, read_plan, steps_of
from rootwarden.attachment.present import present_in
from rootwarden.collect.folder import EvidenceFolder
from rootwarden.errors import InputError, UsageError
from rootwarden.facts.instant import format_instant
from rootwarden.guardrails.replaying.digest import landscape_digest
from rootwarden.iam.lint.knowledge import Value
from rootwarden.packs.policies import policy_limits
from rootwarden.simulator.parts import SANDBOX_UNIT, SECURITY_UNIT, WORKLOADS_UNIT

if TYPE_CHECKING:
    from rootwarden.attachment.present import Present

WINDOW = {
    "first": "2026-01-01T00:00:00Z",
    "last": format_instant(changing.AT - timedelta(days=2)),
    "regions": [],
}
READ = {"complete": True, "accounts": [f"00001111000{number}" for number in range(8)]}
SCHEMA = Path(__file__).parents[2] / "docs" / "reports" / "guardrails-plan-1.schema.json"
MANAGEMENT = "000011110000"


def record(plan: Plan, there: Present, changed: dict[str, Any]) -> dict[str, Any]:
    """A replay record of the plan's change, as docs/guardrails-replay.md has it."""
    change = [
        {
            "operation": one.operation,
            "kind": one.kind,
            "target": one.target,
            "policy": {"name": "x", "id": None, "sha256": one.sha256},
        }
        for one in sorted(changes_of(plan))
    ]
    group = {"account": CANARY, "principal": "arn", "source": "s", "event": "e", "calls": 2}
    return {
        "schema": "rootwarden.guardrails-replay/1",
        "change": change,
        "present": {"organization": plan.organization, "sha256": landscape_digest(there.landscape)},
        "window": WINDOW,
        "read": READ,
        "calls": {"at_least": 2, "at_most": 5},
        "groups": [group | {"verdict": "denied"}, group | {"verdict": "depends"}, group | {"verdict": "failed"}],
        "beyond": 0,
    } | changed


def replayed(there: Present, tmp_path: Path, changed: dict[str, Any] | None = None) -> Plan:
    file = tmp_path / "record.json"
    file.write_text(json.dumps(record(changing.planned(there), there, changed or {})), encoding="utf-8")
    return changing.planned(there, replay=file, waived="")


def test_canary_then_the_smallest_unit_then_the_target_then_what_was_temporary(present: Present) -> None:
    plan = changing.planned(present)
    calls = [(step.call, step.target, step.temporary) for step in steps_of(plan)]
    assert calls == [
        (Verb.CREATE, "", False),
        (Verb.ATTACH, CANARY, True),
        (Verb.ATTACH, SECURITY_UNIT, True),
        (Verb.ATTACH, WORKLOADS_UNIT, True),
        (Verb.ATTACH, ROOT, False),
        (Verb.DETACH, WORKLOADS_UNIT, True),
        (Verb.DETACH, SECURITY_UNIT, True),
        (Verb.DETACH, CANARY, True),
    ]
    assert len({*changes_of(plan)}) == 1
    bound = [wave.accounts for wave in plan.waves if wave.accounts]
    assert bound[0] == (CANARY,)
    assert all(MANAGEMENT not in each for each in bound)


def test_an_account_alone_needs_no_canary(present: Present) -> None:
    plan = changing.planned(present, CANARY, canaries=())
    assert [(one.call, one.target, one.temporary) for one in steps_of(plan)][1:] == [(Verb.ATTACH, CANARY, False)]


@pytest.mark.parametrize(
    ("targets", "more", "says"),
    [
        ((ROOT,), {"canaries": ()}, "no canary is named"),
        ((SECURITY_UNIT,), {}, "no active member below a target"),
        ((MANAGEMENT,), {}, "which no policy of the organization binds"),
        (("ou-fake-nowhere0",), {}, "there is no target `ou-fake-nowhere0`"),
        ((ROOT,), {"waived": ""}, "what the change would have denied is not known"),
        ((WORKLOADS_UNIT,), {"names": ("deny-root-key-creation",)}, None),
    ],
)
def test_what_is_refused(present: Present, targets: tuple[str, ...], more: dict[str, Any], says: str | None) -> None:
    if says is None:
        assert changing.planned(present, *targets, **more).waves
        return
    with pytest.raises(UsageError, match=says):
        changing.planned(present, *targets, **more)


def test_a_target_without_room_is_refused_by_the_newest_limit(present: Present, folder: Path, tmp_path: Path) -> None:
    targets = json.loads((folder / "targets.json").read_text("utf-8"))
    targets["attachments"][SECURITY_UNIT] += [f"p-more{number}" for number in range(9)]
    full = tmp_path / "full"
    full.mkdir()
    for each in folder.iterdir():
        if each.name != "targets.json":
            (full / each.name).symlink_to(each)
    (full / "targets.json").write_text(json.dumps(targets), encoding="utf-8")
    with pytest.raises(UsageError, match=f"would be attached to `{SECURITY_UNIT}`; at most 10"):
        changing.planned(present_in(EvidenceFolder(full)))
    assert len(changing.planned(present).waves) > 1  # the same with the slots free


def test_a_document_at_the_limit_of_length(present: Present, monkeypatch: pytest.MonkeyPatch) -> None:
    from rootwarden.attachment import refusing

    length = len(changing.planned(present).policies[0].document)
    for limit, fits in ((length, True), (length - 1, False)):
        shorter = [
            msgspec.structs.replace(one, values=(Value(limit),)) if one.counts == "characters" else one
            for one in policy_limits()
        ]
        monkeypatch.setattr(refusing, "policy_limits", lambda shorter=shorter: tuple(shorter))
        if fits:
            assert len(changing.planned(present).waves) > 1
        else:
            with pytest.raises(UsageError, match=f"has {length} characters; a policy may have {limit}"):
                changing.planned(present)


def test_where_the_type_is_off_it_is_switched_on_alone(present: Present) -> None:
    plan = switching(present, "rcp", changing.AT)
    assert [one.call for one in steps_of(plan)] == [Verb.ENABLE]
    assert (plan.replay, plan.waived) == (None, None)


class TestReplay:
    def test_what_it_foretells_is_in_the_plan(self, present: Present, tmp_path: Path) -> None:
        plan = replayed(present, tmp_path)
        assert plan.replay is not None
        assert (plan.replay.at_least, plan.replay.at_most) == (2, 5)
        assert plan.replay.calls == {f"{CANARY} arn s e": 4}

    @pytest.mark.parametrize(
        ("changed", "says"),
        [
            ({"change": []}, "is of another change"),
            ({"read": READ | {"complete": False}}, "did not read every log"),
            ({"window": WINDOW | {"regions": ["eu-west-1", "us-east-1"]}}, "events of eu-west-1, us-east-1 alone"),
            ({"window": WINDOW | {"first": None, "last": None}}, "read no event"),
            ({"window": WINDOW | {"last": "2026-01-31T11:59:59Z"}}, "more than 30 days ago"),
            ({"window": WINDOW | {"first": "2026-02-14T12:00:01Z"}}, "less than 14 days"),
            ({"present": {"organization": "o-other", "sha256": "0"}}, "is of the organization `o-other`"),
            ({"present": {"organization": None, "sha256": "0"}}, "on other policies than are attached now"),
        ],
    )
    def test_of_something_else_is_refused(
        self, present: Present, tmp_path: Path, changed: dict[str, Any], says: str
    ) -> None:
        with pytest.raises(UsageError, match=says):
            replayed(present, tmp_path, changed)

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "rootwarden.audit/1"}', "[" * 100_000])
    def test_that_is_none_is_refused(self, present: Present, tmp_path: Path, text: str) -> None:
        file = tmp_path / "r"
        file.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=r"no replay record|has the schema"):
            changing.planned(present, replay=file, waived="")


class TestTheFile:
    def test_is_read_as_it_was_written(self, present: Present, tmp_path: Path) -> None:
        plan = replayed(present, tmp_path)
        file = tmp_path / "plan.json"
        file.write_text(printed(plan), encoding="utf-8")
        assert read_plan(file) == plan
        assert read_plan(file).digest == plan.digest

    @pytest.mark.parametrize(
        ("changed", "says"),
        [
            ({"schema": "rootwarden.guardrails-plan/9"}, "has the schema"),
            ({"more": 1}, "is no plan"),
            ({"waived": None}, "neither a replay nor a reason"),
            ({"policies": []}, "which it does not describe"),
        ],
    )
    def test_that_does_not_fit_together_is_refused(
        self, present: Present, tmp_path: Path, changed: dict[str, Any], says: str
    ) -> None:
        file = tmp_path / "plan.json"
        file.write_text(json.dumps(json.loads(printed(changing.planned(present))) | changed), encoding="utf-8")
        with pytest.raises(InputError, match=says):
            read_plan(file)

    def test_has_a_schema(self, present: Present, tmp_path: Path) -> None:
        schema = json.loads(SCHEMA.read_text("utf-8"))
        assert schema == json.loads(json.dumps(msgspec.json.schema(Plan)))
        jsonschema.validate(json.loads(printed(replayed(present, tmp_path))), schema)
        jsonschema.validate(json.loads(printed(switching(present, "rcp", changing.AT))), schema)


def test_least_permissions_name_what_is_changed(present: Present) -> None:
    statements = permissions_policy(changing.planned(present, WORKLOADS_UNIT))["Statement"]
    assert isinstance(statements, list)
    (changes,) = [one for one in statements if isinstance(one, dict) and one["Sid"] == "CarryOutThePlan"]
    assert changes["Action"] == ["organizations:AttachPolicy", "organizations:DetachPolicy"]
    assert isinstance(changes["Resource"], list)
    named = {str(one).rpartition("/")[2] for one in changes["Resource"]}
    assert named == {"*", CANARY, SANDBOX_UNIT, WORKLOADS_UNIT}


def test_a_detachment_tells_what_holds_in_fewer_accounts(present: Present) -> None:
    name = next(one.name for one in present.policies if not one.aws_managed)
    plan = changing.detaching(present, name)
    assert {one.call for one in steps_of(plan)} == {Verb.DETACH}
    assert all(one.before != one.after for one in plan.proof)
    assert plan.proof
    assert GUARDRAIL not in {one.guardrail for one in plan.proof}
