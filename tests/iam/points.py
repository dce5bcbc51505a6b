"""What policy evaluation has to get right, point by point, and what shows that it does.

A written case names its point; what is about no request (logs, dumps, what a word means) is shown by other tests.
"""

from __future__ import annotations

import importlib
from collections import Counter, defaultdict
from typing import Final, NamedTuple

from tests.iam.written_cases import written_cases

FEWEST_CASES: Final = 4


class Point(NamedTuple):
    """A point: what it says, and tests beside the written cases, as `module:function`."""

    title: str
    tests: tuple[str, ...] = ()


POINTS: Final = {
    1: Point("an explicit deny decides, else every guardrail allows, else nothing is granted; root starts with all"),
    2: Point("service control policies: every level from the organization's root down allows, any level denies"),
    3: Point(
        "they bind root of a member and delegated administrators, not the management account nor service-linked roles"
    ),
    4: Point("an SCP that denies root of a member does deny it"),
    5: Point("what no SCP stops: who is exempt, and services outside of them"),
    6: Point("SCPs in the whole language since September 2025", ("tests.iam.lint.test_cases:test_a_case",)),
    7: Point("resource control policies: on the side of the resource, for outsiders and root too, of some services"),
    8: Point("identity *or* resource policy within an account, both under every guardrail"),
    9: Point("a boundary and a resource policy that names the user, the session, the role or everybody"),
    10: Point("`NotPrincipal` with a deny reaches everybody who has a boundary"),
    11: Point("across accounts both sides allow; naming the account is trust and no grant"),
    12: Point("a statement without `Principal` and `NotPrincipal` names nobody"),
    13: Point("keys and roles trust their own account only where their policy says so"),
    14: Point("session policies intersect; `sts:GetCallerIdentity` cannot be denied"),
    15: Point("policies AWS manages and roles it reserves cannot be changed"),
    16: Point("`Action` and `NotAction`: letter case, wildcards, values that name nothing"),
    17: Point("`Resource` and `NotResource`: ARNs part by part, letter case, short ones"),
    18: Point("every condition operator on values that fit and that do not"),
    19: Point("operators and keys are ANDed, values ORed; negation, `IfExists` and `Null` where the key is missing"),
    20: Point("`ForAllValues` and `ForAnyValue`, with no value and with several"),
    21: Point("policy variables: defaults, several values, none, and documents of 2008"),
    22: Point("the keys of root: `aws:PrincipalArn`, `aws:PrincipalType`, `aws:userid`, no `aws:username`"),
    23: Point("`aws:AssumedRoot` and task policies in sessions of `sts:AssumeRoot`"),
    24: Point("`aws:MultiFactorAuthPresent` is missing with long-term keys"),
    25: Point("so are `aws:TokenIssueTime` and other keys of sessions"),
    26: Point(
        "documents as they come: a text or a list, ids of the deleted, what cannot be read",
        (
            "tests.iam.review.test_dump_traps:test_a_boundary_that_is_not_in_the_dump_proves_nothing",
            "tests.iam.admins.test_hostile:test_lists_of_the_wrong_type",
        ),
    ),
    27: Point(
        "no log shows `iam:PassRole`",
        (
            "tests.iam.usage.test_judge:test_permissions_without_a_call_cannot_be_judged",
            "tests.iam.usage.test_judge:test_a_role_passed_in_a_call_was_passed",
        ),
    ),
    28: Point(
        "who is an administrator: all actions on all resources and no deny of its own",
        (
            "tests.iam.admins.test_worlds:test_a_crowd_is_judged_as_it_is",
            "tests.iam.review.test_classes:test_a_sixth_version_needs_one_deleted",
        ),
    ),
}


def cases_by_point() -> dict[int, Counter[str]]:
    """How many written cases each point has, by file."""
    counted: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for each in written_cases():
        (row,) = each.values
        counted[row["point"]][str(each.id).partition(":")[0]] += 1
    return dict(counted)


def unsettled_by_point() -> Counter[int]:
    """How many of them stand on what AWS does not say."""
    return Counter(each.values[0]["point"] for each in written_cases() if each.values[0].get("unsettled"))


def is_there(test: str) -> bool:
    """Whether there is such a test."""
    module, _, name = test.partition(":")
    return callable(getattr(importlib.import_module(module), name, None))


def points_table() -> str:
    """One row a point, for the documentation."""
    counted, unsettled = cases_by_point(), unsettled_by_point()
    rows = []
    for number, point in POINTS.items():
        files = counted.get(number, Counter())
        doubtful = f", {unsettled[number]} unsettled" if unsettled[number] else ""
        shown = [f"`{name}` {count}" for name, count in sorted(files.items())]
        shown += [f"`{test.partition(':')[0].replace('.', '/')}.py`" for test in point.tests]
        cases = f"{files.total()}{doubtful}" if files else "none"
        rows.append(f"| {number} | {point.title} | {cases} | {', '.join(dict.fromkeys(shown))} |\n")
    total = sum(files.total() for files in counted.values())
    return f"| | point | cases, {total:,} | where |\n|---|---|---|---|\n" + "".join(rows)
