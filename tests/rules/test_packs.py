"""The shipped packs and schema are what the language understands."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from rootwarden import packs
from rootwarden.facts.fact import Known
from rootwarden.rules.cases import run_cases
from rootwarden.rules.posture import prepare
from rootwarden.rules.rule_file import DEFAULT_AS_OF

if TYPE_CHECKING:
    from rootwarden.rules.rule_file import PostureRule

PACK = packs.every_rule()


@pytest.mark.parametrize("rule", PACK, ids=[rule.id for rule in PACK])
def test_every_meaning_compiles_and_every_case_is_right(rule: PostureRule) -> None:
    for benchmark in ("", *(one for variant in rule.variants for one in variant.benchmarks)):
        prepare(rule, packs.schema(), benchmark=benchmark)
    results = run_cases(rule, packs.schema())

    assert results
    assert [result for result in results if not result.right] == []


def test_schema_has_the_shipped_entities() -> None:
    assert {"RootUser", "IAMUser"} <= {entity.entity for entity in packs.schema().entities}


def test_ids_are_file_names_and_unique() -> None:
    assert len({rule.id for rule in PACK}) == len(PACK)


def test_fifteen_rules_judge_a_thousand_accounts_quickly() -> None:
    prepared = [prepare(rule, packs.schema()) for rule in packs.root_pack()[:15]]
    keys = tuple({"Active": Known(False), "LastUsedTime": Known(1_700_000_000)} for _ in range(2))
    record: dict[str, Any] = {"Exists": Known(True), "MFAActive": Known(True), "AccessKey": Known(keys)}
    started = time.process_time()
    for _ in range(1_000):
        for one in prepared:
            one.judge(record, as_of=DEFAULT_AS_OF)

    # The budget is 5 s for 10,000 accounts; this is a tenth of them.
    assert time.process_time() - started < 0.5
