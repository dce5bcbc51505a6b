"""Clauses seen true and false."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from rootwarden import packs
from rootwarden.rules.coverage import coverage
from rootwarden.rules.rule_file import load_rule_file

if TYPE_CHECKING:
    from rootwarden.rules.rule_file import PostureRule

HEAD = 'id = "x"\ntitle = "t"\nseverity = "low"\nwhy = "w"\nmisses = "m"\n'
UNKNOWN = {"$unknown": "iam:GetCredentialReport denied"}


def with_cases(check: str, *cases: tuple[dict[str, Any], str], more: str = "", benchmark: str = "") -> PostureRule:
    text = f"{HEAD}check = {json.dumps(check)}\n{more}\n"
    for index, (user, expect) in enumerate(cases):
        text += f'[[case]]\nname = "{index}"\nexpect = "{expect}"\nbenchmark = "{benchmark}"\n'
        text += f"given = '{json.dumps({'IAMUser': [user]})}'\n"
    return load_rule_file(text, file="x.toml")


def unseen(rule: PostureRule) -> dict[str, tuple[bool, ...]]:
    return {one.text: one.missing for one in coverage(rule, packs.schema()) if one.missing}


CHECK = "IAMUser where RootUser should not have ( MFAActive or AccessKey with [ Active ] )"
ROOT: dict[str, Any] = {"RootUser": True}
ALL: tuple[tuple[dict[str, Any], str], ...] = (
    ({"RootUser": False, "MFAActive": True}, "not_applicable"),
    ({**ROOT, "MFAActive": True, "AccessKey": []}, "fail"),
    ({**ROOT, "MFAActive": False, "AccessKey": [{"Active": False}, {"Active": True}]}, "fail"),
    ({**ROOT, "MFAActive": False, "AccessKey": []}, "pass"),
)


def test_cases_that_show_everything() -> None:
    assert unseen(with_cases(CHECK, *ALL)) == {}


@pytest.mark.parametrize(
    ("left_out", "missing"),
    [
        (0, {"RootUser": (False,)}),
        (1, {"MFAActive": (True,)}),
        (2, {"AccessKey with [ Active ]": (True,), "Active": (True, False)}),
        (3, {"MFAActive or AccessKey with [ Active ]": (False,)}),
    ],
)
def test_each_case_left_out_is_missed(left_out: int, missing: dict[str, tuple[bool, ...]]) -> None:
    cases = [one for index, one in enumerate(ALL) if index != left_out]

    assert unseen(with_cases(CHECK, *cases)) == missing


def test_shorter_forms_are_clauses_as_they_are_written() -> None:
    check = (
        "IAMUser should have atmost 1 AccessKey where Active with [ LastUsedTime within last 9 days ]"
        " and AccessKey len ( ) between 1 and 2"
    )
    rule = with_cases(check, ({"AccessKey": [{"Active": True, "LastUsedTime": 5}]}, "pass"))

    assert unseen(rule) == {
        check.removeprefix("IAMUser should have "): (False,),
        "atmost 1 AccessKey where Active with [ LastUsedTime within last 9 days ]": (False,),
        "Active": (False,),
        "LastUsedTime within last 9 days": (True,),
        "AccessKey len ( ) between 1 and 2": (False,),
    }


def test_out_of_scope_nothing_is_seen_of_the_check() -> None:
    rule = with_cases(
        CHECK, ({"RootUser": False, "MFAActive": True, "AccessKey": [{"Active": True}]}, "not_applicable")
    )

    assert unseen(rule)["MFAActive"] == (True, False)


def test_unknown_is_neither_true_nor_false() -> None:
    rule = with_cases("IAMUser should have MFAActive", ({"MFAActive": UNKNOWN}, "unknown"))

    assert unseen(rule) == {"MFAActive": (True, False)}


def test_without_cases_nothing_is_seen() -> None:
    assert len(unseen(with_cases(CHECK))) == 5


def test_each_meaning_needs_its_own_cases() -> None:
    variant = '[[variant]]\nbenchmarks = ["cis-5.0", "cis-6.0"]\ncheck = "IAMUser should have PasswordEnabled"\n'
    variant = variant.replace("PasswordEnabled", "Password . Enabled")
    general = with_cases("IAMUser should have MFAActive", ({"MFAActive": True}, "pass"), more=variant)
    special = with_cases(
        "IAMUser should have MFAActive",
        ({"Password": {"Enabled": True}}, "pass"),
        ({"Password": {"Enabled": False}}, "fail"),
        more=variant,
        benchmark="cis-6.0",
    )

    assert unseen(general) == {"MFAActive": (False,), "Password . Enabled": (True, False)}
    assert unseen(special) == {"MFAActive": (True, False)}
    assert coverage(special, packs.schema())[-1].meaning == "cis-5.0, cis-6.0"


def test_parameters_of_cases_are_the_same_clause() -> None:
    check = 'IAMUser should not have Password . LastUsedTime isLaterThan ( -window, "days" )'
    more = '[parameters.window]\ndefault = 1\ndescribe = "days"\n'
    used = {"Password": {"LastUsedTime": "2026-02-28T12:00:00Z"}}
    text = with_cases(check, (used, "pass"), more=more)
    assert unseen(text) == {'Password . LastUsedTime isLaterThan ( -1, "days" )': (True,)}

    both = load_rule_file(
        f"{HEAD}check = '{check}'\n{more}"
        + "".join(
            f'[[case]]\nname = "{window}"\nexpect = "{expect}"\nparameters = {{ window = {window} }}\n'
            f"given = '{json.dumps({'IAMUser': [used]})}'\n"
            for window, expect in ((1, "pass"), (7, "fail"))
        ),
        file="x.toml",
    )
    assert unseen(both) == {}


@pytest.mark.parametrize("rule", packs.every_rule(), ids=lambda rule: rule.id)
def test_a_shipped_pack_is_seen_from_all_sides(rule: PostureRule) -> None:
    assert coverage(rule, packs.schema())
    assert unseen(rule) == {}
