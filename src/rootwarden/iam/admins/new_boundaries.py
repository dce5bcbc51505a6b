"""With which permissions boundary may somebody make a principal, where a policy asks for one?

Without any first. Then with those that the conditions on `iam:PermissionsBoundary` let pass: a boundary that allows
everything bars nothing, and AWS has such a policy in every account (IAM user guide, *Permissions boundaries*).
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from rootwarden.iam.admins.admin import EVERYTHING
from rootwarden.iam.admins.holders import Attachment
from rootwarden.iam.layer import Policy, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rootwarden.iam.admins.attempt import Node
    from rootwarden.iam.condition import CompiledCondition
    from rootwarden.iam.escalation.path import EscalationPath

KEY: Final = "iam:permissionsboundary"
_MOST_BOUNDARIES: Final = 12
_NOT_TOLD: Final = Unreadable("it is a policy of AWS that nobody has, whose document was not collected")


def new_boundaries(path: EscalationPath, node: Node, policies: Mapping[str, Attachment]) -> Iterator[Attachment]:
    """Boundaries worth trying, where a statement asks about one; the one of AWS first, then those it names.

    Args:
        path: One that makes a principal.
        node: Who walks it.
        policies: The managed policies of the account that somebody has, by ARN.
    """
    actions = {one.action.lower() for one in path.permissions if any(key.key.lower() == KEY for key in one.context)}
    asking = [one for action in sorted(actions) for one in _conditions(node, action)]
    if not asking:
        return
    full = f"arn:{node.holder.account.partition}:iam::aws:policy/AdministratorAccess"
    known = {**_of_aws(asking), **policies, full: Attachment(policy=EVERYTHING, arn=full)}
    yield known.pop(full)
    named = (one for arn, one in sorted(known.items()) if any(_names(condition, arn) for condition in asking))
    yield from islice(named, _MOST_BOUNDARIES)


def _of_aws(asking: Iterable[CompiledCondition]) -> dict[str, Attachment]:
    """The policies of AWS that conditions name, by ARN: they are there, and what they say nobody told."""
    named = {one.text for condition in asking for one in condition.wanted if ":iam::aws:policy/" in one.text}
    literal = (one for one in named if not {"*", "?", "$"} & set(one))
    return {one: Attachment(policy=Policy(one.rpartition("/")[2], _NOT_TOLD), arn=one) for one in literal}


def _conditions(node: Node, action: str) -> Iterator[CompiledCondition]:
    """What the statements about an action say of the boundary."""
    for statement in node.powers.mentions(action):
        yield from (one for one in statement.conditions if one.written.key.lower() == KEY)


def _names(condition: CompiledCondition, arn: str) -> bool:
    return any(one.matches(arn) is not False for one in condition.wanted)
