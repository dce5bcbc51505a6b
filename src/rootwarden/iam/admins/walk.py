"""One step up: may somebody walk a path of the catalogue, on what, and what have they then?"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from itertools import islice, product
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from rootwarden.iam.admins.admin import EVERYTHING
from rootwarden.iam.admins.asking import NEW, choices, in_region, may_choosing, new_names, regions
from rootwarden.iam.admins.conditions import TAKEN, Scene, holds, holds_of
from rootwarden.iam.admins.holders import Holder
from rootwarden.iam.admins.powers import Powers
from rootwarden.iam.admins.trust import ASSUME, lets_service, may_assume_with, trusting
from rootwarden.iam.context import MISSING, Context, Values, held
from rootwarden.iam.escalation.path import EscalationPath, Gain, TargetKind, Where
from rootwarden.iam.escalation.template import filled, placeholders
from rootwarden.iam.layer import Policy
from rootwarden.iam.principal import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.iam.admins.conditions import Holds
    from rootwarden.iam.admins.holders import AccountSeat, Attachment, Group
    from rootwarden.iam.admins.landscape import Landscape
    from rootwarden.iam.admins.powers import May
    from rootwarden.iam.context import Held
    from rootwarden.iam.escalation.path import Permission, Target

_MOST_RESOURCES: Final = 20
_MOST_SECONDS: Final = 40
_MOST_VALUES: Final = 16
_NOT_CHANGED: Final = (":role/aws-reserved/", ":role/aws-service-role/")
_OLDER: Final = "older-version"
_ROOT_MFA: Final = "root-mfa"
_ROOT_PASSWORD: Final = "password-recovery"  # noqa: S105 - a word of the catalogue
# What no policy shows, and an older version of one or a credential report may.
_SHOWN_SOMETIMES: Final = frozenset({_OLDER, _ROOT_MFA, _ROOT_PASSWORD})
_ASSUME_ROLE: Final = "sts:AssumeRole"
_LEAVE: Final = "iam:RemoveUserFromGroup"


# Placeholders that do not depend on what a path is walked on.
_FREE: Final = frozenset({"account", "actor", "partition", "management", "organization"})


class End(StrEnum):
    """Where a step may end beside with another principal."""

    ADMINISTRATOR = "administrator"
    ROOT = "root"


class Node(msgspec.Struct, frozen=True, eq=False):
    """A principal with powers, its own or those a step gave it."""

    holder: Holder
    powers: Powers

    @property
    def key(self) -> tuple[int, int]:
        """The same for equal nodes."""
        return id(self.holder), id(self.powers)


class Asked(msgspec.Struct, frozen=True):
    """One request of a step, as it is allowed."""

    action: str
    resource: str
    context: Context


Result: TypeAlias = Node | End


class Walk(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A path that somebody can walk.

    Attributes:
        path: Which.
        node: Who walks it.
        target: ARN or account it is walked on; empty for a path on nothing in particular.
        result: What they have then.
        asked: The requests.
        requires: What stands in the way until it is known: conditions, resources that have to be there.
        assumes: What is taken to be so.
    """

    path: EscalationPath
    node: Node
    target: str
    result: Result
    asked: tuple[Asked, ...] = ()
    requires: tuple[str, ...] = ()
    assumes: tuple[str, ...] = ()

    @property
    def sure(self) -> bool:
        """Whether nothing stands in the way."""
        return not self.requires


class _Try(msgspec.Struct, frozen=True, kw_only=True):
    """A path on a target, before anything was asked."""

    path: EscalationPath
    node: Node
    scene: Scene
    bindings: dict[str, str]
    version: Policy | None = None
    requires: tuple[str, ...] = ()
    assumes: tuple[str, ...] = ()


class Walker:
    """Tries paths.

    Args:
        land: Who there is.
    """

    def __init__(self, land: Landscape) -> None:
        self._land = land
        self._lent: dict[tuple[int, tuple[str, ...]], May] = {}
        self._second: dict[tuple[int, int, str], list[tuple[Holder, tuple[str, ...], tuple[str, ...]]]] = {}
        self._could: dict[tuple[int, int, str], bool] = {}

    def could(self, path: EscalationPath, node: Node) -> bool:
        """Whether the requests of a path that are about nothing in particular may be allowed; false is sure."""
        key = (*node.key, path.id)
        found = self._could.get(key)
        if found is None:
            scene = Scene(actor=node.holder)
            attempt = _Try(path=path, node=node, scene=scene, bindings=_bindings(path, scene))
            free = (one for one in path.permissions if set(placeholders(one.resource)) <= _FREE and _fixed(one))
            found = self._could[key] = all(_ask(one, attempt, attempt.bindings)[0] is not False for one in free)
        return found

    def _lends(self, role: Holder, services: tuple[str, ...]) -> May:
        """Whether a service may assume a role; asked once."""
        key = (id(role), services)
        found = self._lent.get(key)
        if found is None:
            found = self._lent[key] = lets_service(role, services)
        return found

    def on(self, path: EscalationPath, node: Node, scene: Scene) -> Walk | None:
        """The easiest way to walk a path on what the scene names, or `None`; a way without doubt is taken first."""
        best: Walk | None = None
        for attempt in self._attempts(path, node, scene):
            walk = self._asked(attempt)
            if walk is not None and (best is None or len(walk.requires) < len(best.requires)):
                best = walk
            if best is not None and best.sure:
                return best
        return best

    def _attempts(self, path: EscalationPath, node: Node, scene: Scene) -> Iterator[_Try]:
        untold = self._land.unsettled(self._required(path, scene), scene.account or scene.actor.account.id)
        judged = _judged(path.target.where, scene, untold, path.assumes) if untold is not None else None
        if judged is None:
            return
        requires, assumes = judged
        if path.target.trusts and scene.target is not None:
            trusts = self._lends(scene.target, path.target.trusts)
            if trusts is False:
                return
            requires += () if trusts is True else trusts
        attempt = _Try(
            path=path, node=node, scene=scene, bindings=_bindings(path, scene), requires=requires, assumes=assumes
        )
        for with_policy in _with_policy(attempt):
            for with_existing in self._with_existing(with_policy):
                for with_both in self._with_second(with_existing):
                    yield from _with_names(with_both)

    def _required(self, path: EscalationPath, scene: Scene) -> tuple[str, ...]:
        """What no policy shows, but for what the credential report says of root of the account."""
        household = self._land.households.get(scene.account)
        if not path.requires or household is None:
            return path.requires
        given = {_ROOT_PASSWORD: household.seat.root_password is True, _ROOT_MFA: household.seat.root_mfa is False}
        return tuple(one for one in path.requires if not given.get(one))

    def _with_existing(self, attempt: _Try) -> Iterator[_Try]:
        existing, target = attempt.path.existing, attempt.scene.target
        if existing is None:
            yield attempt
            return
        found = self._land.resources(existing.type, target.arn if target is not None else "")
        if found is None:
            spelled = filled(existing.resource, attempt.bindings)
            yield _more(attempt, requires=(f"{existing.type} with this role",), existing=spelled)
            return
        yield from (_more(attempt, existing=arn) for arn in islice(found, _MOST_RESOURCES))

    def _with_second(self, attempt: _Try) -> Iterator[_Try]:
        also = attempt.path.also
        if also is None:
            yield attempt
            return
        for other, requires, assumes in self._seconds(attempt, also)[:_MOST_SECONDS]:
            scene = msgspec.structs.replace(attempt.scene, also=other)
            made = msgspec.structs.replace(attempt, scene=scene, assumes=attempt.assumes + assumes)
            yield _more(made, requires=requires, also=other.arn)

    def _seconds(self, attempt: _Try, also: Target) -> list[tuple[Holder, tuple[str, ...], tuple[str, ...]]]:
        """The principals that can be the second one for a target, with what each requires; the surest first."""
        scene, account = attempt.scene, attempt.scene.actor.account.id
        key = (id(also), id(scene.target), account)
        if key not in self._second:
            user = also.kind is TargetKind.USER
            found = []
            for other in self._land.users(account) if user else self._land.lending(account, also.trusts):
                lent = True if user else self._lends(other, also.trusts)
                judged = _judged_of(also.where, other, scene)
                if lent is not False and judged is not None:
                    found.append((other, judged[0] + (() if lent is True else lent), judged[1]))
            self._second[key] = sorted(found, key=lambda one: len(one[1]))
        return self._second[key]

    def _asked(self, attempt: _Try) -> Walk | None:
        path, node = attempt.path, attempt.node
        result = self._result(attempt)
        if result is None:
            return None
        templates = tuple((one.action.lower(), filled(one.resource, attempt.bindings)) for one in path.permissions)
        new = tuple(one for one in templates if NEW in one[1])
        names = new_names(new, node.powers) if new else ("",)
        best: Walk | None = None
        for name, region in product(names, regions(templates, node.powers)):
            walk = self._named(attempt, result, name, region)
            if walk is not None and (best is None or len(walk.requires) < len(best.requires)):
                best = walk
            if best is not None and best.sure:
                break
        return best

    def _named(self, attempt: _Try, result: Result, name: str, region: str) -> Walk | None:
        """The walk with one name for what is new, in one Region."""
        asked: list[Asked] = []
        requires = attempt.requires
        bindings = attempt.bindings | ({"new": name} if name else {})
        for permission in attempt.path.permissions:
            may, request = _ask(permission, attempt, bindings, region)
            if may is False:
                return None
            requires += () if may is True else may
            asked.append(request)
        return Walk(
            path=attempt.path,
            node=attempt.node,
            target=_target_name(attempt.scene),
            result=result,
            asked=tuple(asked),
            requires=tuple(dict.fromkeys(requires)),
            assumes=tuple(dict.fromkeys(attempt.assumes)),
        )

    def _result(self, attempt: _Try) -> Result | None:
        """What somebody has who walked the path; `None` when it is nothing more."""
        node, scene, gain = attempt.node, attempt.scene, attempt.path.gain
        if gain is Gain.ROOT:
            return End.ROOT
        if gain is Gain.REWRITES_TARGET and scene.target is None:
            # Where the roles of the account are known, whether one can be assumed is a path of its own.
            decided = _ASSUME_ROLE in attempt.path.actions and scene.account in self._land.households
            return None if decided else End.ADMINISTRATOR
        if gain is Gain.UNBLOCKS_TARGET and attempt.path.target.kind is TargetKind.ACCOUNT:
            return End.ROOT if self._land.barred(scene.account) else None
        if gain is Gain.NEW_PRINCIPAL:
            return Node(node.holder, node.powers.book.powers((EVERYTHING,), None, node.holder.powers.scp))
        return _changed(attempt)


def _changed(attempt: _Try) -> Node | None:
    """The principal somebody is then, with what it may do then."""
    node, scene, gain = attempt.node, attempt.scene, attempt.path.gain
    changed = node if gain in {Gain.REWRITES_SELF, Gain.UNBLOCKS_SELF} else _own(scene.target)
    if attempt.version is not None and scene.policy is not None:
        return Node(node.holder, node.powers.without(scene.policy.policy).beside((attempt.version,)))
    if gain in {Gain.REWRITES_SELF, Gain.REWRITES_TARGET}:
        return _rewritten(changed, scene)
    if gain in {Gain.UNBLOCKS_SELF, Gain.UNBLOCKS_TARGET}:
        return _unblocked(changed, attempt)
    if scene.group is not None:
        return _joined(node if scene.also is None else Node(scene.also, scene.also.powers), scene.group)
    return changed


def _own(holder: Holder | None) -> Node | None:
    return None if holder is None else Node(holder, holder.powers)


def _rewritten(node: Node | None, scene: Scene) -> Node | None:
    """With policies that say what the actor wants; a policy that is rewritten no longer says what it said."""
    if node is None:
        return None
    powers = node.powers if scene.policy is None else node.powers.without(scene.policy.policy)
    return Node(node.holder, powers.beside((EVERYTHING,)))


def _unblocked(node: Node | None, attempt: _Try) -> Node | None:
    """Without the boundary, or without the policy the path removes."""
    if node is None:
        return None
    policy, where = attempt.scene.policy, (*attempt.path.target.where, *attempt.path.policies)
    if policy is not None and policy.group and any(one.action == _LEAVE for one in attempt.path.permissions):
        powers = node.powers
        for one in node.holder.attachments:
            powers = powers.without(one.policy) if one.group == policy.group else powers
    elif policy is not None and Where.IS_BOUNDARY_OF_ACTOR not in where:
        powers = node.powers.without(policy.policy)
    elif Where.ACTOR_IN_MEMBER_ACCOUNT in where:
        powers = node.powers.outside_organization()
    elif node.powers.boundary is not None:
        powers = node.powers.unbounded()
    else:
        return None
    return None if powers is node.powers else Node(node.holder, powers)


def _joined(node: Node, group: Group) -> Node | None:
    """In the group as well."""
    powers = node.powers.beside(one.policy for one in group.attachments)
    return None if powers is node.powers else Node(node.holder, powers)


def _judged(
    words: Iterable[Where], scene: Scene, requires: tuple[str, ...], assumes: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """What is required and assumed with the conditions of a path; `None` when one does not hold."""
    # `trusts-actor` is asked with `sts:AssumeRole`, by trust policy and own policies together.
    found = ((word, holds(word, scene)) for word in words if word is not Where.TRUSTS_ACTOR)
    return _summed(found, requires, assumes)


def _judged_of(words: Iterable[Where], other: Holder, scene: Scene) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The same of the second principal."""
    return _summed(((word, holds_of(word, other, scene)) for word in words), (), ())


def _summed(
    found: Iterable[tuple[Where, Holds]], requires: tuple[str, ...], assumes: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    for word, held_so in found:
        if held_so is False:
            return None
        if held_so is not True and word in TAKEN:
            assumes += held_so
        elif held_so is not True:
            requires += held_so
    return requires, assumes


def _with_policy(attempt: _Try) -> Iterator[_Try]:
    """The attempt with each policy of the target that the path can be about."""
    target, words = attempt.scene.target, attempt.path.policies
    if not words or target is None:
        yield from _with_versions(attempt)
        return
    for one in target.attachments:
        scene = msgspec.structs.replace(attempt.scene, policy=one)
        if _judged(words, scene, (), ()) is not None:
            group = _group_arn(one, target.account)
            made = msgspec.structs.replace(attempt, scene=scene)
            yield _more(made, policy=one.arn, group=group) if group else _more(made, policy=one.arn)


def _with_versions(attempt: _Try) -> Iterator[_Try]:
    """The attempt with each older version of the policy, where the path goes back to one."""
    policy, where = attempt.scene.policy, attempt.path.target.where
    if policy is None or Where.HAS_OLDER_VERSION not in where:
        yield attempt
        return
    requires = tuple(one for one in attempt.requires if one != _OLDER)
    yield from (msgspec.structs.replace(attempt, version=one, requires=requires) for one in policy.older)


def _group_arn(attachment: Attachment, seat: AccountSeat) -> str:
    return f"arn:{seat.partition}:iam::{seat.id}:group/{attachment.group}" if attachment.group else ""


def _bindings(path: EscalationPath, scene: Scene) -> dict[str, str]:
    actor, target = scene.actor, scene.target
    seat = actor.account
    bindings = {
        "partition": seat.partition,
        "account": scene.account or seat.id,
        "actor": actor.arn,
        "management": seat.management_account or "*",
        "organization": seat.organization or "*",
        "target": _target_name(scene),
    }
    if path.target.kind is TargetKind.PERMISSION_SET:
        bindings["target"] = f"arn:{seat.partition}:sso:::permissionSet/*/*"  # no account dump tells which
    if scene.policy is not None:
        bindings["policy"] = scene.policy.arn
    if scene.policy is not None and scene.policy.group:
        bindings["group"] = _group_arn(scene.policy, seat)
    if scene.group is not None:
        bindings["group"] = scene.group.arn
    if target is not None and target.profiles:
        bindings["profile"] = target.profiles[0]
    return bindings


def _target_name(scene: Scene) -> str:
    if scene.target is not None:
        return scene.target.arn
    if scene.group is not None:
        return scene.group.arn
    if scene.policy is not None:
        return scene.policy.arn
    return scene.account


def _with_names(attempt: _Try) -> Iterator[_Try]:
    """The attempt with each instance profile or identity provider of the target."""
    target = attempt.scene.target
    wanted = _wanted(attempt.path)
    if target is None or not wanted:
        yield attempt
    elif "profile" in wanted:
        yield from (_more(attempt, profile=one) for one in islice(target.profiles, _MOST_RESOURCES))
    else:
        kind = ":saml-provider/" if Where.TRUSTS_SAML_PROVIDER in attempt.path.target.where else ":oidc-provider/"
        providers = sorted(one for one in trusting(target.trust).federated if kind in one)
        yield from (_more(attempt, provider=one) for one in islice(providers, _MOST_RESOURCES))


@lru_cache(maxsize=1024)
def _wanted(path: EscalationPath) -> frozenset[str]:
    """Of profile and provider, what a path names."""
    templates = [one.resource for one in path.permissions]
    templates += [value for one in path.permissions for each in one.context for value in each.values]
    return frozenset(name for one in templates for name in placeholders(one)) & {"profile", "provider"}


def _more(attempt: _Try, *, requires: tuple[str, ...] = (), **bindings: str) -> _Try:
    return msgspec.structs.replace(attempt, requires=attempt.requires + requires, bindings=attempt.bindings | bindings)


def _ask(permission: Permission, attempt: _Try, bindings: dict[str, str], region: str = "") -> tuple[May, Asked]:
    """Whether one request of a path is allowed in the easiest of the ways the actor may choose."""
    action, node, scene = permission.action.lower(), attempt.node, attempt.scene
    resource = in_region(filled(permission.resource, bindings), region)
    best: May = False
    request = Asked(permission.action, resource, node.holder.context)
    if action == ASSUME and scene.target is not None and resource == scene.target.arn:
        return may_assume_with(node.holder, node.powers, scene.target, node.holder.context), request
    if action.startswith("iam:") and any(one in resource for one in _NOT_CHANGED):
        return False, request
    about = _about(resource, scene)
    for context in _contexts(permission, node, about, bindings):
        for spelled in choices(resource, node.powers, action):
            may = may_choosing(node.powers, action, spelled, context, region)
            if may is True:
                return True, Asked(permission.action, spelled, context)
            if may is not False and (not isinstance(best, tuple) or len(may) < len(best)):
                best, request = may, Asked(permission.action, spelled, context)
    return best, request


def _fixed(permission: Permission) -> bool:
    """Whether what the request carries does not depend on what the path is walked on."""
    return all(set(placeholders(value)) <= _FREE for one in permission.context for value in one.values)


def _about(resource: str, scene: Scene) -> Holder | None:
    """The principal a resource names."""
    return next(
        (one for one in (scene.target, scene.actor, scene.also) if one is not None and one.arn == resource), None
    )


def _contexts(permission: Permission, node: Node, about: Holder | None, bindings: dict[str, str]) -> Iterator[Context]:
    """The keys of the request, for each choice of values it may carry."""
    base = node.holder.context
    if about is not None:
        tags = {f"{family}/{name}": held(value) for name, value in about.tags for family in _TAG_FAMILIES}
        base = base.carrying(tags, _ABSENT_TAGS)
    if not permission.context:
        yield base
        return
    options = [_values(one.values, about, bindings) for one in permission.context]
    for picked in islice(product(*options), _MOST_VALUES):
        keys = {one.key: value for one, value in zip(permission.context, picked, strict=True)}
        yield base.carrying(keys)


_TAG_FAMILIES: Final = ("aws:ResourceTag", "iam:ResourceTag")
_ABSENT_TAGS: Final = tuple(f"{family.lower()}/" for family in _TAG_FAMILIES)


def _values(templates: tuple[str, ...], about: Holder | None, bindings: dict[str, str]) -> tuple[Held, ...]:
    """What a key of a request may hold; no values: it is not there."""
    boundary = about.boundary if about is not None else ""
    made: list[Held] = []
    for template in templates:
        if template == "{boundary}":
            made.append(held(boundary) if boundary else MISSING)
        else:
            made.append(Values((filled(template, bindings),)))
    return tuple(made) or (MISSING,)


def scenes(path: EscalationPath, node: Node, land: Landscape, candidates: Iterable[Holder]) -> Iterator[Scene]:
    """What a path may be walked on: the candidates where it takes a principal, else all there is.

    Args:
        path: The path.
        node: Who walks it.
        land: Who there is.
        candidates: Users or roles that are worth it.
    """
    actor, ours, target = node.holder, land.accounts, path.target
    household = land.households[actor.account.id]
    if target.kind in {TargetKind.ROLE, TargetKind.USER}:
        kind = Kind.ROLE if target.kind is TargetKind.ROLE else Kind.USER
        yield from (Scene(actor=actor, target=one, ours=ours) for one in candidates if one.kind is kind)
    elif target.kind is TargetKind.GROUP:
        yield from (Scene(actor=actor, group=one, ours=ours) for one in household.groups.values())
    elif target.kind is TargetKind.POLICY:
        yield from (Scene(actor=actor, policy=one, ours=ours) for one in _policies_of(node, household.policies))
    elif target.kind is TargetKind.ACCOUNT:
        # Where everybody of the account is looked at, their trust policies say who may become them.
        entering = path.actions == (_ASSUME_ROLE,)
        accounts = (one for one in _accounts(actor.account, land) if not (entering and one in land.households))
        yield from (Scene(actor=actor, account=one, ours=ours) for one in accounts)
    else:
        yield Scene(actor=actor, ours=ours)


def _policies_of(node: Node, managed: dict[str, Attachment]) -> Iterator[Attachment]:
    """The policies an actor has, and its boundary."""
    held_now = {id(one) for one in node.powers.identity}
    yield from (one for one in node.holder.attachments if id(one.policy) in held_now)
    if node.holder.boundary in managed and node.powers.boundary is not None:
        yield managed[node.holder.boundary]


def _accounts(seat: AccountSeat, land: Landscape) -> tuple[str, ...]:
    return land.members if seat.organization or len(land.members) > 1 else (seat.id,)


def always_unsure(path: EscalationPath, land: Landscape) -> bool:
    """Whether something stands in the way of a path whatever it is walked on."""
    untold = path.existing is not None and path.existing.type not in land.inventory
    return untold or any(one not in _SHOWN_SOMETIMES for one in path.requires)
