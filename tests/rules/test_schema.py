"""The schema: every shipped entity, where references lead, the account and the fleet, what is read and when."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rootwarden import packs
from rootwarden.errors import InputError
from rootwarden.rules.diagnostic import RuleSyntaxError
from rootwarden.rules.rule import compile_rule
from rootwarden.rules.schema import ACCOUNT, FLEET, AttributeType, Schema, plural

if TYPE_CHECKING:
    from collections.abc import Callable

SHIPPED = packs.schema()
NAMES = SHIPPED.names[:-2]
each_entity = pytest.mark.parametrize("name", NAMES)


@each_entity
def test_an_entity_is_described_in_the_file_of_its_name(name: str) -> None:
    entity = SHIPPED.entity(name)

    assert entity.entity == name
    assert entity.summary[0].islower() or entity.summary.startswith("IAM")
    assert not entity.summary.endswith(".")
    assert entity.attribute


@each_entity
def test_every_reference_leads_to_an_entity(name: str) -> None:
    for attribute in SHIPPED.entity(name).attribute:
        assert bool(attribute.to) == attribute.kind.startswith("reference")
        if attribute.to:
            behind = SHIPPED.children(name, attribute.path)
            own = SHIPPED.children(attribute.to)
            assert list(behind) == list(own)
            assert all(behind[each].path == f"{attribute.path}.{each}" for each in own)


@each_entity
def test_what_is_collected_says_what_it_is_and_names_its_call(name: str) -> None:
    free = {"id", "AccountId", "Arn", "Partition", "Exists", "RootUser", "Type", "CentralRootAccess"}
    for attribute in SHIPPED.entity(name).attribute:
        if attribute.collected:
            assert attribute.describe, attribute.path
            assert attribute.fed_by or attribute.path in free, attribute.path


def test_the_names_of_other_products_are_all_there() -> None:
    """66 entities with 2,912 attributes is what the published list of the language's first product counts."""
    entities = [one for one in SHIPPED.entities if not one.ours]

    assert len(entities) == 66
    assert sum(not attribute.ours for one in entities for attribute in one.attribute) == 2912


@pytest.mark.parametrize("name", ["RootUser", "AccountSummary", "AlternateContact", "OrganizationalUnit"])
def test_what_is_ours_is_ours_throughout(name: str) -> None:
    entity = SHIPPED.entity(name)

    assert entity.ours
    assert all(attribute.ours for attribute in entity.attribute)


@each_entity
def test_every_call_is_one(name: str) -> None:
    calls = {call for attribute in SHIPPED.entity(name).attribute for call in attribute.fed_by}
    for call in calls | set(SHIPPED.entity(name).fed_by):
        service, colon, action = call.partition(":")
        assert colon
        assert action
        assert service == service.lower()


@pytest.mark.parametrize(
    ("entity", "name"),
    [
        ("IAMUser", "IAMUsers"),
        ("IAMPolicy", "IAMPolicies"),
        ("IAMPasswordPolicy", "IAMPasswordPolicies"),
        ("KMSKey", "KMSKeys"),
        ("ECRRepository", "ECRRepositories"),
        ("Snapshots", "Snapshots"),
        ("CentralRootAccess", "CentralRootAccess"),
        ("RDSEventSubscription", "RDSEventSubscriptions"),
    ],
)
def test_the_account_and_the_fleet_have_every_entity_as_a_list(entity: str, name: str) -> None:
    assert plural(entity) == name
    for whole in (ACCOUNT, FLEET):
        one = SHIPPED.attribute(whole, name)
        assert one is not None
        assert one.is_list
        assert one.kind == f"references {entity}"


def test_no_two_lists_of_the_account_have_one_name() -> None:
    assert set(SHIPPED.children(ACCOUNT)) == {plural(name) for name in NAMES}
    assert len(SHIPPED.children(ACCOUNT)) == len(NAMES)


@pytest.mark.parametrize(
    ("entity", "path", "kind"),
    [
        ("CloudTrail", "LogGroup", "reference CloudWatchLogGroup"),
        ("CloudTrail", "LogGroup.MetricFilters.FilterPattern", "string"),
        ("CloudTrail", "LogGroup.MetricFilters.Transformations.MetricAlarms.AlarmActions.SNSTopic.Name", "string"),
        ("VPC", "Subnets.VPC.Subnets.VPC.Subnets.CidrBlock", "ip"),
        ("Fleet", "Accounts.RootUser.MFAActive", "boolean"),
        ("AWS", "IAMUsers.Groups.GroupPolicy.ManagedPolicies.AttachedEntities.Users.Name", "string"),
        ("Volume", "Snapshot.Encrypted", "boolean"),
        ("ServerCertificate", "Expiration", "date"),
        ("S3Bucket", "LifeCycleConfigRules.Filter.And.Prefix", "string"),
        ("IAMRole", "AssumeRolePolicy.Statement.Action", "string"),
    ],
)
def test_paths_lead_through_references(entity: str, path: str, kind: str) -> None:
    found = SHIPPED.attribute(entity, path)

    assert found is not None
    assert (found.path, found.kind) == (path, kind)


@pytest.mark.parametrize(
    ("entity", "path"),
    [
        ("CloudTrail", "LogGroup.Nothing"),
        ("CloudTrail", "Name.Nothing"),
        ("CloudTrail", ""),
        ("Nobody", "Name"),
        ("AWS", "IAMUser"),
        ("OrganizationalUnit", ".".join(["Parent"] * 5000) + ".Name"),
    ],
)
def test_paths_that_lead_nowhere(entity: str, path: str) -> None:
    assert SHIPPED.attribute(entity, path) is None
    assert not SHIPPED.children(entity, f"{path}.Deeper")


def counting(asked: list[str]) -> Schema:
    """The shipped schema, writing down which files are read."""
    folder = Path(packs.__file__).parent / "schema"

    def reader(name: str) -> Callable[[], str]:
        def read() -> str:
            asked.append(name)
            return (folder / f"{name}.toml").read_text(encoding="utf-8")

        return read

    return Schema({name: reader(name) for name in NAMES})


@pytest.mark.parametrize(
    ("rule", "files"),
    [
        ("RootUser should have MFAActive", {"RootUser"}),
        ("AWS should have CloudTrails", {"CloudTrail"}),
        ("CloudTrail should have LoggingEnabled", {"CloudTrail"}),
        ("CloudTrail should have LogGroup . Retention gt 90", {"CloudTrail", "CloudWatchLogGroup"}),
        ("Fleet should have every Accounts with [ RootUser . MFAActive ]", {"Account", "RootUser"}),
    ],
)
def test_a_rule_reads_the_files_of_the_entities_it_names(rule: str, files: set[str]) -> None:
    asked: list[str] = []

    compile_rule(rule, counting(asked))

    assert set(asked) == files
    assert len(asked) == len(files)


@pytest.mark.parametrize(
    ("rule", "reads"),
    [
        ("CloudTrail should have LogGroup . Retention gt 90", {"LogGroup", "LogGroup.Retention"}),
        ("CloudTrail should have LogGroup with [ Retention gt 90 ]", {"LogGroup", "LogGroup.Retention"}),
        (
            "Fleet should have every Accounts with [ RootUser . Password . Enabled ]",
            {"Accounts", "Accounts.RootUser", "Accounts.RootUser.Password.Enabled"},
        ),
    ],
)
def test_a_rule_reads_the_references_it_goes_through(rule: str, reads: set[str]) -> None:
    assert compile_rule(rule, SHIPPED).reads == reads


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("CloudTrail should have LogGroup . MetricFilters . Name", "`MetricFilters` is a list"),
        ("AWS should have IAMUsers . MFAActive", "`IAMUsers` is a list"),
        ("IAMUser should have Groups . Name", "`Groups` is a list"),
        ('IAMUser should have Groups eq "admins"', "`eq` cannot be asked of a list"),
        ("CloudTrail should have LogGroup . Name . Length", "there is no `Length` below it"),
    ],
)
def test_references_are_no_way_round_the_types(rule: str, says: str) -> None:
    with pytest.raises(RuleSyntaxError) as caught:
        compile_rule(rule, SHIPPED)

    assert says in str(caught.value)


A = 'entity = "A"\nsummary = "s"\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (A + "[attributes]\nB = 'number of things'", None),
        (A + "[attributes]\nB = 'date future'", None),
        (A + "[attributes]\nB = 'record'\n\"B.C\" = 'list'\n\"B.C.D\" = 'ip'", None),
        (A + "[attributes]\nB = 'references A'", None),
        (A + "[attributes]\nB = 'references'", "as `references`"),
        (A + "[attributes]\nB = 'reference Nobody'", "leading to no entity: `Nobody`"),
        (A + "[attributes]\nB = 'date past'", "as `date past`"),
        (A + "[attributes]\nB = 'string Name'", "as `string Name`"),
        (A + "[attributes]\nB = 'colour'", "of no type: `colour`"),
        (A + "[attributes]\nB = 'reference A'\n\"B.C\" = 'string'", "nothing below a reference"),
        (A + "[attributes]\nB = 'string'\n\"B.C\" = 'string'", "below no record or list"),
        (A + "[attributes]\nB = 'string'\n[[attribute]]\npath = 'B'\ntype = 'string'\ndescribe = 'd'", "`B` twice"),
        (A + "attribute = [{path = 'B', type = 'reference', describe = 'd'}]", "with `to` where there is no reference"),
        (A + "attribute = [{path = 'B', type = 'list', to = 'A', describe = 'd'}]", "with `to` where there is no"),
        ("entity = 'AWS'\nsummary = 's'\n", "`AWS` twice"),
    ],
)
def test_schema_files_are_read_strictly(text: str, says: str | None) -> None:
    if says is None:
        assert Schema.from_toml(text).attribute("A", "B")
        return
    with pytest.raises(InputError) as caught:
        Schema.from_toml(text)
    assert says in f"{caught.value} {caught.value.hint}"


def test_a_file_of_another_name_is_refused() -> None:
    with pytest.raises(InputError, match="`B` describes `A`"):
        Schema({"B": lambda: A}).entity("B")


def test_what_stands_in_short_may_be_absent_and_is_not_collected() -> None:
    schema = Schema.from_toml(A + "collected = false\n[attributes]\nSize = 'number GiB'\nEnd = 'date future'\n")

    size, end = schema.attribute("A", "Size"), schema.attribute("A", "End")
    assert size is not None
    assert end is not None
    assert (size.type, size.unit, size.absent, size.collected) == (AttributeType.NUMBER, "GiB", True, False)
    assert (end.type, end.future) == (AttributeType.DATE, True)


@pytest.mark.parametrize("rule", ["AWS should have RDSEventSubscriptions", "VPC should have IsDefault"])
def test_what_nobody_collects_is_unknown_and_never_absent(rule: str) -> None:
    from datetime import UTC, datetime

    outcome = compile_rule(rule, SHIPPED).evaluate({}, as_of=datetime(2026, 1, 1, tzinfo=UTC))

    assert outcome.verdict == "unknown"
    assert outcome.missing[0].reason.endswith("is known to the language, not collected here")
