"""Cases of `rootwarden iam evaluate` out of simulated accounts: what one of their users or roles may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from rootwarden.iam.case import evaluate_case
from rootwarden.simulator import aws_managed
from rootwarden.simulator.policy_text import document

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rootwarden.simulator.account import Account
    from rootwarden.simulator.identities import IAMUser, Role
    from rootwarden.simulator.world import Organization

Named = dict[str, Any]


def answer(
    account: Account,
    organization: Organization | None,
    arn: str,
    action: str,
    *,
    resource: str = "*",
    context: Mapping[str, object] | None = None,
    management: str = "",
    others: Iterable[Account] = (),
) -> str:
    """What the evaluator says to one request of a user or role.

    Where a role is assumed its trust policy is asked, in this account or one of the others. `sts:AssumeRoot` asks no
    policy of the member: that its root lets itself be assumed is a matter of the organization.
    """
    who = holder(account, arn)
    case: Named = {
        "request": {"action": action, "resource": resource, "context": context},
        "principal": {"arn": arn, "account": account.account_id},
        "identity": identity(account, who),
        "management_account": management,
    }
    if action == "sts:AssumeRoot":
        case["resource_account"] = account.account_id
    if action == "sts:AssumeRole":
        for where in (account, *others):
            assumed = where.role(resource.rpartition("/")[2])
            if assumed is not None and f"::{where.account_id}:" in resource:
                case["resource"] = _named("trust", assumed.trust)
    if who.boundary:
        case["boundary"] = [_managed(account, who.boundary)]
    if organization is not None:
        case["scp"] = [
            [_named(organization.policies[each].name, organization.policies[each].document) for each in level]
            for level in scp_levels(organization, account.account_id)
        ]
    return evaluate_case(case).response


def scp_levels(organization: Organization, account_id: str) -> list[list[str]]:
    """Ids of the SCPs from the organization's root down to the account."""
    targets = [unit.unit_id for unit in organization.path_to(account_id)] + [account_id]
    return [organization.attachments[target] for target in targets]


def holder(account: Account, arn: str) -> IAMUser | Role:
    """The user or role with that ARN."""
    name = arn.rpartition("/")[2]
    found = account.user(name) if ":user/" in arn else account.role(name)
    assert found is not None, arn
    return found


def identity(account: Account, who: IAMUser | Role) -> list[Named]:
    """Its policies, and those of its groups."""
    found = [_named(name, text) for name, text in who.inline.items()]
    found += [_managed(account, name) for name in who.policies]
    groups = set(getattr(who, "groups", ()))
    for group in account.groups:
        if group.name in groups:
            found += [_named(name, text) for name, text in group.inline.items()]
            found += [_managed(account, name) for name in group.policies]
    return found


def _managed(account: Account, name: str) -> Named:
    own = next((each for each in account.policies if each.name == name), None)
    if own is None:
        return _named(name, document(*aws_managed.statements_of(name)))
    return _named(name, own.documents[own.default or list(own.documents)[-1]])


def _named(name: str, text: str) -> Named:
    return {"name": name, "document": msgspec.json.decode(text)}
