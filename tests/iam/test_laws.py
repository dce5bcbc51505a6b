"""Laws of policy evaluation, whatever the policies say."""

from __future__ import annotations

import json
from random import Random
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.iam.generator import UNREADABLE, Cases

from rootwarden.iam.case import evaluate_case

# What may come of a request when something is added that can only take away …
NO_MORE: Final = {
    "Allowed": {"Allowed", "DependsOn", "ExplicitlyDenied", "ImplicitlyDenied"},
    "DependsOn": {"DependsOn", "ExplicitlyDenied", "ImplicitlyDenied"},
    "ImplicitlyDenied": {"ExplicitlyDenied", "ImplicitlyDenied"},
    "ExplicitlyDenied": {"ExplicitlyDenied"},
}
# … or an allow is taken away, with which a deny may go that stood on the same doubt …
NO_GRANT: Final = NO_MORE | {"ExplicitlyDenied": {"ExplicitlyDenied", "ImplicitlyDenied"}}
# … or what was not known becomes known.
LEARNED: Final = {
    "Allowed": {"Allowed"},
    "DependsOn": set(NO_MORE["Allowed"]),
    "ImplicitlyDenied": {"ExplicitlyDenied", "ImplicitlyDenied"},
    "ExplicitlyDenied": {"ExplicitlyDenied"},
}
NEVER: Final = {"Effect": "Allow", "Action": "s3:", "Resource": "*"}
FULL: Final = {"Effect": "Allow", "Action": "*", "Resource": "*"}

seeds = st.integers(min_value=0, max_value=2**48)
often = settings(max_examples=400, deadline=None)


def response(case: dict[str, Any]) -> str:
    return evaluate_case(case).response


def drawn(seed: int, *, unknowns: float = 0.5, unreadable: bool = False) -> tuple[Random, dict[str, Any]]:
    random = Random(seed)
    return random, Cases(random, unknowns=unknowns, unreadable=unreadable).case()


def policies(case: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Every policy of a case, with its layer; they may be changed in place."""
    found = [(layer, one) for layer in ("identity", "boundary") for one in case.get(layer) or []]
    found += [(layer, case[layer]) for layer in ("session", "resource") if case.get(layer)]
    return found + [(layer, one) for layer in ("scp", "rcp") for level in case.get(layer) or [] for one in level]


def statements(policy: dict[str, Any]) -> list[dict[str, Any]]:
    listed = policy["document"]["Statement"]
    return list(listed) if isinstance(listed, list) else [listed]


def policy_of(*listed: Any) -> dict[str, Any]:
    return {"name": "law", "document": {"Version": "2012-10-17", "Statement": list(listed)}}


@often
@given(seeds)
def test_a_deny_never_grants(seed: int) -> None:
    random, case = drawn(seed)
    case.setdefault("identity", []).append(policy_of(NEVER))
    before = response(case)
    layer, policy = random.choice(policies(case))
    deny = Cases(random).statement() | {"Effect": "Deny"}
    principal = {"Principal": "*"} if layer in ("resource", "rcp") else {}
    policy["document"]["Statement"] = [*statements(policy), deny | principal]

    assert response(case) in NO_MORE[before]


@often
@given(seeds)
def test_taking_an_allow_away_never_grants(seed: int) -> None:
    random, case = drawn(seed)
    before = response(case)
    # A level of RCPs without an allow has the one that cannot be detached.
    allows = [
        (policy, index)
        for layer, policy in policies(case)
        for index, one in enumerate(statements(policy))
        if layer != "rcp" and one["Effect"] == "Allow"
    ]
    for policy, index in random.sample(allows, min(len(allows), 2)):
        policy["document"]["Statement"] = [NEVER if at == index else one for at, one in enumerate(statements(policy))]

    assert response(case) in NO_GRANT[before]


@often
@given(seeds)
def test_levels_of_scps_intersect(seed: int) -> None:
    random, case = drawn(seed, unknowns=0.0)
    made = Cases(random, unknowns=0.0)
    levels = [made.level(made.statement) for _ in range(random.randint(2, 4))]
    allowed = [response({**case, "scp": [level]}) == "Allowed" for level in levels]

    assert (response({**case, "scp": levels}) == "Allowed") is all(allowed)


@often
@given(seeds)
def test_a_boundary_intersects_with_identity_policies(seed: int) -> None:
    """Without a resource policy, what is within both is allowed, as two lists of policies would have it."""
    _, case = drawn(seed, unknowns=0.0)
    case.pop("resource", None)
    boundary = case.pop("boundary", [policy_of(FULL)])
    allowed = response(case) == "Allowed" and response({**case, "identity": boundary}) == "Allowed"
    if case["principal"]["arn"].endswith(":root"):
        return

    assert (response({**case, "boundary": boundary}) == "Allowed") is allowed


@often
@given(seeds)
def test_a_session_policy_intersects_with_identity_policies(seed: int) -> None:
    _, case = drawn(seed, unknowns=0.0)
    case.pop("resource", None)
    session = case.pop("session", policy_of(FULL))
    allowed = response(case) == "Allowed" and response({**case, "identity": [session]}) == "Allowed"
    if case["principal"]["arn"].endswith(":root"):
        return

    assert (response({**case, "session": session}) == "Allowed") is allowed


@often
@given(seeds)
def test_the_order_changes_nothing(seed: int) -> None:
    random, case = drawn(seed, unreadable=True)
    before = response(case)
    for _, policy in policies(case):
        listed = statements(policy)
        random.shuffle(listed)
        for one in listed:
            shuffle_values(one, random)
        policy["document"]["Statement"] = listed
    for layer in ("identity", "scp", "rcp"):
        random.shuffle(case.get(layer) or [])
    for level in (case.get("scp") or []) + (case.get("rcp") or []):
        random.shuffle(level)

    assert response(case) == before


def shuffle_values(statement: Any, random: Random) -> None:
    if not isinstance(statement, dict):
        return
    for name, value in statement.items():
        if isinstance(value, list):
            random.shuffle(value)
        elif name == "Condition":
            statement[name] = {operator: value[operator] for operator in random.sample(list(value), len(value))}
        if isinstance(value, dict):
            for part in value.values():
                shuffle_values(part, random)


@often
@given(seeds)
def test_another_spelling_of_the_same_document_changes_nothing(seed: int) -> None:
    random, case = drawn(seed)
    before = response(case)
    for _, policy in policies(case):
        document = policy["document"]
        document["Statement"] = [spelled_otherwise(one) for one in statements(policy)]
        document.setdefault("Version", "2008-10-17")
        if random.random() < 0.5:
            policy["document"] = json.dumps(document)

    assert response(case) == before


def spelled_otherwise(statement: dict[str, Any]) -> dict[str, Any]:
    made = statement | {"Sid": "Law"}
    for name in {"Action", "NotAction", "Resource", "NotResource"} & set(made):
        made[name] = made[name] if isinstance(made[name], list) else [made[name]]
    for name in {"Action", "NotAction"} & set(made):
        made[name] = [one.swapcase() for one in made[name]] * 2
    if made.get("Principal") == "*":
        made["Principal"] = {"AWS": ["*"]}
    if "Condition" in made:
        made["Condition"] = {
            operator: {key.swapcase(): as_texts(values) for key, values in keys.items()}
            for operator, keys in made["Condition"].items()
        }
    return made


def as_texts(values: Any) -> list[str]:
    listed = values if isinstance(values, list) else [values]
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in listed]


@often
@given(seeds)
def test_what_is_learned_flips_no_decided_answer(seed: int) -> None:
    random, case = drawn(seed, unknowns=1.0)
    before = response(case)
    other = Cases(random, unknowns=0.0)
    complete: dict[str, Any] = {"context": {}}
    other.add_context(complete, "Root")
    learned = {key.lower(): value for key, value in complete["context"].items()}
    given_keys = case["request"].get("context")
    if given_keys is None:
        case["request"]["context"] = {
            key: value for key, value in learned.items() if key not in ("aws:principalarn", "aws:username")
        }
    else:
        for key, value in given_keys.items():
            if isinstance(value, dict) and random.random() < 0.7:
                given_keys[key] = learned.get(key.lower())

    assert response(case) in LEARNED[before]


@often
@given(seeds)
def test_what_cannot_be_read_never_grants(seed: int) -> None:
    random, case = drawn(seed)
    before = response(case)
    bad = policy_of(random.choice(UNREADABLE))
    # A session has one policy at most, and what stands there may be what denies.
    layer = random.choice(("identity", "boundary", "scp", "rcp", *(() if "session" in case else ("session",))))
    if layer == "session":
        case["session"] = bad
    elif layer in ("scp", "rcp"):
        case[layer] = [*(case.get(layer) or []), [policy_of(FULL), bad]]
    else:
        case[layer] = [*(case.get(layer) or []), bad]

    assert response(case) in (*NO_MORE[before], "DependsOn")
    assert before == "Allowed" or response(case) != "Allowed"


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(["Allow", "Deny", "*", "s3:*"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["Version", "Statement", "Effect", "Action", "Resource", "Principal", "AWS", "Condition", "Bool"]
            )
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@often
@given(seeds, anything)
def test_any_document_at_all_is_answered(seed: int, document: Any) -> None:
    random, case = drawn(seed)
    _, policy = random.choice([*policies(case), ("none", policy_of(NEVER))])
    policy["document"] = document

    assert response(case) in NO_MORE


@often
@given(seeds, anything)
def test_a_statement_with_any_element_at_all_is_answered(seed: int, element: Any) -> None:
    random, case = drawn(seed)
    case.setdefault("identity", []).append(policy_of(dict(FULL)))
    _, policy = random.choice(policies(case))
    changed = dict(random.choice(statements(policy)))
    changed[random.choice(["Effect", "Action", "Resource", "Principal", "Condition", "NotAction", "Sid"])] = element
    policy["document"]["Statement"] = [*statements(policy), changed]

    assert response(case) in NO_MORE
