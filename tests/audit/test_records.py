"""The records of every collected entity have exactly the names the schema has, at every level and in both directions.

References are not followed here: behind one is another entity, compared by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import pytest
from tests.audit.whole_account import whole_view

from rootwarden.audit.entities.account import SUMMARY
from rootwarden.audit.entities.catalog import FAMILIES, fleet
from rootwarden.audit.entities.organization import LISTED_ACCOUNT
from rootwarden.audit.entities.principals import MENTIONED_POLICY
from rootwarden.audit.entities.record import LazyRecord, Resource
from rootwarden.facts.fact import Known
from rootwarden.packs import schema
from rootwarden.rules.schema import ACCOUNT, AttributeType, plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.facts.fact import Fact

FED: Final = sorted(set(FAMILIES) - {ACCOUNT})
FITS: Final[dict[AttributeType, tuple[type, ...]]] = {
    AttributeType.BOOLEAN: (bool,),
    AttributeType.STRING: (str,),
    AttributeType.NUMBER: (int, float),
    AttributeType.DATE: (int,),
    AttributeType.LIST: (tuple,),
    AttributeType.RECORD: (Mapping,),
}


def resources(entity: str) -> tuple[Resource, ...]:
    listed = whole_view().listing(entity)
    assert isinstance(listed, Known), listed
    assert listed.value
    found = tuple(each for each in listed.value if isinstance(each, Resource))
    assert len(found) == len(listed.value)
    return found


def paths(entity: str, record: Mapping[str, Fact[object]], below: str = "") -> Iterator[str]:
    """Every path of a record that is known, with its value checked against the schema's type."""
    for name, fact in record.items():
        path = f"{below}{name}"
        attribute = schema().attribute(entity, path)
        assert attribute is not None, f"{path} is not in the schema"
        if not isinstance(fact, Known):
            continue
        assert isinstance(fact.value, FITS[attribute.type]), path
        yield path
        if attribute.to:
            continue
        for value in fact.value if isinstance(fact.value, tuple) else (fact.value,):
            if isinstance(value, Mapping):
                yield from paths(entity, value, f"{path}.")


@pytest.mark.parametrize("entity", FED)
def test_rules_see_exactly_what_the_schema_names(entity: str) -> None:
    collected = {one.path for one in schema().entity(entity).attribute if one.collected}
    every = {one.path for one in schema().entity(entity).attribute}
    seen = {path for record in resources(entity) for path in paths(entity, record)}
    assert collected <= seen <= every, (collected - seen, seen - every)


@pytest.mark.parametrize("entity", FED)
def test_every_collected_entity_is_fed_and_no_other(entity: str) -> None:
    assert schema().entity(entity).collected


def test_no_entity_is_said_to_be_collected_and_is_not() -> None:
    assert {one.entity for one in schema().entities if one.collected} == set(FED)


@pytest.mark.parametrize("entity", FED)
def test_references_lead_to_the_records_of_the_other_entity(entity: str) -> None:
    for record in resources(entity):
        for other, value in references(entity, record):
            names = set(schema().children(other))
            assert set(value) <= names, (entity, other, set(value) - names)


def references(
    entity: str, record: Mapping[str, Fact[object]], below: str = ""
) -> Iterator[tuple[str, Mapping[str, object]]]:
    for name, fact in record.items():
        attribute = schema().attribute(entity, f"{below}{name}")
        if attribute is None or not isinstance(fact, Known):
            continue
        for value in fact.value if isinstance(fact.value, tuple) else (fact.value,):
            if not isinstance(value, Mapping):
                continue
            if attribute.to:
                yield attribute.to, value
            else:
                yield from references(entity, value, f"{below}{name}.")


@pytest.mark.parametrize(
    ("entity", "table"), [("IAMPolicy", MENTIONED_POLICY), ("Account", LISTED_ACCOUNT), ("AccountSummary", SUMMARY)]
)
def test_what_a_mere_mention_tells_has_the_names_of_the_entity(entity: str, table: Mapping[str, object]) -> None:
    assert set(table) <= set(schema().children(entity))


@pytest.mark.parametrize("whole", ["account", "fleet"])
def test_the_wholes_have_every_list_that_is_fed(whole: str) -> None:
    view = whole_view()
    record = fleet(view.run) if whole == "fleet" else only(view.listing(ACCOUNT))
    assert set(record) == {plural(entity) for entity in FED}
    for entity in FED:
        listed = record[plural(entity)]
        assert isinstance(listed, Known)
        assert isinstance(listed.value, tuple)
        assert [each.name for each in listed.value] == [each.name for each in resources(entity)]


def test_nothing_behind_a_reference_is_made_before_a_rule_goes_there() -> None:
    made: list[str] = []

    def read(name: str) -> Fact[object]:
        made.append(name)
        return Known(name)

    record = LazyRecord("alice", {"Name": read, "Groups": lambda name: read(f"groups of {name}")})
    assert record["Name"] == Known("alice") == record["Name"]
    assert list(record) == ["Name", "Groups"]
    assert made == ["alice"]


def only(fact: Fact[object]) -> Resource:
    """The one record of a list."""
    assert isinstance(fact, Known)
    assert isinstance(fact.value, tuple)
    (record,) = fact.value
    assert isinstance(record, Resource)
    return record


def test_circles_are_walked_as_far_as_asked() -> None:
    user, *_ = resources("IAMUser")
    for _ in range(3):
        user = only(only(user["Groups"])["Users"])
    assert user["Name"] == Known("alice", user["Name"].sources)
