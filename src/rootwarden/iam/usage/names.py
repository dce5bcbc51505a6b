"""What CloudTrail calls things, and what IAM calls them: the files of `packs/event-names` (docs/iam-usage.md).

Most events are named as the action they need, under the service that records them. Only what differs is written down.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

_ACTION: Final = re.compile(r"[a-z0-9-]+:[A-Za-z0-9*]+")
_LARGEST: Final = 256 * 1024


class EventRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Events that do not need just the action of their name.

    Attributes:
        names: Names of the events.
        actions: What each needs: actions, and for each a resource (`*`, a template of an ARN with `{parameter}`, or
            empty for what the record names).
        when: What it needs besides, where it has a parameter.
        instead: What it needs in place of them, where it has a parameter.
        maybe: What it may have needed; nobody can tell.
        none: Why it needs no action, where it needs none.
    """

    names: tuple[str, ...]
    actions: dict[str, str] = msgspec.field(default_factory=dict)
    when: dict[str, dict[str, str]] = msgspec.field(default_factory=dict)
    instead: dict[str, dict[str, str]] = msgspec.field(default_factory=dict)
    maybe: tuple[str, ...] = ()
    none: str = ""


class Verbs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Actions that are HTTP methods, by how the name of an event begins; the longest beginning counts."""

    begins: str
    actions: tuple[str, ...]


class Refused(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Codes of refusals.

    Attributes:
        codes: As CloudTrail has them.
        source: Who answers with them, and where that was read.
    """

    codes: tuple[str, ...]
    source: str


class OtherCodes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Codes that are spelled like a refusal and are none.

    Attributes:
        codes: As CloudTrail has them.
        why: What they mean.
    """

    codes: tuple[str, ...]
    why: str


class Hidden(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Actions a log does not show, or not always.

    Attributes:
        actions: Patterns of actions.
        data: They are data events, which a trail has only when it is told to.
        why: Why a log never shows them, where it never does.
        excludable: They are management events that a trail can be told to leave out.
    """

    actions: tuple[str, ...]
    data: bool = False
    why: str = ""
    excludable: bool = False


class NamesFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file.

    Attributes:
        sources: Event sources (without `.amazonaws.com`) the events and templates are about.
        prefixes: Services whose actions the events need; the sources themselves where it is empty.
        seen: Where we know it from.
        events: Events that need something else than the action of their name.
        verbs: Events that need an HTTP method.
        resources: Templates of ARNs by resource type, for services whose records name resources by parameters.
        hidden: Actions a log does not show.
        when: What every event of the sources needs besides, where it has a parameter.
        renamed: Services whose actions are needed, for event sources that need no more to be said.
        refused: Codes of calls that were refused.
        not_refused: Codes that are spelled like those and are none.
        refusal_parts: What codes of refusals hold, in lower case.
        refusal_phrases: What messages of refusals hold, in lower case.
    """

    sources: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    seen: str
    events: tuple[EventRule, ...] = msgspec.field(default=(), name="event")
    verbs: tuple[Verbs, ...] = msgspec.field(default=(), name="verb")
    resources: dict[str, str] = msgspec.field(default_factory=dict)
    hidden: tuple[Hidden, ...] = ()
    when: dict[str, dict[str, str]] = msgspec.field(default_factory=dict)
    renamed: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    refused: tuple[Refused, ...] = ()
    not_refused: tuple[OtherCodes, ...] = ()
    refusal_parts: tuple[str, ...] = ()
    refusal_phrases: tuple[str, ...] = ()


class Operations(msgspec.Struct, frozen=True, kw_only=True):
    """Which actions some operation of an AWS client needs, as far as names tell: those a log can show.

    Attributes:
        made: The day it was made.
        clients: Version of botocore it was made from.
        catalogue: Version of the action catalogue.
        operations: How many operations there are.
        mapped: How many of them need an action we know.
        actions: Names of actions by service.
    """

    made: str
    clients: str
    catalogue: str
    operations: int
    mapped: int
    actions: dict[str, tuple[str, ...]]


def read_names(text: str, *, file: str = "") -> NamesFile:
    """Read one file.

    Raises:
        InputError: It is too large, no TOML, has a key nobody knows, or something in it that is no action.
    """
    if len(text) > _LARGEST:
        raise _refused(f"it is larger than {_LARGEST >> 10} KiB", file)
    try:
        found = msgspec.convert(tomllib.loads(text), NamesFile)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError, ValueError) as error:
        raise _refused(str(error), file) from None
    for action in _actions(found):
        if not _ACTION.fullmatch(action):
            raise _refused(f"`{action}` is no action", file)
    for rule in found.events:
        if bool(rule.none) == bool(rule.actions or rule.maybe):
            raise _refused(f"`{rule.names[0]}` has to have either `actions` or `none`", file)
    return found


def _actions(found: NamesFile) -> Iterable[str]:
    for rule in found.events:
        yield from rule.actions
        yield from rule.maybe
        for more in (*rule.when.values(), *rule.instead.values()):
            yield from more
    for more in found.when.values():
        yield from more
    for verb in found.verbs:
        yield from verb.actions
    for hidden in found.hidden:
        yield from hidden.actions


def _refused(why: str, file: str) -> InputError:
    return InputError(f"`{file}` is no file of event names: {why}", hint="docs/iam-usage.md lists every key")
