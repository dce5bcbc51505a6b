"""Every action IAM knows of: what it does, on which resources, under which condition keys, as of a date.

Source: the Service Authorization Reference, in whatever form a reader hands in. A service is read when it is first
asked for, so that a question about one of them costs one.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.iam.wildcards import matches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# No service or action has a longer name; what is longer is not compared with thousands of them.
_LONGEST: Final = 128
_NEAR: Final = 0.75


class Access(StrEnum):
    """The access levels of the Service Authorization Reference."""

    LIST = "List"
    READ = "Read"
    WRITE = "Write"
    TAGGING = "Tagging"
    PERMISSIONS = "Permissions management"


class ConditionKey(msgspec.Struct, frozen=True, kw_only=True):
    """A condition key of a service.

    Attributes:
        name: `s3:prefix`, or with a part of the caller's choosing `aws:RequestTag/${TagKey}`.
        type: `String`, `ARN`, `Bool`, `Date`, `IPAddress`, `Numeric`, `Binary`.
        many: It has several values in one request.
    """

    name: str
    type: str = "String"
    many: bool = False

    @property
    def pattern(self) -> str:
        """The name in lower case, what callers choose as a star."""
        return as_pattern(self.name).lower()


class ResourceType(msgspec.Struct, frozen=True, kw_only=True):
    """A type of resource: its name, its ARN with `${…}` for what varies, the keys a request about it has.

    The reference has two ARNs, with `, ` between them, for types two versions of a service spell differently.
    """

    name: str
    arn: str
    keys: tuple[str, ...] = ()

    @property
    def patterns(self) -> tuple[str, ...]:
        """The ARN, or ARNs, with stars for what varies."""
        return tuple(as_pattern(arn) for arn in self.arn.split(", "))


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """An action.

    Attributes:
        service: Prefix of its service.
        name: Without the service.
        access: Its levels; one that tags or manages permissions also writes.
        resources: Names of the resource types it takes; none means that only `*` fits.
        required: Those of them a request always has.
        keys: Condition keys of the action itself and of it together with its resources.
        dependent: Actions the caller needs besides.
    """

    service: str
    name: str
    access: tuple[Access, ...] = ()
    resources: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    dependent: tuple[str, ...] = ()

    @property
    def full(self) -> str:
        """As policies have it: `iam:PassRole`."""
        return f"{self.service}:{self.name}"


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """A service: actions, resource types and condition keys, by their names in lower case."""

    prefix: str
    name: str
    actions: Mapping[str, Action]
    resources: Mapping[str, ResourceType]
    keys: Mapping[str, ConditionKey]

    def key(self, name: str) -> ConditionKey | None:
        """A condition key by its name, letter case aside, what callers choose filled in."""
        lowered = name.lower()
        found = self.keys.get(lowered)
        varying = (one for known, one in self.keys.items() if "${" in known or "<" in known)
        return found or next((one for one in varying if matches(one.pattern, lowered)), None)

    def keys_of(self, action: Action) -> frozenset[str]:
        """Patterns, in lower case, of the keys requests for an action may have beside those of all services."""
        types = (self.resources.get(name.lower()) for name in action.resources)
        named = (*action.keys, *(key for one in types if one is not None for key in one.keys))
        return frozenset(as_pattern(key).lower() for key in named)


class Edition(msgspec.Struct, frozen=True):
    """Which state of the reference: its version and its day (ISO 8601), and the names of files laid over it."""

    version: str
    updated: str
    over: tuple[str, ...] = ()

    def __str__(self) -> str:
        over = "".join(f", and `{name}`" for name in self.over)
        return f"{self.version} of {self.updated}{over}"


class ActionCatalogue:
    """All services, each read once, when it is first asked for.

    Args:
        names: Prefix and name of each service.
        read: Gives a service by its prefix.
        edition: Which state of the reference this is.
    """

    def __init__(self, names: Mapping[str, str], read: Callable[[str], Service], edition: Edition) -> None:
        self._names = dict(sorted(names.items()))
        self._read = read
        self._services: dict[str, Service] = {}
        self.edition = edition

    @property
    def services(self) -> tuple[str, ...]:
        """The prefixes of all services, in order."""
        return tuple(self._names)

    def name_of(self, prefix: str) -> str:
        """The name of a service, or an empty text."""
        return self._names.get(prefix.lower(), "")

    def service(self, prefix: str) -> Service | None:
        """A service by its prefix, letter case aside, or nothing."""
        prefix = prefix.lower()
        if prefix not in self._names:
            return None
        if prefix not in self._services:
            self._services[prefix] = self._read(prefix)
        return self._services[prefix]

    def action(self, name: str) -> Action | None:
        """An action by its full name, letter case aside, or nothing."""
        prefix, _, rest = name.partition(":")
        service = self.service(prefix)
        return service.actions.get(rest.lower()) if service is not None else None

    def exists(self, name: str) -> bool:
        """Whether there is an action of this full name."""
        return self.action(name) is not None

    def expand(self, pattern: str) -> tuple[Action, ...]:
        """The actions a pattern of a policy means, in order of name.

        Args:
            pattern: `*`, `*:*`, or a service and a name with `*` and `?`; letter case does not count. A wildcard
                in the service, a blank or a comma means that no action is meant, as in evaluation.
        """
        if pattern in {"*", "*:*"}:
            return self._of(self.services, "*")
        prefix, colon, name = pattern.lower().partition(":")
        return self._of((prefix,), name) if colon and name else ()

    def search(self, pattern: str) -> tuple[Action, ...]:
        """The actions a person looks for: as `expand`, with wildcards in the service too; a bare name in all."""
        prefix, colon, name = pattern.lower().partition(":")
        if not colon:
            prefix, name = ("*", prefix) if prefix not in self._names else (prefix, "*")
        return self._of((one for one in self._names if matches(prefix, one)), name)

    def _of(self, prefixes: Iterable[str], name: str) -> tuple[Action, ...]:
        services = (self.service(prefix) for prefix in prefixes)
        return tuple(
            action
            for service in services
            if service is not None
            for lowered, action in sorted(service.actions.items())
            if matches(name, lowered)
        )

    def nearest_service(self, prefix: str) -> str:
        """The service prefix that was probably meant, or an empty text."""
        return _closest(prefix, self._names)

    def nearest(self, name: str) -> str:
        """The full name of the action that was probably meant, or an empty text."""
        prefix, _, rest = name.partition(":")
        service = self.service(prefix) or self.service(self.nearest_service(prefix))
        if service is None:
            return ""
        lowered = _closest(rest, service.actions)
        return service.actions[lowered].full if lowered else ""


def as_pattern(template: str) -> str:
    """A name of the reference with a star for each part that varies: `${TagKey}` and, rarely, `<key>`."""
    made, rest = "", template
    while rest:
        before, opening, rest = _first(rest)
        made += before
        if opening:
            _, _, rest = rest.partition("}" if opening == "${" else ">")
            made += "*"
    return made


def _first(text: str) -> tuple[str, str, str]:
    """The text cut at the first opening of a part that varies."""
    places = [(text.index(opening), opening) for opening in ("${", "<") if opening in text]
    if not places:
        return text, "", ""
    place, opening = min(places)
    return text[:place], opening, text[place + len(opening) :]


def _closest(word: str, candidates: Iterable[str]) -> str:
    if len(word) > _LONGEST:
        return ""
    return next(iter(get_close_matches(word.lower(), candidates, n=1, cutoff=_NEAR)), "")
