"""What real replay records foretell: those of something else, of half a trail or of too little are refused."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.attachment import changing
from tests.attachment.changing import CANARY, GUARDRAIL, ROOT
from typer.testing import CliRunner

from rootwarden.attachment.denials import denials_in
from rootwarden.attachment.drafting import Asked, attachment
from rootwarden.attachment.present import present_in
from rootwarden.cli.guardrails import app
from rootwarden.collect.folder import EvidenceFolder
from rootwarden.detect.visits.event import read_event
from rootwarden.errors import UsageError
from rootwarden.facts.instant import format_instant
from rootwarden.iam.usage.refusals import refusals_of
from rootwarden.packs.event_names import event_names
from rootwarden.simulator.parts import WORKLOADS_UNIT
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.attachment.plan import Plan
    from rootwarden.attachment.present import Present

ACCOUNTS: Final = tuple(f"00001111000{number}" for number in range(1, 8))


def event(number: int, account: str = CANARY, *, name: str = "LeaveOrganization", days: float = 1.0) -> dict[str, Any]:
    """A call of the role Leaver, so many days before the plan."""
    role = f"arn:aws:iam::{account}:role/Leaver"
    issuer = {"type": "Role", "arn": role, "accountId": account, "principalId": "AROAFAKE", "userName": "Leaver"}
    return {
        "eventVersion": "1.11",
        "eventID": f"e-{number}",
        "eventTime": format_instant(changing.AT - timedelta(days=days)),
        "eventType": "AwsApiCall",
        "eventSource": "organizations.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-east-1",
        "recipientAccountId": account,
        "userIdentity": {
            "type": "AssumedRole",
            "arn": f"arn:aws:sts::{account}:assumed-role/Leaver/jo",
            "accountId": account,
            "principalId": "AROAFAKE:jo",
            "sessionContext": {"sessionIssuer": issuer},
        },
    }


# A month of logs of every account, with one call that the guardrail denies.
MONTH: Final = (
    event(0),
    *(event(number, each, name="DescribeOrganization", days=28) for number, each in enumerate(ACCOUNTS, 1)),
)


class Bench:
    """Logs, replayed with the real command, and plans made with what it wrote."""

    def __init__(self, folder: Path, here: Path) -> None:
        self.folder = folder
        self.here = here
        self.logs = here / "logs"
        self.logs.mkdir()

    def log(self, *events: dict[str, Any], cut: int = 0) -> None:
        packed = gzip.compress(json.dumps({"Records": events}).encode(), mtime=0)
        name = f"log-{len([*self.logs.iterdir()])}.json.gz"
        (self.logs / name).write_bytes(packed[:-cut] if cut else packed)

    def replay(self, *arguments: str, code: int = 0) -> Path:
        usual = ["replay", "--trail", str(self.logs), "--evidence", str(self.folder), "--format", "json"]
        done = CliRunner().invoke(app, [*usual, *(arguments or (GUARDRAIL,))], standalone_mode=False)
        assert done.exception is None, done.output
        assert done.return_value == code, done.output
        file = self.here / "record.json"
        file.write_text(done.stdout, encoding="utf-8")
        return file


@pytest.fixture
def bench(folder: Path, tmp_path: Path) -> Bench:
    return Bench(folder, tmp_path)


def planned(present: Present, file: Path, *targets: str, **more: Any) -> Plan:
    settings: dict[str, Any] = {"canaries": (CANARY,), "at": changing.AT, "replay": file, **more}
    return attachment(present, [changing.wanted()], Asked(targets=targets or (ROOT,), **settings))


def test_of_this_change_is_what_is_compared_with_denials(present: Present, bench: Bench) -> None:
    bench.log(*MONTH)
    plan = planned(present, bench.replay())
    assert plan.replay is not None
    assert (plan.replay.at_least, plan.replay.at_most, plan.notes) == (1, 1, ())
    denied = MONTH[0] | {"errorCode": "AccessDenied", "errorMessage": "denied by a service control policy"}
    (denial,) = denials_in(
        [read_event(denied)],
        since=changing.AT - timedelta(days=9),
        accounts={CANARY},
        kinds={"scp"},
        refusals=refusals_of(event_names()),
    )
    assert plan.replay.calls == {denial.group: 1}


@pytest.mark.parametrize(
    "arguments",
    [
        ("deny-root-actions",),
        ("--with", f"{WORKLOADS_UNIT}={GUARDRAIL}"),
        (GUARDRAIL, "deny-root-actions"),
        (GUARDRAIL, "--with", f"{WORKLOADS_UNIT}={GUARDRAIL}"),
        (GUARDRAIL, "--without", "r-fake=DenyRootKeys"),
    ],
    ids=["another guardrail", "another target", "one more", "one more target", "one goes"],
)
def test_of_another_change_is_refused(present: Present, bench: Bench, arguments: tuple[str, ...]) -> None:
    bench.log(*MONTH)
    with pytest.raises(UsageError, match="is of another change"):
        planned(present, bench.replay(*arguments))


def test_of_the_same_change_elsewhere_is_refused(present: Present, bench: Bench) -> None:
    bench.log(*MONTH)
    file = bench.replay("--with", f"{WORKLOADS_UNIT}={GUARDRAIL}")
    assert planned(present, file, WORKLOADS_UNIT).replay is not None
    with pytest.raises(UsageError, match=f"at `{CANARY}` was not replayed"):
        planned(present, file, CANARY, canaries=())


def test_of_other_policies_than_those_of_now_is_refused(bench: Bench) -> None:
    bench.log(*MONTH)
    file = bench.replay()
    world = make_world("central_root", 8)
    assert world.organization is not None
    world.organization.attachments[WORKLOADS_UNIT] = [*world.organization.attachments[WORKLOADS_UNIT], "p-denyrootkeys"]
    now = changing.evidence_of(world, bench.here / "now")
    with pytest.raises(UsageError, match="on other policies than are attached now"):
        planned(present_in(EvidenceFolder(now)), file)


@pytest.mark.parametrize("cut", [1, 40])
def test_of_a_trail_that_was_read_in_part_is_refused(present: Present, bench: Bench, cut: int) -> None:
    bench.log(*MONTH)
    bench.log(event(9), cut=cut)
    with pytest.raises(UsageError, match="did not read every log, so its numbers are too low"):
        planned(present, bench.replay(code=3))


def test_of_too_short_a_time_is_refused_unless_somebody_says_that_it_is_enough(present: Present, bench: Bench) -> None:
    bench.log(event(0), event(1, days=14.5))
    file = bench.replay()
    with pytest.raises(UsageError, match="less than 14 days: what is done once a week or a month is not in it"):
        planned(present, file)
    assert planned(present, file, window=13).replay is not None


def test_of_a_window_that_was_asked_for_is_of_that_window(present: Present, bench: Bench) -> None:
    bench.log(*MONTH)
    start = format_instant(changing.AT - timedelta(days=9))
    with pytest.raises(UsageError, match="less than 14 days"):
        planned(present, bench.replay(GUARDRAIL, "--from", start))


def test_that_is_too_old_is_refused(present: Present, bench: Bench) -> None:
    bench.log(event(0, days=30.1), event(1, days=60))
    file = bench.replay()
    with pytest.raises(UsageError, match="more than 30 days ago"):
        planned(present, file)
    assert planned(present, file, days=31).replay is not None


def test_of_some_regions_is_refused(present: Present, bench: Bench) -> None:
    bench.log(*MONTH)
    with pytest.raises(UsageError, match="is of events of us-east-1 alone"):
        planned(present, bench.replay(GUARDRAIL, "--event-region", "us-east-1"))


@pytest.mark.parametrize("by", ["option", "logs"])
def test_accounts_whose_logs_were_not_read_are_told(present: Present, bench: Bench, by: str) -> None:
    bench.log(*(MONTH if by == "option" else (event(0), event(1, days=28))))
    plan = planned(present, bench.replay(GUARDRAIL, *(("--account", CANARY) if by == "option" else ())))
    (note,) = plan.notes
    assert note.startswith("the replay read no call of anybody in 6 of the accounts the change reaches, 000011110001 ")
