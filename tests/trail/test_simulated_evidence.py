"""The evidence folder of a generated month is its organization, and guardrails can be tried on it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from tests.guardrails.replaying.made_up import write_evidence as write_by_hand

from rootwarden.cli.main import main
from rootwarden.collect.folder import EvidenceFolder
from rootwarden.collect.guardrail_landscape import read_landscape
from rootwarden.facts.fact import Known
from rootwarden.simulator.trail.evidence import ROOT, SANDBOXES, SECURITY, WORKLOADS, write_evidence
from rootwarden.simulator.trail.month import START, Month
from rootwarden.simulator.trail.organization import AUDIT, MANAGEMENT, ORGANIZATION_ID, make_organization
from rootwarden.simulator.trail.write import write_month

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str]]

ACCOUNTS, DAYS = 6, 14
ENDED = datetime(2026, 3, 15, tzinfo=UTC)


class Made(NamedTuple):
    trail: Path
    aside: Path

    @property
    def evidence(self) -> Path:
        return self.aside / "evidence"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("month")
    there = Made(folder / "trail", folder / "trail.aside")
    write_month(Month(accounts=ACCOUNTS, days=DAYS, events=2_000), there.trail, aside=there.aside)
    return there


@pytest.fixture
def run(capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command of `guardrails`; gives exit code and output."""

    def running(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["rootwarden", "guardrails", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        code = ended.value.code
        return (code if isinstance(code, int) else 0), capsysbinary.readouterr().out.decode()

    return running


def contents(folder: Path) -> dict[str, bytes]:
    return {each.relative_to(folder).as_posix(): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def replayed(run: Run, made: Made, evidence: Path, *change: object) -> dict[str, Any]:
    # The end of two files is missing: exit code 3.
    code, text = run("replay", *change, "--trail", made.trail, "--evidence", evidence, "--format", "json")
    assert code == 3
    record: dict[str, Any] = json.loads(text)
    return record


def test_it_lies_beside_the_truth(made: Made) -> None:
    assert sorted(contents(made.aside)) == [
        "broker.pem",
        "checkouts.jsonl",
        "evidence/accounts.json",
        "evidence/collection.json",
        "evidence/organization.json",
        "evidence/policies/p-FullAWSAccess.json",
        "evidence/policies/p-RCPFullAWSAccess.json",
        "evidence/targets.json",
        "settings.toml",
        "truth.json",
    ]


@pytest.mark.parametrize("accounts", [3, 4, 20])
def test_it_is_the_organization_with_full_access_at_every_level(tmp_path: Path, accounts: int) -> None:
    organization = make_organization(accounts)
    write_evidence(organization, tmp_path / "evidence", started=START, ended=ENDED)
    folder = EvidenceFolder(tmp_path / "evidence")
    landscape, _ = read_landscape(folder)
    assert folder.unreadable == {}
    assert folder.as_of == ENDED
    assert (landscape.organization, landscape.management, landscape.root) == (ORGANIZATION_ID, MANAGEMENT, ROOT)
    assert [each.account for each in landscape.standings] == sorted(organization.accounts)
    for each in landscape.standings:
        for kind, name in ((each.scp, "FullAWSAccess"), (each.rcp, "RCPFullAWSAccess")):
            assert isinstance(kind, Known)
            unit = {MANAGEMENT: (), AUDIT: (SECURITY,)}.get(each.account)
            targets = [level.target for level in kind.value]
            assert targets[0] == ROOT
            assert targets[-1] == each.account
            assert tuple(targets[1:-1]) in ([(WORKLOADS,), (SANDBOXES,)] if unit is None else [unit])
            assert [[policy.name for policy in level.policies] for level in kind.value] == [[name]] * len(targets)


def test_it_is_of_the_trail_s_period(made: Made) -> None:
    truth = json.loads((made.aside / "truth.json").read_text(encoding="utf-8"))
    collection = json.loads((made.evidence / "collection.json").read_text(encoding="utf-8"))
    listed = json.loads((made.evidence / "accounts.json").read_text(encoding="utf-8"))["Accounts"]
    assert {collection["as_of"], *(each["observed_at"] for each in collection["calls"])} == {truth["ended"]}
    assert {each["JoinedTimestamp"] for each in listed} == {truth["started"]}
    assert len(listed) == ACCOUNTS


def test_the_same_bytes_each_time(made: Made, tmp_path: Path) -> None:
    write_month(Month(accounts=ACCOUNTS, days=DAYS, events=2_000), tmp_path / "trail", aside=tmp_path / "aside")
    assert contents(tmp_path / "aside") == contents(made.aside)
    write_evidence(make_organization(ACCOUNTS + 1), tmp_path / "other", started=START, ended=ENDED)
    assert contents(tmp_path / "other") != contents(made.evidence)


def test_a_guardrail_is_replayed_on_it_as_on_evidence_made_by_hand(made: Made, run: Run, tmp_path: Path) -> None:
    record = replayed(run, made, made.evidence, "deny-root-actions")
    by_hand = replayed(run, made, write_by_hand(tmp_path / "evidence", ACCOUNTS), "deny-root-actions")
    assert record["calls"]["denied"] > 50
    assert {group["account"] for group in record["groups"]} <= set(make_organization(ACCOUNTS).members)
    assert record["unknown_accounts"] == by_hand["unknown_accounts"]
    assert (record["calls"], record["groups"]) == (by_hand["calls"], by_hand["groups"])


def test_a_unit_and_resource_control_policies_can_be_tried(made: Made, run: Run, tmp_path: Path) -> None:
    of_unit = replayed(run, made, made.evidence, "--with", f"{WORKLOADS}=deny-root-actions")
    work = {"111100000000", "111100000001"}
    assert {group["account"] for group in of_unit["groups"]} == work
    statement = {"Sid": "Bars", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    file = tmp_path / "bars.json"
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": statement}), encoding="utf-8")
    barred = replayed(run, made, made.evidence, file)
    assert [each["kind"] for each in barred["change"]] == ["rcp"]
    assert barred["calls"]["at_most"] > 0


def test_a_guardrail_is_proven_on_it(made: Made, run: Run) -> None:
    code, text = run("prove", "deny-root-actions", "--evidence", made.evidence)
    assert code == 1
    assert f"deny-root-actions: holds in 0 of {ACCOUNTS - 1} accounts" in text
    code, text = run("prove", "deny-root-actions", "--with", f"deny-root-actions@{ROOT}", "--evidence", made.evidence)
    assert code == 0
    assert f"deny-root-actions: holds in {ACCOUNTS - 1} of {ACCOUNTS - 1} accounts" in text
