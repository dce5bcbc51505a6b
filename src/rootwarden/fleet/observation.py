"""The observation table: one row is one account in one run. Its columns, types and version are fixed here only.

A fact `x` fills the column `x` (null unless known) and the column `x_state` (`known`, `absent`, `unknown`). Reason and
permission of an unknown fact stand in the canonical facts kept beside the table, not in it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

import msgspec
import polars as pl

from rootwarden.errors import InputError
from rootwarden.facts.account import Account
from rootwarden.facts.assets import AssetCounts
from rootwarden.facts.fact import Absent, Fact, Known, Unknown, transform

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rootwarden.facts.root_user import AccessKey

T = TypeVar("T")
Cell: TypeAlias = str | int | bool | datetime | None
Row: TypeAlias = tuple[Cell, ...]

SCHEMA_VERSION: Final = 1
STATE_SUFFIX: Final = "_state"
STATES: Final = ("known", "absent", "unknown")
ACTIVE_STATES: Final = ("ACTIVE", "")
# AWS allows a root user two access keys (IAM and STS quotas).
KEYS: Final = (1, 2)
ASSETS: Final = AssetCounts.__struct_fields__

_STATE = pl.Enum(STATES)
_INSTANT = pl.Datetime("us", "UTC")


class Column(msgspec.Struct, frozen=True):
    """A column of the table; a fact has a second one for its state."""

    name: str
    type: pl.DataType
    fact: bool
    describe: str


def _plain(name: str, kind: pl.DataType, describe: str) -> Column:
    return Column(name, kind, False, describe)


def _fact(name: str, kind: pl.DataType, describe: str) -> Column:
    return Column(name, kind, True, describe)


COLUMNS: Final[tuple[Column, ...]] = (
    _plain("run_id", pl.String(), "names the run; the same for all its rows"),
    _plain("as_of", _INSTANT, "the instant the run judged at"),
    _plain("account_id", pl.String(), "twelve digits"),
    _plain("partition", pl.String(), "`aws`, `aws-us-gov`, `aws-cn`, …"),
    _plain("account_state", pl.String(), "`State` as the organization lists it; empty where AWS did not say"),
    _plain("readable", pl.Boolean(), "whether anything was answered about the account"),
    _plain("has_root_user", pl.Boolean(), "false in the China partition, where there is none"),
    _fact("organization_id", pl.String(), "`o-…`; absent for an account in no organization"),
    _fact("organization_name", pl.String(), "what the organization is called"),
    _fact("account_name", pl.String(), "as the organization lists it"),
    _fact("position", pl.String(), "`management`, `member` or `standalone`"),
    _fact("unit_path", pl.String(), "path of organizational units"),
    _fact("report_generated_at", _INSTANT, "when AWS made the credential report"),
    _fact("created_at", _INSTANT, "when the account was created"),
    _fact("password_present", pl.Boolean(), "root has a console password"),
    _fact("password_last_used", _INSTANT, "last console sign-in of root"),
    _fact("mfa_active", pl.Boolean(), "root has an MFA device"),
    *(
        column
        for key in KEYS
        for column in (
            _fact(f"key_{key}_active", pl.Boolean(), f"access key {key} of root is active; absent when there is none"),
            _fact(f"key_{key}_last_rotated", _INSTANT, f"when key {key} was made or last rotated"),
            _fact(f"key_{key}_last_used", _INSTANT, f"last use of key {key}"),
        )
    ),
    _fact("access_keys_present", pl.Boolean(), "root has any access key, active or not"),
    _fact("certificates_present", pl.Boolean(), "root has any signing certificate, active or not"),
    _fact("certificates_active", pl.Boolean(), "root has an active signing certificate"),
    *(_fact(name, pl.Int64(), f"number of {name.replace('_', ' ')}") for name in ASSETS),
    _fact("report_users", pl.Int64(), "IAM users in the credential report"),
)


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What is the same for every row of a run.

    Attributes:
        run_id: Names it.
        as_of: The instant it judged at, aware UTC.
        organization_id: `o-…`; absent for accounts in no organization.
        organization_name: For people; AWS gives organizations no name.
    """

    run_id: str
    as_of: datetime
    organization_id: Fact[str]
    organization_name: Fact[str] = Unknown("nobody named the organization")


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What a run learned of one account; `readable` is false when nothing was answered about it."""

    account: Account
    assets: AssetCounts = AssetCounts()
    readable: bool = True
    account_state: str = ""


def schema() -> pl.Schema:
    """Names and types of the table's columns, in order."""
    types: dict[str, pl.DataType] = {}
    for column in COLUMNS:
        types[column.name] = column.type
        if column.fact:
            types[column.name + STATE_SUFFIX] = _STATE
    return pl.Schema(types)


def observe(run: Run, seen: Seen) -> Row:
    """One row, its cells in the order of the columns."""
    account = seen.account
    plain: dict[str, Cell] = {
        "run_id": run.run_id,
        "as_of": run.as_of,
        "account_id": account.id,
        "partition": account.partition,
        "account_state": seen.account_state,
        "readable": seen.readable,
        "has_root_user": account.has_root_user,
    }
    facts = _facts(run, seen)
    cells: list[Cell] = []
    for column in COLUMNS:
        cells += _pair(facts[column.name]) if column.fact else [plain[column.name]]
    return tuple(cells)


def table(rows: Iterable[Row]) -> pl.DataFrame:
    """The rows as a frame of the table's schema."""
    return pl.DataFrame(list(rows), schema=schema(), orient="row")


def checked(frame: pl.LazyFrame, columns: Sequence[str] = ()) -> pl.LazyFrame:
    """The frame, if it is an observation table of this version; further columns are left out.

    A value whose state is not `known` is no value, whoever wrote the table.

    Args:
        frame: The table.
        columns: Those that are wanted, all when none are named; of a fact, both.

    Raises:
        InputError: When a column is missing or of another type.
    """
    whole, found = schema(), frame.collect_schema()
    wanted = {name: whole[name] for name in columns or whole.names()}
    wrong = [name for name, kind in wanted.items() if found.get(name) != kind]
    if wrong:
        raise InputError(
            f"the table has no column `{wrong[0]}` of type {wanted[wrong[0]]}",
            hint=f"this version reads observation tables of version {SCHEMA_VERSION}",
        )
    facts = [column.name for column in COLUMNS if column.fact and column.name in wanted]
    known = {name: pl.when(pl.col(name + STATE_SUFFIX) == "known").then(name) for name in facts}
    return frame.select(list(wanted)).with_columns(**known)


def _facts(run: Run, seen: Seen) -> dict[str, Fact[str] | Fact[int] | Fact[bool] | Fact[datetime]]:
    account, root = seen.account, seen.account.root
    return {
        "organization_id": run.organization_id,
        "organization_name": run.organization_name,
        "account_name": account.name,
        "position": transform(account.position, str),
        "unit_path": account.unit_path,
        "report_generated_at": account.report_generated_at,
        "created_at": root.created,
        "password_present": root.password.present,
        "password_last_used": root.password.last_used,
        "mfa_active": root.mfa_active,
        **_keys(root.access_keys),
        "access_keys_present": root.access_keys_present,
        "certificates_present": root.signing_certificates_present,
        "certificates_active": root.active_signing_certificates_present,
        **{name: getattr(seen.assets, name) for name in ASSETS},
        "report_users": transform(account.inventory.report, lambda rows: sum(not row.is_root for row in rows)),
    }


def _keys(keys: Fact[tuple[AccessKey, ...]]) -> dict[str, Fact[bool] | Fact[datetime]]:
    facts: dict[str, Fact[bool] | Fact[datetime]] = {}
    for place in KEYS:
        for name in ("active", "last_rotated", "last_used"):
            facts[f"key_{place}_{name}"] = _of_key(keys, place, name)
    return facts


def _of_key(keys: Fact[tuple[AccessKey, ...]], place: int, name: str) -> Fact[bool] | Fact[datetime]:
    """A fact of the key in a place; absent where there is no key."""
    if not isinstance(keys, Known):
        return keys
    if place > len(keys.value):
        return Absent(keys.sources)
    fact: Fact[bool] | Fact[datetime] = getattr(keys.value[place - 1], name)
    return fact


def _pair(fact: Fact[str] | Fact[int] | Fact[bool] | Fact[datetime]) -> list[Cell]:
    if isinstance(fact, Known):
        return [fact.value, "known"]
    return [None, "absent" if isinstance(fact, Absent) else "unknown"]
