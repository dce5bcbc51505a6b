"""The credential report of a synthetic account at one sample: CSV as AWS wrote it in the years of the published study.

Columns and spelling: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html. Root's
`password_enabled` was `not_supported` then.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rootwarden.fleet.synthetic.fleet import REPORT_LEAD

if TYPE_CHECKING:
    from datetime import datetime

    from rootwarden.fleet.synthetic.fleet import SyntheticAccount

COLUMNS: Final = (
    "user",
    "arn",
    "user_creation_time",
    "password_enabled",
    "password_last_used",
    "password_last_changed",
    "password_next_rotation",
    "mfa_active",
    *(
        f"access_key_{key}_{what}"
        for key in (1, 2)
        for what in ("active", "last_rotated", "last_used_date", "last_used_region", "last_used_service")
    ),
    *(f"cert_{place}_{what}" for place in (1, 2) for what in ("active", "last_rotated")),
)
_NO_KEY: Final = ("false", "N/A", "N/A", "N/A", "N/A")
_NO_CERTIFICATES: Final = ("false", "N/A", "false", "N/A")
_LATER: Final = timedelta(days=40)


def user_lines(account: SyntheticAccount) -> str:
    """The lines of the IAM users, which stay as they are over the period."""
    return "".join(_line(_user_cells(account, place)) for place in range(len(account.users)))


def report_text(account: SyntheticAccount, sample: datetime, users: str) -> str:
    """The whole report.

    Args:
        account: Whose.
        sample: The as-of of the look; the report was made a little before.
        users: What `user_lines` gave.
    """
    return _line(COLUMNS) + _line(_root_cells(account, sample - REPORT_LEAD)) + users


def instant_text(instant: datetime) -> str:
    """An instant as the report writes it."""
    return instant.strftime("%Y-%m-%dT%H:%M:%S+00:00")


def _root_cells(account: SyntheticAccount, at: datetime) -> tuple[str, ...]:
    signed_in = [use for use in account.console_uses if use <= at]
    return (
        "<root_account>",
        f"arn:aws:iam::{account.id}:root",
        instant_text(account.created),
        "not_supported",
        instant_text(signed_in[-1]) if signed_in else "no_information",
        "not_supported",
        "not_supported",
        "true" if account.mfa else "false",
        *_key_cells(account, at),
        *_NO_KEY,
        *_NO_CERTIFICATES,
    )


def _key_cells(account: SyntheticAccount, at: datetime) -> tuple[str, ...]:
    lives = [key for key in account.keys if key.made <= at]
    if not lives:
        return _NO_KEY
    made = lives[-1].made
    uses = [use for use in account.key_uses if made <= use <= at]
    used = (instant_text(uses[-1]), "us-east-1", "s3") if uses else ("N/A", "N/A", "N/A")
    return ("true", instant_text(made), *used)


def _user_cells(account: SyntheticAccount, place: int) -> tuple[str, ...]:
    """Every third user is a person with a password, the others hold a key."""
    name = account.users[place]
    made = account.created + timedelta(days=place % 60, minutes=place)
    person = place % 3 == 0
    key = ("true", instant_text(made), instant_text(made + _LATER), "us-east-1", "ec2")
    password = ("true", instant_text(made + _LATER), instant_text(made)) if person else ("false", "N/A", "N/A")
    return (
        name,
        f"arn:aws:iam::{account.id}:user/{name}",
        instant_text(made),
        *password,
        "N/A",
        "true" if person and place % 2 else "false",
        *(_NO_KEY if person else key),
        *_NO_KEY,
        *_NO_CERTIFICATES,
    )


def _line(cells: tuple[str, ...]) -> str:
    return ",".join(cells) + "\n"
