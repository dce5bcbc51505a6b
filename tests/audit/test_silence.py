"""What AWS did not say, refused or said in another way is never taken for "there is none" (law 1)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
import pytest
from tests.audit.test_entities import EVERYTHING, ID
from tests.audit.whole_account import CELLS, INVENTORY, MONITORING, ORGANIZATION, REPORT

from rootwarden.audit.entities.catalog import view_of
from rootwarden.collect.iam_document import document_fact
from rootwarden.facts.credential_report import CredentialReportRow, parse_credential_report
from rootwarden.facts.fact import Absent, Known, Unknown, Why
from rootwarden.facts.monitoring import ClassicSelector, Selectors
from rootwarden.facts.root_user import AccessKey
from rootwarden.packs import schema
from rootwarden.rules.rule import compile_rule
from rootwarden.rules.verdict import Verdict

if TYPE_CHECKING:
    from rootwarden.audit.entities.view import View
    from rootwarden.facts.fact import Fact
    from rootwarden.facts.inventory import Inventory
    from rootwarden.facts.monitoring import RegionMonitoring

T = TypeVar("T")


def seen(fact: Fact[T]) -> T:
    """What was seen; these tests begin from a whole account."""
    assert isinstance(fact, Known)
    return fact.value


AS_OF: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOME: Final = MONITORING.regions[0]
REFUSED: Final = Unknown("it was refused", Why.DENIED, "cloudwatch:DescribeAlarms")


def account(**changes: Any) -> View:
    inventory: Inventory = msgspec.structs.replace(INVENTORY, **changes)
    return view_of(msgspec.structs.replace(EVERYTHING, inventory=inventory), ORGANIZATION)


def watched(*regions: RegionMonitoring) -> View:
    return account(monitoring=Known(msgspec.structs.replace(MONITORING, regions=regions)))


def verdict(view: View, rule: str) -> Verdict:
    """What a rule about `AWS` says of the account."""
    compiled = compile_rule(rule, schema())
    listed = view.listing("AWS")
    assert isinstance(listed, Known)
    (whole,) = listed.value
    assert not isinstance(whole, Unknown)
    return compiled.evaluate(whole, as_of=AS_OF).verdict


@pytest.mark.parametrize("name", ["AccountAccessKeysPresent", "AccountPasswordPresent"])
def test_a_flag_the_summary_leaves_out_is_not_off(name: str) -> None:
    view = account(summary=Known({"Users": 1}))
    assert verdict(view, f"AWS should not have AccountSummaries with [ {name} ]") is Verdict.UNKNOWN


def test_a_count_the_summary_leaves_out_is_not_nothing() -> None:
    view = account(summary=Known({"Users": 1}))
    assert verdict(view, "AWS should not have AccountSummaries with [ Roles gt 0 ]") is Verdict.UNKNOWN


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(msgspec.structs.replace(HOME, alarms=REFUSED), id="alarms at home"),
        pytest.param(msgspec.structs.replace(HOME, event_rules=REFUSED), id="event rules at home"),
        pytest.param(
            msgspec.structs.replace(HOME, alarms=msgspec.structs.replace(REFUSED, why=Why.NOT_COLLECTED)),
            id="alarms at home, never asked",
        ),
    ],
)
def test_topics_of_what_could_not_be_read_are_open(changed: RegionMonitoring) -> None:
    assert verdict(watched(changed), 'AWS should not have SNSTopics with [ Name eq "other" ]') is Verdict.UNKNOWN


def test_topics_of_another_region_that_refused_are_open() -> None:
    elsewhere = msgspec.structs.replace(HOME, region="eu-west-1", alarms=REFUSED, topics=())
    view = watched(HOME, elsewhere)
    assert verdict(view, 'AWS should not have SNSTopics with [ Name eq "other" ]') is Verdict.UNKNOWN
    assert verdict(watched(HOME), 'AWS should not have SNSTopics with [ Name eq "other" ]') is Verdict.PASS


def test_a_log_group_that_is_not_there_does_not_keep_for_ever() -> None:
    trails = tuple(msgspec.structs.replace(each, log_group_detail=Absent()) for each in seen(HOME.trails))
    view = watched(msgspec.structs.replace(HOME, trails=Known(trails)))
    assert verdict(view, "AWS should not have CloudWatchLogGroups with [ Retention lt 365 ]") is Verdict.UNKNOWN


def trusting(statement: dict[str, object]) -> View:
    trust = document_fact({"Version": "2012-10-17", "Statement": statement}, "trust")
    details = seen(INVENTORY.details)
    roles = tuple(msgspec.structs.replace(each, trust=trust) for each in details.roles)
    return account(details=Known(msgspec.structs.replace(details, roles=roles)))


ALL_BUT_ONE: Final = {"AWS": f"arn:aws:iam::{ID}:root"}


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ('AssumeRolePolicy . Statement with [ Effect eq "Allow" and Principal . AWS has ( "*" ) ]', Verdict.UNKNOWN),
        ('AssumeRolePolicy . Statement with [ Action like "AssumeRole" ]', Verdict.UNKNOWN),
        ('TrustedIdentities has ( "*" )', Verdict.FAIL),
        ("AssumeRolePolicy . CrossAccountArn", Verdict.FAIL),
    ],
)
def test_all_but_some_is_not_nobody(condition: str, said: Verdict) -> None:
    view = trusting({"Effect": "Allow", "NotPrincipal": ALL_BUT_ONE, "NotAction": "sts:TagSession"})
    assert verdict(view, f"AWS should not have IAMRoles with [ {condition} ]") is said


def test_whom_a_trust_policy_denies_it_does_not_trust() -> None:
    view = trusting({"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"})
    assert verdict(view, 'AWS should not have IAMRoles with [ TrustedIdentities has ( "*" ) ]') is Verdict.PASS


def test_a_row_of_the_report_that_is_cut_was_somebody() -> None:
    header, cells = ",".join(CELLS), ",".join(CELLS.values())
    whole = f"{header}\n{cells}\n"
    rule = 'AWS should not have IAMUsers with [ Name eq "bob" ]'
    nobody = Known(msgspec.structs.replace(seen(INVENTORY.details), users=()))
    for text, said in ((whole, Verdict.PASS), (f"{whole}bo", Verdict.UNKNOWN)):
        rows = parse_credential_report(text.encode(), REPORT)
        assert verdict(account(report=Known(rows), details=nobody), rule) is said


def test_how_many_users_there_are_is_open_without_the_report() -> None:
    view = account(report=REFUSED)
    listed = view.listing("IAMUser")
    assert isinstance(listed, Known)
    assert verdict(view, f"AWS should have IAMUsers len ( ) eq {len(listed.value)}") is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("lacking", "condition", "said"),
    [
        pytest.param("access_key_2_", "AccessKey len ( ) gt 1", Verdict.UNKNOWN, id="one key or two"),
        pytest.param("access_key_", "AccessKey", Verdict.UNKNOWN, id="a key or none"),
        pytest.param("access_key_2_", "AccessKey with [ Active ]", Verdict.FAIL, id="one is enough"),
        pytest.param("access_key_2_active", "AccessKey len ( ) gt 1", Verdict.FAIL, id="a date proves a key"),
        pytest.param("cert_", "SigningCertificates", Verdict.UNKNOWN, id="a certificate or none"),
    ],
)
def test_a_place_nobody_could_read_may_be_empty(lacking: str, condition: str, said: Verdict) -> None:
    cells = {name: value for name, value in CELLS.items() if not name.startswith(lacking)}
    view = account(report=Known((CredentialReportRow(cells, REPORT),)))
    assert verdict(view, f"AWS should not have IAMUsers with [ {condition} ]") is said


@pytest.mark.parametrize(
    ("key", "said"), [(AccessKey(), Verdict.UNKNOWN), (AccessKey(key_id="AKIAFAKE"), Verdict.FAIL)], ids=repr
)
def test_a_place_for_a_key_of_root_may_be_empty_and_a_listed_key_is_not(key: AccessKey, said: Verdict) -> None:
    root = msgspec.structs.replace(EVERYTHING.root, access_keys=Known((key,)))
    view = view_of(msgspec.structs.replace(EVERYTHING, root=root), ORGANIZATION)
    assert verdict(view, "AWS should not have RootUsers with [ AccessKey ]") is said


FILTERED: Final = seen(HOME.metric_filters)[0].transformations[0]


@pytest.mark.parametrize(
    ("written", "watched_", "said"),
    [
        pytest.param((), (), Verdict.PASS, id="no dimensions"),
        pytest.param((), (("Host", "a"),), Verdict.FAIL, id="only the alarm's"),
        pytest.param((("Name", "$.eventName"),), (), Verdict.FAIL, id="only the filter's"),
        pytest.param(
            (("Name", "$.eventName"),), (("Name", "StopLogging"),), Verdict.UNKNOWN, id="one value of several"
        ),
    ],
)
def test_an_alarm_on_other_dimensions_watches_another_metric(
    written: tuple[tuple[str, str], ...], watched_: tuple[tuple[str, str], ...], said: Verdict
) -> None:
    filters, alarms = seen(HOME.metric_filters), seen(HOME.alarms)
    metric = msgspec.structs.replace(FILTERED, dimensions=written)
    alarm = msgspec.structs.replace(
        alarms.metric[0], dimensions=watched_, computed=False, watched=((metric.namespace, metric.metric),)
    )
    region = msgspec.structs.replace(
        HOME,
        metric_filters=Known((msgspec.structs.replace(filters[0], transformations=(metric,)),)),
        alarms=Known(msgspec.structs.replace(alarms, metric=(alarm,))),
    )
    inner = "Transformations with [ MetricAlarms ]"
    rule = f"AWS should have CloudWatchLogGroups with [ MetricFilters with [ {inner} ] ]"
    assert verdict(watched(region), rule) is said


@pytest.mark.parametrize("arn", ["arn:aws:sns", "topic", ""])
def test_a_topic_that_is_no_arn_has_no_known_owner(arn: str) -> None:
    alarms = seen(HOME.alarms)
    alarm = msgspec.structs.replace(alarms.metric[0], actions=("arn:aws:sns",))
    trails = tuple(msgspec.structs.replace(each, topic=Known(arn)) for each in seen(HOME.trails))
    region = msgspec.structs.replace(
        HOME, alarms=Known(msgspec.structs.replace(alarms, metric=(alarm,))), trails=Known(trails)
    )
    for rule in (
        'AWS should have MetricAlarms with [ AlarmActions with [ SNSTopic with [ Owner eq "1" and AccountName ] ] ]',
        'AWS should have CloudTrails with [ SNSTopic . Owner eq "1" or SNSTopic . AccountName ]',
    ):
        assert verdict(watched(region), rule) is Verdict.UNKNOWN


def test_a_selector_that_does_not_say_may_take_management_events() -> None:
    selectors = Known(Selectors(classic=(ClassicSelector(read_write="All", management_events=None),)))
    trails = tuple(msgspec.structs.replace(each, selectors=selectors) for each in seen(HOME.trails))
    view = watched(msgspec.structs.replace(HOME, trails=Known(trails)))
    assert verdict(view, 'AWS should not have CloudTrails with [ ManagementEvents neq "none" ]') is Verdict.UNKNOWN
