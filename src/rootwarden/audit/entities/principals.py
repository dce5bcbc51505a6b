"""`IAMGroup`, `IAMRole` and `IAMPolicy`, from the account's authorization details."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from rootwarden.audit.entities import documents
from rootwarden.audit.entities.equivalence import root_equivalence
from rootwarden.audit.entities.record import LazyRecord, Resource, date, text
from rootwarden.facts.fact import Absent, Known, Unknown, Why, transform
from rootwarden.facts.principals import AttachedPolicy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.audit.entities.record import Listing, Record, Table
    from rootwarden.audit.entities.view import View
    from rootwarden.facts.fact import Fact
    from rootwarden.facts.principals import (
        AuthorizationDetails,
        GroupDetail,
        InlinePolicy,
        InstanceProfile,
        ManagedPolicy,
        RoleDetail,
    )

Group: TypeAlias = "tuple[View, GroupDetail]"
Role: TypeAlias = "tuple[View, RoleDetail]"
Policy: TypeAlias = "tuple[View, ManagedPolicy]"


def groups(view: View) -> Listing:
    """Every group; what refers to one goes by its name."""
    details = view.account.inventory.details
    return transform(
        details,
        lambda known: tuple(
            Resource(each.arn, (view, each), GROUP, key=each.name, sources=details.sources) for each in known.groups
        ),
    )


def roles(view: View) -> Listing:
    """Every role."""
    details = view.account.inventory.details
    return transform(
        details,
        lambda known: tuple(Resource(each.arn, (view, each), ROLE, sources=details.sources) for each in known.roles),
    )


def policies(view: View) -> Listing:
    """The account's own managed policies and those of AWS that are attached to something."""
    details = view.account.inventory.details
    return transform(
        details,
        lambda known: tuple(
            Resource(each.arn, (view, each), POLICY, sources=details.sources) for each in known.policies
        ),
    )


def managed(view: View, attached: tuple[AttachedPolicy, ...]) -> Fact[object]:
    """Attached managed policies; of one that is not in the details only ARN and name are known."""
    sources = view.account.inventory.details.sources
    found = (view.find("IAMPolicy", each.arn) or LazyRecord(each, MENTIONED_POLICY, sources) for each in attached)
    return Known(tuple(found), sources)


def boundary(view: View, arn: str) -> Fact[object]:
    """The permissions boundary; absent without one."""
    sources = view.account.inventory.details.sources
    if not arn:
        return Absent(sources)
    mentioned = AttachedPolicy(arn=arn, name=arn.rpartition("/")[2])
    return Known(view.find("IAMPolicy", arn) or LazyRecord(mentioned, MENTIONED_POLICY, sources), sources)


def inline_policies(policies_: tuple[InlinePolicy, ...], *, name: str, statements: str) -> Fact[object]:
    """Inline policies, their name and the statements of their document under the names the entity has for them."""
    return Known(tuple(_inline(each, name, statements) for each in policies_))


def tags(pairs: Iterable[tuple[str, str]]) -> Fact[object]:
    """Tags, in the order AWS gives them."""
    return Known(tuple({"Name": Known(key), "Value": Known(value)} for key, value in pairs))


def _inline(policy: InlinePolicy, name: str, statements: str) -> Record:
    return {name: Known(policy.name), "PolicyDocument": documents.inline(policy.document, statements)}


def named_groups(view: View, names: tuple[str, ...]) -> Fact[object]:
    """The groups of a user; one that is not in the details is unknown."""
    sources = view.account.inventory.details.sources
    found = (view.find("IAMGroup", name) or _not_there(f"group `{name}`") for name in names)
    return Known(tuple(found), sources)


def _not_there(what: str) -> Unknown:
    return Unknown(f"the {what} is not in the authorization details", Why.CONFLICTING)


def _members(group: Group) -> Fact[object]:
    view, detail = group
    return _those(view, "IAMUser", f"group {detail.name}")


def _those(view: View, entity: str, having: str) -> Fact[object]:
    """The users, groups or roles that have a policy or are in a group, as the records their own list has."""
    holders = view.once("holders", _holders)

    def records(known: dict[tuple[str, str], list[str]]) -> tuple[object, ...]:
        keys = known.get((entity, having), ())
        return tuple(view.find(entity, key) or _not_there(f"`{key}`") for key in keys)

    return transform(holders, records)


def _holders(view: View) -> Fact[dict[tuple[str, str], list[str]]]:
    """By entity and policy ARN, or entity and group: what the list of that entity goes by."""

    def index(details: AuthorizationDetails) -> dict[tuple[str, str], list[str]]:
        held: dict[tuple[str, str], list[str]] = {}
        listed = [("IAMUser", each.arn, each.attached) for each in details.users]
        listed += [("IAMRole", each.arn, each.attached) for each in details.roles]
        listed += [("IAMGroup", each.name, each.attached) for each in details.groups]
        for entity, key, attached in listed:
            for policy in attached:
                held.setdefault((entity, policy.arn), []).append(key)
        for user in details.users:
            for name in user.groups:
                held.setdefault(("IAMUser", f"group {name}"), []).append(user.arn)
        return held

    return transform(view.account.inventory.details, index)


def _attached_entities(policy: Policy) -> Fact[object]:
    return Known(LazyRecord(policy, ATTACHED_ENTITIES))


def _permissions(policy: Policy) -> Fact[object]:
    document = policy[1].document
    record: Record = {
        "id": text(policy[1].default_version),
        "Version": documents.version(document),
        "Statements": documents.statements(document),
    }
    return Known(record)


def _group_policy(group: Group) -> Fact[object]:
    view, detail = group
    record: Record = {
        "InlinePolicies": inline_policies(detail.inline, name="PolicyName", statements="Statement"),
        "ManagedPolicies": managed(view, detail.attached),
    }
    return Known(record)


def principal_policies(
    view: View, attached: tuple[AttachedPolicy, ...], inline: tuple[InlinePolicy, ...]
) -> Fact[object]:
    """`Policies` of a user or role."""
    record: Record = {
        "Managed": managed(view, attached),
        "Inline": inline_policies(inline, name="id", statements="Statements"),
    }
    return Known(record)


def _trust(role: Role) -> Fact[object]:
    view, detail = role
    record: Record = {
        "Version": documents.version(detail.trust),
        "CrossAccountArn": documents.crosses_accounts(detail.trust, view.account.id),
        "Statement": documents.trust_statements(detail.trust),
    }
    return Known(record)


def _profile(profile: InstanceProfile) -> Record:
    return {
        "Path": Known(profile.path),
        "InstanceProfileName": Known(profile.name),
        "InstanceProfileId": text(profile.id),
        "Arn": text(profile.arn),
    }


GROUP: Table[Group] = {
    "id": lambda each: text(each[1].id),
    "Name": lambda each: Known(each[1].name),
    "Arn": lambda each: Known(each[1].arn),
    "AccountName": lambda each: each[0].name(),
    "AccountId": lambda each: each[0].id(),
    "CreationDate": lambda each: date(each[1].created),
    "Path": lambda each: Known(each[1].path),
    "Users": _members,
    "GroupPolicy": _group_policy,
}
ROLE: Table[Role] = {
    "id": lambda each: text(each[1].id),
    "Name": lambda each: Known(each[1].name),
    "Arn": lambda each: Known(each[1].arn),
    "Path": lambda each: Known(each[1].path),
    "AccountName": lambda each: each[0].name(),
    "AccountId": lambda each: each[0].id(),
    "Tags": lambda each: tags(each[1].tags),
    "CreationDate": lambda each: date(each[1].created),
    "LastUsedTime": lambda each: date(each[1].last_used),
    "LastUsedRegion": lambda each: each[1].last_used_region,
    "PermissionsBoundary": lambda each: boundary(each[0], each[1].boundary),
    "Policies": lambda each: principal_policies(each[0], each[1].attached, each[1].inline),
    "AssumeRolePolicy": _trust,
    "InstanceProfile": lambda each: Known(tuple(_profile(one) for one in each[1].instance_profiles)),
    "TrustedIdentities": lambda each: documents.trusted(each[1].trust),
    "RootEquivalence": lambda each: root_equivalence(each[0], each[1].arn),
}
POLICY: Table[Policy] = {
    "id": lambda each: text(each[1].id),
    "Name": lambda each: Known(each[1].name),
    "Arn": lambda each: Known(each[1].arn),
    "Path": lambda each: Known(each[1].path),
    "AccountName": lambda each: each[0].name(),
    "AccountId": lambda each: each[0].id(),
    "CreationDate": lambda each: date(each[1].created),
    "UpdateDate": lambda each: date(each[1].updated),
    "AwsManaged": lambda each: Known(each[1].aws_managed),
    "AttachmentCount": lambda each: each[1].attachments,
    "PermissionsBoundaryUsageCount": lambda each: each[1].boundaries,
    "Permissions": _permissions,
    "AttachedEntities": _attached_entities,
}
# What a mere mention of a policy tells; every other attribute is unknown.
MENTIONED_POLICY: Table[AttachedPolicy] = {
    "Name": lambda each: text(each.name),
    "Arn": lambda each: Known(each.arn),
    "AwsManaged": lambda each: Known(each.arn.split(":")[4:5] == ["aws"]),
}
ATTACHED_ENTITIES: Table[Policy] = {
    "Users": lambda each: _those(each[0], "IAMUser", each[1].arn),
    "Roles": lambda each: _those(each[0], "IAMRole", each[1].arn),
    "Groups": lambda each: _those(each[0], "IAMGroup", each[1].arn),
}
