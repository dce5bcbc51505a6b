"""May somebody make the requests of a path, with the values they may choose?"""

from __future__ import annotations

from itertools import islice, product
from typing import TYPE_CHECKING, Final

from rootwarden.iam.admins.asking import choices, in_region, may_choosing
from rootwarden.iam.admins.assuming import known_to_caller, may_assume_choosing
from rootwarden.iam.admins.attempt import Asked
from rootwarden.iam.admins.trust import ASSUME
from rootwarden.iam.context import MISSING, Values, held
from rootwarden.iam.escalation.template import filled, placeholders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.iam.admins.attempt import Attempt
    from rootwarden.iam.admins.conditions import Scene
    from rootwarden.iam.admins.holders import Holder
    from rootwarden.iam.admins.powers import May
    from rootwarden.iam.context import Context, Held
    from rootwarden.iam.escalation.path import Permission

_MOST_VALUES: Final = 16
# AWS lets a role that is linked to a service be passed to that service, which runs nothing of the caller's with it.
_NOT_CHANGED: Final = (":role/aws-reserved/", ":role/aws-service-role/")
# Placeholders that do not depend on what a path is walked on.
FREE: Final = frozenset({"account", "actor", "full", "partition", "management", "organization"})


def ask(permission: Permission, attempt: Attempt, bindings: dict[str, str], region: str = "") -> tuple[May, Asked]:
    """Whether one request of a path is allowed in the easiest of the ways the actor may choose."""
    action, node, scene = permission.action.lower(), attempt.node, attempt.scene
    resource = in_region(filled(permission.resource, bindings), region)
    best: May = False
    request = Asked(permission.action, resource, node.holder.context)
    if action == ASSUME and scene.target is not None and resource == scene.target.arn:
        may, context = may_assume_choosing(node.holder, node.powers, scene.target, node.holder.context)
        return may, Asked(permission.action, resource, context, known_to_caller(context))
    if action.startswith("iam:") and any(one in resource for one in _NOT_CHANGED):
        return False, request
    about = _about(resource, scene)
    for context in _contexts(permission, attempt, about, bindings):
        for spelled in choices(resource, node.powers, action):
            may = may_choosing(node.powers, action, spelled, context, region)
            if may is True:
                return True, Asked(permission.action, spelled, context)
            if may is not False and (not isinstance(best, tuple) or len(may) < len(best)):
                best, request = may, Asked(permission.action, spelled, context)
    return best, request


def is_fixed(permission: Permission) -> bool:
    """Whether what the request carries does not depend on what the path is walked on."""
    return all(set(placeholders(value)) <= FREE for one in permission.context for value in one.values)


def _about(resource: str, scene: Scene) -> Holder | None:
    """The principal a resource names."""
    return next(
        (one for one in (scene.target, scene.actor, scene.also) if one is not None and one.arn == resource), None
    )


def _contexts(
    permission: Permission, attempt: Attempt, about: Holder | None, bindings: dict[str, str]
) -> Iterator[Context]:
    """The keys of the request, for each choice of values it may carry."""
    base = attempt.node.holder.context
    if about is not None:
        tags = {f"{family}/{name}": held(value) for name, value in about.tags for family in _TAG_FAMILIES}
        base = base.carrying(tags, _ABSENT_TAGS)
    if not permission.context:
        yield base
        return
    options = [_values(one.values, about, bindings, attempt.full) for one in permission.context]
    for picked in islice(product(*options), _MOST_VALUES):
        keys = {one.key: value for one, value in zip(permission.context, picked, strict=True)}
        yield base.carrying(keys)


_TAG_FAMILIES: Final = ("aws:ResourceTag", "iam:ResourceTag")
_ABSENT_TAGS: Final = tuple(f"{family.lower()}/" for family in _TAG_FAMILIES)


def _values(
    templates: tuple[str, ...], about: Holder | None, bindings: dict[str, str], full: tuple[str, ...]
) -> tuple[Held, ...]:
    """What a key of a request may hold; no values: it is not there."""
    boundary = about.boundary if about is not None else bindings.get("boundary", "")
    made: list[Held] = []
    for template in templates:
        if template == "{boundary}":
            made.append(held(boundary) if boundary else MISSING)
        elif template == "{full}":
            made += [Values((arn,)) for arn in full]
        else:
            made.append(Values((filled(template, bindings),)))
    return tuple(made) or (MISSING,)
