"""From an event to the actions it needed.

A name that is known is taken as it is first; only then is a date cut off its end (`UpdateFunctionCode20150331v2`). What
leads to no action of the catalogue is unknown, and said so: it never counts as nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.iam.actions import Access
from rootwarden.iam.usage.refusals import refusals_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rootwarden.iam.actions import Action, ActionCatalogue
    from rootwarden.iam.usage.names import EventRule, NamesFile
    from rootwarden.iam.usage.tally import Call

_DATED: Final = re.compile(r"(.*[A-Za-z])20[0-9]{2}([_-]?)(?:0[1-9]|1[0-2])\2(?:0[1-9]|[12][0-9]|3[01])(?:v[0-9]+)?")
_PARAMETER: Final = re.compile(r"\{([A-Za-z0-9_-]+)\}")
_HOST: Final = (".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu")
# Filled in without looking at the record's parameters.
OWN: Final = frozenset({"partition"})
# Parameters with tags for what an event makes.
TAGS: Final = frozenset({"tags", "Tags", "tagList"})


class Needed(msgspec.Struct, frozen=True):
    """An action an event needed, and on what: `*`, a template, or empty for what the record names."""

    action: str
    resource: str = ""


class Mapped(msgspec.Struct, frozen=True):
    """What an event comes to.

    Attributes:
        needed: The actions it needed; none where it needs none, or is unknown.
        maybe: Actions it may have needed.
        none: Why it needs none.
        prefixes: Services one of whose actions it needed, where nobody knows which.
    """

    needed: tuple[Needed, ...] = ()
    maybe: tuple[str, ...] = ()
    none: str = ""
    prefixes: tuple[str, ...] = ()

    @property
    def unknown(self) -> bool:
        """Whether nobody knows what it needed."""
        return not (self.needed or self.maybe or self.none)


class EventRules:
    """What differs from the rule, by source and name of the event.

    Args:
        files: The files of `packs/event-names`.

    Attributes:
        files: Them, by event source.
        renamed: Services whose actions are needed, for event sources that need no more to be said.
        refusals: How calls that were refused are named.
    """

    def __init__(self, files: Iterable[NamesFile]) -> None:
        files = tuple(files)
        self.refusals = refusals_of(files)
        self.files: dict[str, NamesFile] = {}
        self.renamed: dict[str, tuple[str, ...]] = {}
        self._rules: dict[tuple[str, str], EventRule] = {}
        for file in files:
            self.renamed |= file.renamed
            for source in file.sources:
                self.files[source] = file
                self._rules |= {(source, name.lower()): rule for rule in file.events for name in rule.names}

    def rule(self, source: str, name: str) -> EventRule | None:
        """The rule for an event, also where its name ends with a date."""
        found = self._rules.get((source, name.lower()))
        if found is not None:
            return found
        undated = without_date(name)
        return self._rules.get((source, undated.lower())) if undated else None

    def marks(self, source: str, name: str) -> tuple[str, ...]:
        """Parameters whose presence decides what an event needs."""
        file, rule = self.files.get(source), self.rule(source, name)
        found = {*TAGS, *(file.when if file else ())}
        return tuple(sorted(found | ({*rule.when, *rule.instead} if rule else set())))

    def parameters(self, source: str, name: str) -> tuple[str, ...] | None:
        """Parameters that name the resource; `None` where whatever is an ARN does."""
        file, rule = self.files.get(source), self.rule(source, name)
        if file is None or not file.resources:
            return None
        groups = (rule.actions, *rule.when.values(), *rule.instead.values()) if rule else ()
        templates = [*file.resources.values(), *(template for group in groups for template in group.values())]
        return tuple(sorted({word for template in templates for word in _PARAMETER.findall(template)} - OWN))


class EventMap:
    """The mapping.

    Args:
        rules: What differs from the rule.
        catalogue: The actions there are.
    """

    def __init__(self, rules: EventRules, catalogue: ActionCatalogue) -> None:
        self._rules = rules
        self._catalogue = catalogue
        self._known = frozenset(catalogue.services)
        self._of = lru_cache(maxsize=100_000)(self._mapped)

    def of(self, call: Call) -> Mapped:
        """What a call needed."""
        return self._of(call.source, call.name, call.marks)

    def prefixes(self, source: str) -> tuple[str, ...]:
        """Services whose actions the events of a source need."""
        file = self._rules.files.get(source)
        if file is not None and file.prefixes:
            return file.prefixes
        if source in self._rules.renamed:
            return self._rules.renamed[source]
        parts = [part for part in reversed(source.split(".")) if part in self._known]
        return (source,) if source in self._known else tuple(parts[:1]) or (source,)

    def template(self, action: Action) -> str:
        """The template of the resource of an action, for services that have one; else empty."""
        file = self._rules.files.get(action.service)
        found = [file.resources[one] for one in action.resources if one in file.resources] if file is not None else []
        return found[0] if len(found) == 1 else ""

    def _mapped(self, source: str, name: str, marks: tuple[str, ...]) -> Mapped:
        rule, file = self._rules.rule(source, name), self._rules.files.get(source)
        found = self._by_rule(rule, marks) if rule is not None else self._by_name(source, name)
        if found.unknown:
            return found
        more = [file.when[mark] for mark in marks if mark in file.when] if file is not None else []
        needed = (*found.needed, *self._needed({action: where for part in more for action, where in part.items()}))
        tagged = self._tagging(found.needed) if set(marks) & TAGS else ()
        return msgspec.structs.replace(found, needed=tuple(dict.fromkeys(needed)), maybe=(*found.maybe, *tagged))

    def _by_rule(self, rule: EventRule, marks: tuple[str, ...]) -> Mapped:
        actions = dict(rule.actions)
        for mark in marks:
            actions = dict(rule.instead.get(mark, actions))
        for mark in marks:
            actions |= rule.when.get(mark, {})
        return Mapped(self._needed(actions), rule.maybe, rule.none)

    def _by_name(self, source: str, name: str) -> Mapped:
        prefixes = self.prefixes(source)
        for spelled in filter(None, (name, without_date(name))):
            for prefix in prefixes:
                action = self._catalogue.action(f"{prefix}:{spelled}")
                if action is not None:
                    return Mapped((Needed(action.full),))
        file = self._rules.files.get(source)
        return (_by_method(file, name) if file is not None else None) or Mapped(prefixes=prefixes)

    def _needed(self, actions: Mapping[str, str]) -> tuple[Needed, ...]:
        found = ((self._catalogue.action(name), name, where) for name, where in actions.items())
        return tuple(Needed(action.full if action is not None else name, where) for action, name, where in found)

    def _tagging(self, needed: Iterable[Needed]) -> tuple[str, ...]:
        """Whoever tags what is being made may need the permission to tag, which leaves no event of its own."""
        services = dict.fromkeys(one.action.partition(":")[0] for one in needed)
        found = (self._catalogue.service(prefix) for prefix in services)
        actions = [action for service in found if service is not None for action in service.actions.values()]
        tagging = (one.full for one in actions if Access.TAGGING in one.access and not one.name.startswith("Untag"))
        return tuple(sorted(set(tagging) - {one.action for one in needed}))


def without_date(name: str) -> str:
    """The name of an event without the date at its end, or an empty text where it has none."""
    dated = _DATED.fullmatch(name)
    return dated.group(1).rstrip("_-") if dated else ""


def _by_method(file: NamesFile, name: str) -> Mapped | None:
    fitting = [verb for verb in file.verbs if name.startswith(verb.begins)]
    if not fitting:
        return None
    actions = max(fitting, key=lambda verb: len(verb.begins)).actions
    return Mapped((Needed(actions[0], "*"),)) if len(actions) == 1 else Mapped(maybe=actions)


def source_of(host: str) -> str:
    """An event source without its domain, in lower case: `ec2`."""
    host = host.lower()
    for domain in _HOST:
        if host.endswith(domain):
            return host.removesuffix(domain)
    return host


def filled(template: str, parameters: dict[str, str]) -> str:
    """A template with its parameters put in, or an empty text where one is missing or would widen it."""
    words = _PARAMETER.findall(template)
    if not all(parameters.get(word) and not set(parameters[word]) & set("*?$\\:/") for word in words):
        return ""
    return _PARAMETER.sub(lambda found: parameters[found.group(1)], template)
