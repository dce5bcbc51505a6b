"""Does a guardrail hold, account by account? Every request of it decided, never a policy recognised.

Each guardrail is judged by the policies of its own kind: a service control policy's requests by the service control
policies at every level above the account, however they are written. Law 1 holds: what cannot be read leaves unknown
whatever it may change.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import structs

from rootwarden.facts.fact import Absent, Known, Unknown
from rootwarden.guardrails.asking import Ruling, asked, ruling, statement_name
from rootwarden.guardrails.content.filling import requests
from rootwarden.guardrails.content.guardrail import GuardrailKind
from rootwarden.guardrails.flaws import nearly
from rootwarden.guardrails.standing import Attached, Level
from rootwarden.iam.layer import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.facts.fact import Fact
    from rootwarden.guardrails.asking import Around
    from rootwarden.guardrails.content.guardrail import Ask, Guardrail, Values
    from rootwarden.guardrails.standing import Landscape, Levels, SignInPolicy, Standing

_NOBODY_BINDS: Final = "no policy of an organization binds the management account"
_ALONE: Final = "the account is in no organization"
_MAY_MANAGE: Final = "which account manages the organization, as no policy binds that one"


class Verdict(StrEnum):
    """What comes of a guardrail in an account, the worst first."""

    OPEN = "open"
    BARS = "bars-too-much"
    UNKNOWN = "unknown"
    HOLDS = "holds"
    NOT_BOUND = "not-bound"


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Accounts that the same is said of.

    Attributes:
        verdict: What.
        accounts: Their ids.
        note: Why nothing was decided, or what to know; empty where the rulings say it all.
        rulings: Each request with what denies it.
    """

    verdict: Verdict
    accounts: tuple[str, ...]
    note: str
    rulings: tuple[Ruling, ...]


class GuardrailProof(msgspec.Struct, frozen=True, kw_only=True):
    """What comes of one guardrail.

    Attributes:
        id: Of the guardrail.
        title: Of the guardrail.
        kind: What kind of policies was asked.
        parameters: The values it was made with.
        verdict: The worst of any account; `unknown` where no account is known.
        groups: Accounts with what is said of them, the worst first.
    """

    id: str
    title: str
    kind: GuardrailKind
    parameters: dict[str, tuple[str, ...]]
    verdict: Verdict
    groups: tuple[Group, ...]

    def count(self, verdict: Verdict) -> int:
        """How many accounts."""
        return sum(len(group.accounts) for group in self.groups if group.verdict is verdict)


class _Said(msgspec.Struct, frozen=True):
    verdict: Verdict
    note: str
    rulings: tuple[Ruling, ...]


def prove(guardrail: Guardrail, values: Values, landscape: Landscape, around: Around) -> GuardrailProof:
    """Decide a guardrail's requests for every account.

    Args:
        guardrail: Which.
        values: A value for each of its parameters.
        landscape: The accounts and the policies above them.
        around: What is the same for every account.
    """
    asks = requests(guardrail, values)
    found: dict[_Said, list[str]] = {}
    for standing in landscape.standings:
        found.setdefault(_account(guardrail.kind, asks, standing, around), []).append(standing.account)
    order = list(Verdict)
    groups = tuple(
        Group(verdict=said.verdict, accounts=tuple(accounts), note=said.note, rulings=said.rulings)
        for said, accounts in sorted(found.items(), key=lambda each: (order.index(each[0].verdict), each[1][0]))
    )
    return GuardrailProof(
        id=guardrail.id,
        title=guardrail.title,
        kind=guardrail.kind,
        parameters=dict(values),
        verdict=groups[0].verdict if groups else Verdict.UNKNOWN,
        groups=groups,
    )


def _account(kind: GuardrailKind, asks: Iterable[Ask], standing: Standing, around: Around) -> _Said:
    if kind is not GuardrailKind.SIGN_IN and (standing.management or standing.alone):
        return _Said(Verdict.NOT_BOUND, _NOBODY_BINDS if standing.management else _ALONE, ())
    levels, doubt = _levels(kind, standing)
    if not isinstance(levels, Known):
        reason = levels.reason if isinstance(levels, Unknown) else "nobody asked what is attached"
        return _Said(Verdict.UNKNOWN, reason, ())
    if kind is not GuardrailKind.SIGN_IN and not around.management:
        doubt = doubt or _MAY_MANAGE
    rulings = tuple(_judged(kind, ask, standing, levels.value, around) for ask in asks)
    if doubt:
        rulings = tuple(_doubted(one, doubt) for one in rulings)
    return _Said(_verdict(rulings), levels.note, rulings)


def _doubted(one: Ruling, doubt: str) -> Ruling:
    """A ruling of policies of which nobody knows whether they are in force."""
    return structs.replace(one, denied=None, by=(), depends_on=(doubt,)) if one.denied else one


def _judged(kind: GuardrailKind, ask: Ask, standing: Standing, levels: Levels, around: Around) -> Ruling:
    made = ruling(kind, ask, standing, levels, around)
    if not ask.denied or made.denied:
        return made
    return structs.replace(made, nearly=_nearly(ask, standing, levels, around))


def _nearly(ask: Ask, standing: Standing, levels: Levels, around: Around) -> tuple[str, ...]:
    """The statements above the account that would deny it but for a mistake, with the mistake."""
    _, request = asked(ask, standing, around)
    said: dict[str, None] = {}
    for level in levels:
        for policy in level.policies:
            if isinstance(policy.document, Unreadable):
                continue
            for index, _, why in nearly(policy.document, request, around, standing):
                name = statement_name(policy.document.statements[index], index)
                said[f"policy `{policy.name}` statement `{name}` at {level.name}: {why}"] = None
    return tuple(said)


def _verdict(rulings: tuple[Ruling, ...]) -> Verdict:
    if any(one.expected and one.denied is False for one in rulings):
        return Verdict.OPEN
    if any(not one.expected and one.denied for one in rulings):
        return Verdict.BARS
    return Verdict.UNKNOWN if any(one.denied is None for one in rulings) else Verdict.HOLDS


def _levels(kind: GuardrailKind, standing: Standing) -> tuple[Fact[Levels], str]:
    """The levels of one kind of policy, and why their effect is in doubt, if it is."""
    if kind is GuardrailKind.SCP:
        return standing.scp, ""
    if kind is GuardrailKind.RCP:
        return standing.rcp, ""
    policy = standing.sign_in
    if isinstance(policy, Unknown):
        return policy, ""
    if isinstance(policy, Absent):
        return Known((), policy.sources, "the account has no Sign-In policy"), ""
    return _sign_in(policy.value, standing)


def _sign_in(policy: SignInPolicy, standing: Standing) -> tuple[Fact[Levels], str]:
    """A Sign-In policy as one level; it does nothing before console authorization is switched on."""
    if isinstance(policy.enabled, Absent) or (isinstance(policy.enabled, Known) and not policy.enabled.value):
        return Known((), (), "the Sign-In policy does nothing: console authorization is off"), ""
    doubt = policy.enabled.reason if isinstance(policy.enabled, Unknown) else ""
    attached = Attached("sign-in-policy", "Sign-In policy", policy.document)
    return Known((Level(standing.account, f"account {standing.account}", (attached,)),)), doubt
