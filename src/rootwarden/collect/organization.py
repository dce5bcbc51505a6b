"""AWS answers about the organization → facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.collect import files, read
from rootwarden.collect.evidence import decode_document
from rootwarden.collect.iam_document import document_fact
from rootwarden.collect.native_services import read_administrators, read_service_access
from rootwarden.facts.fact import Absent, Known, Unknown, Why, transform
from rootwarden.facts.guardrail import ScpDocument
from rootwarden.facts.native_services import DELEGATED
from rootwarden.facts.organization import Organization, OrganizationAccount, OrganizationalUnit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from rootwarden.aws.calls import Json, JsonObject
    from rootwarden.facts.fact import Fact
    from rootwarden.facts.guardrail import PolicyDocument

MANAGEMENT_CENTRALLY = "RootCredentialsManagement"
SESSIONS = "RootSessions"
SERVICE_CONTROL_POLICY = "SERVICE_CONTROL_POLICY"
_NO_TRUST = "ServiceAccessNotEnabled"  # the error code, which the reason of a refusal names
# One whose type nobody can tell may be a service control policy; tag policies and RCPs are none.
_MAY_BE_SCP = frozenset({None, SERVICE_CONTROL_POLICY})
# AWS allows five levels of organizational units below the root; anything far deeper is not a real tree.
_DEEPEST = 16


def read_organization(answer: Callable[[str], Fact[JsonObject]], policy_ids: tuple[str, ...]) -> Organization:
    """Interpret the organization's answers.

    Args:
        answer: The document in a file of the evidence folder.
        policy_ids: Policies there is a file for.
    """
    described = answer(files.ORGANIZATION)
    organization = read.record(described, "Organization") if isinstance(described, Known) else described
    answered = {each: answer(f"policies/{each}.json") for each in policy_ids}
    targets = answer(files.TARGETS)
    kinds = policy_types(targets, answered)
    scps = {each: found for each, found in answered.items() if kinds.get(each) in _MAY_BE_SCP}
    attachments = _attachments(targets, {each for each, kind in kinds.items() if kind not in _MAY_BE_SCP})
    features = answer(files.FEATURES)
    return Organization(
        id=read.required_text(organization, "Id"),
        arn=read.text(organization, "Arn"),
        management_account=read.required_text(organization, "MasterAccountId", digits=12),
        management_arn=read.text(organization, "MasterAccountArn"),
        management_email=transform(read.text(organization, "MasterAccountEmail"), str.casefold),
        feature_set=read.text(organization, "FeatureSet"),
        accounts=_accounts(answer(files.ACCOUNTS)),
        units=_units(targets),
        attachments=attachments,
        policies={each: policy_in(found, each) for each, found in scps.items()},
        service_control_policies_enabled=_policies_enabled(targets, attachments),
        root_credentials_management=_feature(features, MANAGEMENT_CENTRALLY),
        root_sessions=_feature(features, SESSIONS),
        trusted_access=_trusted_access(features),
        service_access=read_service_access(answer(files.SERVICE_ACCESS)),
        administrators={
            each.principal: read_administrators(answer(files.administrators(each.principal))) for each in DELEGATED
        },
    )


def _accounts(answer: Fact[JsonObject]) -> Fact[tuple[OrganizationAccount, ...]]:
    listed = read.records(answer, "Accounts")
    if not isinstance(listed, Known):
        return listed
    accounts = [_account(each) for each in listed.value]
    whole = [each for each in accounts if each is not None]
    if len(whole) != len(accounts):
        return read.malformed("`Accounts`", listed.sources)
    return Known(tuple(whole), listed.sources)


def _account(each: JsonObject) -> OrganizationAccount | None:
    account, state = each.get("Id"), each.get("State") or each.get("Status")
    if not (isinstance(account, str) and len(account) == 12 and account.isdigit()):  # noqa: PLR2004 - account ids
        return None
    arn = each.get("Arn")
    return OrganizationAccount(
        id=account,
        name=_string(each.get("Name")),
        email=_string(each.get("Email")),
        state=_string(state),
        partition=partition_of(arn) if isinstance(arn, str) else "",
        arn=_string(arn),
    )


def partition_of(arn: str) -> str:
    """The partition an ARN names, or an empty text."""
    parts = arn.split(":")
    return parts[1] if parts[0] == "arn" and len(parts) > 1 else ""


def _string(value: Json) -> str:
    return value if isinstance(value, str) else ""


def _feature(answer: Fact[JsonObject], name: str) -> Fact[bool]:
    if isinstance(answer, Absent):
        return Known(False, answer.sources, "the account is in no organization")
    if isinstance(answer, Unknown):
        return answer
    # An empty list may be left out, an answer without the organization is no answer: never read it as "all off".
    enabled = answer.value.get("EnabledFeatures", [] if "OrganizationId" in answer.value else None)
    if not isinstance(enabled, list) or not all(isinstance(each, str) for each in enabled):
        return read.malformed("`EnabledFeatures`", answer.sources)
    return Known(name in enabled, answer.sources)


def _trusted_access(features: Fact[JsonObject]) -> Fact[bool]:
    """Whether IAM has trusted access: the list of features is answered only then (IAM API reference)."""
    said = features.sources[:1]
    if isinstance(features, Known):
        return Known(True, said)
    refused = isinstance(features, Unknown) and _NO_TRUST in features.reason
    return Known(False, said) if refused else features if isinstance(features, Unknown) else Known(False, said)


def policy_types(targets: Fact[JsonObject], answered: Mapping[str, Fact[JsonObject]]) -> dict[str, str | None]:
    """The type of every policy there is a file for or the list of attachments tells one of.

    Args:
        targets: The tree with the attachments.
        answered: Policies by id.

    Returns:
        Types by policy id; `None` where nobody can tell.
    """
    told = targets.value.get("types") if isinstance(targets, Known) else None
    listed = {each: kind for each, kind in told.items() if isinstance(kind, str)} if isinstance(told, dict) else {}
    return listed | {each: policy_type(found) or listed.get(each) for each, found in answered.items()}


def policy_type(answer: Fact[JsonObject]) -> str | None:
    """The type of a policy, or `None` where nobody can tell."""
    policy = read.record(answer, "Policy")
    summary = policy.value.get("PolicySummary") if isinstance(policy, Known) else None
    kind = summary.get("Type") if isinstance(summary, dict) else None
    return kind if isinstance(kind, str) else None


def policy_in(answer: Fact[JsonObject], policy_id: str) -> ScpDocument:
    """A policy of the organization, as `organizations:DescribePolicy` answers it."""
    policy = read.record(answer, "Policy")
    if not isinstance(policy, Known):
        return ScpDocument(id=policy_id, name=policy_id, document=policy, statements=policy)
    summary, content = policy.value.get("PolicySummary"), policy.value.get("Content")
    name = _string(summary.get("Name")) if isinstance(summary, dict) else ""
    document: Fact[PolicyDocument] = read.malformed("`Content`", policy.sources)
    if isinstance(content, str):
        document = decode_document(content.encode(), f"policies/{policy_id}.json", policy.sources[0])
    told = Known(summary, policy.sources) if isinstance(summary, dict) else read.malformed("summary", policy.sources)
    aws_managed = told.value.get("AwsManaged") if isinstance(told, Known) else None
    return ScpDocument(
        id=policy_id,
        name=name or policy_id,
        document=document,
        statements=(
            document_fact(content, f"policy `{policy_id}`", policy.sources) if isinstance(document, Known) else document
        ),
        arn=read.text(told, "Arn"),
        description=read.text(told, "Description"),
        aws_managed=(
            Known(aws_managed, policy.sources)
            if isinstance(aws_managed, bool)
            else Unknown("`AwsManaged` is missing in the answer", Why.NOT_SUPPORTED, "", policy.sources)
        ),
    )


def _policies_enabled(targets: Fact[JsonObject], attachments: Fact[dict[str, tuple[str, ...]]]) -> Fact[bool]:
    """Whether the policy type is on; older evidence does not say, and then an attached SCP proves it."""
    roots = read.records(targets, "roots")
    if not isinstance(roots, Known):
        return roots
    for root in roots.value:
        types = root.get("policy_types")
        if isinstance(types, list):
            return Known(SERVICE_CONTROL_POLICY in types, roots.sources)
    if isinstance(attachments, Known) and any(attachments.value.values()):
        return Known(True, roots.sources)
    return Unknown("the evidence does not tell whether service control policies are on", Why.NOT_COLLECTED)


def _attachments(targets: Fact[JsonObject], others: AbstractSet[str]) -> Fact[dict[str, tuple[str, ...]]]:
    """SCP ids by target; `others` are policies of another type, which say nothing about what is denied."""
    if isinstance(targets, Known) and "attachments" not in targets.value:
        return Unknown("nobody asked what is attached", Why.NOT_COLLECTED, "organizations:ListTargetsForPolicy")
    found = read.record(targets, "attachments")
    if not isinstance(found, Known):
        return found
    try:
        attached = transform(found, lambda value: msgspec.convert(value, dict[str, tuple[str, ...]]))
    except msgspec.ValidationError:
        return read.malformed("`attachments`", found.sources)
    return transform(
        attached,
        lambda value: {target: tuple(each for each in ids if each not in others) for target, ids in value.items()},
    )


def _units(targets: Fact[JsonObject]) -> Fact[tuple[OrganizationalUnit, ...]]:
    roots = read.records(targets, "roots")
    if not isinstance(roots, Known):
        return roots
    try:
        return Known(tuple(unit for root in roots.value for unit in _walk(root, (), "", 0)), roots.sources)
    except (TypeError, ValueError):
        return read.malformed("tree in `roots`", roots.sources)


def _types(node: JsonObject) -> Fact[tuple[str, ...]]:
    types = node.get("policy_types")
    if not isinstance(types, list):
        return Unknown("the evidence does not tell which policy types are on", Why.NOT_COLLECTED)
    return Known(tuple(str(each) for each in types))


def _walk(node: JsonObject, above: tuple[str, ...], path: str, depth: int) -> Iterator[OrganizationalUnit]:
    """One node and everything below it.

    Raises:
        ValueError: When a node has no id, or the tree is deeper than AWS allows.
        TypeError: When a node is not a record.
    """
    identity, accounts, children = node.get("id"), node.get("accounts", []), node.get("children", [])
    if not isinstance(identity, str) or not isinstance(accounts, list) or not isinstance(children, list):
        raise TypeError(identity)
    if depth > _DEEPEST:
        raise ValueError(identity)
    name = _string(node.get("name")) or identity
    targets = (*above, identity)
    # A slash in a name, which AWS allows, would put the unit below one that it is not in.
    here = f"{path}/{name.replace('/', '%2F')}"
    yield OrganizationalUnit(
        id=identity,
        path=here,
        targets=targets,
        accounts=tuple(map(str, accounts)),
        name=name,
        policy_types=_types(node),
    )
    for child in children:
        if not isinstance(child, dict):
            raise TypeError(child)
        yield from _walk(child, targets, here, depth + 1)
