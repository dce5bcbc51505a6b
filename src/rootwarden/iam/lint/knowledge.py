"""What documents are compared with: actions, condition keys every service has, limits, services of RCPs."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.iam.actions import ActionCatalogue, as_pattern
from rootwarden.iam.lint.finding import Kind
from rootwarden.iam.wildcards import matches

if TYPE_CHECKING:
    from rootwarden.iam.actions import ConditionKey


_LONGEST: Final = 128
_NEAR: Final = 0.75


class GlobalKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A condition key of all services, or one of a name people believe in.

    Attributes:
        name: `aws:PrincipalArn`; what callers choose as `${…}`.
        type: As `ConditionKey.type`.
        many: It has several values in one request.
        optional: Requests of legitimate callers may lack it.
        guards: People allow by it, so that its absence should not allow.
        values: All it can be, if that is a short list.
        pattern: What every value looks like, with `*` and `?`, several ways if need be.
        instead: There is no such key; what to use.
    """

    name: str
    type: str = "String"
    many: bool = False
    optional: bool = False
    guards: bool = False
    values: tuple[str, ...] = ()
    pattern: tuple[str, ...] = ()
    instead: str = ""

    @property
    def lowered(self) -> str:
        """The name as a pattern in lower case."""
        return as_pattern(self.name).lower()


class Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a limit was from a day on (ISO 8601; empty: always)."""

    value: int
    since: str = ""


class Limit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A limit of a kind of policy.

    Attributes:
        kind: Of which policies.
        counts: `characters` of the document, or how many are `attached`.
        blanks: Whether blanks between the elements count.
        what: What it holds for, in words.
        values: What it was, the newest last.
        basis: How sure this is: `documented`, `reported` or `believed`.
        source: Where it was read.
    """

    kind: Kind
    counts: str
    blanks: bool = True
    what: str
    values: tuple[Value, ...]
    basis: str
    source: str = ""

    @property
    def newest(self) -> Value:
        """What it is as far as known."""
        return self.values[-1]


class Knowledge(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a document is compared with.

    Attributes:
        catalogue: Actions, resource types, condition keys by service.
        keys: Keys of all services, by pattern in lower case.
        limits: How long and how many.
        rcp_services: Prefixes of the services resource control policies hold for.
        shared: Prefixes of several services; of an action they both have the catalogue knows the resources of one.
        homes: Prefixes of keys that are not those of their service, and the service.
    """

    catalogue: ActionCatalogue
    keys: Mapping[str, GlobalKey]
    limits: tuple[Limit, ...]
    rcp_services: frozenset[str]
    shared: frozenset[str]
    homes: Mapping[str, str]

    def global_key(self, name: str) -> GlobalKey | None:
        """The key of all services of this name, letter case aside."""
        lowered = name.lower()
        found = self.keys.get(lowered)
        if found is not None:
            return found
        return next((one for pattern, one in self.keys.items() if "*" in pattern and matches(pattern, lowered)), None)

    def service_key(self, name: str) -> ConditionKey | None:
        """The key of a service of this name, letter case aside."""
        service = self.catalogue.service(self.home(name))
        return service.key(name) if service is not None else None

    def home(self, name: str) -> str:
        """The service whose key this is, by its prefix: `saml:sub` is one of `sts`."""
        prefix = name.lower().partition(":")[0]
        return self.homes.get(prefix, prefix)

    def nearest_key(self, name: str) -> str:
        """The key that was probably meant, or an empty text."""
        if len(name) > _LONGEST:
            return ""
        service = self.catalogue.service(self.home(name))
        names = {one.name.lower(): one.name for one in self.keys.values() if not one.instead}
        names |= {one.name.lower(): one.name for one in service.keys.values()} if service is not None else {}
        near = get_close_matches(name.lower(), names, n=1, cutoff=_NEAR)
        return names[near[0]] if near else ""


def read_keys(text: str) -> dict[str, GlobalKey]:
    """The keys of a TOML file with `[[key]]` tables, by their patterns in lower case."""
    found = msgspec.convert(tomllib.loads(text)["key"], list[GlobalKey])
    return {one.lowered: one for one in found}


def read_limits(text: str) -> tuple[Limit, ...]:
    """The limits of a TOML file with `[[limit]]` tables."""
    return msgspec.convert(tomllib.loads(text)["limit"], tuple[Limit, ...])
