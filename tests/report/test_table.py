from __future__ import annotations

import csv
import io
import unicodedata
from typing import TYPE_CHECKING

import msgspec
import pytest
from tests.report import samples

from rootwarden.report import table

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.audit.result import AuditResult


def rows(result: AuditResult) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table.render(result), newline=""), strict=True))


@pytest.mark.parametrize("name", ["rich", "empty", "hostile"])
def test_golden(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"csv-{name}.csv", table.render(getattr(samples, name)()))


def test_one_row_for_each_finding() -> None:
    result = samples.rich()
    told = [(each["account"], each["rule"], each["verdict"]) for each in rows(result)]
    assert told == [(each.account, each.rule, each.verdict.value) for each in result.findings]


def test_lines_end_as_rfc_4180_says() -> None:
    text = table.render(samples.rich())
    assert text.count("\r\n") == text.count("\n") == len(samples.rich().findings) + 1


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\tplain", "'\tplain"),
        ("\rplain", "'\rplain"),
        ("   =1", "'   =1"),
        ("\u00a0=1", "'\u00a0=1"),
        ("\ufeff=1", "'\ufeff=1"),
        ("\x00=1", "'\x00=1"),
        ("\uff1d1", "'\uff1d1"),
        ("a=1", "a=1"),
        ("'=1", "'=1"),
        ("", ""),
        ("012345678901", "012345678901"),
    ],
)
def test_formulas_are_inert(cell: str, written: str) -> None:
    assert table.inert(cell) == written


def test_no_cell_of_a_hostile_organization_starts_a_formula() -> None:
    cells = [cell for row in rows(samples.hostile()) for cell in row.values()]
    assert any(cell.startswith("'=HYPERLINK") for cell in cells)
    assert any(cell.startswith("'  +1+1") for cell in cells)
    assert not [cell for cell in cells if cell.lstrip()[:1] in {"=", "+", "-", "@"} and cell]


def test_nothing_hidden_in_a_name_gets_through() -> None:
    name = "pay\x1b[31m\u202eroll\u2066\x9b\r\nend"
    account = msgspec.structs.replace(samples.rich().accounts[0], name=name)
    result = msgspec.structs.replace(samples.rich(), accounts=(account, *samples.rich().accounts[1:]))
    assert rows(result)[0]["account_name"] == r"pay\u001b[31m\u202eroll\u2066\u009b end"
    hostile = table.render(samples.hostile()).replace("\r\n", "")
    assert not [letter for letter in hostile if unicodedata.category(letter) == "Cc" or "\u202a" <= letter <= "\u202e"]


def test_leading_zeros_of_an_account_stay() -> None:
    low = samples.finding("root-mfa", "000011112222", samples.rich().findings[0].verdict)
    text = table.render(msgspec.structs.replace(samples.rich(), findings=(low,)))
    assert text.split("\r\n")[1].startswith("000011112222,")
