"""Small organizations to advise: facts in, the answer out, through the real judge and the real proof."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from rootwarden import packs
from rootwarden.audit.advising import advice_book, advise
from rootwarden.audit.judge import Judge
from rootwarden.audit.terms import Terms
from rootwarden.collect.collected import Collected, CollectedAccount
from rootwarden.facts.account import Account
from rootwarden.facts.fact import Known, Unknown, Why
from rootwarden.facts.guardrail import ResourceControls
from rootwarden.facts.organization import Organization, OrganizationAccount, OrganizationalUnit, Position
from rootwarden.facts.root_user import RootUser
from rootwarden.guardrails.standing import landscape

if TYPE_CHECKING:
    from rootwarden.audit.advising import Advised, Standing
    from rootwarden.facts.fact import Fact

NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
MANAGEMENT: Final = "000000000000"
REFUSED: Final = Unknown("iam:GetAccountSummary was refused", Why.DENIED, "iam:GetAccountSummary")
TERMS: Final = Terms(rulebook=advice_book(packs.advice()))


def account(number: int, *, credentials: Fact[bool] = REFUSED, position: Position = Position.MEMBER) -> Account:
    made = f"{number:012d}"
    root = RootUser(arn=f"arn:aws:iam::{made}:root", credentials_present=credentials)
    return Account(id=made, position=Known(position), root=root)


def organization(**facts: Any) -> Organization:
    """An organization of three accounts with all that is told of it here."""
    ids = [f"{number:012d}" for number in range(3)]
    unit = OrganizationalUnit(id="r-0000", path="/Root", targets=("r-0000",), accounts=tuple(ids), name="Root")
    made = Organization(
        id=Known("o-exampleorg"),
        management_account=Known(MANAGEMENT),
        accounts=Known(tuple(OrganizationAccount(id=each, state="ACTIVE") for each in ids)),
        units=Known((unit,)),
    )
    return replace(made, **facts)


def advised(
    *members: Account,
    whole: Organization | None = None,
    management: bool = True,
    controls: ResourceControls | None = None,
) -> Advised:
    """What is advised for these, and a management account if there is one."""
    told = whole or organization()
    manager = (account(0, position=Position.MANAGEMENT),) if management else ()
    features = {
        "root_credentials_management": told.root_credentials_management,
        "root_sessions": told.root_sessions,
    }
    accounts = [replace(each, **features) for each in (*manager, *members)]
    collected = Collected(
        as_of=NOON,
        described="made by hand",
        organization=told,
        accounts=tuple(CollectedAccount(facts=each, refusals=(), answered=True) for each in accounts),
    )
    judge = Judge(TERMS)
    return advise(collected, TERMS, judge, landscape(told, controls or ResourceControls(), {}))


def standing(found: Advised, name: str) -> Standing:
    return next(one for one in found.standings if one.advice == name)
