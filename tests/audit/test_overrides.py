"""Parameters chosen for some accounts: who goes first, what is said, and what happens when the unit is not known."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest

from rootwarden.audit.overrides import Overrides, ParameterTable, check_parameters
from rootwarden.audit.rulebook import rulebook
from rootwarden.audit.settings import parse_settings
from rootwarden.errors import InputError
from rootwarden.facts.account import Account
from rootwarden.facts.fact import Absent, Known, Unknown, Why
from rootwarden.facts.root_user import RootUser
from rootwarden.packs import root_pack, schema
from rootwarden.rules.verdict import Verdict

if TYPE_CHECKING:
    from rootwarden.facts.fact import Fact

NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
ONE: Final = "111122223333"
DENIED: Final = Unknown("organizations:ListRoots denied", Why.DENIED, "organizations:ListRoots")
# The root user signed in five days before noon.
RECORD: Final = {
    "Exists": Known(True),
    "LastUsedTime": Known(int(NOON.timestamp()) - 5 * 86_400),
    "CreationDate": Known(1_500_000_000),
    "UsedSinceReport": Known(False),
    "Password": Known({"LastUsedTime": Known(int(NOON.timestamp()) - 5 * 86_400)}),
    "AccessKey": Known(()),
}


def account(unit: Fact[str]) -> Account:
    return Account(id=ONE, root=RootUser(arn=f"arn:aws:iam::{ONE}:root"), unit_path=unit)


def judged(unit: Fact[str], *tables: dict[str, Any], given: dict[str, Any] | None = None) -> Any:
    book = rulebook(root_pack(), schema(), wanted=("root-usage",), parameters=given)
    overrides = Overrides([ParameterTable(**table) for table in tables], book)
    return overrides.judge(book.rules[0], RECORD, account(unit), as_of=NOON)


SANDBOX: Final[dict[str, Any]] = {"units": ("/Root/Sandbox",), "values": {"window": 3}}
DEEPER: Final = {"units": ("/Root/Sandbox/Old",), "values": {"window": 7}}
EVERY: Final = {"values": {"window": 6}}
MINE: Final = {"accounts": (ONE,), "values": {"window": 9}}
WHO: Final[list[tuple[str, str, list[dict[str, Any]], int | None]]] = [
    ("no table", "/Root/Sandbox", [], None),
    ("its unit", "/Root/Sandbox", [SANDBOX], 3),
    ("a unit above", "/Root/Sandbox/New", [SANDBOX], 3),
    ("another unit", "/Root/Sandboxes", [SANDBOX], None),
    ("every account", "/Root/Prod", [EVERY], 6),
    ("a unit goes before every account", "/Root/Sandbox", [SANDBOX, EVERY], 3),
    ("the deeper unit goes first", "/Root/Sandbox/Old", [DEEPER, SANDBOX], 7),
    ("the account goes first", "/Root/Sandbox/Old", [MINE, DEEPER, SANDBOX, EVERY], 9),
    ("of two alike the later", "/Root/Sandbox", [SANDBOX, {**SANDBOX, "values": {"window": 4}}], 4),
    ("a value that is the usual one", "/Root/Sandbox", [{**SANDBOX, "values": {"window": 1}}], None),
    ("another rule", "/Root/Sandbox", [{**SANDBOX, "rule": "root-mfa"}], None),
    ("a pattern", "/Root/Sandbox", [{**SANDBOX, "rule": "root-u*"}], 3),
]


@pytest.mark.parametrize(("name", "unit", "tables", "window"), WHO, ids=[case[0] for case in WHO])
def test_which_value_holds(name: str, unit: str, tables: list[dict[str, Any]], window: int | None) -> None:
    answer, overrides = judged(Known(unit), *tables)
    assert [each.value for each in overrides] == ([] if window is None else [window])
    assert answer.outcome.verdict is (Verdict.FAIL if (window or 1) > 5 else Verdict.PASS)


def test_the_command_line_goes_before_the_file() -> None:
    answer, overrides = judged(Known("/Root/Sandbox"), {**SANDBOX, "values": {"window": 30}}, given={"window": 2})
    assert overrides == ()
    assert answer.outcome.verdict is Verdict.PASS


def test_what_is_said() -> None:
    _, (override,) = judged(Known("/Root/Sandbox"), SANDBOX)
    assert override.in_words == "judged with window = 3 (set for /Root/Sandbox; 1 elsewhere)"
    _, (own,) = judged(Known("/Root/Sandbox"), MINE)
    assert own.place == f"account {ONE}"


def test_an_account_outside_every_organization_has_no_unit() -> None:
    assert judged(Absent(), SANDBOX)[1] == ()


def test_an_unknown_unit_is_decided_only_when_all_its_values_agree() -> None:
    same, _ = judged(DENIED, SANDBOX)
    assert same.outcome.verdict is Verdict.PASS
    apart, overrides = judged(DENIED, {**SANDBOX, "values": {"window": 30}})
    assert apart.outcome.verdict is Verdict.UNKNOWN
    assert overrides == ()
    (missing,) = apart.outcome.missing
    assert (missing.attribute, missing.permission) == ("OrganizationalUnit", "organizations:ListRoots")
    assert "organizations:ListRoots denied" in apart.reason


def test_an_unknown_unit_does_not_matter_to_an_account_that_is_named() -> None:
    answer, (override,) = judged(DENIED, MINE, {**SANDBOX, "values": {"window": 30}})
    assert answer.outcome.verdict is Verdict.FAIL
    assert override.value == 9


WRONG: Final[dict[str, dict[str, Any]]] = {
    "a value out of bounds": {"values": {"window": 0}},
    "a value of another kind": {"values": {"window": "seven"}},
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_refused_before_anything_is_judged(name: str) -> None:
    with pytest.raises(InputError, match="window"):
        judged(Known("/Root"), {"units": ("/Root/Never",), **WRONG[name]})


MISTAKEN: Final = {
    "no rule": ('rule = "root-usag"\nvalues = { window = 2 }', "root-usag"),
    "no parameter": ("values = { windw = 2 }", "windw"),
    "no parameter of that rule": ('rule = "root-mfa"\nvalues = { window = 2 }', "window"),
    "no account": ('accounts = ["12"]\nvalues = { window = 2 }', "12"),
    "a unit that ends in a slash": ('units = ["/Root/Sandbox/"]\nvalues = { window = 2 }', "/Root/Sandbox/"),
    "a unit that is no path": ('units = ["Root"]\nvalues = { window = 2 }', "Root"),
    "an empty unit": ('units = [""]\nvalues = { window = 2 }', "no path"),
    "no values": ("values = {}", "without values"),
    "an unknown key": ('unit = "/Root"\nvalues = { window = 2 }', "unit"),
}


@pytest.mark.parametrize("name", MISTAKEN)
def test_a_table_that_can_have_no_effect_is_refused(name: str) -> None:
    text, about = MISTAKEN[name]
    with pytest.raises(InputError, match=about) as refused:
        check_parameters(
            parse_settings(f"[[parameters]]\n{text}\n", name="c").parameters, root_pack(), name="rootwarden.toml"
        )
    assert refused.value.hint
