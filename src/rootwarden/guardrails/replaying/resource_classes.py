"""Classes of calls by what they were on: those whose resources no statement tells apart.

All that a statement makes of a resource is whether one of its patterns fits. So of a call counts, for each action whose
resources a statement names, which statements name what the call was on; most calls are on what none of them names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rootwarden.guardrails.replaying.resources import (
    ASSUME_ROOT,
    RESOURCE_FIELDS,
    Named,
    partition_in,
    resources_told,
)
from rootwarden.iam.pattern import any_of
from rootwarden.iam.statement import ANY_RESOURCE, UNTOLD_RESOURCE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.guardrails.replaying.resources import Told
    from rootwarden.iam.actions import Action, ActionCatalogue
    from rootwarden.iam.statement import CompiledStatement

# Actions that take different resources; an event that may have needed more has its calls told apart by all they name.
_MOST_KINDS: Final = 8
_MOST_GROUPS: Final = 500
# So many ways in which calls named their resources are remembered, shorter ones only.
_MOST: Final = 1024
_LONGEST: Final = 512
_BY_NOBODY: Final = ()


class Group:
    """Actions that take the same resources, with the statements that name less than all of them.

    Args:
        action: One of the actions.
        statements: Each names one of the actions at least; none has variables in its resources.
        catalogue: For resource types.
    """

    __slots__ = ("_action", "_catalogue", "_each", "_fit", "_found", "_most", "_statements")

    def __init__(self, action: Action, statements: tuple[CompiledStatement, ...], catalogue: ActionCatalogue) -> None:
        self._action = action
        self._statements = statements
        self._catalogue = catalogue
        patterns = [one.resources or () for one in statements]
        self._each = tuple(any_of(each).fullmatch for each in patterns)
        self._fit = any_of(pattern for each in patterns for pattern in each).fullmatch
        self._found: dict[object, tuple[object, ...]] = {}
        # Each object has its own name, which is looked at sooner than looked up.
        self._most = 0 if action.service == "s3" else _MOST

    def of(self, named: Named, partition: str) -> tuple[object, ...]:
        """What statements make of each resource that a record names for these actions."""
        told = named.told(self._action)
        if not self._most:
            return self._met(told, partition)
        key = told, partition
        found = self._found.get(key)
        if found is None:
            found = self._met(told, partition)
            if sum([len(text) for _, text in told]) <= _LONGEST:
                if len(self._found) >= self._most:
                    self._found.clear()
                self._found[key] = found
        return found

    def _met(self, told: Told, partition: str) -> tuple[object, ...]:
        return tuple([self._named_by(one) for one in resources_told(self._action, told, self._catalogue, partition)])

    def _named_by(self, resource: str) -> object:
        """Which statements have a pattern that fits; what is no resource in particular is a class of its own."""
        if resource in {ANY_RESOURCE, UNTOLD_RESOURCE}:
            return resource
        if self._fit(resource) is None:
            return _BY_NOBODY
        return tuple([fit(resource) is not None for fit in self._each])


class ResourceClasses:
    """Puts calls of one kind into classes.

    Args:
        groups: Of all actions such a call may need.
        partition: Of who calls; empty where nobody knows.

    Attributes:
        fields: Of `Details`.
    """

    __slots__ = ("_groups", "_partition", "fields")

    def __init__(self, groups: tuple[Group, ...], partition: str) -> None:
        self.fields: tuple[str, ...] = RESOURCE_FIELDS if partition else (*RESOURCE_FIELDS, "region")
        self._groups = groups
        self._partition = partition

    def of(self, values: tuple[Any, ...]) -> tuple[object, ...]:
        """The class of a call.

        Args:
            values: Of the fields, in their order.
        """
        named = Named(values[0], values[1])
        partition = self._partition or partition_in(values[2])
        return tuple([group.of(named, partition) for group in self._groups])


class Groups:
    """Groups of actions; each is made once.

    Args:
        catalogue: The actions there are.
    """

    def __init__(self, catalogue: ActionCatalogue) -> None:
        self._catalogue = catalogue
        self._made: dict[object, Group] = {}

    def of(self, actions: Iterable[str], statements: Iterable[CompiledStatement]) -> tuple[Group, ...] | None:
        """What tells calls of one kind apart by what they were on.

        Args:
            actions: All that such a call may need, `service:Name`.
            statements: All that may match it.

        Returns:
            `None` where the text of a resource matters and not only what fits it, or too many actions may be needed.
        """
        particular = [one for one in statements if is_particular(one)]
        if any(resource.variables for one in particular for resource in one.resources or ()):
            return None
        alike: dict[object, tuple[Action, dict[int, CompiledStatement]]] = {}
        for full in actions:
            action = self._catalogue.action(full)
            # Of actions nobody knows, no record tells a resource.
            kind = _kind(action) if action is not None else None
            naming = {id(one): one for one in particular if one.names_action(full.lower())}
            if action is not None and kind is not None and naming:
                alike.setdefault(kind, (action, {}))[1].update(naming)
        if len(alike) > _MOST_KINDS:
            return None
        return tuple(self._group(kind, action, naming) for kind, (action, naming) in alike.items())

    def _group(self, kind: object, action: Action, naming: dict[int, CompiledStatement]) -> Group:
        key = kind, tuple(naming)
        found = self._made.get(key)
        if found is None:
            if len(self._made) >= _MOST_GROUPS:
                self._made.clear()
            # It keeps its statements, so that no other ones get their identities.
            found = self._made[key] = Group(action, tuple(naming.values()), self._catalogue)
        return found


def _kind(action: Action) -> object:
    """The same for actions of which a record names the same resources; `None` where it names none."""
    if action.service == "s3":
        return next((kind for kind in ("object", "bucket") if kind in action.resources), None)
    # Those without any are on no resource in particular.
    return (action.service, action.resources, action.required, action.full == ASSUME_ROOT) if action.resources else None


def is_particular(statement: CompiledStatement) -> bool:
    """Whether a statement names less than all resources."""
    return statement.resources is not None and any(one.text != ANY_RESOURCE for one in statement.resources)
