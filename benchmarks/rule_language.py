"""Budget row "rule language": parsing and checking 800 rules, 15 root rules over 10,000 accounts, and long lists.

    python -m benchmarks.rule_language [--accounts 10000] [--output FILE]

Parsing is compared with Lark's LALR parser on the grammar of the tests, evaluation with the same fifteen rules written
by hand in Python, both on the same input in the same run. Figures are processor seconds of this process, the least of
several runs; every hand-written verdict is compared with the product's first.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.hand_written import CHECKS
from tests.rules.grammar.second_parser import second_parse
from tests.rules.typed_rules import TypedRules

import rootwarden
from rootwarden import packs
from rootwarden.facts.fact import Absent, Known, Unknown
from rootwarden.rules.parser import parse
from rootwarden.rules.posture import prepare
from rootwarden.rules.rule import compile_rule
from rootwarden.rules.rule_file import DEFAULT_AS_OF

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.facts.fact import Fact
    from rootwarden.rules.logic import Record
    from rootwarden.rules.posture import PreparedRule
    from rootwarden.rules.rule import CompiledRule

NOW = int(DEFAULT_AS_OF.timestamp())
DAY = 86_400
ENTITIES = ("RootUser", "IAMUser", "IAMRole", "IAMPolicy", "CloudTrail", "S3Bucket", "SecurityGroup", "MetricAlarm")
RULES, RUNS = 800, 5


def least(work: Callable[[], object], runs: int = RUNS) -> float:
    """Processor seconds of the quickest of several runs."""
    best = float("inf")
    for _ in range(runs):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return best


# --- 800 rules


def eight_hundred() -> list[str]:
    """Rules of 100 to 1,300 characters that type-check, about entities people write most rules about; seeded."""
    found: list[str] = []
    seed = 0
    while len(found) < RULES:
        source = random.Random(seed)  # noqa: S311 - pinned input
        rule = TypedRules(packs.schema(), source.choice(ENTITIES), source, NOW).rule()
        if 100 <= len(rule) <= 1_300:
            found.append(rule)
        seed += 1
    return found


def parsing() -> dict[str, Any]:
    rules = eight_hundred()
    packs.schema.cache_clear()
    started = time.process_time()
    schema = packs.schema()
    for rule in rules:
        compile_rule(rule, schema)
    first = time.process_time() - started
    checked = least(lambda: [compile_rule(rule, schema) for rule in rules])
    parsed = least(lambda: [parse(rule) for rule in rules])
    second_parse(rules[0])
    by_lark = least(lambda: [second_parse(rule) for rule in rules])
    return {
        "rules": len(rules),
        "characters": sum(map(len, rules)),
        "parsed_and_checked_reading_the_schema": first,
        "parsed_checked_and_compiled": checked,
        "parsed": parsed,
        "parsed_by_lark": by_lark,
        "ratio_to_lark": parsed / by_lark,
    }


# --- 15 rules, 10,000 accounts


def prepared() -> list[PreparedRule]:
    return [prepare(rule, packs.schema()) for rule in packs.root_pack() if rule.id in CHECKS]


def drawn(source: random.Random, value: object) -> Fact[Any]:
    chance = source.random()
    if chance < 0.03:
        return Unknown("iam:GetAccountSummary denied", permission="iam:GetAccountSummary")
    return Absent() if chance < 0.06 else Known(value)


def account(source: random.Random) -> Record:
    """The facts of one root user: mostly known, mostly in order."""
    pick, maybe = source.choice, source.random
    dates = (0, NOW - 400 * DAY, NOW - 30 * DAY, NOW - 3600)

    def fact(*values: object) -> Fact[Any]:
        return drawn(source, pick(values))

    def record(**facts: Fact[Any]) -> Fact[Any]:
        return drawn(source, facts)

    keys = tuple({"Active": fact(True, False), "LastUsedTime": fact(*dates)} for _ in range(int(maybe() < 0.1)))
    return {
        "Exists": Known(maybe() < 0.99),
        "Position": fact("management", *["member"] * 20, "standalone"),
        "CreationDate": fact(NOW - 900 * DAY, NOW - 9 * DAY),
        "MFAActive": fact(True, True, True, False),
        "MFADevices": record(Count=fact(0, 1, 1, 2), Virtual=fact((), (), ({"SerialNumber": Known("a")},))),
        "Password": record(
            Enabled=fact(True, False), LastUsedTime=fact(*dates), RotationDays=fact(0, 365), RotationDue=fact(*dates)
        ),
        "AccessKeysPresent": fact(False, False, False, True),
        "AccessKey": drawn(source, keys),
        "ActiveSigningCertificatesPresent": fact(False, False, False, True),
        "ReportGeneratedTime": fact(NOW - 3600, NOW - 14_000),
        "UsedSinceReport": fact(False, False, False, True),
        "CredentialsPresent": fact(False, True),
        "Organization": record(RootCredentialsManagement=fact(True, False), RootSessions=fact(True, False)),
        "UsageAlarm": record(Works=fact(True, False)),
        "PrimaryContact": record(FullName=fact("Ann", ""), PhoneNumber=fact("+1 555 0100", "")),
        "SecurityContact": record(EmailAddress=fact("security@example.com", "")),
        "Contacts": record(
            Count=fact(1, 2, 3), SamePerson=fact(False, True), SameEmailAddress=fact(False), SamePhoneNumber=fact(False)
        ),
        "Email": record(
            LocalPart=fact("aws-root", "ann.smith", "aws.prod"),
            Domain=fact("example.com", "example.org", "gmail.com"),
            OnDeclaredDomain=fact(True, True, False),
        ),
        "Guardrail": record(DeniesRootKeyCreation=fact(True, False)),
        "SignInPolicy": record(FencesRoot=fact(True, False)),
    }


def evaluation(count: int) -> dict[str, Any]:
    source = random.Random(7)  # noqa: S311 - pinned input
    accounts = [account(source) for _ in range(count)]
    rules = prepared()
    verdicts = Counter[str]()
    for rule in rules:
        for one in accounts:
            verdict = rule.compiled.evaluate(one, as_of=DEFAULT_AS_OF).verdict
            assert verdict == CHECKS[rule.rule.id](one, NOW), (rule.rule.id, one)
            verdicts[verdict.value] += 1
    by_hand = [CHECKS[rule.rule.id] for rule in rules]
    verdict_only = least(lambda: all_asked_of(rules, accounts), 3)
    with_reasons = least(lambda: [rule.judge(one, as_of=DEFAULT_AS_OF) for rule in rules for one in accounts], 3)
    hand = least(lambda: [check(one, NOW) for check in by_hand for one in accounts], 3)
    return {
        "rules": len(rules),
        "accounts": count,
        "verdicts": dict(sorted(verdicts.items())),
        "with_witness": verdict_only,
        "with_witness_and_reason": with_reasons,
        "by_hand_verdict_only": hand,
        "ratio_to_by_hand": verdict_only / hand,
        "each_rule": {rule.rule.id: least(partial(asked_of, rule, accounts), 2) for rule in rules},
    }


def all_asked_of(rules: list[PreparedRule], accounts: list[Record]) -> None:
    for rule in rules:
        asked_of(rule, accounts)


def asked_of(rule: PreparedRule, accounts: list[Record]) -> None:
    for one in accounts:
        rule.compiled.evaluate(one, as_of=DEFAULT_AS_OF)


# --- long lists

LISTS = {
    "none of them": 'should not have AccessKey with [ Active and LastUsedTime isLaterThan ( -1, "days" ) ]',
    "every one": "should have every AccessKey with [ not Active or LastUsedTime neq 0 ]",
    "a count": "should have atmost 1 AccessKey with [ Active and LastUsedTime never ]",
    "a share": "should have atleast 95% AccessKey where not Active with [ LastUsedTime older than 1 days ]",
}


def long_lists() -> dict[str, Any]:
    """Microseconds a key for lists of three lengths, and how much dearer a key of the longest is."""
    found: dict[str, Any] = {}
    for name, text in LISTS.items():
        rule = compile_rule(f"IAMUser {text}", packs.schema())
        each = {}
        for length in (10, 1_000, 100_000):
            key = {"Active": Known(False), "LastUsedTime": Known(NOW - 40 * DAY)}
            record: Record = {"AccessKey": Known(tuple(dict(key) for _ in range(length)))}
            times = max(1, 20_000 // length)
            seconds = least(partial(repeatedly, rule, record, times), 7)
            each[str(length)] = seconds / times / length * 1e6
        found[name] = {"microseconds_a_key": each, "longest_to_middle": each["100000"] / each["1000"]}
    return found


def repeatedly(rule: CompiledRule, record: Record, times: int) -> None:
    for _ in range(times):
        rule.evaluate(record, as_of=DEFAULT_AS_OF)


def machine() -> dict[str, Any]:
    return {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "rootwarden": rootwarden.__version__,
        "system": f"{platform.system()} {platform.release()}",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--output", type=Path, default=None)
    asked = parser.parse_args()
    results = {
        "machine": machine(),
        "parsing": parsing(),
        "evaluation": evaluation(asked.accounts),
        "long_lists": long_lists(),
    }
    text = json.dumps(results, indent=2)
    print(text)
    if asked.output:
        asked.output.write_text(text + "\n")


if __name__ == "__main__":
    main()
