"""What a principal may do, by all policies on its side: identity, boundary, every level of service control policies.

The same decision as `iam.decision` for a request to the own account without a resource policy, made for millions of
questions: a policy is compiled once however many have it, statements are looked up by action, and no reasons are made.
A test compares the two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from rootwarden.facts.iam_document import IamDocument
from rootwarden.iam.admins.chosen import easiest_doubts
from rootwarden.iam.layer import Policy, Unreadable
from rootwarden.iam.statement import compiled_document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.iam.context import Context
    from rootwarden.iam.pattern import Pattern
    from rootwarden.iam.statement import CompiledStatement

# True, false, or the keys it depends on.
May: TypeAlias = bool | tuple[str, ...]

LAYERS: Final = frozenset({"identity", "boundary", "scp"})


class Place(msgspec.Struct, frozen=True):
    """Where a statement stands.

    Attributes:
        layer: `identity`, `boundary` or `scp`.
        policy: Name of the policy.
        index: Position from 0; -1 for the policy as a whole.
    """

    layer: str
    policy: str
    index: int


class Listed:
    """The actions of a catalogue, a bit for each.

    Args:
        actions: Full names.

    Attributes:
        bits: Number of the bit by name in lower case.
        everything: All bits.
    """

    __slots__ = ("_known", "_services", "bits", "everything")

    def __init__(self, actions: Iterable[str]) -> None:
        self.bits = {action: number for number, action in enumerate(dict.fromkeys(one.lower() for one in actions))}
        self.everything = (1 << len(self.bits)) - 1
        self._services: dict[str, list[str]] = {}
        for action in self.bits:
            self._services.setdefault(action.partition(":")[0], []).append(action)
        self._known: dict[str, int] = {"*": self.everything}

    def fitting(self, pattern: Pattern) -> int:
        """The bits of the actions that fit a pattern, which has no wildcard in the service unless it is `*`."""
        mask = self._known.get(pattern.text)
        if mask is None and "*" not in pattern.text and "?" not in pattern.text:
            number = self.bits.get(pattern.text)
            mask = self._known[pattern.text] = 0 if number is None else 1 << number
        if mask is None:
            mask = 0
            for action in self._services.get(pattern.text.partition(":")[0], ()):
                if pattern.matches(action) is True:
                    mask |= 1 << self.bits[action]
            self._known[pattern.text] = mask
        return mask


class Sheet:
    """One policy, compiled.

    Attributes:
        policy: The policy.
        allows: Which of the listed actions it may allow, one bit each.
        denies: Which of them it denies on every resource, whatever the context.
        denies_when: The denies of every resource under a condition, each with the actions it is about.
        unreadable: What it depends on when it cannot be read, or empty.
    """

    __slots__ = ("_about", "allows", "denies", "denies_when", "policy", "statements", "unreadable")

    def __init__(self, policy: Policy, listed: Listed) -> None:
        document = policy.document
        self.policy = policy
        self.unreadable = (f"policy `{policy.name}`",) if isinstance(document, Unreadable) else ()
        self.statements = () if isinstance(document, Unreadable) else tuple(map(_checked, compiled_document(document)))
        self._about: dict[str, tuple[tuple[CompiledStatement, ...], tuple[CompiledStatement, ...]]] = {}
        self.allows = listed.everything if self.unreadable else 0
        self.denies = 0
        self.denies_when: list[tuple[CompiledStatement, int]] = []
        for statement in self.statements:
            if not statement.denies:
                self.allows |= _mask(statement, listed)
            elif denies_everywhere(statement):
                self.denies |= _mask(statement, listed)
            elif statement.conditions and denies_every_resource(statement):
                self.denies_when.append((statement, _mask(statement, listed)))

    def about(self, action: str) -> tuple[tuple[CompiledStatement, ...], tuple[CompiledStatement, ...]]:
        """(allows, denies) that name an action."""
        found = self._about.get(action)
        if found is None:
            naming = [one for one in self.statements if one.names_action(action)]
            found = (
                tuple(one for one in naming if not one.denies),
                tuple(one for one in naming if one.denies),
            )
            self._about[action] = found
        return found

    def place(self, layer: str, statement: CompiledStatement) -> Place:
        """Where a statement of it stands."""
        index = next(index for index, one in enumerate(self.statements) if one is statement)
        return Place(layer, self.policy.name, index)


class Level:
    """The policies of one layer: together they allow what one of them allows."""

    __slots__ = ("name", "sheets", "unreadable")

    def __init__(self, name: str, sheets: tuple[Sheet, ...]) -> None:
        self.name = name
        self.sheets = sheets
        self.unreadable = tuple(dict.fromkeys(one for sheet in sheets for one in sheet.unreadable))

    def allows(self, action: str, resource: str, context: Context) -> May:
        """Whether one of them allows it."""
        unsure: list[tuple[str, ...]] = []
        for sheet in self.sheets:
            for allow in sheet.about(action)[0]:
                truth = allow.truth(resource, context)
                if truth is True:
                    return True
                if truth:
                    unsure.append(truth)
        if not unsure:
            return self.unreadable or False
        return unsure[0] if len(unsure) == 1 else easiest_doubts(unsure)

    @property
    def mask(self) -> int:
        """Which listed actions one of them may allow."""
        mask = 0
        for sheet in self.sheets:
            mask |= sheet.allows
        return mask


class Powers:
    """All policies on the side of a principal. `Book.powers` makes them, one object for equal policies.

    Attributes:
        identity: Of the user and its groups, or of the role.
        boundary: The permissions boundary; `None` where there is none.
        scp: Levels of service control policies; empty where none bind.
        possible: Which listed actions may be allowed on some resource in some context, one bit each.
    """

    __slots__ = ("book", "boundary", "identity", "levels", "possible", "scp", "unreadable")

    def __init__(
        self,
        book: Book,
        identity: tuple[Policy, ...],
        boundary: tuple[Policy, ...] | None,
        scp: tuple[tuple[Policy, ...], ...],
    ) -> None:
        self.book = book
        self.identity = identity
        self.boundary = boundary
        self.scp = scp
        self.levels = (
            book.level("identity", identity),
            *(() if boundary is None else (book.level("boundary", boundary),)),
            *(book.level("scp", each) for each in scp),
        )
        self.unreadable = tuple(dict.fromkeys(one for level in self.levels for one in level.unreadable))
        self.possible = -1
        for level in self.levels:
            self.possible &= level.mask
            for sheet in level.sheets:
                self.possible &= ~sheet.denies

    def could(self, action: str) -> bool:
        """Whether a listed action may be allowed on some resource in some context."""
        return bool(self.possible >> self.book.bits[action.lower()] & 1)

    def possible_in(self, context: Context) -> int:
        """Which listed actions may be allowed on some resource with what is known of a request."""
        possible = self.possible
        for level in self.levels:
            for sheet in level.sheets:
                for deny, actions in sheet.denies_when:
                    if possible & actions and deny.truth("*", context) is True:
                        possible &= ~actions
        return possible

    def denied(self, action: str, resource: str, context: Context) -> May:
        """Whether a request is denied by name: true, false, or what that depends on."""
        unsure: list[str] = list(self.unreadable)
        for level in self.levels:
            for sheet in level.sheets:
                for deny in sheet.about(action)[1]:
                    truth = deny.truth(resource, context)
                    if truth is True:
                        return True
                    unsure += truth or ()
        return tuple(dict.fromkeys(unsure)) or False

    def allowed(self, layers: frozenset[str], action: str, resource: str, context: Context) -> May:
        """Whether every level of some layers allows a request."""
        unsure: list[str] = []
        for level in self.levels:
            if level.name not in layers:
                continue
            allowed = level.allows(action, resource, context)
            if allowed is False:
                return False
            unsure += () if allowed is True else allowed
        return tuple(dict.fromkeys(unsure)) or True

    def may(self, action: str, resource: str, context: Context) -> May:
        """Whether a request is allowed.

        Args:
            action: In lower case.
            resource: An ARN, or `*` for an action without resources.
            context: The keys of the request.

        Returns:
            True or false, or what it depends on.
        """
        denied = self.denied(action, resource, context)
        if denied is True:
            return False
        allowed = self.allowed(LAYERS, action, resource, context)
        if allowed is False or (allowed is True and denied is False):
            return allowed
        return tuple(dict.fromkeys((denied or ()) + (() if allowed is True else allowed)))

    def granting(self, action: str, resource: str, context: Context) -> Iterator[Place]:
        """The identity statements that allow a request, or may."""
        for sheet in self.levels[0].sheets:
            for allow in sheet.about(action)[0]:
                if allow.truth(resource, context) is not False:
                    yield sheet.place("identity", allow)

    def blocking(self, action: str, resource: str, context: Context) -> Iterator[Place]:
        """What stands in the way of a request: denies that match or may, and limits that do not allow it."""
        for level in self.levels:
            for sheet in level.sheets:
                for deny in sheet.about(action)[1]:
                    if deny.truth(resource, context) is not False:
                        yield sheet.place(level.name, deny)
            if level is not self.levels[0] and level.allows(action, resource, context) is False:
                yield from (Place(level.name, sheet.policy.name, -1) for sheet in level.sheets)
                if not level.sheets:
                    yield Place(level.name, "", -1)

    def mentions(self, action: str) -> Iterator[CompiledStatement]:
        """Every statement about an action, of any layer."""
        for level in self.levels:
            for sheet in level.sheets:
                for statements in sheet.about(action):
                    yield from statements

    def without(self, dropped: Policy) -> Powers:
        """The same without one of the identity policies."""
        kept = tuple(one for one in self.identity if one is not dropped)
        return self.book.powers(kept, self.boundary, self.scp)

    def unbounded(self) -> Powers:
        """The same without the boundary."""
        return self.book.powers(self.identity, None, self.scp)

    def outside_organization(self) -> Powers:
        """The same without the service control policies."""
        return self.book.powers(self.identity, self.boundary)

    @property
    def granted(self) -> Powers:
        """What the identity policies would allow by themselves: without boundary, guardrails and denies."""
        return self.book.powers(tuple(map(self.book.allowing, self.identity)))

    def beside(self, more: Iterable[Policy]) -> Powers:
        """The same with more identity policies."""
        held = {id(one) for one in self.identity}
        added = tuple(one for one in more if id(one) not in held)
        return self.book.powers(self.identity + added, self.boundary, self.scp)


class Book:
    """Every policy that was met, compiled once.

    Args:
        actions: The actions of the catalogue, which `Powers.possible` has a bit for.
    """

    def __init__(self, actions: Iterable[str]) -> None:
        self.listed = Listed(actions)
        self.bits = self.listed.bits
        self._sheets: dict[int, Sheet] = {}
        self._levels: dict[tuple[str, tuple[int, ...]], Level] = {}
        self._powers: dict[tuple[object, ...], Powers] = {}
        self._allowing: dict[int, Policy] = {}

    def sheet(self, policy: Policy) -> Sheet:
        """A policy, compiled; the same object is compiled once."""
        found = self._sheets.get(id(policy))
        if found is None:
            found = self._sheets[id(policy)] = Sheet(policy, self.listed)
        return found

    def level(self, name: str, policies: tuple[Policy, ...]) -> Level:
        """The policies of a layer."""
        key = (name, tuple(map(id, policies)))
        found = self._levels.get(key)
        if found is None:
            found = self._levels[key] = Level(name, tuple(map(self.sheet, policies)))
        return found

    def powers(
        self,
        identity: tuple[Policy, ...],
        boundary: tuple[Policy, ...] | None = None,
        scp: tuple[tuple[Policy, ...], ...] = (),
    ) -> Powers:
        """The powers of somebody with these policies."""
        limits = None if boundary is None else tuple(map(id, boundary))
        key = (tuple(map(id, identity)), limits, tuple(tuple(map(id, each)) for each in scp))
        found = self._powers.get(key)
        if found is None:
            found = self._powers[key] = Powers(self, identity, boundary, scp)
        return found

    def allowing(self, policy: Policy) -> Policy:
        """The policy without its denies, itself where it has none."""
        found = self._allowing.get(id(policy))
        if found is None:
            found = self._allowing[id(policy)] = _without_denies(policy)
        return found

    def mask(self, actions: Iterable[str]) -> int:
        """The bits of some actions, all of them listed."""
        mask = 0
        for action in actions:
            mask |= 1 << self.bits[action.lower()]
        return mask


def denies_everywhere(statement: CompiledStatement) -> bool:
    """Whether a deny reaches every resource, whatever the context."""
    return not statement.conditions and denies_every_resource(statement)


def denies_every_resource(statement: CompiledStatement) -> bool:
    """Whether a deny names every resource, under a condition or not."""
    resources = statement.written.resources
    return resources is not None and any(set(one) == {"*"} for one in resources)


def _without_denies(policy: Policy) -> Policy:
    document = policy.document
    if isinstance(document, Unreadable) or not any(one.effect == "Deny" for one in document.statements):
        return policy
    kept = tuple(one for one in document.statements if one.effect != "Deny")
    return Policy(policy.name, IamDocument(document.version, kept))


def _checked(statement: CompiledStatement) -> CompiledStatement:
    """A statement that no policy of a principal may have is one nobody knows the meaning of."""
    written = statement.written
    if written.principals is not None or written.not_principals is not None:
        return msgspec.structs.replace(statement, defect="the element `Principal`, which a principal's policy has not")
    return statement if statement.resources is not None else msgspec.structs.replace(statement, defect="no `Resource`")


def _mask(statement: CompiledStatement, listed: Listed) -> int:
    """The listed actions a statement names; one with a defect may name any."""
    if statement.defect:
        return listed.everything
    mask = 0
    for pattern in statement.actions:
        mask |= listed.fitting(pattern)
    return mask if statement.written.not_actions is None else listed.everything & ~mask
