from __future__ import annotations

import csv
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from rootwarden.simulator import ManualClock, running
from rootwarden.simulator.clients import client
from rootwarden.simulator.identities import IAMUser
from rootwarden.simulator.knobs import ReportPolls, StaleReport
from rootwarden.simulator.moment import NOW
from rootwarden.simulator.parts import days_ago
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from rootwarden.simulator.world import World

MEMBER = "000011110001"


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(content.decode().splitlines()))


def code_of(problem: pytest.ExceptionInfo[ClientError]) -> str:
    return str(problem.value.response["Error"]["Code"])


def test_report_takes_its_time_and_is_used_again_for_four_hours() -> None:
    clock = ManualClock()
    with running(make_world("greenfield", 2), clock=clock) as simulator:
        simulator.knobs.add(ReportPolls(account=MEMBER, polls=2))
        iam = client(simulator, "iam", account=MEMBER)
        with pytest.raises(ClientError) as problem:
            iam.get_credential_report()
        assert code_of(problem) == "ReportNotPresent"
        assert iam.generate_credential_report()["State"] == "STARTED"
        with pytest.raises(ClientError) as problem:
            iam.get_credential_report()
        assert code_of(problem) == "ReportInProgress"
        assert [iam.generate_credential_report()["State"] for _ in range(2)] == ["INPROGRESS", "COMPLETE"]
        first = iam.get_credential_report()
        assert (first["GeneratedTime"], first["ReportFormat"]) == (NOW, "text/csv")

        clock.advance(timedelta(hours=3, minutes=59))
        simulator.world.account(MEMBER).root.password = True
        assert iam.generate_credential_report()["State"] == "COMPLETE"
        assert iam.get_credential_report()["Content"] == first["Content"]
        clock.advance(timedelta(minutes=1))
        with pytest.raises(ClientError) as problem:
            iam.get_credential_report()
        assert code_of(problem) == "ReportExpired"
        assert iam.generate_credential_report()["State"] == "STARTED"


def test_stale_report_differs_from_the_truth() -> None:
    with running(make_world("greenfield", 2)) as simulator:
        simulator.knobs.add(StaleReport(account=MEMBER, age_seconds=7200, columns={"mfa_active": "true"}))
        iam = client(simulator, "iam", account=MEMBER)
        report = iam.get_credential_report()
        assert report["GeneratedTime"] == NOW - timedelta(hours=2)
        assert rows(report["Content"])[0]["mfa_active"] == "true"
        assert iam.get_account_summary()["SummaryMap"]["AccountMFAEnabled"] == 0


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("user", "<root_account>"),
        ("arn", f"arn:aws:iam::{MEMBER}:root"),
        ("password_enabled", "not_supported"),
        ("password_last_used", "2026-02-28T12:00:00+00:00"),
        ("password_last_changed", "not_supported"),
        ("mfa_active", "false"),
        ("access_key_1_active", "false"),
        ("access_key_1_last_rotated", "N/A"),
        ("access_key_1_last_used_date", "N/A"),
    ],
)
def test_root_row(column: str, value: str) -> None:
    from rootwarden.simulator.parts import root_key

    world = make_world("greenfield", 2)
    root = world.account(MEMBER).root
    root.password = True
    root.password_spelling = "not_supported"
    root.password_last_used = days_ago(2)
    root.keys = [root_key(MEMBER, created=days_ago(9), active=False)]
    assert root_row(world)[0][column] == value


def test_user_names_may_hold_commas_and_there_may_be_many() -> None:
    world = make_world("greenfield", 2)
    names = [f"team,{number}" for number in range(3000)]
    world.account(MEMBER).users = [IAMUser(name=name, create_date=NOW) for name in names]
    found = root_row(world)
    assert [row["user"] for row in found[1:]] == names
    assert len(found[0]) == 22


def root_row(world: World) -> list[dict[str, str]]:
    with running(world) as simulator:
        simulator.knobs.add(ReportPolls(polls=0))
        iam = client(simulator, "iam", account=MEMBER)
        iam.generate_credential_report()
        return rows(iam.get_credential_report()["Content"])
