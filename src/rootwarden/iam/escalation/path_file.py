"""Reads one escalation path from its file (docs/adding-an-escalation-path.md)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.iam.escalation.path import (
    Actor,
    Another,
    Catalogue,
    Category,
    Context,
    EscalationPath,
    Existing,
    Gain,
    Permission,
    PublicList,
    Target,
    TargetKind,
    Where,
)
from rootwarden.iam.escalation.template import Placeholder, placeholders
from rootwarden.strict_toml import FileKind, in_backticks, is_id, meant, read_toml, refused

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator


class _PermissionTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    action: str
    resource: str
    context: dict[str, tuple[str, ...]] = {}


class _TargetTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: TargetKind
    trusts: tuple[str, ...] = ()
    where: tuple[Where, ...] = ()


class _PolicyTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    where: tuple[Where, ...]


class _ExistingTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    type: str
    resource: str


class _AnotherTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    title: str
    remedy: str


class _CatalogueTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pathfinding: tuple[str, ...] = ()
    lists: tuple[PublicList, ...] = ()


class _PathTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    title: str
    category: Category
    actor: Actor
    gain: Gain
    target: _TargetTable
    permission: tuple[_PermissionTable, ...]
    policy: _PolicyTable | None = None
    also: tuple[_TargetTable, ...] = ()
    existing: _ExistingTable | None = None
    another: _AnotherTable | None = None
    catalogue: _CatalogueTable = _CatalogueTable()
    remedy: str
    requires: tuple[str, ...] = ()
    assumes: tuple[str, ...] = ()
    stops: tuple[str, ...]
    notes: str = ""
    ended: str = ""
    doubtful: str = ""


_KIND: Final = FileKind(
    "escalation path",
    "docs/adding-an-escalation-path.md",
    (_PermissionTable, _TargetTable, _PolicyTable, _ExistingTable, _AnotherTable, _CatalogueTable),
)
_ACTION: Final = re.compile(r"[a-z][a-z0-9-]*:[A-Za-z][A-Za-z0-9]*")
_RESOURCE: Final = re.compile(r"\*|\{[^{}]*\}|arn:[^:]*:[^:]+:[^:]*:[^:]*:.+")
_KEY: Final = re.compile(r"[a-z][a-z0-9-]*:[A-Za-z][A-Za-z0-9./-]*")
_SERVICE: Final = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com")
_TYPE: Final = re.compile(r"[a-z][a-z0-9-]*:[A-Za-z][A-Za-z0-9-]*")
_LISTED: Final = re.compile(r"[a-z0-9]+-[0-9]{3}")
_DAY: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})?")
# What `[another]` may be of; to join a group is a gain of its target.
_ON_ITSELF: Final = frozenset({Gain.REWRITES_SELF, Gain.UNBLOCKS_SELF, Gain.TARGET})
# What a template may name only where the file says what it ranges over.
_FROM_TABLES: Final = (Placeholder.TARGET, Placeholder.ALSO, Placeholder.POLICY, Placeholder.EXISTING)


def read_path(text: str, *, file: str = "", requirements: Collection[str] = ()) -> EscalationPath:
    """Read one path.

    Args:
        text: The file: TOML.
        file: Its name, for messages; if given, it has to be the id.
        requirements: The words `requires` and `assumes` may use.

    Raises:
        InputError: The file is not an escalation path.
    """
    table = read_toml(text, _PathTable, _KIND, file=file)
    for complaint in _complaints(table, file.removesuffix(".toml") or table.id, requirements):
        raise refused(complaint, _KIND, file)
    return EscalationPath(
        id=table.id,
        title=table.title,
        category=table.category,
        actor=table.actor,
        gain=table.gain,
        target=_target(table.target),
        permissions=tuple(_permission(one) for one in table.permission),
        policies=table.policy.where if table.policy else (),
        also=_target(table.also[0]) if table.also else None,
        existing=Existing(type=table.existing.type, resource=table.existing.resource) if table.existing else None,
        another=_another(table.another) if table.another else None,
        catalogue=Catalogue(pathfinding=table.catalogue.pathfinding, lists=table.catalogue.lists),
        remedy=_line(table.remedy),
        requires=table.requires,
        assumes=table.assumes,
        stops=table.stops,
        notes=_line(table.notes),
        ended=table.ended,
        doubtful=_line(table.doubtful),
    )


def _complaints(table: _PathTable, name: str, requirements: Collection[str]) -> Iterator[str]:
    yield from _about_itself(table, name)
    yield from _about_permissions(table)
    yield from _about_templates(table)
    yield from _about_tables(table)
    yield from _unknown("requirement", (*table.requires, *table.assumes), requirements)
    yield from _unknown("action of it", table.stops, [one.action for one in table.permission])


def _about_itself(table: _PathTable, name: str) -> Iterator[str]:
    if not is_id(table.id):
        yield f"the id {in_backticks(table.id)} is not lower-case words joined by `-`"
    if table.id != name:
        yield f"its id is {in_backticks(table.id)}, not its file's name"
    for key in ("title", "remedy"):
        if not getattr(table, key).strip():
            yield f"`{key}` is empty"
    for key in ("permission", "stops"):
        if not getattr(table, key):
            yield f"`{key}` is empty"
    if not _DAY.fullmatch(table.ended):
        yield f"`ended` is {in_backticks(table.ended)}, not a day such as `2024-07-31`"
    yield from _malformed("id of pathfinding.cloud", _LISTED, table.catalogue.pathfinding)


def _about_permissions(table: _PathTable) -> Iterator[str]:
    yield from _malformed("action", _ACTION, [one.action for one in table.permission])
    yield from _malformed("condition key", _KEY, [key for one in table.permission for key in one.context])
    targets = (table.target, *table.also)
    yield from _malformed("service principal", _SERVICE, [service for one in targets for service in one.trusts])
    for one in table.permission:
        if not _RESOURCE.fullmatch(one.resource):
            yield f"the resource {in_backticks(one.resource)} is neither an ARN nor one name in braces nor `*`"


def _about_templates(table: _PathTable) -> Iterator[str]:
    given = {
        Placeholder.TARGET: table.target.kind is not TargetKind.NONE,
        Placeholder.ALSO: bool(table.also),
        Placeholder.POLICY: table.policy is not None,
        Placeholder.EXISTING: table.existing is not None,
    }
    used = {name for template in _templates(table) for name in placeholders(template)}
    yield from _unknown("name for a template", sorted(used), [str(one) for one in Placeholder])
    for name in _FROM_TABLES:
        if name in used and not given[name]:
            yield f"`{{{name}}}` is used, but no table says what it is"


def _about_tables(table: _PathTable) -> Iterator[str]:
    if (table.category is Category.EXISTING_PASSROLE) != (table.existing is not None):
        yield '`category = "existing-passrole"` and `[existing]` belong together'
    if table.existing:
        yield from _malformed("key of the inventory", _TYPE, [table.existing.type])
    if table.another and table.gain not in _ON_ITSELF:
        yield f"`[another]` is of what somebody does to itself, and this gains `{table.gain}`"
    if table.another and not (table.another.title.strip() and table.another.remedy.strip()):
        yield "`[another]` has an empty text"
    if len(table.also) > 1:
        yield "it has more than one `[[also]]`"
    for one in (table.target, *table.also):
        if one.trusts and one.kind is not TargetKind.ROLE:
            yield f"only a role trusts services, and this is a {one.kind}"


def _templates(table: _PathTable) -> Iterator[str]:
    for one in table.permission:
        yield one.resource
        for values in one.context.values():
            yield from values
    if table.existing:
        yield table.existing.resource


def _malformed(what: str, form: re.Pattern[str], words: Iterable[str]) -> Iterator[str]:
    yield from (f"{in_backticks(word)} is no {what}" for word in words if not form.fullmatch(word))


def _unknown(what: str, words: Iterable[str], known: Collection[str]) -> Iterator[str]:
    yield from (f"there is no {what} {in_backticks(word)}{meant(word, known)}" for word in words if word not in known)


def _permission(table: _PermissionTable) -> Permission:
    context = tuple(Context(key, values) for key, values in table.context.items())
    return Permission(action=table.action, resource=table.resource, context=context)


def _target(table: _TargetTable) -> Target:
    return Target(kind=table.kind, trusts=table.trusts, where=table.where)


def _another(table: _AnotherTable) -> Another:
    return Another(title=_line(table.title), remedy=_line(table.remedy))


def _line(text: str) -> str:
    return " ".join(text.split())
