"""The words and symbols every report for people shares, and text from outside made safe to show.

No meaning stands on colour alone: each standing has a symbol and a word of its own.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rootwarden.audit.result import FLEET, Need, Position
from rootwarden.rules.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rootwarden.audit.result import AuditedAccount, AuditResult, Finding


class Standing(StrEnum):
    """A verdict as it is shown: a fail under an exception stands apart from one that is open. Worst first."""

    FAIL = "fail"
    UNKNOWN = "unknown"
    SUPPRESSED = "suppressed"
    PASS = "pass"  # noqa: S105 - a verdict, not a password
    NOT_APPLICABLE = "not_applicable"


SYMBOL: Final[Mapping[Standing, str]] = MappingProxyType(
    {
        Standing.FAIL: "✗",
        Standing.UNKNOWN: "?",
        Standing.SUPPRESSED: "‖",
        Standing.PASS: "✓",
        Standing.NOT_APPLICABLE: "—",
    }
)

WORD: Final[Mapping[Standing, str]] = MappingProxyType(
    {
        Standing.FAIL: "fail",
        Standing.UNKNOWN: "unknown",
        Standing.SUPPRESSED: "fail, excepted",
        Standing.PASS: "pass",
        Standing.NOT_APPLICABLE: "not applicable",
    }
)

NEED_WORD: Final[Mapping[Need, str]] = MappingProxyType(
    {
        Need.REQUIRED: "needs them",
        Need.NOT_NEEDED: "does not need them",
        Need.REMOVED: "has none left",
        Need.UNKNOWN: "not known",
    }
)

# The same as the answer to "does this account need root credentials at all?".
NEED_ANSWER: Final[Mapping[Need, str]] = MappingProxyType(
    {
        Need.REQUIRED: "Yes",
        Need.NOT_NEEDED: "No",
        Need.REMOVED: "No, and it has none left",
        Need.UNKNOWN: "Not known",
    }
)

POSITION_WORD: Final[Mapping[Position, str]] = MappingProxyType(
    {
        Position.MANAGEMENT: "management account",
        Position.MEMBER: "member account",
        Position.STANDALONE: "standalone account",
        Position.UNKNOWN: "position not known",
    }
)

CHANGE_WORD: Final[Mapping[str, str]] = MappingProxyType(
    {"new": "new fail", "fixed": "fixed", "newly_unknown": "newly unknown"}
)

EXCEPTION_WORD: Final[Mapping[str, str]] = MappingProxyType(
    {
        "in_force": "in force",
        "expired": "expired",
        "not_yet": "has not begun",
        "too_long": "longer than its rule allows",
        "undecided": "cannot be decided everywhere",
        "unmatched": "matches nothing",
    }
)

ROOT_USER: Final = "AWS::IAM::RootUser"
IAM_USER: Final = "AWS::IAM::User"
# By service and first word of the resource in an ARN.
_KINDS: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("iam", "root"): ROOT_USER,
        ("iam", "user"): IAM_USER,
        ("iam", "group"): "AWS::IAM::Group",
        ("iam", "role"): "AWS::IAM::Role",
        ("iam", "policy"): "AWS::IAM::ManagedPolicy",
        ("cloudtrail", "trail"): "AWS::CloudTrail::Trail",
        ("cloudwatch", "alarm"): "AWS::CloudWatch::Alarm",
        ("logs", "log-group"): "AWS::Logs::LogGroup",
        ("organizations", "organization"): "AWS::Organizations::Organization",
        ("organizations", "ou"): "AWS::Organizations::OrganizationalUnit",
        ("organizations", "policy"): "AWS::Organizations::Policy",
    }
)

# Letters that reorder or hide the text around them ("Trojan Source", CVE-2021-42574).
_REORDERING: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
# Never characters at all, and forbidden in XML.
_NEVER: Final = frozenset("\ufffe\uffff")
_HIDDEN: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
_BLANKS: Final = frozenset("\t\n\r")


def standing(finding: Finding) -> Standing:
    """How a finding is shown; only an open fail under an exception differs from its verdict."""
    if finding.verdict is Verdict.FAIL and finding.suppressed_by is not None:
        return Standing.SUPPRESSED
    return Standing(finding.verdict.value)


def visible(text: str) -> str:
    r"""`text` on one line with nothing hidden in it: what controls, reorders or breaks is written out as `\u202e`.

    A terminal would obey an escape sequence in an account's name, and a bidirectional mark makes one word read as
    another; both are shown instead. Line ends and tabs become one space each.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(letter) for letter in text.replace("\r\n", "\n"))


def _shown(letter: str) -> str:
    if letter in _BLANKS:
        return " "
    if letter in _REORDERING or letter in _NEVER or unicodedata.category(letter) in _HIDDEN:
        return f"\\u{ord(letter):04x}"
    return letter


def shorten(text: str, limit: int) -> str:
    """`text`, made visible, in at most `limit` letters; a cut is marked with `…`."""
    shown = visible(text)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def instant(moment: datetime | None) -> str:
    """ISO 8601 in UTC to the second, `2026-03-01T00:00:00Z`; a missing instant is said to be one."""
    return "time not known" if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def heading(result: AuditResult) -> str:
    """What the report is about: root users, or accounts where rules ask about more than root."""
    accounts = several(len(result.accounts), "account")
    return f"Root users of {accounts}" if all(_asks_root(each.check) for each in result.rules) else accounts


def _asks_root(check: str) -> bool:
    return check.split(maxsplit=1)[:1] in ([], ["RootUser"])


def several(number: int, singular: str, plural: str = "") -> str:
    """`1 account`, `1,204 accounts`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def looked_at(result: AuditResult) -> str:
    """What was audited, without the number of accounts where that is the one a title above already says."""
    number = f"{len(result.accounts)} account"
    for counted in (f"{number}s", number):
        if result.input == counted:
            return ""
        if result.input.endswith(f", {counted}"):
            return result.input.removesuffix(f", {counted}")
    return result.input


def names_organization(result: AuditResult) -> bool:
    """Whether what was audited already names the organization."""
    return result.organization is not None and result.organization.id in looked_at(result).replace(",", " ").split()


def account_id(finding: Finding) -> str:
    """The account a finding is about, or what all of them together are called."""
    return finding.account or FLEET


def resource_type(finding: Finding) -> str:
    """What kind of thing a finding is about, in the words CloudFormation has where it has one."""
    parts = finding.resource.split(":", 5)
    if len(parts) < 6:  # noqa: PLR2004 - parts of an ARN
        return "Rootwarden::Fleet"
    kind = parts[5].partition("/")[0]
    if parts[2] == "sns":
        return "AWS::SNS::Topic"
    return _KINDS.get((parts[2], kind.partition(":")[0]), "AWS::Account")


def account_name(account: AuditedAccount) -> str:
    """`111122223333 payments-prod`, or the id alone."""
    name = shorten(account.name, 60)
    return f"{account.id} {name}" if name else account.id
