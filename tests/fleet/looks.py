"""Observations of made-up accounts, through the library's own facts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from rootwarden.facts.account import Account
from rootwarden.facts.assets import AssetCounts
from rootwarden.facts.fact import Absent, Known, Unknown, Why
from rootwarden.facts.root_user import AccessKey, Password, RootUser
from rootwarden.fleet.observation import Run, Seen, observe

if TYPE_CHECKING:
    from rootwarden.facts.fact import Fact
    from rootwarden.fleet.observation import Row

T = TypeVar("T")

# A Monday noon; runs are a week apart unless a test says otherwise.
START: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY: Final = timedelta(days=1)
UNKNOWN: Final = Unknown("iam:GetCredentialReport was refused", Why.DENIED, "iam:GetCredentialReport")


def fact(value: T | Unknown | None) -> Fact[T]:
    """`None` is absent, an unknown stays one, anything else is known."""
    if isinstance(value, Unknown):
        return value
    return Absent() if value is None else Known(value)


def look(
    account: int = 1,
    week: float = 0,
    *,
    organization: str | Unknown | None = "o-fake000001",
    name: str = "",
    state: str = "ACTIVE",
    readable: bool = True,
    created: datetime | Unknown | None = START - 1000 * DAY,
    report: datetime | Unknown | None = None,
    signed_in: datetime | Unknown | None = None,
    keys: tuple[AccessKey, ...] | Unknown = (),
    mfa: bool | Unknown = True,
    credentials: bool | Unknown = UNKNOWN,
    assets: int | Unknown = 2,
) -> Row:
    """One account at `START` plus some weeks; a report not given was made at that instant."""
    as_of = START + week * 7 * DAY
    run = Run(run_id=f"{organization}/{as_of}", as_of=as_of, organization_id=fact(organization))
    if not readable:
        created = report = signed_in = keys = mfa = assets = UNKNOWN
    made = as_of if report is None else report
    facts = Account(
        id=f"1111{account:08d}",
        name=fact(name or f"account-{account}"),
        root=RootUser(
            arn=f"arn:aws:iam::1111{account:08d}:root",
            created=fact(created),
            mfa_active=fact(mfa),
            password=Password(present=fact(credentials), last_used=fact(signed_in)),
            access_keys=fact(keys),
            access_keys_present=fact(credentials),
            signing_certificates_present=fact(credentials),
        ),
        report_generated_at=fact(made),
    )
    counts = dict.fromkeys(AssetCounts.__struct_fields__, fact(assets))
    return observe(run, Seen(account=facts, assets=AssetCounts(**counts), readable=readable, account_state=state))


def key(
    used: datetime | Unknown | None = None,
    *,
    active: bool | Unknown = True,
    rotated: datetime | Unknown | None = START - 400 * DAY,
) -> AccessKey:
    """An access key of root."""
    return AccessKey(active=fact(active), last_rotated=fact(rotated), last_used=fact(used))


def ago(days: float, week: float = 0) -> datetime:
    """So many days before the look of a week."""
    return START + (7 * week - days) * DAY
