"""Policies and the codes they get, as data; lengths; places; what AWS itself wrote."""

from __future__ import annotations

import json
import random
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data

from rootwarden.iam.action_file import laid_over, read_actions
from rootwarden.iam.document import read_document
from rootwarden.iam.lint.about_document import compact
from rootwarden.iam.lint.codes import Code, Level
from rootwarden.iam.lint.finding import Kind
from rootwarden.iam.lint.lint import lint_text, lint_value
from rootwarden.iam.lint.nodes import tree
from rootwarden.packs.actions import action_catalogue
from rootwarden.packs.policies import policy_knowledge, policy_limits

KNOWLEDGE = policy_knowledge()


class Case(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    name: str
    kind: Kind
    codes: tuple[Code, ...]
    statement: str = ""
    document: str = ""


CASES = msgspec.convert(
    tomllib.loads(Path(__file__).with_name("cases.toml").read_text(encoding="utf-8"))["case"], list[Case]
)


@pytest.mark.parametrize("case", [pytest.param(one, id=one.name) for one in CASES])
def test_a_case(case: Case) -> None:
    text = case.document or f'{{"Version": "2012-10-17", "Statement": [{case.statement}]}}'
    found = lint_text(text, case.kind, KNOWLEDGE)
    assert sorted(one.code for one in found) == sorted(case.codes), found


def test_a_place_is_a_pointer_and_a_stretch_of_text() -> None:
    statement = '{"Effect": "Deny", "Action": ["sts:*", "iam:x~/y"], "Resource": "*"}'
    text = f'{{"Version": "2012-10-17",\n "Statement": [{statement}]}}'
    (one,) = lint_text(text, Kind.IDENTITY, KNOWLEDGE)
    assert one.pointer == "/Statement/0/Action/1"
    assert one.span is not None
    assert text[one.span.start : one.span.end] == '"iam:x~/y"'


def test_a_pointer_escapes_what_has_a_meaning_in_it_and_is_not_endless() -> None:
    document = {"Version": "2012-10-17", "a/b~" + "c" * 1_000: 1, "Statement": {}}
    found = lint_value(document, Kind.IDENTITY, KNOWLEDGE)
    assert f"/a~1b~0{'c' * 196}…" in {one.pointer for one in found}


@pytest.mark.parametrize(
    ("kind", "length", "code"),
    [
        (Kind.SCP, 5_120, None),
        (Kind.SCP, 5_121, Code.OVER_OLDER_LIMIT),
        (Kind.SCP, 10_240, Code.OVER_OLDER_LIMIT),
        (Kind.SCP, 10_241, Code.TOO_LONG),
        (Kind.RCP, 5_120, None),
        (Kind.RCP, 5_121, Code.TOO_LONG),
        (Kind.IDENTITY, 6_144, None),
        (Kind.IDENTITY, 6_145, Code.OVER_OLDER_LIMIT),
        (Kind.IDENTITY, 10_241, Code.TOO_LONG),
        (Kind.BOUNDARY, 6_145, Code.TOO_LONG),
        (Kind.SESSION, 2_049, Code.TOO_LONG),
        (Kind.TRUST, 2_049, Code.OVER_OLDER_LIMIT),
        (Kind.TRUST, 8_193, Code.TOO_LONG),
    ],
)
def test_lengths_are_compared_with_limits_of_their_day(kind: Kind, length: int, code: Code | None) -> None:
    document = {"Version": "2012-10-17", "Id": "", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}
    missing = length - len(json.dumps(document, separators=(",", ":")))
    text = json.dumps(document | {"Id": "x" * missing}, separators=(",", ":"))
    assert len(text) == compact(tree(json.loads(text))) == length
    found = {one.code for one in lint_text(text, kind, KNOWLEDGE)} & {Code.TOO_LONG, Code.OVER_OLDER_LIMIT}
    assert found == ({code} if code else set())


def test_blanks_count_where_the_service_counts_them() -> None:
    statement = '{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}'
    text = '{"Version": "2012-10-17", "Statement": [' + statement + " " * 11_000 + "]}"
    assert [one.code for one in lint_text(text, Kind.SCP, KNOWLEDGE)] == [Code.TOO_LONG]
    assert lint_text(text, Kind.IDENTITY, KNOWLEDGE) == ()


def test_every_limit_says_how_sure_it_is_and_since_when() -> None:
    for limit in policy_limits():
        assert limit.basis in {"documented", "reported", "believed"}
        assert limit.source
        assert [one.since for one in limit.values] == sorted(one.since for one in limit.values)
    kinds = {one.kind for one in policy_limits() if one.counts == "characters"}
    assert kinds == set(Kind) - {Kind.RESOURCE}


def test_an_action_younger_than_the_catalogue_can_be_laid_over() -> None:
    document = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "iam:BrandNew", "Resource": "*"}}
    (before,) = lint_value(document, Kind.IDENTITY, KNOWLEDGE)
    assert before.code is Code.UNKNOWN_ACTION
    assert KNOWLEDGE.catalogue.edition.updated in before.hint or before.hint.startswith("did you mean")
    head = '{"schema": "rootwarden.actions/1", "edition": {"version": "own", "updated": "2026-11-01"}, "services": '
    own = read_actions(f'{head}[{{"prefix": "iam", "actions": [{{"name": "BrandNew"}}]}}]}}'.encode(), file="own.json")
    newer = policy_knowledge(laid_over(action_catalogue(), own, file="own.json"))
    assert lint_value(document, Kind.IDENTITY, newer) == ()


MANAGED = {name: one["Document"] for name, one in json.loads(aws_managed_policies_data).items()}
# AWS's own may be longer than anybody else's.
EXPECTED = {Code.TOO_LONG}


def _check(documents: dict[str, Any]) -> None:
    for name, document in documents.items():
        found = lint_value(document, Kind.IDENTITY, KNOWLEDGE)
        assert {one.code for one in found if one.level is Level.ERROR} <= EXPECTED, name
        assert read_document(document).statements, name


def test_policies_aws_manages_are_not_refused() -> None:
    names = random.Random(7).sample(sorted(MANAGED), 150)
    _check({name: MANAGED[name] for name in names})


@pytest.mark.soak
def test_no_policy_aws_manages_is_refused() -> None:
    assert len(MANAGED) > 1_000
    _check(MANAGED)
