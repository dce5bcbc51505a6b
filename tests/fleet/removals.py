"""Members with and without root credentials, run after run, through the library's own facts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

from rootwarden.facts.account import Account
from rootwarden.facts.fact import Absent, Known, Unknown, Why
from rootwarden.facts.organization import Position
from rootwarden.facts.root_user import Password, RootUser
from rootwarden.fleet.observation import Run, Seen, observe, table
from rootwarden.fleet.removal import removal_of
from rootwarden.fleet.removal_work import Look, Stretch, Work

if TYPE_CHECKING:
    from rootwarden.facts.fact import Fact
    from rootwarden.fleet.observation import Row
    from rootwarden.fleet.removal import Removal

START: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
REFUSED: Final = Unknown("iam:GetAccountSummary was refused", Why.DENIED, "iam:GetAccountSummary")
# A kind of credential is there (True), not there (False), absent (None), or not known ("?").
Told: TypeAlias = "bool | str | None"


def fact(told: Told) -> Fact[bool]:
    if told is None:
        return Absent()
    return Known(told) if isinstance(told, bool) else REFUSED


def member(
    number: int,
    run: int = 0,
    *,
    password: Told = False,
    key: Told = False,
    certificate: Told = False,
    device: Told = False,
    position: Position | None = Position.MEMBER,
    organization: str = "o-fake000001",
    state: str = "ACTIVE",
    readable: bool = True,
) -> Row:
    """One account as a weekly run saw it; a position of `None` is not known."""
    as_of = START + timedelta(days=7 * run)
    facts = Account(
        id=f"{number:012d}",
        position=Known(position) if position else REFUSED,
        root=RootUser(
            arn=f"arn:aws:iam::{number:012d}:root",
            mfa_active=fact(device),
            password=Password(present=fact(password)),
            access_keys_present=fact(key),
            signing_certificates_present=fact(certificate),
        ),
    )
    told = Run(run_id=f"{organization}/{as_of:%Y%m%d}", as_of=as_of, organization_id=Known(organization))
    return observe(told, Seen(account=facts, readable=readable, account_state=state))


def followed(*runs: tuple[Row, ...]) -> Removal:
    """The course over runs, each in a batch of its own."""
    return removal_of(table(run).lazy() for run in runs)


def burn_down() -> Removal:
    """Twelve members over five weeks: a few a week, one refused, one not looked at in the end."""
    weeks = []
    for week in range(5):
        rows = [
            member(0, week, password=True, device=True, position=Position.MANAGEMENT),
            *(
                member(
                    number,
                    week,
                    password="?" if number == 7 else number > 3 * week,
                    key="?" if number == 7 else number % 4 == 0 and number > 3 * week,
                    certificate="?" if number == 7 else False,
                    device="?" if number == 7 else number % 2 == 0 and number > 3 * week,
                )
                for number in range(1, 13)
                if (number, week) != (12, 4)
            ),
        ]
        weeks.append(tuple(rows))
    return followed(*weeks)


def wave(
    number: int,
    name: str,
    journal: str,
    looks: dict[int, tuple[float, tuple[bool | None, ...]]],
    *,
    planned: float | None = None,
) -> Work:
    """A wave of a journal: of each member the week of its look, and what was seen; `-1` for who was not looked at.

    In the week `planned` the plan saw a password of each.
    """
    made = [
        Look(account=f"{member:012d}", at=START + timedelta(weeks=week), kinds=kinds)
        for member, (week, kinds) in looks.items()
        if week >= 0
    ]
    return Work(
        journal=journal,
        organization="o-fake000001",
        announced=START + timedelta(days=1),
        number=number,
        name=name,
        accounts=tuple(f"{member:012d}" for member in looks),
        stretches=(Stretch(ended=max(look.at for look in made), looks=tuple(made)),) if made else (),
        removed=(len(made), 1 if made else 0, 0, 2 if made else 0),
        planned=()
        if planned is None
        else tuple(
            Look(account=f"{member:012d}", at=START + timedelta(weeks=planned), kinds=(True, False, False, False))
            for member in looks
        ),
    )


NOTHING: Final = (False, False, False, False)
UNSEEN: Final = (-1.0, (None, None, None, None))


def with_waves() -> Removal:
    """Ten members: two runs, and journals of two plans between and after them, the second of them killed."""
    runs = [
        table(tuple(member(number, week, password=number > 3 * week) for number in range(1, 11))) for week in (0, 1)
    ]
    works = [
        wave(1, "canary", "0badcafe0000", {1: (0.2, NOTHING)}),
        wave(2, "/Root/Workloads", "0badcafe0000", {2: (0.4, NOTHING), 3: (0.5, NOTHING)}),
        wave(
            1, "/Root/Sandbox", "1badcafe0000", {4: (1.3, NOTHING), 5: (1.4, (None, False, False, False))}, planned=0.1
        ),
        wave(2, "/Root/Sandbox", "1badcafe0000", {6: UNSEEN, 12: UNSEEN}, planned=0.1),
        wave(0, "left alone by the plan", "1badcafe0000", {11: UNSEEN}),
    ]
    return removal_of((run.lazy() for run in runs), works)
