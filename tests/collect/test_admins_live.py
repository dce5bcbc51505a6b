"""`iam admins` over HTTP against the simulator: the truth of the world, what is asked, and what denials change."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.collect import looks

from rootwarden.audit.census import Census, asking
from rootwarden.collect.plan import ADMINS_MANAGEMENT_ACTIONS, ADMINS_MEMBER_ACTIONS
from rootwarden.facts.fact import Unknown
from rootwarden.simulator import running
from rootwarden.simulator.knobs import Delay, Deny
from rootwarden.simulator.parts import member_id
from rootwarden.simulator.ways_up import truth_of
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from rootwarden.collect.collected import CollectedAccount
    from rootwarden.simulator import Simulator

pytestmark = pytest.mark.timeout(120)
SANDBOX, WORKLOAD, OTHER = (member_id(number) for number in (3, 4, 5))
DETAILS: Final = "iam:GetAccountAuthorizationDetails"
REPORT: Final = "iam:GetCredentialReport"


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running(make_world("breached")) as found:
        yield found


@pytest.fixture
def clean(simulator: Simulator) -> Iterator[Simulator]:
    simulator.knobs.reset()
    simulator.state.reports.clear()
    yield simulator
    simulator.knobs.reset()


def admins(simulator: Simulator | None, folder: Path, *arguments: str | Path) -> looks.Run:
    return looks.command("iam", "admins", *arguments, "--format", "json", cwd=folder, simulator=simulator)


def classes(document: Mapping[str, Any]) -> dict[str, str]:
    return {one["arn"]: one["class"] for one in document["principals"]}


@pytest.fixture(scope="module")
def undisturbed(simulator: Simulator, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    simulator.knobs.reset()
    return admins(simulator, tmp_path_factory.mktemp("undisturbed"), "--org").document


def test_the_planted_ways_and_nothing_else(simulator: Simulator, undisturbed: dict[str, Any]) -> None:
    truth = truth_of(simulator.world)
    assert classes(undisturbed) == {arn: one.standing for arn, one in truth.items()}
    told = {one["arn"]: tuple(step["id"] for step in one["path"]) for one in undisturbed["principals"]}
    planted = {arn: one.path for arn, one in truth.items() if one.path}
    assert len(planted) > 8
    assert {arn: told[arn] for arn in planted} == planted
    assert undisturbed["unread"] == []


def test_nothing_is_asked_but_what_permissions_names(clean: Simulator, tmp_path: Path) -> None:
    before = clean.calls.snapshot()
    assert admins(clean, tmp_path, "--org").code == 0
    made = {pair for pair, count in clean.calls.snapshot().items() if count > before.get(pair, 0)}
    assert {call for account, call in made if account != looks.MANAGEMENT} == set(ADMINS_MEMBER_ACTIONS)
    own = {call for account, call in made if account == looks.MANAGEMENT}
    assert own - {"sts:GetCallerIdentity", "sts:AssumeRole"} == set(ADMINS_MANAGEMENT_ACTIONS)


def test_a_refused_account_is_named_and_spoils_no_other(
    clean: Simulator, undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    clean.knobs.add(Deny(call=DETAILS, account=SANDBOX))
    run = admins(clean, tmp_path, "--org")
    assert run.code == 3
    assert run.document["unread"] == [{"subject": SANDBOX, "reason": f"{DETAILS} was refused (AccessDenied)"}]
    left = {arn: kind for arn, kind in classes(undisturbed).items() if f":{SANDBOX}:" not in arn}
    assert classes(run.document) == left


def test_an_account_that_cannot_be_entered_is_named(clean: Simulator, tmp_path: Path) -> None:
    clean.knobs.add(Deny(call="sts:AssumeRole"))
    run = looks.command("iam", "admins", "--org", cwd=tmp_path, simulator=clean)
    assert run.code == 3
    for account in (SANDBOX, WORKLOAD, OTHER):
        assert f"{account}: sts:AssumeRole was refused" in run.out
    assert "Could not look: 5" in run.out


def test_without_a_credential_report_it_is_said_and_assumed(
    clean: Simulator, undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    clean.knobs.add(Deny(call=REPORT, account=WORKLOAD))
    run = admins(clean, tmp_path, "--org")
    assert run.code == 3
    assert [one["subject"] for one in run.document["unread"]] == [f"credential report of {WORKLOAD}"]
    assert any("no credential report" in note for note in run.document["notes"])
    helpdesk = next(one for one in run.document["principals"] if one["arn"].endswith("user/helpdesk"))
    assert helpdesk["path"][0]["assumes"] == ["fewer-than-two-keys"]
    assert classes(run.document) == classes(undisturbed)


@pytest.mark.parametrize("call", ["organizations:ListPolicies", "organizations:ListTargetsForPolicy"])
def test_guardrails_that_cannot_be_read_are_said(clean: Simulator, tmp_path: Path, call: str) -> None:
    clean.knobs.add(Deny(call=call))
    run = admins(clean, tmp_path, "--org")
    assert run.code == 3
    (unread,) = run.document["unread"]
    assert unread["subject"] == "organization"
    assert call in unread["reason"]
    assert any("what they bar is not taken off" in note for note in run.document["notes"])


def test_one_guardrail_that_cannot_be_read_leaves_nothing_proven(
    clean: Simulator, undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    clean.knobs.add(Deny(call="organizations:DescribePolicy"))
    found = classes(admins(clean, tmp_path, "--org").document)
    for arn, kind in classes(undisturbed).items():
        management = f":{looks.MANAGEMENT}:" in arn
        if kind in {"direct", "escalation"} and not management:
            assert found[arn] == "conditional", arn
    assert next(kind for arn, kind in found.items() if arn.endswith("user/experimenter")) == "conditional"


def test_an_organization_that_cannot_be_listed_ends_it(clean: Simulator, tmp_path: Path) -> None:
    clean.knobs.add(Deny(call="organizations:ListAccounts"))
    assert admins(clean, tmp_path, "--org").complained(3, "cannot be listed")


def test_the_callers_account_and_a_list(clean: Simulator, undisturbed: dict[str, Any], tmp_path: Path) -> None:
    own = admins(clean, tmp_path).document
    assert {one["account"] for one in own["principals"]} == {looks.MANAGEMENT}
    some = admins(clean, tmp_path, "--accounts", f"{WORKLOAD},{OTHER}").document
    assert {one["account"] for one in some["principals"]} == {WORKLOAD, OTHER}
    everything = classes(undisturbed)
    alone = {arn for arn in classes(some) if arn.endswith(("release-start", "release-bridge"))}  # over management
    assert {arn: kind for arn, kind in classes(some).items() if arn not in alone} == {
        arn: everything[arn] for arn in classes(some) if arn not in alone
    }
    assert len(alone) == 2


def test_saved_evidence_says_the_same(clean: Simulator, tmp_path: Path) -> None:
    live = admins(clean, tmp_path, "--org", "--save-evidence", "saved")
    again = admins(None, tmp_path, "--evidence", "saved")
    assert (again.code, again.out) == (live.code, live.out)
    dumps = [
        argument
        for path in sorted((tmp_path / "saved" / "accounts").glob("*/authorization-details.json"))
        for argument in ("--authorization-details", path)
    ]
    from_files = admins(None, tmp_path, *dumps, "--organization", "saved")
    assert from_files.code == 0
    assert from_files.document["as_of"] is None
    expected = {arn: one.standing for arn, one in truth_of(clean.world).items()}
    # What credential reports and root's own facts settle is not in these files: that is conditional, or assumed.
    expected[f"arn:aws:iam::{looks.MANAGEMENT}:role/contact-desk"] = "conditional"
    expected[clerk := f"arn:aws:iam::{OTHER}:user/key-clerk"] = "escalation"
    assert classes(from_files.document) == expected
    (path,) = [one["path"] for one in from_files.document["principals"] if one["arn"] == clerk]
    assert path[0]["assumes"] == ["fewer-than-two-keys"]


def test_an_interrupted_run_tells_what_it_has(clean: Simulator, tmp_path: Path) -> None:
    clean.knobs.add(Delay(call=DETAILS, account=OTHER, seconds=30))
    before = sum(clean.calls.of_call(DETAILS).values())
    process = subprocess.Popen(
        [*looks.COMMAND, "iam", "admins", "--org", "--format", "json"],
        cwd=tmp_path,
        env=looks.environment(clean),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    patience = time.monotonic() + 30
    while sum(clean.calls.of_call(DETAILS).values()) < before + 6 and time.monotonic() < patience:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    document = json.loads(out)
    assert OTHER in {one["subject"] for one in document["unread"]}
    assert OTHER not in {one["account"] for one in document["principals"]}


# what is kept


def test_a_census_keeps_nobody_s_answers(clean: Simulator) -> None:
    census, seen = Census(), []

    def digest(account: CollectedAccount, organization: Any, as_of: datetime) -> CollectedAccount:
        seen.append((account, organization))
        return census.digest(account, organization, as_of)

    collected = looks.live(clean, by=asking(), digest=digest, parts=asking().parts)
    assert len(collected.accounts) == 6
    for one in collected.accounts:
        assert isinstance(one.facts.inventory.details, Unknown)
        assert isinstance(one.facts.inventory.report, Unknown)
    once = census.judged(collected, None)
    for account, organization in seen:  # an account that comes again is not there twice
        census.digest(account, organization, datetime(2026, 3, 2, tzinfo=UTC))
    assert census.judged(collected, None).principals == once.principals
    details = seen[0][0].facts.inventory.details
    assert details is not None
    gone, organization = collected.accounts[-1], seen[0][1]
    census.digest(gone, organization, datetime(2026, 3, 2, tzinfo=UTC))  # and one that comes empty is not there at all
    again = census.judged(collected, None)
    assert gone.facts.id not in {one.account for one in again.principals}
    assert gone.facts.id in {subject for subject, _ in again.unread}


# wrong usage


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--evidence", "e", "--org"], "more than one thing to look at"),
        (["--accounts", "000011110001", "--org"], "more than one thing to look at"),
        (["--authorization-details", "f.json", "--org"], "more than one thing to look at"),
        (["--authorization-details", "f.json", "--role-name", "R"], "needs a live run"),
        (["--evidence", "e", "--save-evidence", "f"], "needs a live run"),
        (["--org", "--organization", "e"], "goes with --authorization-details"),
        (["--class", "root"], "there is no class `root`"),
        (["--format", "pdf"], "no report format `pdf`"),
        (["--accounts", "12"], "is no account id"),
    ],
)
def test_wrong_usage(tmp_path: Path, arguments: list[str], said: str) -> None:
    run = looks.command("iam", "admins", *arguments, cwd=tmp_path)
    assert run.complained(2, said), run.err


def test_output_and_filters(clean: Simulator, tmp_path: Path) -> None:
    look = ("iam", "admins", "--org")
    written = looks.command(*look, "--format", "html", "--output", "a.html", cwd=tmp_path, simulator=clean)
    assert (written.code, written.out) == (0, "")
    assert (tmp_path / "a.html").read_text("utf-8").startswith("<!doctype html>")
    listed = admins(clean, tmp_path, "--org", "--class", "Lateral, conditional").document
    assert {one["class"] for one in listed["principals"]} == {"lateral", "conditional"}
    assert sum(listed["counts"].values()) == 60
    (one,) = admins(clean, tmp_path, "--org", "--principal", f"arn:aws:iam::{WORKLOAD}:user/helpdesk").document[
        "principals"
    ]
    assert one["class"] == "escalation"
    nobody = looks.command(
        *look, "--principal", "arn:aws:iam::000011110004:user/helpdeks", cwd=tmp_path, simulator=clean
    )
    assert nobody.complained(2, "user/helpdesk")
