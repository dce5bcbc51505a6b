"""A file of actions: what `rootwarden iam actions --format json` prints, and what can be laid over the shipped data.

`"schema": "rootwarden.actions/1"`. A service in it that is known already gains what the file has; of an action,
resource type or key of the same name the file's counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import msgspec

from rootwarden.errors import InputError
from rootwarden.iam.actions import Access, Action, ActionCatalogue, ConditionKey, Edition, ResourceType, Service

if TYPE_CHECKING:
    from collections.abc import Iterable

SCHEMA: Final = "rootwarden.actions/1"


class ActionRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An action of the file; the fields are those of `Action`."""

    name: str
    access: tuple[Access, ...] = ()
    resources: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    dependent: tuple[str, ...] = ()


class ServiceRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A service of the file. Names of actions are without the service, those of keys with it."""

    prefix: str
    name: str = ""
    actions: tuple[ActionRecord, ...] = ()
    resources: tuple[ResourceType, ...] = ()
    keys: tuple[ConditionKey, ...] = ()


class ActionsRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file; `edition` says of what state, `total` how many actions."""

    schema: Literal["rootwarden.actions/1"] = SCHEMA
    edition: Edition
    total: int = 0
    services: tuple[ServiceRecord, ...]


def record(catalogue: ActionCatalogue, actions: Iterable[Action]) -> ActionsRecord:
    """These actions with the resource types and keys they speak of, by service."""
    by_service: dict[str, list[Action]] = {}
    for action in actions:
        by_service.setdefault(action.service, []).append(action)
    services = tuple(_service_record(catalogue, prefix, found) for prefix, found in sorted(by_service.items()))
    return ActionsRecord(edition=catalogue.edition, total=sum(len(one.actions) for one in services), services=services)


def _service_record(catalogue: ActionCatalogue, prefix: str, actions: list[Action]) -> ServiceRecord:
    service = catalogue.service(prefix)
    if service is None:
        raise InputError(f"there is no service `{prefix}` in {catalogue.edition}")
    types = {name.lower() for one in actions for name in one.resources}
    resources = tuple(one for name, one in sorted(service.resources.items()) if name in types)
    keys = {key.lower() for one in actions for key in one.keys} | {key.lower() for one in resources for key in one.keys}
    return ServiceRecord(
        prefix=prefix,
        name=service.name,
        actions=tuple(_action_record(one) for one in actions),
        resources=resources,
        keys=tuple(one for name, one in sorted(service.keys.items()) if name in keys),
    )


def _action_record(action: Action) -> ActionRecord:
    return ActionRecord(
        name=action.name,
        access=action.access,
        resources=action.resources,
        required=action.required,
        keys=action.keys,
        dependent=action.dependent,
    )


def read_actions(content: bytes, *, file: str) -> ActionsRecord:
    """Read a file of actions.

    Raises:
        InputError: It is none, or a service or action in it has no name.
    """
    try:
        found = msgspec.json.decode(content, type=ActionsRecord)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(
            f"`{file}` is no file of actions: {error}", hint="`rootwarden iam actions --format json` writes one"
        ) from None
    for service in found.services:
        if not _plain(service.prefix) or not all(_plain(one.name) for one in service.actions):
            raise InputError(
                f"`{file}` has a service or an action whose name is not of letters, digits, `-` and `_`",
                hint="name actions without their service: `PassRole`",
            )
    return found


def _plain(name: str) -> bool:
    return name.isascii() and name.replace("-", "").replace("_", "").isalnum()


def laid_over(catalogue: ActionCatalogue, added: ActionsRecord, *, file: str) -> ActionCatalogue:
    """The catalogue with what a file adds."""
    more = {one.prefix.lower(): one for one in added.services}
    names = {prefix: catalogue.name_of(prefix) for prefix in catalogue.services}
    names |= {prefix: one.name or names.get(prefix, prefix) for prefix, one in more.items()}

    def read(prefix: str) -> Service:
        return _joined(prefix, names[prefix], catalogue.service(prefix), more.get(prefix))

    edition = msgspec.structs.replace(catalogue.edition, over=(*catalogue.edition.over, file))
    return ActionCatalogue(names, read, edition)


def _joined(prefix: str, name: str, known: Service | None, added: ServiceRecord | None) -> Service:
    actions = dict(known.actions) if known is not None else {}
    resources = dict(known.resources) if known is not None else {}
    keys = dict(known.keys) if known is not None else {}
    if added is not None:
        actions |= {one.name.lower(): Action(service=prefix, **msgspec.structs.asdict(one)) for one in added.actions}
        resources |= {one.name.lower(): one for one in added.resources}
        keys |= {one.name.lower(): one for one in added.keys}
    return Service(prefix=prefix, name=name, actions=actions, resources=resources, keys=keys)
