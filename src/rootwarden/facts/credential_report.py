"""The IAM credential report, read exactly.

Columns are found by header name in any letter case: 22 today, 20 in older exports, extra ones are kept, a missing one
is unknown. `not_supported`, `no_information` and `N/A` each mean something else
(https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html).
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import msgspec

from rootwarden.errors import InputError
from rootwarden.facts.fact import Absent, Known, Source, Unknown, Why
from rootwarden.facts.instant import parse_instant

if TYPE_CHECKING:
    from datetime import datetime

    from rootwarden.facts.fact import Fact

ROOT_USER_NAME = "<root_account>"
CALL = "iam:GetCredentialReport"
# What a report leaves open, and what to do about it: on a list of next steps the words are found again.
OLD_REPORT = "the credential report cannot show what happened after it was made"
LOOK_AGAIN = "look again in four hours, when AWS makes another"
EXPORT_AGAIN = "export a newer one"
# An account holds at most 5,000 users; a row is below 1 KiB. Anything far above is not a credential report.
MAXIMUM_BYTES = 64 * 1024 * 1024
_REQUIRED = ("user", "arn")
_NEVER = {
    "password_last_used": "never used, or not since 2014-10-20 when AWS began to record it",
    "access_key_1_last_used_date": "never used, or not since 2015-04-22 when AWS began to record it",
    "access_key_2_last_used_date": "never used, or not since 2015-04-22 when AWS began to record it",
}


class CredentialReportRow(msgspec.Struct, frozen=True):
    """One user of the report.

    Attributes:
        cells: Text by lower-case column name; a column the row or the report does not have is missing here.
        source: The report, with the instant AWS generated it.
    """

    cells: dict[str, str]
    source: Source

    @property
    def user(self) -> str:
        """The `user` column."""
        return self.cells["user"]

    @property
    def arn(self) -> str:
        """The `arn` column."""
        return self.cells["arn"]

    @property
    def is_root(self) -> bool:
        """True for the root row."""
        return not self.is_cut and (self.user == ROOT_USER_NAME or self.arn.endswith(":root"))

    @property
    def is_cut(self) -> bool:
        """True where the row ends before its ARN, so that nobody can tell whose it is."""
        return not self.arn

    def text(self, column: str) -> Fact[str]:
        """A cell as text; `N/A` is absent."""
        cell = self._cell(column)
        if isinstance(cell, Unknown):
            return cell
        return Absent((self.source,)) if cell.casefold() == "n/a" else Known(cell, (self.source,))

    def boolean(self, column: str) -> Fact[bool]:
        """A TRUE/FALSE cell in any letter case."""
        cell = self._cell(column)
        if isinstance(cell, Unknown):
            return cell
        folded = cell.casefold()
        if folded in ("true", "false"):
            return Known(folded == "true", (self.source,))
        return self._special(column, cell)

    def instant(self, column: str) -> Fact[datetime]:
        """A timestamp cell; `N/A` is absent, `no_information` is absent with a note."""
        cell = self._cell(column)
        if isinstance(cell, Unknown):
            return cell
        folded = cell.casefold()
        if folded in ("n/a", "no_information"):
            return Absent((self.source,), _NEVER.get(column, "") if folded == "no_information" else "")
        instant = parse_instant(cell)
        return self._special(column, cell) if instant is None else Known(instant, (self.source,))

    def _cell(self, column: str) -> str | Unknown:
        cell = self.cells.get(column)
        if cell is None:
            return Unknown(
                f"the credential report has no `{column}` for this user", Why.NOT_COLLECTED, "", (self.source,)
            )
        return cell

    def _special(self, column: str, cell: str) -> Unknown:
        if cell.casefold() in ("not_supported", "n/a", "no_information"):
            return Unknown(f"the credential report says `{cell}` for `{column}`", Why.NOT_SUPPORTED, "", (self.source,))
        shown = cell[:40]
        return Unknown(f"the credential report has `{shown}` for `{column}`", Why.MALFORMED, CALL, (self.source,))


def parse_credential_report(content: bytes, source: Source) -> tuple[CredentialReportRow, ...]:
    """Read a decoded credential report.

    Args:
        content: The CSV as AWS prints it (UTF-8, LF or CRLF, with or without a byte-order mark).
        source: The call and the instant AWS generated the report.

    Returns:
        All rows in file order.

    Raises:
        InputError: When this is not a credential report.
    """
    if len(content) > MAXIMUM_BYTES:
        raise InputError("the credential report is larger than 64 MiB", hint="is this the right file?")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("the credential report is not UTF-8 text", hint=_HINT) from error
    lines = (line + "\n" for line in text.split("\n"))
    try:
        records = [record for record in csv.reader(lines) if record and any(record)]
    except csv.Error as error:
        raise InputError(f"the credential report is not CSV: {error}", hint=_HINT) from error
    if not records:
        raise InputError("the credential report is empty", hint=_HINT)
    header = [name.strip().casefold() for name in records[0]]
    missing = [name for name in _REQUIRED if name not in header]
    if missing:
        raise InputError(f"the credential report has no column `{missing[0]}`", hint=_HINT)
    if len(set(header)) != len(header):
        raise InputError("the credential report names a column twice", hint=_HINT)
    return tuple(_row(header, record, source) for record in records[1:])


_HINT = "export it with `aws iam get-credential-report`; the first line names the columns user,arn,…"


def _row(header: list[str], record: list[str], source: Source) -> CredentialReportRow:
    """Pair cells with columns; a row that is cut before its ARN is kept, for it was somebody's.

    A user name with commas that was written without quotes makes the row longer, once in `user` and once in `arn`.
    A row that is too short was cut, and then its last cell may be half a value: it is not used.
    """
    extra = len(record) - len(header)
    if extra < 0:
        record = record[:-1]
    if extra > 0 and extra % 2 == 0 and header[:2] == ["user", "arn"]:
        width = extra // 2 + 1
        record = [",".join(record[:width]), ",".join(record[width : 2 * width]), *record[2 * width :]]
    cells = dict(zip(header, (cell.strip() for cell in record), strict=False))
    return CredentialReportRow(cells if "arn" in cells and "user" in cells else {"user": "", "arn": ""}, source)


def root_row(rows: tuple[CredentialReportRow, ...]) -> Fact[CredentialReportRow]:
    """The root row, wherever it stands; unknown when there is none or more than one."""
    found = [row for row in rows if row.is_root]
    if len(found) == 1:
        return Known(found[0], (found[0].source,))
    reason = "the credential report has no root row" if not found else "the credential report has several root rows"
    return Unknown(reason, Why.MALFORMED, CALL, (rows[0].source,) if rows else ())
