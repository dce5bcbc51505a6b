"""The IAM credential report: its CSV, and how long it takes.

Timing as AWS documents it: the first `GenerateCredentialReport` answers STARTED, further ones INPROGRESS until the
report is there, then COMPLETE; a report is used again for four hours and expires after that. A call of either
operation while the report is in progress counts as one poll.
"""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import TYPE_CHECKING

from rootwarden.simulator.knobs import ReportPolls, StaleReport
from rootwarden.simulator.refusal import Refusal
from rootwarden.simulator.state import Report

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rootwarden.simulator.account import Account
    from rootwarden.simulator.identities import AccessKey, IAMUser, SigningCertificate
    from rootwarden.simulator.state import State
    from rootwarden.simulator.world import World

LIFETIME = timedelta(hours=4)
DEFAULT_POLLS = 1
_ABOUT_USER = ("user", "arn", "user_creation_time", "password_enabled", "password_last_used", "password_last_changed")
_ABOUT_KEY = ("active", "last_rotated", "last_used_date", "last_used_region", "last_used_service")
COLUMNS = (
    *_ABOUT_USER,
    "password_next_rotation",
    "mfa_active",
    *(f"access_key_{number}_{what}" for number in (1, 2) for what in _ABOUT_KEY),
    *(f"cert_{number}_{what}" for number in (1, 2) for what in ("active", "last_rotated")),
)
_CALL = "iam:GenerateCredentialReport"


def generate(state: State, account: Account) -> str:
    """What `GenerateCredentialReport` answers as state, starting a report where there is no usable one."""
    report = _current(state, account)
    if report is None or state.clock() - report.generated >= LIFETIME:
        knob = state.knobs.first(ReportPolls, account.account_id, _CALL)
        polls = DEFAULT_POLLS if knob is None else knob.polls
        state.reports[account.account_id] = Report(generated=state.clock(), polls=polls)
        return "STARTED"
    return "INPROGRESS" if _in_progress(report) else "COMPLETE"


def fetch(state: State, account: Account) -> Report:
    """The finished report; refused while there is none."""
    report = _current(state, account)
    if report is None:
        raise Refusal("ReportNotPresent", "No report present; call GenerateCredentialReport first", 410)
    if _in_progress(report):
        raise Refusal("ReportInProgress", "Report generation is in progress", 404)
    if state.clock() - report.generated >= LIFETIME:
        raise Refusal("ReportExpired", "The report has expired; call GenerateCredentialReport again", 410)
    if not report.content:
        report.content = render(state.world, account)
    return report


def _in_progress(report: Report) -> bool:
    if report.polls <= 0:
        return False
    report.polls -= 1
    return True


def _current(state: State, account: Account) -> Report | None:
    report = state.reports.get(account.account_id)
    if report is None:
        knob = state.knobs.first(StaleReport, account.account_id, _CALL)
        if knob is not None:
            generated = state.clock() - timedelta(seconds=knob.age_seconds)
            report = Report(generated=generated, content=render(state.world, account, knob.columns))
            state.reports[account.account_id] = report
    return report


def render(world: World, account: Account, changed: dict[str, str] | None = None) -> bytes:
    """The CSV of an account, root first; `changed` replaces cells of the root row."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    root = dict(zip(COLUMNS, _root_row(world, account), strict=True)) | (changed or {})
    writer.writerow([root[column] for column in COLUMNS])
    for user in account.users:
        writer.writerow(_user_row(world, account, user))
    return out.getvalue().encode()


def _root_row(world: World, account: Account) -> list[str]:
    root = account.root
    enabled = root.password_spelling or _flag(root.password)
    unused = "no_information" if root.password else "N/A"
    return [
        "<root_account>",
        world.root_arn(account.account_id),
        instant(account.create_date),
        enabled,
        instant(root.password_last_used, unused),
        "not_supported",
        "not_supported",
        _flag(bool(root.devices)),
        *_key_cells(root.keys),
        *_certificate_cells(root.certificates),
    ]


def _user_row(world: World, account: Account, user: IAMUser) -> list[str]:
    return [
        user.name,
        world.arn("iam", "", account.account_id, f"user{user.path}{user.name}"),
        instant(user.create_date),
        _flag(user.password),
        instant(user.password_last_used, "no_information" if user.password else "N/A"),
        instant(user.create_date) if user.password else "N/A",
        "N/A",
        _flag(bool(user.devices)),
        *_key_cells(user.keys),
        *_certificate_cells([]),
    ]


def _key_cells(keys: Sequence[AccessKey]) -> list[str]:
    cells: list[str] = []
    for key in keys[:2]:
        used = key.last_used is not None
        cells += [
            _flag(key.active),
            instant(key.create_date) if key.active else "N/A",
            instant(key.last_used),
            key.last_used_region if used else "N/A",
            key.last_used_service if used else "N/A",
        ]
    for _ in range(2 - len(keys[:2])):
        cells += ["false", "N/A", "N/A", "N/A", "N/A"]
    return cells


def _certificate_cells(certificates: Sequence[SigningCertificate]) -> list[str]:
    cells: list[str] = []
    for certificate in certificates[:2]:
        cells += [_flag(certificate.active), instant(certificate.upload_date)]
    return cells + ["false", "N/A"] * (2 - len(certificates[:2]))


def _flag(value: bool) -> str:
    return "true" if value else "false"


def instant(value: datetime | None, otherwise: str = "N/A") -> str:
    """An instant as the report writes it: `2026-03-02T12:00:00+00:00`."""
    return otherwise if value is None else value.strftime("%Y-%m-%dT%H:%M:%S+00:00")
