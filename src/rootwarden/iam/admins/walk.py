"""One step up: may somebody walk a path of the catalogue, on what, and what have they then?"""

from __future__ import annotations

from functools import lru_cache
from itertools import islice, product
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.iam.admins.admin import EVERYTHING, allows_everything
from rootwarden.iam.admins.asking import NEW, new_names, regions
from rootwarden.iam.admins.attempt import Asked, Attempt, End, Node, Result
from rootwarden.iam.admins.conditions import TAKEN, Scene, holds, holds_of
from rootwarden.iam.admins.gain import changed
from rootwarden.iam.admins.holders import Holder
from rootwarden.iam.admins.new_boundaries import new_boundaries
from rootwarden.iam.admins.pools import Pools
from rootwarden.iam.admins.request import FREE, ask, is_fixed
from rootwarden.iam.admins.trust import lets_service, trusting
from rootwarden.iam.escalation.path import EscalationPath, Gain, Permission, TargetKind, Where
from rootwarden.iam.escalation.template import filled, placeholders

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.iam.admins.conditions import Holds
    from rootwarden.iam.admins.holders import AccountSeat, Attachment
    from rootwarden.iam.admins.landscape import Landscape
    from rootwarden.iam.admins.powers import May
    from rootwarden.iam.escalation.path import Target

MOST_RESOURCES: Final = 20
_MOST_SECONDS: Final = 12
_MOST_FULL: Final = 8
_OLDER: Final = "older-version"
# What an older version of a policy, the credential report or the organization may settle.
_SHOWN_SOMETIMES: Final = frozenset({_OLDER, "credentials-management", "password-recovery", "root-mfa"})
_ASSUME_ROLE: Final = "sts:AssumeRole"
_NEW_VERSION: Final = "iam:CreatePolicyVersion"
_LESS_A_VERSION: Final = "iam:DeletePolicyVersion"
_MOST_VERSIONS: Final = 5  # IAM user guide, *IAM and AWS STS quotas*


class Walk(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A path that somebody can walk.

    Attributes:
        path: Which.
        node: Who walks it.
        whose: Who is changed by it, where that is another, who is in hand too.
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
    whose: Node | None = None
    asked: tuple[Asked, ...] = ()
    requires: tuple[str, ...] = ()
    assumes: tuple[str, ...] = ()

    @property
    def sure(self) -> bool:
        """Whether nothing stands in the way."""
        return not self.requires


class _Second(msgspec.Struct, frozen=True):
    """A second principal of a path, with what taking it requires and assumes."""

    holder: Holder
    requires: tuple[str, ...]
    assumes: tuple[str, ...]


class Walker:
    """Tries paths.

    Args:
        land: Who there is.

    Attributes:
        pools: Whom paths may be walked on.
        cut: What was not tried to the end, in words, with the ARNs of the actors.
    """

    def __init__(self, land: Landscape) -> None:
        self._land = land
        self._lent: dict[tuple[int, tuple[str, ...]], May] = {}
        self.pools = Pools(land, self._lends)
        self.cut: dict[str, set[str]] = {}
        self._second: dict[tuple[str, int, str], list[_Second]] = {}
        self._policies: dict[str, tuple[str, ...]] = {}
        self._could: dict[tuple[int, int, str], bool] = {}

    def could(self, path: EscalationPath, node: Node) -> bool:
        """Whether the requests of a path that are about nothing in particular may be allowed; false is sure."""
        key = (*node.key, path.id)
        found = self._could.get(key)
        if found is None:
            scene = Scene(actor=node.holder)
            attempt = Attempt(
                path=path, node=node, whose=node, scene=scene, bindings=_bindings(path, scene), full=self._full(node)
            )
            free = (one for one in path.permissions if set(placeholders(one.resource)) <= FREE and is_fixed(one))
            found = self._could[key] = all(ask(one, attempt, attempt.bindings)[0] is not False for one in free)
        return found

    def _full(self, node: Node) -> tuple[str, ...]:
        """The policies of an account that allow everything, of which the first few are tried."""
        account = node.holder.account.id
        found = self._policies.get(account)
        if found is None:
            household = self._land.households.get(account)
            made = household.policies.values() if household else ()
            full = (one.arn for one in made if one.customer_managed and allows_everything(one.policy.document))
            found = self._policies[account] = tuple(islice(sorted(full), _MOST_FULL))
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
        return min(self.walks(path, node, scene), key=lambda walk: len(walk.requires), default=None)

    def walks(self, path: EscalationPath, node: Node, scene: Scene, whose: Node | None = None) -> list[Walk]:
        """The easiest way to each thing that walking a path on what the scene names can lead to.

        Args:
            path: The path.
            node: Who walks it.
            scene: On what.
            whose: Who is changed by it, where that is another; the actor of the scene.
        """
        best: dict[object, Walk] = {}
        for attempt in self._attempts(path, node, scene, whose or node):
            result = self._result(attempt)
            if result is None:
                continue
            key = result if isinstance(result, End) else result.key
            known = best.get(key)
            if known is not None and known.sure:
                continue
            walk = self._asked(attempt, result)
            if walk is not None and (known is None or len(walk.requires) < len(known.requires)):
                best[key] = walk
                if walk.sure and path.also is None and scene.target is not None and path.gain is Gain.TARGET:
                    break
        return list(best.values())

    def _attempts(self, path: EscalationPath, node: Node, scene: Scene, whose: Node) -> Iterator[Attempt]:
        untold = self._land.unsettled(path.requires, scene.account or scene.actor.account.id)
        judged = _judged(path.target.where, scene, untold, path.assumes) if untold is not None else None
        if judged is None:
            return
        requires, assumes = judged
        if path.target.trusts and scene.target is not None:
            trusts = self._lends(scene.target, path.target.trusts)
            if trusts is False:
                return
            requires += () if trusts is True else trusts
        attempt = Attempt(
            path=path,
            node=node,
            whose=whose,
            scene=scene,
            bindings=_bindings(path, scene),
            full=self._full(whose),
            requires=requires,
            assumes=assumes,
        )
        for with_policy in _with_policy(attempt):
            for with_existing in self._with_existing(with_policy):
                for with_both in self._with_second(with_existing):
                    yield from (
                        self._with_boundary(with_both) if path.gain is Gain.NEW_PRINCIPAL else _with_names(with_both)
                    )

    def _with_existing(self, attempt: Attempt) -> Iterator[Attempt]:
        existing, target = attempt.path.existing, attempt.scene.target
        if existing is None:
            yield attempt
            return
        found = self._land.resources(existing.type, target.arn if target is not None else "")
        if found is None:
            spelled = filled(existing.resource, attempt.bindings)
            yield _more(attempt, requires=(f"{existing.type} with this role",), existing=spelled)
            return
        yield from (_more(attempt, existing=arn) for arn in islice(found, MOST_RESOURCES))

    def _with_boundary(self, attempt: Attempt) -> Iterator[Attempt]:
        """The attempt without a boundary for who is made, and with each that may satisfy a policy."""
        yield attempt
        policies = self._land.households[attempt.scene.actor.account.id].policies
        for one in new_boundaries(attempt.path, attempt.node, policies):
            yield msgspec.structs.replace(_more(attempt, boundary=one.arn), boundary=one)

    def _with_second(self, attempt: Attempt) -> Iterator[Attempt]:
        also = attempt.path.also
        if also is None:
            yield attempt
            return
        named = self.pools.named_seconds(attempt.path, attempt.node.powers)
        found = [one for one in self._seconds(attempt, also) if named is None or named.names(one.holder.arn)]
        if len(found) > _MOST_SECONDS:
            what = f"of the second principals of `{attempt.path.id}` only the {_MOST_SECONDS} easiest were tried"
            self.cut.setdefault(what, set()).add(attempt.scene.actor.arn)
        for second in found[:_MOST_SECONDS]:
            scene = msgspec.structs.replace(attempt.scene, also=second.holder)
            made = msgspec.structs.replace(attempt, scene=scene, assumes=attempt.assumes + second.assumes)
            yield _more(made, requires=second.requires, also=second.holder.arn)

    def _seconds(self, attempt: Attempt, also: Target) -> list[_Second]:
        """The principals that can be the second one for a target; the surest first."""
        scene, account = attempt.scene, attempt.scene.actor.account.id
        key = (attempt.path.id, id(scene.target) if Where.MAY_ASSUME_TARGET in also.where else 0, account)
        if key not in self._second:
            user = also.kind is TargetKind.USER
            found = []
            for other in self._land.users(account) if user else self._land.lending(account, also.trusts):
                lent = True if user else self._lends(other, also.trusts)
                judged = _judged_of(also.where, other, scene) if lent is not False else None
                if lent is not False and judged is not None:
                    found.append(_Second(other, judged[0] + (() if lent is True else lent), judged[1]))
            self._second[key] = sorted(found, key=lambda one: (len(one.requires), bool(one.holder.boundary)))
        return self._second[key]

    def _asked(self, attempt: Attempt, result: Result) -> Walk | None:
        path, node = attempt.path, attempt.node
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

    def _named(self, attempt: Attempt, result: Result, name: str, region: str) -> Walk | None:
        """The walk with one name for what is new, in one Region."""
        asked: list[Asked] = []
        requires = attempt.requires
        whose = attempt.whose if attempt.whose is not attempt.node else None
        bindings = attempt.bindings | ({"new": name} if name else {})
        for permission in _needed(attempt):
            may, request = ask(permission, attempt, bindings, region)
            if may is False:
                return None
            requires += () if may is True else may
            asked.append(request)
        return Walk(
            path=attempt.path,
            node=attempt.node,
            target=_target_name(attempt.scene) or ("" if whose is None else whose.holder.arn),
            result=result,
            whose=whose,
            asked=tuple(asked),
            requires=tuple(dict.fromkeys(requires)),
            assumes=tuple(dict.fromkeys((*attempt.assumes, *(known for one in asked for known in one.assumes)))),
        )

    def _result(self, attempt: Attempt) -> Result | None:
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
            limits = None if attempt.boundary is None else (attempt.boundary.policy,)
            return Node(node.holder, node.powers.book.powers((EVERYTHING,), limits, node.holder.powers.scp))
        return changed(attempt)


def _needed(attempt: Attempt) -> Iterator[Permission]:
    """What the path asks; a policy that has all the versions it may have needs one deleted before a new one."""
    policy = attempt.scene.policy
    full = policy is not None and len(policy.older) + 1 >= _MOST_VERSIONS
    for one in attempt.path.permissions:
        if full and one.action == _NEW_VERSION:
            yield Permission(action=_LESS_A_VERSION, resource=one.resource)
        yield one


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


def _with_policy(attempt: Attempt) -> Iterator[Attempt]:
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


def _with_versions(attempt: Attempt) -> Iterator[Attempt]:
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


def _with_names(attempt: Attempt) -> Iterator[Attempt]:
    """The attempt with each instance profile or identity provider of the target."""
    target = attempt.scene.target
    wanted = _wanted(attempt.path)
    if target is None or not wanted:
        yield attempt
    elif "profile" in wanted:
        yield from (_more(attempt, profile=one) for one in islice(target.profiles, MOST_RESOURCES))
    else:
        kind = ":saml-provider/" if Where.TRUSTS_SAML_PROVIDER in attempt.path.target.where else ":oidc-provider/"
        providers = sorted(one for one in trusting(target.trust).federated if kind in one)
        yield from (_more(attempt, provider=one) for one in islice(providers, MOST_RESOURCES))


@lru_cache(maxsize=1024)
def _wanted(path: EscalationPath) -> frozenset[str]:
    """Of profile and provider, what a path names."""
    templates = [one.resource for one in path.permissions]
    templates += [value for one in path.permissions for each in one.context for value in each.values]
    return frozenset(name for one in templates for name in placeholders(one)) & {"profile", "provider"}


def _more(attempt: Attempt, *, requires: tuple[str, ...] = (), **bindings: str) -> Attempt:
    return msgspec.structs.replace(attempt, requires=attempt.requires + requires, bindings=attempt.bindings | bindings)


def always_unsure(path: EscalationPath, land: Landscape) -> bool:
    """Whether something stands in the way of a path whatever it is walked on."""
    untold = path.existing is not None and path.existing.type not in land.inventory
    return untold or any(one not in _SHOWN_SOMETIMES for one in path.requires)
