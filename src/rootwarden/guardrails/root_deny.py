"""Rule `root-deny-guardrail`: do the service control policies on the path deny root, and what?

Decided by evaluation, as guardrails are proven: root's request is put to the policies of every level, so that a wrong
operator, a principal type that does not exist or another partition's ARN denies nothing, whatever it looks like. What
cannot be read leaves unknown what it may change. SCPs do not bind the management account: the caller does not ask about
it. They do not stop the sign-in itself, only what follows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import structs

from rootwarden.facts.fact import Absent, Fact, Known, Unknown, Why
from rootwarden.facts.iam_document import IamDocument
from rootwarden.guardrails.asking import asked, ruling, statement_name
from rootwarden.guardrails.content.guardrail import Ask, Asker, GuardrailKind
from rootwarden.guardrails.flaws import nearly
from rootwarden.guardrails.standing import Attached, Level, Standing
from rootwarden.iam.layer import Unreadable
from rootwarden.iam.service_rules import FULL_ACCESS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.facts.fact import Source
    from rootwarden.facts.guardrail import ScpDocument
    from rootwarden.facts.iam_document import Statement
    from rootwarden.guardrails.asking import Around, Ruling
    from rootwarden.guardrails.standing import Levels

Path = tuple[tuple["ScpDocument", ...], ...]

_KEY_CREATION: Final = Ask(
    name="root makes itself an access key",
    denied=True,
    who=Asker.ROOT,
    action="iam:CreateAccessKey",
    resource="arn:{partition}:iam::{account}:root",
)
# Stands for whatever a wildcard may stand for: no pattern but one with a wildcard in this place matches it.
_ANYTHING: Final = "zzqxj"
_NOT_WHOLE: Final = "a statement names no action or no resource"
_EVERYTHING: Final = frozenset({"*", "*:*"})


class RootDeny(msgspec.Struct, frozen=True):
    """What is denied to root: every action; `iam:CreateAccessKey`. Notes name the deciding policy and statement."""

    denies_all: Fact[bool]
    denies_key_creation: Fact[bool]


def root_deny(path: Fact[Path], *, account: str, partition: str, around: Around) -> RootDeny:
    """Decide for one member account.

    Args:
        path: The policies attached to the organization root, each organizational unit down to the account, and the
            account. Where a level lists no policy that allows anything, the one AWS attaches to every target is taken
            to be there unlisted: without it nobody below could do anything, and a target keeps one at least.
        account: Twelve digits.
        partition: `aws`, `aws-us-gov`, …
        around: What is the same for every account.

    Returns:
        Two facts; absent or unknown with the path itself when that is.
    """
    if not isinstance(path, Known):
        return RootDeny(path, path)
    return _Deciding(path, account, partition, around).both()


class _Deciding:
    """The policies on one account's path, asked."""

    def __init__(self, path: Known[Path], account: str, partition: str, around: Around) -> None:
        self._seen = path.sources
        # A target that stands for its level; the names of the levels are not told.
        self._levels: Levels = tuple(
            Level(str(depth), "", _allowing(tuple(map(_attached, level)))) for depth, level in enumerate(path.value)
        )
        self._policies = {policy.id: policy for level in path.value for policy in level}
        self._standing = Standing(
            account=account,
            name="",
            partition=partition,
            management=False,
            scp=Known(self._levels),
            rcp=Known(()),
            sign_in=Absent(),
        )
        self._around = around

    def both(self) -> RootDeny:
        keys = self._rule(_KEY_CREATION)
        return RootDeny(self._everything(keys), self._told(keys, _KEY_CREATION))

    def _rule(self, ask: Ask) -> Ruling:
        return ruling(GuardrailKind.SCP, ask, self._standing, self._levels, self._around)

    def _everything(self, keys: Ruling) -> Fact[bool]:
        """Denied only when nothing is left; a request that is let through decides that it is not."""
        if keys.denied is False:
            return self._told(keys, _KEY_CREATION)
        any_action = _ask(f"{_ANYTHING}:{_ANYTHING}", "*")
        said = self._rule(any_action)
        if said.denied and self._whole(said):
            return self._told(said, any_action)
        found = [(said, any_action), *((self._rule(ask), ask) for ask in self._left())]
        for denied in (False, None):
            for one, ask in found:
                if one.denied is denied:
                    return self._told(one, ask)
        return Unknown("what the policies on the path leave to root together is not worked out", Why.NOT_SUPPORTED)

    def _whole(self, said: Ruling) -> bool:
        """Whether a statement that denies it is one about every action on every resource."""
        denying = {(place.policy_id, place.statement) for place in said.by}
        return any(
            (policy, statement_name(one, index)) in denying
            and _EVERYTHING & {*(one.actions or ())}
            and "*" in (one.resources or ())
            for policy, index, one in self._statements()
        )

    def _left(self) -> Iterator[Ask]:
        """The widest requests that statements leave out of their deny, or that levels allow."""
        found: dict[tuple[str, str], None] = {}
        for _, _, one in self._statements():
            left = one.not_actions if one.effect == "Deny" else one.actions
            for action in left or ():
                found[_widest(action), "*"] = None
            for resource in (one.not_resources or ()) if one.effect == "Deny" else ():
                found[f"{_ANYTHING}:{_ANYTHING}", _widest(resource)] = None
        return (_ask(action, resource) for action, resource in found)

    def _statements(self) -> Iterator[tuple[str, int, Statement]]:
        for policy in self._policies.values():
            document = _attached(policy).document
            if isinstance(document, IamDocument):
                yield from ((policy.id, index, one) for index, one in enumerate(document.statements))

    def _told(self, said: Ruling, ask: Ask) -> Fact[bool]:
        if said.denied is None:
            return self._unknown(said)
        if said.denied:
            ids = {place.policy_id for place in said.by}
            where = [f"policy `{one.policy}` ({one.policy_id}), statement `{one.statement}`" for one in said.by]
            note = f"denied by {where[0]}" if where else "a level of the path allows nothing of it"
            return Known(True, (*self._sources(ids), *self._seen), note)
        return Known(False, (*self._seen, *self._sources(self._policies)), "; ".join(self._nearly(ask)))

    def _unknown(self, said: Ruling) -> Unknown:
        """Why it depends: a policy that could not be read, with what would settle it, or what is not known of it."""
        for policy in self._policies.values():
            document = _attached(policy).document
            if not isinstance(document, Unreadable):
                continue
            reason = f"policy `{policy.name}` ({policy.id}): {document.why}"
            if isinstance(policy.statements, Unknown):
                return structs.replace(policy.statements, reason=reason)
            return Unknown(reason, Why.MALFORMED, "", policy.statements.sources)
        return Unknown(
            f"whether it is denied to root depends on {', '.join(said.depends_on)}",
            Why.NOT_SUPPORTED,
            "",
            self._sources(self._policies),
        )

    def _sources(self, ids: Iterable[str]) -> tuple[Source, ...]:
        facts = (self._policies[each].statements for each in ids if each in self._policies)
        return tuple(dict.fromkeys(source for fact in facts for source in fact.sources))

    def _nearly(self, ask: Ask) -> Iterator[str]:
        """Statements that would deny it but for a mistake, with the mistake."""
        _, request = asked(ask, self._standing, self._around)
        for policy in self._policies.values():
            document = _attached(policy).document
            if not isinstance(document, IamDocument):
                continue
            for index, _, why in nearly(document, request, self._around, self._standing):
                name = statement_name(document.statements[index], index)
                yield f"policy `{policy.name}` ({policy.id}), statement `{name}`: {why}"


def _allowing(level: tuple[Attached, ...]) -> tuple[Attached, ...]:
    """A level with the policy that allows everything, where none of its policies allows anything."""
    documents = [one.document for one in level]
    if any(
        not isinstance(one, IamDocument) or any(each.effect == "Allow" for each in one.statements) for one in documents
    ):
        return level
    return (*level, Attached(FULL_ACCESS.name, FULL_ACCESS.name, FULL_ACCESS.document))


def _attached(policy: ScpDocument) -> Attached:
    read = policy.statements
    if not isinstance(read, Known):
        return Attached(policy.id, policy.name, Unreadable(read.reason if isinstance(read, Unknown) else "it has none"))
    whole = all(
        (one.actions or one.not_actions) and (one.resources or one.not_resources) for one in read.value.statements
    )
    return Attached(policy.id, policy.name, read.value if whole else Unreadable(_NOT_WHOLE))


def _ask(action: str, resource: str) -> Ask:
    return Ask(name="root does anything", denied=True, who=Asker.ROOT, action=action, resource=resource)


def _widest(pattern: str) -> str:
    """A text that stands for all a pattern does: only wildcards match what stands for its own."""
    whole = "*:*" if pattern == "*" else pattern
    return whole.replace("*", _ANYTHING).replace("?", _ANYTHING[0])
