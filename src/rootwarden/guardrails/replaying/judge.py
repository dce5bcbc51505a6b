"""What a change does to calls: each decided once for all calls that no policy can tell apart.

Who asks decides first: where no statement the change brings or takes can match them, nothing is looked at. Then the
event: where none of those names an action it may need. Only for the rest are condition keys, resources and parameters
made, and of them those that a statement on the way asks for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.guardrails.replaying.arns import role_classes
from rootwarden.guardrails.replaying.calling import Call
from rootwarden.guardrails.replaying.classes import Classes
from rootwarden.guardrails.replaying.details import fields_of
from rootwarden.guardrails.replaying.ground import Ground
from rootwarden.guardrails.replaying.likeness import likeness, partition_of, spelled_keys
from rootwarden.guardrails.replaying.needs import PASS_ROLE, SIGN_IN, NeedsOfEvents
from rootwarden.guardrails.replaying.plan import ROLE, Plan
from rootwarden.guardrails.replaying.resource_classes import Groups, ResourceClasses, is_particular
from rootwarden.guardrails.replaying.resources import RESOURCE_FIELDS
from rootwarden.guardrails.replaying.ruling import Effect
from rootwarden.guardrails.replaying.summing import UNTOUCHED, doubted, sign_in_fenced, summed
from rootwarden.iam.context import Context

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.guardrails.replaying.arns import RoleClasses
    from rootwarden.guardrails.replaying.asker import Asker
    from rootwarden.guardrails.replaying.details import Details
    from rootwarden.guardrails.replaying.paths import Brief, Side
    from rootwarden.guardrails.replaying.ruling import Ruling
    from rootwarden.iam.actions import ActionCatalogue
    from rootwarden.iam.condition import CompiledCondition
    from rootwarden.iam.statement import CompiledStatement
    from rootwarden.iam.usage.mapping import EventMap, EventRules

# Why no policy of an organization stops what is no call of somebody's.
BY_A_SERVICE: Final = "a service did it by itself, and asked no policy"
SIGNING_IN: Final = "it is a step of signing in"
# So many rulings are kept; then all are made anew.
_MOST_RULINGS: Final = 50_000
_MOST_CLASSES: Final = 500
_ALL_OF_RESOURCES: Final = (*RESOURCE_FIELDS, "region")


class Judge:
    """Decides calls.

    Args:
        brief: What is replayed.
        rules: What events are named otherwise than the action they need.
        events: From events to actions.
        catalogue: The actions there are.

    Attributes:
        ground: Where calls are made.
    """

    def __init__(self, brief: Brief, rules: EventRules, events: EventMap, catalogue: ActionCatalogue) -> None:
        self.ground = Ground(brief, catalogue)
        self._needs = NeedsOfEvents(rules, events, catalogue)
        self._made = 0
        self._filled: list[Plan] = []
        self._everywhere = tuple(side for side, _ in self.ground.owned)
        every = (one for side in self._everywhere for one in side.statements)
        self._of_everywhere = tuple({id(one): one for one in every}.values())
        self._groups = Groups(catalogue)
        self._classes: dict[tuple[object, ...], Classes] = {}

    def touches(self, asker: Asker) -> bool:
        """Whether the change may touch any call of a principal."""
        return bool(self._everywhere) or self._reaches(asker, self.ground.above(asker))

    def plan(self, asker: Asker, source: str, name: str, *, beyond: str = "") -> Plan | None:
        """How calls are decided; `None` where the change touches none of them.

        Args:
            asker: Who calls.
            source: Service as the record has it, without its domain.
            name: `eventName`.
            beyond: Why no policy stops it, where the record tells that.
        """
        needs = self._needs.of(source, name)
        mine = self.ground.above(asker)
        sides = (mine, *self._everywhere)
        changed = [one for side in sides for one in _possible(side.changed, asker)]
        if not any(side.unread for side in sides) and not any(needs.named_by(one) for one in changed):
            return None
        every = [one for side in sides for one in _possible(side.statements, asker) if needs.named_by(one)]
        keys = frozenset(key for one in every for key in _asked(one)) - asker.keys.keys()
        owner = bool(self._everywhere) or any(key.startswith("aws:resource") for key in keys)
        resources = any(is_particular(one) for one in every)
        passing = needs.may_pass and any(one.names_action(PASS_ROLE.lower()) for one in every)
        plan = Plan(needs, keys, resources=resources, owner=owner, passing=passing, beyond=beyond)
        self._part(plan, asker, every)
        if not resources:
            statements = [one for side in sides for one in side.statements]
            plan.marks = tuple(mark for mark in needs.marks if needs.changed_by(mark, statements))
        return plan

    def likeness(self, asker: Asker) -> tuple[object, ...]:
        """What plans and rulings depend on of an asker: those of whom it is the same share them."""
        return likeness(asker, (*self.ground.above(asker).statements, *self._of_everywhere))

    def resemblance(self, asker: Asker) -> tuple[object, ...] | None:
        """Of those of whom it is the same, in whichever account, nothing comes of the same calls.

        Returns:
            What their policies say and tell of them; `None` where it may matter who of them has what.
        """
        side = self.ground.above(asker)
        asked = {key for one in side.statements for key in _asked(one)}
        if self._everywhere or not asker.who.account or any(key.startswith("aws:resource") for key in asked):
            return None
        organization = self.ground.organization(asker.who.account)
        _, *like = self.likeness(asker)
        return side.shape, tuple((key, organization[key]) for key in sorted(asked & organization.keys())), *like

    def role_classes(self, role: Asker) -> RoleClasses | None:
        """What policies tell of the roles of an account by their ARNs; `None` where any may be told apart.

        Args:
            role: One of the roles, whose ARN is known.
        """
        side = self.ground.paths.side("scp", role.who.account)
        return role_classes((*side.statements, *self._of_everywhere), role.keys, role.absent)

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

    def quiet(self, plan: Plan, asker: Asker, like: object, marks: tuple[str, ...], details: Details) -> bool:
        """Whether the change does nothing to calls, whether or not a role was handed over with them.

        Args:
            plan: How their like is decided; keeps the answer.
            asker: Who calls, or another of the same likeness.
            like: What tells them from others of the plan, beside `ROLE`.
            marks: Those of the plan that they have.
            details: With the fields that the plan needs, beside `ROLE`.
        """
        self._make_room(plan)
        # What may be needed besides makes no call quiet: where nothing comes of it with a role, nothing does without.
        details = msgspec.structs.replace(details, role=ROLE in plan.fields)
        found = plan.quiet[like] = self._ruling(plan, asker, details, marks).effect is Effect.NOTHING
        return found

    def _part(self, plan: Plan, asker: Asker, every: list[CompiledStatement]) -> None:
        """Find what tells calls of a plan apart, the policies being these."""
        conditions = tuple({id(one): one for statement in every for one in statement.conditions}.values())
        spelled = {key for one in every for key in spelled_keys(one)}
        by_resource = self._by_resource(plan, asker, every) if plan.resources else ()
        kept = {*plan.fields, *(_ALL_OF_RESOURCES if by_resource is None else ())}
        parted: dict[tuple[str, ...], set[str]] = {}
        for key in plan.keys:
            parted.setdefault(fields_of((key,)), set()).add(key)
        classes: list[Classes | ResourceClasses] = list(by_resource or ())
        for fields, keys in sorted(parted.items()):
            if keys & spelled:
                kept |= set(fields)
            elif fields and not set(fields) <= kept:
                asking = tuple(one for one in conditions if one.written.key.lower() in keys)
                classes.append(self._classes_of(fields, frozenset(keys), asking))
        plan.classes = tuple(classes)
        plan.fields = tuple(sorted(kept))
        plan.needed = tuple(sorted(kept.union(*(one.fields for one in classes))))

    def _by_resource(
        self, plan: Plan, asker: Asker, every: list[CompiledStatement]
    ) -> tuple[ResourceClasses, ...] | None:
        """Classes by what calls were on; `None` where all that they name tells them apart."""
        groups = None if plan.needs.anything else self._groups.of(plan.needs.candidates, every)
        if groups is None:
            return None
        return (ResourceClasses(groups, partition_of(asker)),) if groups else ()

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
                each.quiet.clear()
            self._filled.clear()
            self._made = 0
        if not plan.rulings and not plan.quiet:
            self._filled.append(plan)
        self._made += 1

    def _reaches(self, asker: Asker, side: Side) -> bool:
        return side.unread or any(True for _ in _possible(side.changed, asker))

    def _ruling(self, plan: Plan, asker: Asker, details: Details, marks: tuple[str, ...]) -> Ruling:
        call = Call(self.ground, plan, asker, details)
        if call.idle:
            return UNTOUCHED
        mapped = plan.needs.of(marks)
        beyond = plan.beyond or mapped.none
        if beyond:
            fenced = call.compared(SIGN_IN) if plan.needs.signs_in and self.ground.owned else []
            if any(one.newly[1] or one.freed[1] for one in fenced):
                return sign_in_fenced(fenced)
            found = [one for action in plan.needs.apart for one in call.compared(action, anywhere=True)]
            return msgspec.structs.replace(summed(found, [], []), beyond=beyond)
        surely = [one for need in mapped.needed for one in call.compared(need.action, need.resource)]
        unsure = plan.needs.perhaps(marks, role=details.role)
        perhaps = [(action, one) for action in unsure for one in call.compared(action)]
        either = [one for action in plan.needs.either(marks, *call.sides) for one in call.compared(action)]
        actions = tuple(need.action for need in mapped.needed)
        return doubted(msgspec.structs.replace(summed(surely, perhaps, either), actions=actions), asker)


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
