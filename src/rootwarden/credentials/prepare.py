"""What the organization needs first: trusted access, two features, a delegated administrator; a look, then the call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rootwarden.aws.calls import CallFailed
from rootwarden.credentials.apply import answered
from rootwarden.errors import AccessError, UsageError
from rootwarden.rollout.entry import Result
from rootwarden.rollout.surprise import Surprise, SurpriseError, SurpriseKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rootwarden.credentials.member import Members
    from rootwarden.credentials.plan import Plan, Step
    from rootwarden.rollout.journal import Journal

_ORGANIZATION: Final = "organization"
_ALREADY: Final = frozenset({"AccountAlreadyRegisteredException"})
# What ListOrganizationsFeatures answers while trusted access is off (IAM API reference).
_OFF: Final = frozenset({"ServiceAccessNotEnabled", "ServiceAccessNotEnabledException"})


def check_organization(plan: Plan, members: Members) -> None:
    """Refuse a plan of another organization than the caller's, before anything is asked of its accounts.

    Raises:
        UsageError: It is of another, or says of none.
        AccessError: AWS does not tell which the caller's is.
    """
    try:
        there = members.organization()
    except CallFailed as failed:
        raise AccessError(f"which organization the caller is in is not known: {failed.code}") from failed
    if not there or there != plan.organization:
        raise UsageError(
            f"the plan is for the organization `{plan.organization}`, and the caller is in `{there}`",
            hint="use credentials of the organization the plan was made for",
        )


def prepare(
    plan: Plan, journal: Journal, members: Members, on_step: Callable[[str], None] = lambda _line: None
) -> None:
    """Do the steps of a plan that concern the organization; what is so already is written down and left alone.

    A step that a kill left open is looked at like any other: AWS says whether it is so.

    Args:
        plan: The plan.
        journal: Its journal, open.
        members: The way to AWS.
        on_step: Called after each step, with a line for people.

    Raises:
        SurpriseError: AWS refused a step, or does not say how it stands.
    """
    for intent in journal.unsettled():
        if intent.target == _ORGANIZATION:
            so = _is_so(intent.call, intent.parameters, members)
            if so is None:
                said = f"nobody knows what became of {intent.call}: it could not be looked at"
                raise _met(journal, SurpriseKind.UNREADABLE, said)
            journal.settle(intent, Result.FOUND if so else Result.FAILED, "AWS was looked at")
    for step in plan.prepare:
        if _is_so(step.call, step.parameters, members):
            on_step(f"{step.id}: it is so already")
            continue
        _make(step, journal, members)
        on_step(f"{step.id}: done")


def _make(step: Step, journal: Journal, members: Members) -> None:
    intent = journal.intend(target=_ORGANIZATION, step=step.id, call=step.call, parameters=step.parameters)
    try:
        members.step(step, None)
    except CallFailed as failed:
        if failed.code in _ALREADY:
            journal.settle(intent, Result.FOUND, f"AWS says that it is so already ({failed.code})")
            return
        kind, said = answered(step.call, failed)
        if kind is SurpriseKind.REFUSED:  # else nobody knows what became of it, until the next run looks
            journal.settle(intent, Result.REFUSED, f"{failed.code}: {failed.detail}")
        raise _met(journal, kind, said) from failed
    journal.settle(intent, Result.DONE)


def _is_so(call: str, parameters: Mapping[str, Any], members: Members) -> bool | None:
    """Whether a step is so already, as AWS tells; `None` where it does not, and the call itself will say."""
    if call == "organizations:RegisterDelegatedAdministrator":
        return _is_registered(parameters, members)
    try:
        answer = members.do("iam:ListOrganizationsFeatures", {}, None)
    except CallFailed as failed:
        return False if failed.code in _OFF else None
    features = answer.get("EnabledFeatures")
    if call == "organizations:EnableAWSServiceAccess":
        return True
    return isinstance(features, list) and call.removeprefix("iam:EnableOrganizations") in features


def _is_registered(parameters: Mapping[str, Any], members: Members) -> bool | None:
    """Whether a member is delegated administrator of a service; `None` where nobody may look."""
    wanted: dict[str, Any] = {"ServicePrincipal": parameters.get("ServicePrincipal", "")}
    try:
        found = members.do("organizations:ListDelegatedAdministrators", wanted, None).get("DelegatedAdministrators")
    except CallFailed:
        return None
    listed = found if isinstance(found, list) else []
    return any(isinstance(one, dict) and one.get("Id") == parameters.get("AccountId") for one in listed)


def _met(journal: Journal, kind: SurpriseKind, detail: str) -> SurpriseError:
    surprise = Surprise(target=_ORGANIZATION, kind=kind, detail=detail)
    journal.surprise(surprise)
    return SurpriseError(surprise)
