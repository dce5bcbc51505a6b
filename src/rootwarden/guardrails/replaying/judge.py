"""What a change does to calls: each decided once for all calls that no policy can tell apart.

Who asks decides first: where no statement the change brings or takes can match them, nothing is looked at. Then the
event: where none of those names an action it may need. Only for the rest are condition keys, resources and parameters
made, and of them those that a statement on the way asks for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.guardrails.replaying.belonging import Belonging
from rootwarden.guardrails.replaying.calling import Call
from rootwarden.guardrails.replaying.classes import Classes
from rootwarden.guardrails.replaying.details import fields_of, keys_of
from rootwarden.guardrails.replaying.likeness import SIGN_IN_KEY, likeness, spelled_keys
from rootwarden.guardrails.replaying.needs import PASS_ROLE, SIGN_IN, NeedsOfEvents
from rootwarden.guardrails.replaying.owners import SOMEBODY
from rootwarden.guardrails.replaying.paths import NOTHING, Paths
from rootwarden.guardrails.replaying.ruling import Effect, Ruling
from rootwarden.iam.context import MISSING, Context, held
from rootwarden.iam.principal import Kind
from rootwarden.iam.statement import ANY_RESOURCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.guardrails.replaying.asker import Asker
    from rootwarden.guardrails.replaying.comparing import Compared
    from rootwarden.guardrails.replaying.details import Details
    from rootwarden.guardrails.replaying.needs import Needs
    from rootwarden.guardrails.replaying.paths import Brief, Side
    from rootwarden.iam.actions import ActionCatalogue
    from rootwarden.iam.condition import CompiledCondition
    from rootwarden.iam.context import Held
    from rootwarden.iam.statement import CompiledStatement
    from rootwarden.iam.usage.mapping import EventMap, EventRules

UNTOUCHED: Final = Ruling()
# Why no policy of an organization stops what is no call of somebody's.
BY_A_SERVICE: Final = "a service did it by itself, and asked no policy"
SIGNING_IN: Final = "it is a step of signing in"
# So many rulings are kept; then all are made anew.
_MOST_RULINGS: Final = 50_000
_MOST_CLASSES: Final = 500
_UNBOUND: Final = frozenset({Kind.SERVICE, Kind.FEDERATED, Kind.ANONYMOUS})


class Plan:
    """How calls of one kind by one principal are decided.

    Attributes:
        classes: Of fields of `Details` that matter by what conditions make of them.
        fields: Those that matter as they are.
        needed: All of them.
        keys: The condition keys that are asked for.
        resources: Whether a statement names less than all resources.
        owner: Whether it matters whose the resource is.
        marks: Parameters whose presence decides which actions are needed.
        beyond: Why no policy stops it; empty where one can.
        rulings: Those made so far, by what tells calls apart.
    """

    __slots__ = ("beyond", "classes", "fields", "keys", "marks", "needed", "needs", "owner", "resources", "rulings")

    def __init__(
        self, needs: Needs, keys: frozenset[str], *, resources: bool, owner: bool, passing: bool, beyond: str
    ) -> None:
        more = ("parameters", "resources", "region") if resources else ()
        self.needs = needs
        self.keys = keys
        self.resources = resources
        self.owner = owner
        self.beyond = beyond
        self.marks = needs.marks
        self.fields: tuple[str, ...] = (
            *more,
            *(("owners", "account") if owner else ()),
            *(("role",) if passing else ()),
        )
        self.classes: tuple[Classes, ...] = ()
        self.needed: tuple[str, ...] = ()
        self.rulings: dict[object, Ruling] = {}


class Judge:
    """Decides calls.

    Args:
        brief: What is replayed.
        rules: What events are named otherwise than the action they need.
        events: From events to actions.
        catalogue: The actions there are.

    Attributes:
        around: What is the same for every account.
        catalogue: As given.
        paths: The policies above every account.
        owned: The kinds of places resources may have under the resource control policies that change.
    """

    def __init__(self, brief: Brief, rules: EventRules, events: EventMap, catalogue: ActionCatalogue) -> None:
        self._brief = brief
        self.around = brief.around
        self._needs = NeedsOfEvents(rules, events, catalogue)
        self._belonging = Belonging(brief.before)
        self.catalogue = catalogue
        self._made = 0
        self._filled: list[Plan] = []
        self.paths = Paths(brief)
        self.owned = tuple(self._alternatives())
        self._everywhere = tuple(side for side, _ in self.owned)
        every = (one for side in self._everywhere for one in side.statements)
        self._of_everywhere = tuple({id(one): one for one in every}.values())
        self._classes: dict[tuple[object, ...], Classes] = {}

    def touches(self, asker: Asker) -> bool:
        """Whether the change may touch any call of a principal."""
        return bool(self._everywhere) or self._reaches(asker, self.above(asker))

    def plan(self, asker: Asker, source: str, name: str, *, beyond: str = "") -> Plan | None:
        """How calls are decided; `None` where the change touches none of them.

        Args:
            asker: Who calls.
            source: Service as the record has it, without its domain.
            name: `eventName`.
            beyond: Why no policy stops it, where the record tells that.
        """
        needs = self._needs.of(source, name)
        mine = self.above(asker)
        sides = (mine, *self._everywhere)
        changed = [one for side in sides for one in _possible(side.changed, asker)]
        if not any(side.unread for side in sides) and not any(needs.named_by(one) for one in changed):
            return None
        every = [one for side in sides for one in _possible(side.statements, asker) if needs.named_by(one)]
        keys = frozenset(key for one in every for key in _asked(one)) - asker.keys.keys()
        owner = bool(self._everywhere) or any(key.startswith("aws:resource") for key in keys)
        resources = any(_is_particular(one) for one in every)
        passing = needs.may_pass and any(one.names_action(PASS_ROLE.lower()) for one in every)
        plan = Plan(needs, keys, resources=resources, owner=owner, passing=passing, beyond=beyond)
        self._part(plan, every)
        if not resources:
            statements = [one for side in sides for one in side.statements]
            plan.marks = tuple(mark for mark in needs.marks if needs.changed_by(mark, statements))
        return plan

    def likeness(self, asker: Asker) -> tuple[object, ...]:
        """What plans and rulings depend on of an asker: those of whom it is the same share them."""
        return likeness(asker, (*self.above(asker).statements, *self._of_everywhere))

    def ruling(
        self,
        plan: Plan,
        asker: Asker,
        like: object,
        marks: tuple[str, ...],
        details: Details,
    ) -> Ruling:
        """What the change does to a call that is the first of its kind.

        Args:
            plan: How its like is decided; keeps the ruling.
            asker: Who calls, or another of the same likeness.
            like: What tells the call from others of the plan: its marks, classes and fields.
            marks: Those of the plan that the call has.
            details: With the fields that the plan needs.
        """
        self._make_room(plan)
        found = plan.rulings[like] = self._ruling(plan, asker, details, marks)
        return found

    def _part(self, plan: Plan, every: list[CompiledStatement]) -> None:
        """Find what tells calls of a plan apart, the policies being these."""
        conditions = tuple({id(one): one for statement in every for one in statement.conditions}.values())
        spelled = {key for one in every for key in spelled_keys(one)}
        kept = set(plan.fields)
        parted: dict[tuple[str, ...], set[str]] = {}
        for key in plan.keys:
            parted.setdefault(fields_of((key,)), set()).add(key)
        classes = []
        for fields, keys in sorted(parted.items()):
            if keys & spelled:
                kept |= set(fields)
            elif fields and not set(fields) <= kept:
                asking = tuple(one for one in conditions if one.written.key.lower() in keys)
                classes.append(self._classes_of(fields, frozenset(keys), asking))
        plan.classes = tuple(classes)
        plan.fields = tuple(sorted(kept))
        plan.needed = tuple(sorted(kept.union(*(one.fields for one in classes))))

    def _classes_of(
        self, fields: tuple[str, ...], keys: frozenset[str], conditions: tuple[CompiledCondition, ...]
    ) -> Classes:
        """Classes of these conditions; plans that ask for the same share them."""
        key = fields, keys, conditions
        found = self._classes.get(key)
        if found is None:
            if len(self._classes) >= _MOST_CLASSES:
                self._classes.clear()
            found = self._classes[key] = Classes(fields, keys, conditions)
        return found

    def _make_room(self, plan: Plan) -> None:
        """Keep the rulings of all plans together from growing with the log."""
        if self._made >= _MOST_RULINGS:
            for each in self._filled:
                each.rulings.clear()
            self._filled.clear()
            self._made = 0
        if not plan.rulings:
            self._filled.append(plan)
        self._made += 1

    def above(self, asker: Asker) -> Side:
        """The service control policies above who calls; of nobody knows which account, any may be."""
        who = asker.who
        if who.kind in _UNBOUND or who.service_linked or (who.account and who.account == self.around.management):
            return NOTHING
        return self.paths.side("scp", who.account)

    def _alternatives(self) -> Iterator[tuple[Side, str]]:
        """The kinds of places resources may have, each with an account: these policies reach whoever calls."""
        if "rcp" not in self._brief.kinds:
            return
        accounts = [one.account for one in self._brief.before.standings if one.account != self.around.management]
        shapes: set[object] = set()
        for account in (*accounts, *(() if self._brief.listed else (SOMEBODY,))):
            side = self.paths.side("rcp", account)
            if not side.idle and side.shape not in shapes:
                shapes.add(side.shape)
                yield side, account

    def _reaches(self, asker: Asker, side: Side) -> bool:
        return side.unread or any(True for _ in _possible(side.changed, asker))

    def _ruling(self, plan: Plan, asker: Asker, details: Details, marks: tuple[str, ...]) -> Ruling:
        call = Call(self, plan, asker, details)
        if call.idle:
            return UNTOUCHED
        mapped = plan.needs.of(marks)
        beyond = plan.beyond or mapped.none
        if beyond:
            fenced = call.compared(SIGN_IN) if plan.needs.signs_in and self.owned else []
            if any(one.newly[1] or one.freed[1] for one in fenced):
                return _fenced(fenced)
            found = [one for action in plan.needs.apart for one in call.compared(action, anywhere=True)]
            return msgspec.structs.replace(_summed(found, [], []), beyond=beyond)
        surely = [one for need in mapped.needed for one in call.compared(need.action, need.resource)]
        unsure = plan.needs.perhaps(marks, role=details.role)
        perhaps = [(action, one) for action in unsure for one in call.compared(action)]
        either = [one for action in plan.needs.either(marks, *call.sides) for one in call.compared(action)]
        actions = tuple(need.action for need in mapped.needed)
        return _doubted(msgspec.structs.replace(_summed(surely, perhaps, either), actions=actions), asker)

    def keys(self, plan: Plan, asker: Asker, details: Details, owner: str) -> dict[str, Held]:
        """The condition keys of a call on what one account has; `SOMEBODY` where nobody knows whose it is."""
        keys: dict[str, Held] = {**keys_of(details, plan.keys)}
        keys |= {**self._belonging.keys("principal", asker.who.account), **asker.keys}
        if owner:
            keys |= {"aws:resourceaccount": held(owner), **self._belonging.keys("resource", owner)}
        if plan.needs.signs_in and asker.who.arn:
            keys[SIGN_IN_KEY] = held(asker.who.arn)
        return keys | dict.fromkeys(self.around.no_keys, MISSING)


def _possible(statements: Iterable[CompiledStatement], asker: Asker) -> Iterator[CompiledStatement]:
    """Statements of which who asks alone does not rule a match out."""
    context = Context(asker.keys, complete=False, absent=asker.absent)
    for one in statements:
        if all(condition.test(context).truth is not False for condition in one.conditions):
            yield one


def _asked(statement: CompiledStatement) -> Iterator[str]:
    """The keys a statement asks for, in lower case; those of its variables too."""
    for condition in statement.conditions:
        yield condition.written.key.lower()
        for wanted in condition.wanted:
            yield from (key.lower() for key in wanted.variables)
    for resource in statement.resources or ():
        yield from (key.lower() for key in resource.variables)


def _is_particular(statement: CompiledStatement) -> bool:
    return statement.resources is not None and any(one.text != ANY_RESOURCE for one in statement.resources)


def _doubted(ruling: Ruling, asker: Asker) -> Ruling:
    """What is not known of who asks makes nothing sure."""
    if not asker.doubt or ruling.effect is Effect.NOTHING:
        return ruling
    return msgspec.structs.replace(ruling, surely=False, depends_on=(*ruling.depends_on, asker.doubt))


def _fenced(found: list[Compared]) -> Ruling:
    """A sign-in as a resource control policy fences it: described by AWS, and never sure."""
    ruling = _summed(found, [], [])
    depends = (*ruling.depends_on, "whether a resource control policy reaches this sign-in")
    return msgspec.structs.replace(ruling, surely=False, actions=(SIGN_IN,), depends_on=depends)


def _summed(surely: list[Compared], perhaps: list[tuple[str, Compared]], either: list[Compared]) -> Ruling:
    """One call out of its actions: denied when any that is needed is.

    Args:
        surely: Of actions that were needed.
        perhaps: Of actions that may have been needed besides.
        either: Of actions one of which was needed.
    """
    unsure = [one for _, one in perhaps]
    every = [*surely, *unsure, *either]
    if not every:
        return UNTOUCHED
    was = any(one.was_denied[0] for one in surely) or (bool(either) and all(one.was_denied[0] for one in either))
    may_have_been = any(one.was_denied[1] for one in every)
    now = any(one.denied[0] for one in surely) or (bool(either) and all(one.denied[0] for one in either))
    may_be = any(one.denied[1] for one in every)
    new = any(one.newly[0] for one in surely) or (bool(either) and all(one.newly[0] for one in either))
    needless = [f"whether it needs `{action}`" for action, one in perhaps if one.newly[1] or one.freed[1]]
    unknown = ["which action it needs"] if either and not (all(one.newly[0] for one in either)) else []
    if not was and any(one.newly[1] for one in every):
        touched = [one for one in every if one.newly[1]]
        certain = new and not may_have_been
        return _made(Effect.DENIES, certain, touched, [*needless, *unknown], freed=False)
    if may_have_been and not now and any(one.freed[1] for one in every):
        touched = [one for one in every if one.freed[1]]
        certain = was and not may_be
        return _made(Effect.LETS_THROUGH, certain, touched, [*needless, *unknown], freed=True)
    if was and any(one.added[1] for one in every):
        touched = [one for one in every if one.added[1]]
        certain = any(one.added[0] for one in surely) or (bool(either) and all(one.added[0] for one in either))
        return _made(Effect.DENIES_ANYWAY, certain, touched, [*needless, *unknown], freed=False)
    return UNTOUCHED


def _made(effect: Effect, certain: bool, touched: list[Compared], more: list[str], *, freed: bool) -> Ruling:
    places = {place for one in touched for place in (one.freed_by if freed else one.by)}
    depends = dict.fromkeys([key for one in touched for key in one.depends_on] + more)
    return Ruling(effect=effect, surely=certain, by=tuple(sorted(places)), depends_on=() if certain else tuple(depends))
