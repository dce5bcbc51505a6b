"""The organization of a month as an evidence folder (docs/evidence-folder.md), so that guardrails can be tried on it.

What Organizations would answer when the month is over: the accounts, the units, and no policy but the two that AWS
attaches everywhere. Nothing is in it of any single account: the month does not tell how root is set up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import msgspec

from rootwarden.collect import files
from rootwarden.collect.evidence import Answered, CallRecord
from rootwarden.collect.save import EvidenceWriter
from rootwarden.facts.instant import Instant
from rootwarden.simulator.trail.organization import AUDIT, MANAGEMENT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from rootwarden.simulator.trail.organization import Organization

_Kind: TypeAlias = Literal["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"]

ROOT: Final = "r-fake"
SECURITY, WORKLOADS, SANDBOXES = "ou-fake-security", "ou-fake-workload", "ou-fake-sandboxes"
_FULL, _FULL_FOR_RESOURCES = "p-FullAWSAccess", "p-RCPFullAWSAccess"
_TYPES: Final[dict[str, _Kind]] = {_FULL: "SERVICE_CONTROL_POLICY", _FULL_FOR_RESOURCES: "RESOURCE_CONTROL_POLICY"}
_CONTENTS: Final = {
    _FULL: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
    _FULL_FOR_RESOURCES: (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}'
    ),
}


class _Described(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """An organization, as `DescribeOrganization` has it."""

    id: str
    arn: str
    feature_set: Literal["ALL"] = "ALL"
    master_account_arn: str
    master_account_id: str
    master_account_email: str


class _Listed(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """An account, as `ListAccounts` has it."""

    id: str
    arn: str
    email: str
    name: str
    state: Literal["ACTIVE"] = "ACTIVE"
    joined_method: Literal["INVITED", "CREATED"]
    joined_timestamp: Instant


class _Summary(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    id: str
    arn: str
    name: str
    description: str
    type: _Kind
    aws_managed: bool = True


class _Policy(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """A policy, as `DescribePolicy` has it."""

    policy_summary: _Summary
    content: str


class _Unit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A node of the tree; `policy_types` are those that are switched on, at the root alone."""

    id: str
    name: str
    policy_types: tuple[_Kind, ...] = ()
    accounts: tuple[str, ...]
    children: tuple[_Unit, ...]


class _Targets(msgspec.Struct, frozen=True, kw_only=True):
    """What `targets.json` holds."""

    roots: tuple[_Unit, ...]
    attachments: dict[str, tuple[str, ...]]
    types: dict[str, _Kind]


def write_evidence(organization: Organization, folder: Path, *, started: datetime, ended: datetime) -> None:
    """Write the organization as it is at the end of the month.

    Args:
        organization: Whose trail it is.
        folder: A folder that does not exist yet, or is empty.
        started: When the month begins; every account is there since then.
        ended: When it ends: the instant everything was asked at.

    Raises:
        UsageError: When the folder holds something or cannot be written.
        OSError: When a folder below it cannot be made.
    """
    answered = {file: _answered(file, content, ended) for file, content in _answers(organization, started)}
    writer = EvidenceWriter(folder)
    writer.organization(answered)
    writer.finish(ended, [each.record for each in answered.values()])


def _answered(file: str, content: object, at: datetime) -> Answered:
    record = CallRecord(file=file, call=files.action_of(file), account=MANAGEMENT, observed_at=at)
    return Answered(record, msgspec.to_builtins(content))


def _answers(organization: Organization, joined: datetime) -> Iterator[tuple[str, object]]:
    yield files.ORGANIZATION, {"Organization": _described(organization)}
    yield files.ACCOUNTS, {"Accounts": [_listed(organization, each, joined) for each in organization.accounts]}
    for policy in _CONTENTS:
        yield f"policies/{policy}.json", {"Policy": _policy(policy)}
    yield files.TARGETS, _targets(organization)


def _described(organization: Organization) -> _Described:
    return _Described(
        id=organization.id,
        arn=f"arn:aws:organizations::{MANAGEMENT}:organization/{organization.id}",
        master_account_arn=_account_arn(organization, MANAGEMENT),
        master_account_id=MANAGEMENT,
        master_account_email=_address(MANAGEMENT),
    )


def _listed(organization: Organization, account: str, joined: datetime) -> _Listed:
    return _Listed(
        id=account,
        arn=_account_arn(organization, account),
        email=_address(account),
        name={MANAGEMENT: "management", AUDIT: "audit"}.get(account, f"member-{int(account[4:])}"),
        joined_method="INVITED" if account == MANAGEMENT else "CREATED",
        joined_timestamp=joined,
    )


def _policy(identity: str) -> _Policy:
    kind = _TYPES[identity]
    summary = _Summary(
        id=identity,
        arn=f"arn:aws:organizations::aws:policy/{kind.lower()}/{identity}",
        name=identity.removeprefix("p-"),
        description="Allows access to every operation" if identity == _FULL else "Allows access to every resource",
        type=kind,
    )
    return _Policy(policy_summary=summary, content=_CONTENTS[identity])


def _targets(organization: Organization) -> _Targets:
    others = tuple(each for each in organization.members if each != AUDIT)
    half = (len(others) + 1) // 2
    units = (
        _Unit(id=SECURITY, name="Security", accounts=(AUDIT,), children=()),
        _Unit(id=WORKLOADS, name="Workloads", accounts=others[:half], children=()),
        _Unit(id=SANDBOXES, name="Sandboxes", accounts=others[half:], children=()),
    )
    kinds = tuple(_TYPES.values())
    root = _Unit(id=ROOT, name="Root", policy_types=kinds, accounts=(MANAGEMENT,), children=units)
    everywhere = (ROOT, *(each.id for each in units), *organization.accounts)
    return _Targets(roots=(root,), attachments=dict.fromkeys(everywhere, (_FULL, _FULL_FOR_RESOURCES)), types=_TYPES)


def _account_arn(organization: Organization, account: str) -> str:
    return f"arn:aws:organizations::{MANAGEMENT}:account/{organization.id}/{account}"


def _address(account: str) -> str:
    return f"aws+{account}@example.com"
