"""Which AWS account a label speaks of, so that a seed is not enrolled for the wrong one.

AWS labels a device it makes through its API `device@account` (CreateVirtualMFADevice), where the account is its alias
or its number; other tools put the device's ARN there. An alias tells nothing here, so the answer may be unknown.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.errors import InputError

if TYPE_CHECKING:
    from rootwarden.breakglass.codes.otpauth import Label

_ARN: Final = re.compile(r"arn:aws[a-z-]{0,20}:iam::([0-9]{12}):[\w+=,./-]*", re.ASCII)
_NUMBER: Final = re.compile(r"([0-9]{12}|[0-9]{4}-[0-9]{4}-[0-9]{4})", re.ASCII)


class Agreement(StrEnum):
    """Whether the label names the account that is being enrolled."""

    SAME = "same"
    NOT_NAMED = "not named"


class AwsLabel(msgspec.Struct, frozen=True, kw_only=True):
    """What AWS says in a label.

    Attributes:
        device: Name of the device, as far as the label has one.
        accounts: Every account number in it, in order; two different ones are a label nobody should trust.
        alias: What stands behind the last `@` when it is no account number.
    """

    device: str
    accounts: tuple[str, ...]
    alias: str


def aws_label(label: Label) -> AwsLabel:
    """Take a label apart; it is never refused here."""
    text = label.account
    before, mark, behind = text.rpartition("@")
    number = _NUMBER.fullmatch(behind)
    arn = _ARN.search(text)
    accounts = [each.group(1).replace("-", "") for each in (arn, number) if each]
    if arn:
        return AwsLabel(device=arn.group(0).rpartition("/")[2], accounts=tuple(dict.fromkeys(accounts)), alias="")
    if not mark and not number:
        return AwsLabel(device=text, accounts=(), alias="")
    return AwsLabel(device=before, accounts=tuple(accounts), alias="" if number else behind)


def agreement(label: Label, account: str) -> Agreement:
    """Compare a label with the account that is being enrolled.

    Args:
        label: From the otpauth URI.
        account: Twelve digits.

    Raises:
        InputError: It names another account.
    """
    named = aws_label(label).accounts
    others = [one for one in named if one != account]
    if others:
        raise InputError(
            f"the QR code is for account `{others[0]}`, and `{account}` is being enrolled",
            hint="sign in to the right account and show its QR code, or enrol this one under its own account",
        )
    return Agreement.SAME if named else Agreement.NOT_NAMED
