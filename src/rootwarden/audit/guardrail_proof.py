"""Guardrails proven on an organization, with what is wrong with the policies that are attached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden import packs
from rootwarden.errors import InternalError, UsageError
from rootwarden.facts.fact import Known
from rootwarden.guardrails.asking import Around, ruling
from rootwarden.guardrails.compared import keys_there_are_not, room_for
from rootwarden.guardrails.content.filling import document, requests
from rootwarden.guardrails.content.guardrail import Asker, Guardrail, GuardrailKind, Values
from rootwarden.guardrails.content.minimal import minimal
from rootwarden.guardrails.content.values import examples
from rootwarden.guardrails.flaws import Flaw, flaws
from rootwarden.guardrails.proof import GuardrailProof, Verdict, prove
from rootwarden.guardrails.standing import (
    Attached,
    Level,
    SignInPolicy,
    Standing,
    policies_of,
    with_policy,
    with_sign_in,
)
from rootwarden.iam.service_rules import FULL_ACCESS
from rootwarden.packs.actions import rcp_services
from rootwarden.packs.policies import policy_knowledge, policy_limits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.facts.iam_document import IamDocument
    from rootwarden.guardrails.content.guardrail import Ask
    from rootwarden.guardrails.standing import (
        Landscape,
    )

# An account a guardrail's own requests are tried in.
_TRIED: Final = "000000000001"
_ALLOWS: Final = Attached(FULL_ACCESS.name, FULL_ACCESS.name, FULL_ACCESS.document)


class Wanted(msgspec.Struct, frozen=True):
    """A guardrail and the values it is made with."""

    guardrail: Guardrail
    values: Values


class Planned(msgspec.Struct, frozen=True):
    """A guardrail as if it were attached at a target; an empty one is the organization's root, or every account."""

    wanted: Wanted
    target: str = ""


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What was proven.

    Attributes:
        guardrails: Each with its verdict.
        flaws: What is wrong with the service control policies that are attached.
        planned: What was taken to be attached: guardrail and target.
        over_limits: What would not fit; the planned policy cannot be attached.
        notes: What the reader must know.
        skipped: Accounts that are not active, with their state.
        accounts: How many were judged.
    """

    guardrails: tuple[GuardrailProof, ...]
    flaws: tuple[Flaw, ...]
    planned: tuple[tuple[str, str], ...] = ()
    over_limits: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    accounts: int = 0

    @property
    def exit_code(self) -> int:
        """1: a guardrail does not hold, bars too much, binds nobody or does not fit; 3: one is not decided."""
        verdicts = {one.verdict for one in self.guardrails}
        if self.over_limits or verdicts & {Verdict.OPEN, Verdict.BARS, Verdict.NOT_BOUND}:
            return 1
        return 3 if Verdict.UNKNOWN in verdicts else 0


def prove_all(landscape: Landscape, wanted: Iterable[Wanted], planned: Iterable[Planned] = ()) -> Proof:
    """Prove guardrails.

    Args:
        landscape: The accounts and the policies above them.
        wanted: The guardrails.
        planned: Those that are taken to be attached already.

    Raises:
        UsageError: A target is not in the organization.
    """
    before = landscape
    places: list[tuple[str, str]] = []
    over: list[str] = []
    notes: list[str] = []
    for one in planned:
        landscape, target = _attach(landscape, one)
        places.append((one.wanted.guardrail.id, target))
        for too_many, said in room_for(landscape, one.wanted.guardrail.kind, target, policy_limits()):
            (over if too_many else notes).append(said)
    around = around_of(landscape)
    return Proof(
        guardrails=tuple(prove(one.guardrail, one.values, landscape, around) for one in wanted),
        flaws=flaws(before, root_probes(), packs.task_policy_actions(), around),
        planned=tuple(places),
        over_limits=tuple(over),
        notes=tuple(notes),
        skipped=landscape.skipped,
        accounts=len(landscape.standings),
    )


def around_of(landscape: Landscape) -> Around:
    """What is the same for every account of an organization."""
    levels = [level for each in landscape.attached.values() for level in each]
    own = [one.sign_in.value.document for one in landscape.standings if isinstance(one.sign_in, Known)]
    documents = [one.document for one in policies_of(levels)]
    return Around(
        organization=landscape.organization,
        management=landscape.management,
        resource_controlled=rcp_services(),
        no_keys=keys_there_are_not((*documents, *own), policy_knowledge()),
    )


def root_probes() -> tuple[Ask, ...]:
    """What the shipped service control policies deny root itself."""
    asks = (ask for one in packs.guardrails() if one.kind is GuardrailKind.SCP for ask in requests(one, examples(one)))
    return tuple(ask for ask in asks if ask.denied and ask.who is Asker.ROOT)


def policy_of(wanted: Wanted) -> IamDocument:
    """The shortest policy of a guardrail that says to its own requests what the one in the file says.

    Raises:
        InternalError: The shorter one says something else.
    """
    whole = document(wanted.guardrail, wanted.values)
    short = minimal(whole)
    if _says(wanted, whole) != _says(wanted, short):
        raise InternalError(f"the shortened policy of `{wanted.guardrail.id}` does not say the same")
    return short


def own_requests(wanted: Wanted) -> tuple[tuple[Ask, bool | None], ...]:
    """Each request of a guardrail with whether its own policy, alone above an account, denies it."""
    said = _says(wanted, document(wanted.guardrail, wanted.values))
    return tuple(zip(requests(wanted.guardrail, wanted.values), said, strict=True))


def _says(wanted: Wanted, made: IamDocument) -> tuple[bool | None, ...]:
    organization = (wanted.values.get("organization") or ("o-exampleorgid",))[0]
    around = Around(organization=organization, management="000000000000", resource_controlled=rcp_services())
    level = Level("r-root", "/Root", (Attached("p-guardrail", "guardrail", made), _ALLOWS))
    known = Known((level,))
    standing = Standing(
        account=_TRIED, name="", partition="aws", management=False, scp=known, rcp=known, sign_in=Known(_in_force(made))
    )
    kind = wanted.guardrail.kind
    return tuple(
        ruling(kind, ask, standing, known.value, around).denied for ask in requests(wanted.guardrail, wanted.values)
    )


def _in_force(made: IamDocument) -> SignInPolicy:
    return SignInPolicy(made, Known(True))


def _attach(landscape: Landscape, planned: Planned) -> tuple[Landscape, str]:
    guardrail = planned.wanted.guardrail
    policy = Attached(f"planned {guardrail.id}", guardrail.id, policy_of(planned.wanted), planned=True)
    accounts = {one.account for one in landscape.standings}
    if guardrail.kind is GuardrailKind.SIGN_IN:
        if planned.target and planned.target not in accounts:
            raise UsageError(f"there is no account `{planned.target}`", hint="a Sign-In policy is one of an account")
        return with_sign_in(landscape, planned.target, policy.document), planned.target or "every account"
    target = planned.target or landscape.root
    if target not in accounts | {unit.id for unit in landscape.units}:
        hint = "give the id of the root (r-…), of a unit (ou-…) or of an account of the evidence"
        raise UsageError(f"there is no target `{target}` in the organization", hint=hint)
    return with_policy(landscape, guardrail.kind.value, target, policy), target
