"""What whoever may make calls, or change a trail, does to the watcher: nothing is lost, and nothing stops it."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from tests.watch import records as made
from tests.watch.test_judging import CATALOGUE, LATER, arrival

from rootwarden.alert.store.database import Store
from rootwarden.alert.store.tables import FindingRow
from rootwarden.detect.visits.settings import Settings
from rootwarden.watch.judging import Judge
from rootwarden.watch.opening import is_log

LOG = "AWSLogs/000011112222/CloudTrail/eu-west-1/2026/03/02/000011112222_CloudTrail_eu-west-1_20260302T0805Z_a.json.gz"
ODD = ["\x00", "a\x00b", "x" * 100_000, "<script>", "0000-1111-2222", "'; DROP TABLE findings"]


def found(store: Store) -> list[str]:
    return store.read(lambda session: sorted(session.scalars(select(FindingRow.kind))))


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_an_account_that_is_none_stops_nothing(database: str, odd: str) -> None:
    changed = made.call("PutContactInformation", 1, eventSource="account.amazonaws.com")
    changed["userIdentity"] = {"type": "IAMUser", "accountId": made.MEMBER, "arn": f"{made.MEMBER}:user/a"}
    with Store(database, clock=lambda: LATER) as store:
        judge = Judge(store, CATALOGUE, settings=Settings())
        judge.take(arrival({**changed, "requestParameters": {"accountId": odd}}))
        judge.take(arrival({**changed, "eventID": "other", "recipientAccountId": odd}, made.sign_in()))
        assert "visit" in found(store)
        assert "toward_root" in found(store)


@pytest.mark.parametrize("odd", ["", *ODD], ids=range(len(ODD) + 1))
def test_root_of_an_account_that_is_none_is_recorded_as_one_visit(database: str, odd: str) -> None:
    def nobodys(record: dict[str, object]) -> dict[str, object]:
        assert isinstance(record["userIdentity"], dict)
        who = {**record["userIdentity"], "accountId": odd, "arn": "", "principalId": odd}
        return {**record, "userIdentity": who, "recipientAccountId": odd}

    with Store(database, clock=lambda: LATER) as store:
        judge = Judge(store, CATALOGUE, settings=Settings())
        judge.take(arrival(nobodys(made.sign_in())))
        judge.take(arrival(nobodys(made.call("CreateAccessKey", 2))))
        assert found(store) == ["visit"]


@pytest.mark.parametrize(
    "prefix",
    ["", "logs/", "CloudTrail-Digest/", "AWSLogs/000011112222/CloudTrail-Insight/", "AWSLogs/000011112222/Config/"],
)
def test_a_prefix_whoever_changes_the_trail_chooses_hides_no_log_file(prefix: str) -> None:
    assert is_log(prefix + LOG)
