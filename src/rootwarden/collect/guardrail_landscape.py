"""An evidence folder → where every account stands, with the policies above it, for guardrails to be proven."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.collect import files, read
from rootwarden.collect.iam_document import document_fact
from rootwarden.collect.offline import partition_told
from rootwarden.collect.organization import policy_in, policy_types, read_organization
from rootwarden.facts.fact import Absent, Known, Unknown, Why, transform
from rootwarden.facts.guardrail import ResourceControls
from rootwarden.guardrails.standing import SignInPolicy, landscape
from rootwarden.iam.layer import Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from rootwarden.aws.calls import JsonObject
    from rootwarden.collect.answers import Answers
    from rootwarden.collect.folder import EvidenceFolder
    from rootwarden.facts.fact import Fact
    from rootwarden.facts.organization import Organization
    from rootwarden.guardrails.standing import Landscape
    from rootwarden.iam.layer import Document

RESOURCE_CONTROL_POLICY: Final = "RESOURCE_CONTROL_POLICY"
# The Sign-In API answers names of elements in lower case; policies spell them so.
_ELEMENTS: Final = {
    one.lower(): one
    for one in (
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    )
}


def read_landscape(folder: EvidenceFolder) -> tuple[Landscape, Organization]:
    """Everything guardrails are proven on.

    Args:
        folder: The evidence folder.

    Returns:
        The accounts with what stands above them, and the organization as the folder tells it.
    """
    organization = read_organization(folder.answer, folder.names("policies"))
    listed = organization.accounts.value if isinstance(organization.accounts, Known) else ()
    alone = sorted({*folder.account_folders()} - {one.id for one in listed})
    told = {account: partition_told(folder.account(account)) for account in alone}
    accounts = dict.fromkeys([*told, *(one.id for one in listed)])
    sign_in = {account: sign_in_of(folder.account(account)) for account in accounts}
    controls = resource_controls(folder.answer, folder.names("policies"))
    return landscape(organization, controls, sign_in, told), organization


def resource_controls(answer: Callable[[str], Fact[JsonObject]], policy_ids: Iterable[str]) -> ResourceControls:
    """Resource control policies; where none are told although the type is on, nobody asked for them.

    Args:
        answer: The document in a file of the evidence folder.
        policy_ids: Policies there is a file for.
    """
    answered = {each: answer(f"policies/{each}.json") for each in policy_ids}
    targets = answer(files.TARGETS)
    kinds = policy_types(targets, answered)
    mine = [each for each, kind in kinds.items() if kind == RESOURCE_CONTROL_POLICY]
    found = {each: policy_in(answer(f"policies/{each}.json"), each) for each in mine}
    return ResourceControls(
        enabled=_enabled(targets, any_found=bool(found)),
        attachments=_attachments(targets, kinds, any_found=bool(found)),
        policies=found,
    )


def _enabled(targets: Fact[JsonObject], *, any_found: bool) -> Fact[bool]:
    roots = read.records(targets, "roots")
    if not isinstance(roots, Known):
        return roots if isinstance(roots, Unknown) else Known(False, roots.sources)
    types = next((each["policy_types"] for each in roots.value if isinstance(each.get("policy_types"), list)), None)
    if isinstance(types, list):
        return Known(RESOURCE_CONTROL_POLICY in types, roots.sources)
    if any_found:
        return Known(True, roots.sources)
    return Unknown("the evidence does not tell whether resource control policies are on", Why.NOT_COLLECTED)


def _attachments(
    targets: Fact[JsonObject], kinds: Mapping[str, str | None], *, any_found: bool
) -> Fact[dict[str, tuple[str, ...]]]:
    """Resource control policies by target; one of a type nobody can tell may be any."""
    if not any_found:
        reason = "the evidence holds no resource control policies"
        return Unknown(reason, Why.NOT_COLLECTED, "organizations:ListPolicies")
    listed = read.record(targets, "attachments")
    if not isinstance(listed, Known):
        return listed
    try:
        attached = msgspec.convert(listed.value, dict[str, tuple[str, ...]])
    except msgspec.ValidationError:
        return read.malformed("`attachments`", listed.sources)
    mine = (None, RESOURCE_CONTROL_POLICY)
    return Known(
        {target: tuple(each for each in ids if kinds.get(each) in mine) for target, ids in attached.items()},
        listed.sources,
    )


def sign_in_of(answers: Answers) -> Fact[SignInPolicy]:
    """The Sign-In policy of an account, and whether it is in force; absent when it has none."""
    answer = answers.answer(files.SIGN_IN_POLICY)
    if isinstance(answer, Absent):
        return answer
    policy = read.record(answer, "signinResourceBasedPolicy")
    statements = read.records(policy, "statement")
    if not isinstance(statements, Known):
        return statements
    switched = answers.answer(files.SIGN_IN_AUTHORIZATION)
    enabled: Fact[bool] = transform(switched, lambda found: found.get("consoleAuthorizationEnabled") is True)
    if isinstance(switched, Known) and not isinstance(switched.value.get("consoleAuthorizationEnabled"), bool):
        enabled = read.malformed("`consoleAuthorizationEnabled`", switched.sources)
    return Known(SignInPolicy(_document(statements.value, answers.account), enabled), statements.sources)


def _document(statements: tuple[JsonObject, ...], account: str) -> Document:
    spelled = [{_ELEMENTS.get(name.lower(), name): value for name, value in one.items()} for one in statements]
    present = [{name: value for name, value in one.items() if value is not None} for one in spelled]
    found = document_fact({"Version": "2012-10-17", "Statement": present}, f"account {account}")
    return found.value if isinstance(found, Known) else Unreadable(found.reason if isinstance(found, Unknown) else "")
