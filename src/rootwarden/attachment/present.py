"""What the organization has now: everything attached, and every policy, attached or not; from AWS or a folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.collect.guardrail_landscape import read_landscape, resource_controls
from rootwarden.collect.live_landscape import ask_policies
from rootwarden.collect.organization import read_organization
from rootwarden.errors import AccessError, InputError
from rootwarden.facts.fact import Known, Unknown
from rootwarden.guardrails.replaying.digest import policy_digest
from rootwarden.guardrails.standing import Landscape, landscape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from rootwarden.aws.calls import JsonObject
    from rootwarden.aws.deadline import Deadline
    from rootwarden.aws.door import Door
    from rootwarden.collect.folder import EvidenceFolder
    from rootwarden.facts.fact import Fact
    from rootwarden.facts.guardrail import ScpDocument
    from rootwarden.facts.iam_document import IamDocument
    from rootwarden.facts.organization import Organization

READS: Final = (
    "organizations:DescribeOrganization",
    "organizations:DescribePolicy",
    "organizations:ListAccounts",
    "organizations:ListAccountsForParent",
    "organizations:ListOrganizationalUnitsForParent",
    "organizations:ListPolicies",
    "organizations:ListRoots",
    "organizations:ListTargetsForPolicy",
)


class Existing(msgspec.Struct, frozen=True, kw_only=True):
    """A policy there is: `text` is its document as JSON, `sha256` of its canonical spelling; empty if not readable."""

    id: str
    name: str
    kind: str
    aws_managed: bool
    text: str = ""
    sha256: str = ""


class Present(msgspec.Struct, frozen=True, kw_only=True):
    """The organization as it is.

    Attributes:
        landscape: Accounts with what stands above them.
        policies: Every policy of the kinds that are on.
        off: Kinds that are switched off.
        told: Kinds of which it is known what is attached.
    """

    landscape: Landscape
    policies: tuple[Existing, ...]
    off: frozenset[str] = frozenset()
    told: frozenset[str] = frozenset()

    def attached(self, kind: str, target: str) -> tuple[str, ...]:
        """Ids of the policies of a kind at a target, in order of id."""
        levels = self.landscape.attached.get(kind, ())
        return tuple(sorted(one.id for level in levels if level.target == target for one in level.policies))

    def nameless(self, kind: str) -> bool:
        """Whether a policy of a kind cannot be read, so that its name is not known: it goes by its id."""
        return any(one.kind == kind and one.name == one.id and not one.text for one in self.policies)

    def named(self, kind: str, name: str) -> Existing | None:
        """The policy of that id, else of that name."""
        mine = [one for one in self.policies if one.kind == kind]
        found = (one for wanted in ("id", "name") for one in mine if getattr(one, wanted) == name)
        return next(found, None)


def present_in(folder: EvidenceFolder) -> Present:
    """What an evidence folder tells.

    Raises:
        InputError: It does not tell the tree or what is attached.
    """
    found, organization = read_landscape(folder)
    return _present(found, organization, folder.answer, folder.names("policies"))


def look(door: Door, *, caller: str, home: str, deadline: Deadline, clock: Callable[[], datetime]) -> Present:
    """Ask AWS.

    Args:
        door: The door to AWS, with credentials of the management account.
        caller: The account of the credentials.
        home: Home region of the partition.
        deadline: When to give up.
        clock: Tells the time.

    Raises:
        AccessError: Part of it was refused; nothing is changed on half a picture.
    """
    answers = ask_policies(door, caller=caller, home=home, deadline=deadline, clock=clock)
    organization = read_organization(answers.answer, answers.policy_ids())
    controls = resource_controls(answers.answer, answers.policy_ids())
    try:
        return _present(landscape(organization, controls, {}), organization, answers.answer, answers.policy_ids())
    except InputError as error:
        raise AccessError(error.message, hint="the caller must be in the management account, see --dry-run") from error


def _present(
    found: Landscape, organization: Organization, answer: Callable[[str], Fact[JsonObject]], ids: Iterable[str]
) -> Present:
    for fact in (organization.id, organization.accounts, organization.units, organization.attachments):
        if not isinstance(fact, Known):
            reason = fact.reason if isinstance(fact, Unknown) else "there is no organization"
            raise InputError(f"the organization is not known well enough to change it: {reason}")
    controls = resource_controls(answer, ids)
    switched_on = organization.service_control_policies_enabled
    off = {
        kind
        for kind, fact in (("scp", switched_on), ("rcp", controls.enabled))
        if isinstance(fact, Known) and not fact.value
    }
    policies = (*_existing("scp", organization.policies.values()), *_existing("rcp", controls.policies.values()))
    told = {"scp"} | ({"rcp"} if isinstance(controls.attachments, Known) else set())
    return Present(landscape=found, policies=policies, off=frozenset(off), told=frozenset(told))


def _existing(kind: str, policies: Iterable[ScpDocument]) -> tuple[Existing, ...]:
    return tuple(
        Existing(
            id=one.id,
            name=one.name,
            kind=kind,
            aws_managed=isinstance(one.aws_managed, Known) and one.aws_managed.value,
            text=_text(one),
            sha256=_digest(one.statements),
        )
        for one in policies
    )


def _text(policy: ScpDocument) -> str:
    if not isinstance(policy.document, Known):
        return ""
    return json.dumps(policy.document.value, ensure_ascii=False, separators=(",", ":"))


def _digest(document: Fact[IamDocument]) -> str:
    return policy_digest(document.value) if isinstance(document, Known) else ""
