"""A replay agrees with an oracle event by event, and obeys the laws of what a change of policies can do."""

from __future__ import annotations

import gzip
import itertools
import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from tests.guardrails.replaying.made_up import FULL, FULL_RCP, ROOT, SAND, WORK, two_units, write_evidence
from tests.guardrails.replaying.oracle import Change, Said, said_of
from tests.guardrails.replaying.replaying import Changed, month_records, replay_files
from tests.guardrails.replaying.strange import HERE, THERE, strange_records

from rootwarden.guardrails.replaying.change import PolicyKind
from rootwarden.guardrails.replaying.judge import Judge
from rootwarden.guardrails.replaying.tally import ReplayTally
from rootwarden.simulator.trail.organization import MANAGEMENT, make_organization

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tests.guardrails.replaying.made_up import Unit

    from rootwarden.guardrails.replaying.plan import Plan


ACCOUNTS = 20
Policies = dict[str, dict[str, dict[str, Any]]]


def deny(actions: str | list[str], resource: str | list[str] = "*", **conditions: Any) -> dict[str, Any]:
    statement = {"Sid": "Deny", "Effect": "Deny", "Action": actions, "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [statement | ({"Condition": conditions} if conditions else {})]}


def allow_only(*actions: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}


def policy_of(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


TAGGED = deny("ec2:*", StringEquals={"aws:PrincipalTag/team": "guests"})
TEAM = {"aws:PrincipalTag/team": "guests"}
ROOT_ARN = {"aws:PrincipalArn": "arn:*:iam::*:root"}
DENY_ROOT = deny("*", ArnLike=ROOT_ARN)
EXEMPTING = deny("*", ArnLike=ROOT_ARN, Null={"aws:AssumedRoot": "true"})
BUILDERS = {"aws:PrincipalArn": "arn:aws:iam::*:role/Builder"}
OFFICE = {"aws:SourceIp": "198.51.100.0/24"}
# Name: what there is, and what is attached and detached, by target.
CHANGES: dict[str, Changed] = {
    "deny root": Changed(attach={ROOT: {"new": DENY_ROOT}}),
    "deny root but assumed": Changed(attach={ROOT: {"new": EXEMPTING}}),
    "deny root what is denied already in a unit": Changed(
        present={SAND: {"old": DENY_ROOT}}, attach={ROOT: {"new": EXEMPTING}}
    ),
    "deny some actions to all": Changed(
        attach={WORK: {"new": deny(["iam:Create*", "lambda:UpdateFunctionCode", "cloudwatch:*"])}}
    ),
    "deny one object": Changed(attach={ROOT: {"new": deny("s3:*", "arn:aws:s3:::fake-ledger/2026/*")}}),
    "deny half of a copy": Changed(attach={ROOT: {"new": deny("s3:GetObject")}}),
    "deny outside of the office": Changed(attach={ROOT: {"new": deny("ec2:*", NotIpAddress=OFFICE)}}),
    "deny outside of a region": Changed(
        attach={ROOT: {"new": deny(["ec2:*", "s3:*"], StringNotEquals={"aws:RequestedRegion": "eu-west-1"})}}
    ),
    "deny without a second factor": Changed(
        attach={WORK: {"new": deny("iam:*", BoolIfExists={"aws:MultiFactorAuthPresent": "false"})}}
    ),
    "deny what a service asks for": Changed(
        attach={ROOT: {"new": deny("ec2:RunInstances", Bool={"aws:ViaAWSService": "true"})}}
    ),
    "deny after a day": Changed(
        attach={ROOT: {"new": deny("ec2:*", DateGreaterThan={"aws:CurrentTime": "2026-03-15T00:00:00Z"})}}
    ),
    "deny a role": Changed(attach={ROOT: {"new": deny("*", ArnLike=BUILDERS)}}),
    "deny a tag of a principal": Changed(
        attach={WORK: {"new": deny("ec2:*", StringEquals={"aws:PrincipalTag/team": "guests"})}}
    ),
    "deny twice what depends": Changed(
        present={ROOT: {"old": deny("ec2:*", StringEquals={"aws:PrincipalTag/team": "guests"})}},
        attach={WORK: {"new": deny("ec2:*", StringEquals={"aws:PrincipalTag/team": "guests"})}},
    ),
    "deny surely what depended": Changed(
        present={ROOT: {"old": deny("ec2:*", StringEquals={"aws:PrincipalTag/team": "guests"})}},
        attach={WORK: {"new": deny("ec2:*")}},
    ),
    "allow a list instead of everything": Changed(
        attach={SAND: {"new": allow_only("ec2:*", "sts:*", "s3:*")}}, detach={SAND: ["p-FullAWSAccess"]}
    ),
    "detach": Changed(present={ROOT: {"old": DENY_ROOT}}, detach={ROOT: ["p-old"]}),
    "replace": Changed(present={ROOT: {"old": DENY_ROOT}}, attach={ROOT: {"new": EXEMPTING}}, detach={ROOT: ["p-old"]}),
    "deny an account": Changed(attach={HERE: {"new": deny("*")}}),
}
OURS = make_organization(20).id
OF_THE_ORGANIZATION = {"aws:PrincipalOrgID": OURS}
NO_SERVICE = {"aws:PrincipalIsAWSService": "false"}
REACHED = ["s3:*", "sqs:*", "kms:*", "secretsmanager:*", "sts:*"]


def fence(actions: str | list[str] = REACHED, resource: str = "*", **conditions: Any) -> dict[str, Any]:
    """A deny as resource control policies have it, whoever asks."""
    document = deny(actions, resource, **conditions)
    document["Statement"][0]["Principal"] = "*"
    return document


RCP = PolicyKind.RCP
PERIMETER = fence(StringNotEqualsIfExists=OF_THE_ORGANIZATION, BoolIfExists=NO_SERVICE)
FENCES: dict[str, Changed] = {
    "a fence of the organization": Changed(kind=RCP, attach={ROOT: {"new": PERIMETER}}),
    "a fence of the organization that forgets services": Changed(
        kind=RCP, attach={ROOT: {"new": fence(StringNotEqualsIfExists=OF_THE_ORGANIZATION)}}
    ),
    "a fence that who has no organization passes": Changed(
        kind=RCP, attach={ROOT: {"new": fence("s3:*", StringNotEquals={"aws:PrincipalOrgID": "o-another"})}}
    ),
    "a fence of a unit's resources": Changed(kind=RCP, attach={SAND: {"new": PERIMETER}}),
    "a fence of an account's resources": Changed(kind=RCP, attach={HERE: {"new": fence("s3:*")}}),
    "a fence of the management account, which none binds": Changed(kind=RCP, attach={MANAGEMENT: {"new": fence()}}),
    "a fence by the path of the principal": Changed(
        kind=RCP,
        attach={
            ROOT: {
                "new": fence(
                    REACHED, "*", **{"ForAllValues:StringNotLike": {"aws:PrincipalOrgPaths": f"{OURS}/{ROOT}/{WORK}/*"}}
                )
            }
        },
    ),
    "a fence by any path of the principal": Changed(
        kind=RCP,
        attach={
            ROOT: {
                "new": fence(
                    REACHED, "*", **{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": f"{OURS}/{ROOT}/{SAND}/*"}}
                )
            }
        },
    ),
    "a fence of objects": Changed(kind=RCP, attach={ROOT: {"new": fence("s3:*", "arn:aws:s3:::fake-ledger/*")}}),
    "a fence by the account of the principal": Changed(
        kind=RCP, attach={ROOT: {"new": fence(StringNotEquals={"aws:PrincipalAccount": [HERE, MANAGEMENT]})}}
    ),
    "a fence by whose the resource is": Changed(
        kind=RCP, attach={ROOT: {"new": fence(StringEquals={"aws:ResourceAccount": THERE})}}
    ),
    "a fence of sessions of root": Changed(
        kind=RCP,
        attach={ROOT: {"new": fence("sts:AssumeRoot", ArnNotLike={"aws:PrincipalArn": "arn:*:iam::*:role/Other"})}},
    ),
    "a fence of root itself": Changed(
        kind=RCP, attach={ROOT: {"new": fence(ArnLike=ROOT_ARN, Null={"aws:AssumedRoot": "true"})}}
    ),
    "a fence of signing in": Changed(
        kind=RCP,
        attach={
            ROOT: {
                "new": fence(["signin:*"], NotIpAddress=OFFICE, ArnLike={"signin:PrincipalArn": "arn:*:iam::*:root"})
            }
        },
    ),
    "a fence that goes": Changed(kind=RCP, present={ROOT: {"old": PERIMETER}}, detach={ROOT: ["p-old"]}),
    "a fence that moves down": Changed(
        kind=RCP, present={ROOT: {"old": PERIMETER}}, attach={WORK: {"new": PERIMETER}}, detach={ROOT: ["p-old"]}
    ),
    "a fence that gets wider": Changed(
        kind=RCP, present={WORK: {"old": PERIMETER}}, attach={ROOT: {"new": fence(BoolIfExists=NO_SERVICE)}}
    ),
}
# Service control policies about whose the resource is.
PERIMETERS: dict[str, Changed] = {
    "deny what others have": Changed(
        attach={ROOT: {"new": deny(["s3:*", "sqs:*", "sts:*"], StringNotEqualsIfExists={"aws:ResourceOrgID": OURS})}}
    ),
    "deny what an account has": Changed(
        attach={ROOT: {"new": deny(["s3:*", "sqs:*", "kms:*"], StringEquals={"aws:ResourceAccount": THERE})}}
    ),
    "two that together deny it, whatever the key": Changed(
        attach={
            WORK: {
                "new1": deny("iam:*", BoolIfExists={"aws:MultiFactorAuthPresent": "true"}),
                "new2": deny("iam:*", Bool={"aws:MultiFactorAuthPresent": "false"}),
            }
        }
    ),
    "two that together deny it, whatever the team": Changed(
        attach={
            WORK: {"new": deny("ec2:*", StringEquals=TEAM)},
            ROOT: {"new": deny("ec2:*", StringNotEquals=TEAM)},
        }
    ),
    "two that leave who has no team": Changed(
        attach={
            WORK: {"new": deny("ec2:*", StringEquals=TEAM)},
            ROOT: {"new": deny("ec2:*", "*", **{"ForAnyValue:StringNotEquals": TEAM})},
        }
    ),
    "narrow what depends": Changed(
        present={ROOT: {"old": deny("*", StringEquals=TEAM)}},
        attach={ROOT: {"new": deny("ec2:*", StringEquals=TEAM, NotIpAddress=OFFICE)}},
        detach={ROOT: ["p-old"]},
    ),
    "exempt the office from what depends": Changed(
        present={ROOT: {"old": deny("ec2:*", StringLike=TEAM)}},
        attach={ROOT: {"new": deny("ec2:*", StringLike=TEAM, IpAddress=OFFICE)}},
        detach={ROOT: ["p-old"]},
    ),
    "edit a policy": Changed(
        present={ROOT: {"old": policy_of(*TAGGED["Statement"])}},
        attach={ROOT: {"new": policy_of(*TAGGED["Statement"], *DENY_ROOT["Statement"])}},
        detach={ROOT: ["p-old"]},
    ),
}
CHANGES |= FENCES | PERIMETERS
# The same doubt twice is one doubt: what it denies after the change, it denied before.
NOTHING_COMES_OF = {"deny twice what depends", "a fence of the management account, which none binds"}


def oracle_change(changed: Changed, tree: Unit | None = None) -> Change:
    """The same change for the oracle: documents by target, in the order of what is attached."""
    above = (tree or two_units(ACCOUNTS)).above()
    full = {"p-RCPFullAWSAccess": FULL_RCP} if changed.kind is RCP else {"p-FullAWSAccess": FULL}
    before: dict[str, dict[str, Any]] = {
        target: dict(full) for target in {one for path in above.values() for one in path}
    }
    for target, documents in changed.present.items():
        before[target] |= {f"p-{name}": document for name, document in documents.items()}
    after = {target: dict(documents) for target, documents in before.items()}
    for target, names in changed.detach.items():
        for name in names:
            del after[target][name]
    for target, documents in changed.attach.items():
        after[target] |= documents
    return Change(
        {target: list(documents.values()) for target, documents in before.items()},
        {target: list(documents.values()) for target, documents in after.items()},
        above,
        MANAGEMENT,
        changed.kind.value,
        OURS,
    )


@pytest.fixture(scope="module")
def records() -> list[dict[str, Any]]:
    """Some weeks of a made-up trail, and what it does not have."""
    return [*month_records(accounts=ACCOUNTS, days=31, events=2500), *strange_records()]


@pytest.fixture(scope="module")
def trail(records: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(records, tmp_path_factory.mktemp("trail"), size=700)


def written(records: Iterable[dict[str, Any]], folder: Path, *, size: int) -> Path:
    left = iter(records)
    for number in itertools.count():
        taken = list(itertools.islice(left, size))
        if not taken:
            break
        content = json.dumps({"Records": taken}).encode()
        (folder / f"{number:05d}.json.gz").write_bytes(gzip.compress(content, mtime=0, compresslevel=1))
    return folder


def said_by_product(changed: Changed, folder: Path, evidence: Path) -> dict[str, Said]:
    with replay_files(changed, folder, evidence) as found:
        return {one.call.event: Said(one.verdict.value, one.ruling.surely) for one in found.judged()}


@pytest.mark.parametrize("name", CHANGES)
def test_every_event_is_judged_as_the_oracle_judges_it(
    name: str, records: list[dict[str, Any]], trail: Path, tmp_path: Path
) -> None:
    changed = CHANGES[name]
    evidence = write_evidence(tmp_path / "evidence", ACCOUNTS, {changed.kind.value: changed.present})
    found = said_by_product(changed, trail, evidence)
    expected = said_of(records, oracle_change(changed))
    described = {one["eventID"]: one for one in records}
    wrong = {
        event: (described[event]["eventSource"], described[event]["eventName"], found.get(event), expected.get(event))
        for event in found.keys() | expected.keys()
        if found.get(event) != expected.get(event)
    }
    assert not wrong
    assert bool(expected) is (name not in NOTHING_COMES_OF)


POOL: list[dict[str, Any]] = [
    deny("*"),
    deny("ec2:*"),
    deny(["s3:*", "iam:*"]),
    deny("s3:*", "arn:aws:s3:::fake-ledger/*"),
    deny("*", ArnLike=ROOT_ARN),
    deny("*", ArnNotLike=BUILDERS),
    deny("*", Null={"aws:AssumedRoot": "false"}),
    deny("ec2:RunInstances", IpAddress=OFFICE),
    deny("*", StringEquals={"aws:RequestedRegion": "us-east-1"}),
    deny("iam:*", Bool={"aws:MultiFactorAuthPresent": "false"}),
    deny("lambda:*", StringLike={"aws:PrincipalTag/team": "*"}),
    deny("ec2:*", StringEquals=TEAM),
    deny("*", StringNotEquals=TEAM),
    deny("*", Null={"aws:PrincipalTag/team": "true"}),
    deny("iam:*", BoolIfExists={"aws:MultiFactorAuthPresent": "true"}),
    FULL,
    allow_only("ec2:*", "iam:*"),
]
FENCE_POOL: list[dict[str, Any]] = [
    PERIMETER,
    fence("s3:*"),
    fence("s3:*", "arn:aws:s3:::fake-ledger/*"),
    fence(["sts:*", "kms:Decrypt"]),
    fence(StringNotEqualsIfExists=OF_THE_ORGANIZATION),
    fence(StringNotEquals={"aws:PrincipalAccount": [HERE, MANAGEMENT]}),
    fence(StringEquals={"aws:ResourceAccount": THERE}),
    fence(Bool={"aws:PrincipalIsAWSService": "true"}),
    fence("sqs:*", ArnLike=BUILDERS),
    fence(ArnLike=ROOT_ARN, Null={"aws:AssumedRoot": "true"}),
    fence(NotIpAddress=OFFICE),
    FULL_RCP,
]
TARGETS = (ROOT, WORK, SAND, HERE)


def drawn(seed: int, kind: PolicyKind = PolicyKind.SCP) -> Changed:
    """A random change: of one to three policies there are, some go, and one or two others come."""
    draw = random.Random(seed)
    pool = FENCE_POOL if kind is RCP else POOL
    target = draw.choice(TARGETS)
    there = {f"old{number}": one for number, one in enumerate(draw.sample(pool, draw.randint(0, 2)))}
    gone = [f"p-{name}" for name in there if draw.random() < 0.4]
    come = {f"new{number}": one for number, one in enumerate(draw.sample(pool, draw.randint(1, 2)))}
    return Changed(kind=kind, present={target: there}, attach={draw.choice(TARGETS): come}, detach={target: gone})


def agrees(
    records: list[dict[str, Any]], folder: Path, evidence: Path, changed: Changed, tree: Unit | None = None
) -> int:
    """How many calls were judged; the product may say less than the oracle, and never otherwise."""
    there = write_evidence(evidence, ACCOUNTS, {changed.kind.value: changed.present}, tree)
    found, expected = said_by_product(changed, folder, there), said_of(records, oracle_change(changed, tree))
    for event in found.keys() | expected.keys():
        said, right = found.get(event), expected.get(event)
        if said != right:
            assert said is not None, (changed, event, right)
            assert not said.surely, (changed, event, said, right)
    return len(expected)


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(strange_records(), tmp_path_factory.mktemp("few"), size=20)


@pytest.mark.parametrize("kind", PolicyKind)
@pytest.mark.parametrize("first", range(0, 40, 20))
def test_random_changes_are_judged_as_the_oracle_judges_them(
    first: int, kind: PolicyKind, few: Path, tmp_path: Path
) -> None:
    seeds = range(first, first + 20)
    judged = [agrees(strange_records(), few, tmp_path / str(seed), drawn(seed, kind)) for seed in seeds]
    assert sum(judged) > 100


# How many calls of the year each change touches, at least.
YEAR = {
    "deny root but assumed": 1000,
    "deny outside of the office": 1000,
    "replace": 1000,
    "deny what an account has": 1000,
    "a fence of the organization": 5,
    "a fence by the path of the principal": 1000,
    "a fence that gets wider": 1000,
}
READ_BY_THE_ORACLE = frozenset(
    {
        "addendum", "awsRegion", "errorCode", "eventID", "eventName", "eventSource", "eventTime", "eventType",
        "recipientAccountId", "requestParameters", "resources", "sessionCredentialFromConsole", "sharedEventID",
        "sourceIPAddress", "userIdentity", "vpcEndpointId",
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, Any]], Path]:
    """The records of a year, as far as the oracle reads them, and the files."""
    kept: list[dict[str, Any]] = []

    def passing() -> Iterator[dict[str, Any]]:
        for record in itertools.chain(month_records(accounts=ACCOUNTS, days=366, events=200_000), strange_records()):
            answered = {"responseElements"} if record["eventName"] == "AssumeRoot" else set()
            kept.append({name: record[name] for name in record.keys() & (READ_BY_THE_ORACLE | answered)})
            yield record

    return kept, written(passing(), tmp_path_factory.mktemp("year"), size=5000)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", YEAR)
def test_a_year_is_judged_as_the_oracle_judges_it(
    name: str, year: tuple[list[dict[str, Any]], Path], tmp_path: Path
) -> None:
    records, folder = year
    changed = CHANGES[name]
    evidence = write_evidence(tmp_path / "evidence", ACCOUNTS, {changed.kind.value: changed.present})
    found, expected = said_by_product(changed, folder, evidence), said_of(records, oracle_change(changed))
    wrong = {event for event in found.keys() | expected.keys() if found.get(event) != expected.get(event)}
    assert not wrong
    assert len(expected) > YEAR[name]


def test_attaching_what_allows_everything_changes_nothing(few: Path, tmp_path: Path) -> None:
    changed = Changed(present={WORK: {"old": EXEMPTING}}, attach={ROOT: {"all": FULL}, HERE: {"all2": FULL}})
    assert said_by_product(changed, few, write_evidence(tmp_path / "e", ACCOUNTS, {"scp": changed.present})) == {}


@pytest.mark.parametrize("policy", [one for one in POOL if "Deny" in json.dumps(one)])
def test_detaching_a_deny_denies_nothing_more(policy: dict[str, Any], few: Path, tmp_path: Path) -> None:
    changed = Changed(present={ROOT: {"old": policy}}, detach={ROOT: ["p-old"]})
    found = said_by_product(changed, few, write_evidence(tmp_path / "e", ACCOUNTS, {"scp": changed.present}))
    assert {one.verdict for one in found.values()} <= {"let_through", "not_preventable"}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_neither_the_order_of_records_nor_their_files_nor_copies_matter(seed: int, tmp_path: Path) -> None:
    records = strange_records()
    changed = CHANGES["deny root but assumed"]
    evidence = write_evidence(tmp_path / "e", ACCOUNTS)
    folder = tmp_path / "trail"
    folder.mkdir()
    with replay_files(changed, written(records, folder, size=1000), evidence) as whole:
        expected = whole.record()
    draw = random.Random(seed)
    draw.shuffle(records)
    parts = tmp_path / "parts"
    parts.mkdir()
    again = [*records, *draw.sample(records, 10)]
    with replay_files(changed, written(again, parts, size=draw.randint(1, 30)), evidence, workers=2) as found:
        record = found.record()
    assert record.groups == expected.groups
    assert record.calls == expected.calls
    assert record.window == expected.window


def test_memory_is_bounded_by_groups_that_are_kept(few: Path, tmp_path: Path) -> None:
    changed = CHANGES["deny root"]
    with replay_files(changed, few, write_evidence(tmp_path / "e", ACCOUNTS)) as found:
        every, kept = ReplayTally(), ReplayTally(most=3)
        for one in found.judged():
            every.add(one)
            kept.add(one)
    assert len(every.groups) > 3
    assert len(kept.groups) == 3
    assert kept.calls == every.calls
    assert kept.beyond + sum(group.calls for group in kept.groups.values()) == sum(every.calls.values())


def test_rulings_that_are_kept_are_bounded_over_all_plans(
    few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = CHANGES["deny outside of the office"]
    evidence = write_evidence(tmp_path / "e", ACCOUNTS)
    expected = said_by_product(changed, few, evidence)
    cleared: list[int] = []
    make_room = Judge._make_room

    def watched(judge: Judge, plan: Plan) -> None:
        make_room(judge, plan)
        cleared.append(sum(len(each.rulings) for each in judge._filled))

    monkeypatch.setattr("rootwarden.guardrails.replaying.judge._MOST_RULINGS", 3)
    monkeypatch.setattr(Judge, "_make_room", watched)
    assert said_by_product(changed, few, evidence) == expected
    assert len(cleared) > 3 > max(cleared)
