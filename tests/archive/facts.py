"""Facts of accounts by chance, for properties."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from hypothesis import strategies as st

from rootwarden.facts.account import Account
from rootwarden.facts.assets import AssetCounts
from rootwarden.facts.credential_report import CredentialReportRow
from rootwarden.facts.fact import Absent, Known, Source, Unknown, Why
from rootwarden.facts.inventory import Inventory
from rootwarden.facts.organization import Position
from rootwarden.facts.root_user import AccessKey, Password, RootUser

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from rootwarden.facts.fact import Fact

T = TypeVar("T")
TEXTS = st.text(max_size=12)
INSTANTS = st.datetimes(datetime(1971, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants naive ones
SOURCES = st.builds(Source, call=TEXTS, account=TEXTS, region=TEXTS, observed_at=st.none() | INSTANTS)
SOME = st.lists(SOURCES, max_size=2).map(tuple)


def fact(values: SearchStrategy[T]) -> SearchStrategy[Fact[T]]:
    """A fact of any of the three kinds."""
    known: SearchStrategy[Fact[T]] = st.builds(Known, values, SOME, TEXTS)
    return st.one_of(known, st.builds(Absent, SOME, TEXTS), st.builds(Unknown, TEXTS, st.sampled_from(Why)))


ROWS = st.builds(
    CredentialReportRow,
    st.dictionaries(TEXTS, TEXTS, max_size=4).map(lambda cells: {**cells, "user": "somebody", "arn": "of"}),
    SOURCES,
)
KEYS = st.builds(
    AccessKey, active=fact(st.booleans()), last_rotated=fact(INSTANTS), last_used=fact(INSTANTS), key_id=TEXTS
)
COUNTS = fact(st.integers(0, 10**9))
ASSETS = st.builds(
    AssetCounts, iam_users=COUNTS, rds_instances=COUNTS, buckets=COUNTS, ec2_instances=COUNTS, trails=COUNTS
)
ROOTS = st.builds(
    RootUser,
    arn=TEXTS,
    created=fact(INSTANTS),
    mfa_active=fact(st.booleans()),
    password=st.builds(Password, present=fact(st.booleans()), last_used=fact(INSTANTS)),
    access_keys=fact(st.lists(KEYS, max_size=2).map(tuple)),
    access_keys_present=fact(st.booleans()),
)
ACCOUNTS = st.builds(
    Account,
    id=st.from_regex(r"[0-9]{12}", fullmatch=True),
    name=fact(TEXTS),
    position=fact(st.sampled_from(Position)),
    unit_path=fact(TEXTS),
    root=ROOTS,
    report_generated_at=fact(INSTANTS),
    tags=fact(st.dictionaries(TEXTS, TEXTS, max_size=3)),
    assets=ASSETS,
    inventory=st.builds(Inventory, report=fact(st.lists(ROWS, max_size=3).map(tuple))),
)
FLEETS = st.lists(ACCOUNTS, min_size=1, max_size=4, unique_by=lambda each: each.id)
