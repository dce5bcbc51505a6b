"""The actions an event may have needed: what rules it out for a policy, and what decides it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.iam.actions import Access
from rootwarden.iam.usage.tally import Call, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.guardrails.replaying.paths import Side
    from rootwarden.iam.actions import ActionCatalogue
    from rootwarden.iam.statement import CompiledStatement
    from rootwarden.iam.usage.mapping import EventMap, EventRules, Mapped

# Never an event of its own (CloudTrail guide). Which actions need it besides the data does not tell.
PASS_ROLE: Final = "iam:PassRole"  # noqa: S105 - an action
SIGN_IN: Final = "signin:Authenticate"
_READING: Final = frozenset({Access.LIST, Access.READ})
# Roles are assumed, made and changed with these, and handed over with one event only.
_PASSING_NONE: Final = frozenset({"iam", "sts", "signin"})
_INTO_PROFILE: Final = ("iam", "AddRoleToInstanceProfile")
_SIGN_IN_EVENT: Final = ("signin", "ConsoleLogin")


class Needs:
    """What one kind of event needs.

    Args:
        source: Service as the record has it, without its domain.
        name: `eventName`.
        marks: Parameters whose presence decides.
        events: From events to actions.
        catalogue: The actions there are.

    Attributes:
        marks: As given.
        candidates: Every action it may need.
        may_pass: Whether a role may be handed over with it.
        apart: What it is taken for where no policy stops it: an action of its own name.
        anything: Whether it may need actions that are not among the candidates.
        signs_in: Whether it is the step of signing in that a fence may stop.
    """

    __slots__ = (
        "_catalogue",
        "_classes",
        "_mapped",
        "_unknown",
        "anything",
        "apart",
        "candidates",
        "marks",
        "may_pass",
        "signs_in",
    )

    def __init__(
        self, source: str, name: str, marks: tuple[str, ...], events: EventMap, catalogue: ActionCatalogue
    ) -> None:
        self.marks = marks
        self.signs_in = (source, name) == _SIGN_IN_EVENT
        self.apart = (f"{source}:{name}",)
        self._catalogue = catalogue
        self._classes: dict[tuple[tuple[str, ...], tuple[Side, ...]], tuple[str, ...]] = {}
        self.anything = False
        calls = {chosen: Call(source, name, Outcome.DONE, "", chosen) for chosen in ((), *((one,) for one in marks))}
        self._mapped = events.of, source, name
        found: dict[str, None] = {}
        unknown: dict[str, None] = {}
        for chosen in calls:
            mapped = self.of(chosen)
            found.update(dict.fromkeys(need.action for need in mapped.needed))
            found.update(dict.fromkeys(mapped.maybe))
            if mapped.unknown:
                unknown.update(dict.fromkeys(self._alternatives(mapped, source, name)))
                # A service by a name nobody knows may be one whose actions policies name otherwise.
                self.anything = all(catalogue.service(one) is None for one in mapped.prefixes or (source,))
        self.may_pass = (source, name) == _INTO_PROFILE or (source not in _PASSING_NONE and not self._only_reads())
        if self.may_pass:
            found[PASS_ROLE] = None
        found.update(dict.fromkeys(self.apart))
        if self.signs_in:
            found[SIGN_IN] = None
        self._unknown = tuple(unknown)
        self.candidates = tuple(found | unknown)

    def _only_reads(self) -> bool:
        """Whether all it needs, being called plainly, is to read."""
        actions = [self._catalogue.action(need.action) for need in self.of(()).needed]
        return bool(actions) and all(one is not None and set(one.access) <= _READING for one in actions)

    def of(self, marks: tuple[str, ...]) -> Mapped:
        """What a call with these marks needed."""
        of, source, name = self._mapped
        return of(Call(source, name, Outcome.DONE, "", marks))

    def named_by(self, statement: CompiledStatement) -> bool:
        """Whether a statement names an action the event may need."""
        return self.anything or any(statement.names_action(action.lower()) for action in self.candidates)

    def changed_by(self, mark: str, statements: list[CompiledStatement]) -> bool:
        """Whether a parameter changes what is needed, or adds what these statements tell from what is needed anyway."""
        plain, marked = self.of(()), self.of((mark,))
        if plain.needed != marked.needed or plain.none != marked.none or not plain.needed:
            return True
        more = set(marked.maybe) - set(plain.maybe)
        first = plain.needed[0].action.lower()
        return any(one.names_action(first) is not one.names_action(each.lower()) for one in statements for each in more)

    def perhaps(self, marks: tuple[str, ...], *, role: bool) -> tuple[str, ...]:
        """Actions it may have needed besides.

        Args:
            marks: Those the call has.
            role: Whether it may have handed over a role.
        """
        mapped = self.of(marks)
        passing = role and self.may_pass and PASS_ROLE not in mapped.maybe
        return (*(mapped.maybe if mapped.needed else ()), *((PASS_ROLE,) if passing else ()))

    def either(self, marks: tuple[str, ...], *sides: Side) -> tuple[str, ...]:
        """Where nobody knows which of several actions it needed: one of each kind that these policies tell apart."""
        mapped = self.of(marks)
        if mapped.needed:
            return ()
        actions = self._unknown if mapped.unknown else mapped.maybe
        found = self._classes.get((actions, sides))
        if found is None:
            every = [one for side in sides for one in side.statements]
            kinds: dict[tuple[bool, ...], str] = {}
            for action in (*actions, *(_examples(every) if mapped.unknown and self.anything else ())):
                kinds.setdefault(tuple(one.names_action(action.lower()) for one in every), action)
            found = self._classes[actions, sides] = tuple(kinds.values())
        return found

    def _alternatives(self, mapped: Mapped, source: str, name: str) -> Iterable[str]:
        for prefix in mapped.prefixes or (source,):
            service = self._catalogue.service(prefix)
            if service is not None:
                yield from (action.full for action in service.actions.values())
            yield f"{prefix}:{name}"


def _examples(statements: Iterable[CompiledStatement]) -> Iterable[str]:
    """Actions that patterns of policies match, one for each."""
    texts = {pattern.text.lower() for one in statements for pattern in one.actions}
    return sorted(text.replace("*", "x").replace("?", "x") for text in texts if ":" in text)


class NeedsOfEvents:
    """What events need, each kind once.

    Args:
        rules: What is named otherwise than the action it needs.
        events: From events to actions.
        catalogue: The actions there are.
    """

    _MOST: Final = 5_000

    def __init__(self, rules: EventRules, events: EventMap, catalogue: ActionCatalogue) -> None:
        self._rules = rules
        self._events = events
        self._catalogue = catalogue
        self._found: dict[tuple[str, str], Needs] = {}

    def of(self, source: str, name: str) -> Needs:
        """What events of this name need."""
        found = self._found.get((source, name))
        if found is None:
            if len(self._found) >= self._MOST:
                self._found.clear()
            marks = self._rules.marks(source, name)
            found = self._found[source, name] = Needs(source, name, marks, self._events, self._catalogue)
        return found
