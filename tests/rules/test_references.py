"""A reference is read like a record, references like a list: a schema with the targets written out gives the same."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rootwarden.rules.fixture import load_fixture
from rootwarden.rules.rule import compile_rule
from rootwarden.rules.rule_file import DEFAULT_AS_OF
from rootwarden.rules.schema import Schema

DEPTH = 3
HEAD = 'entity = "Node"\nsummary = "s"\n[attributes]\n'
OWN = {"Flag": "boolean", "Size": "number"}


def written_out(prefix: str, levels: int) -> dict[str, str]:
    """A node, and what its references lead to, as records and lists."""
    found = {f"{prefix}{name}": kind for name, kind in OWN.items()}
    if levels:
        for name, kind in (("Next", "record"), ("Others", "list")):
            found |= {f"{prefix}{name}": kind, **written_out(f"{prefix}{name}.", levels - 1)}
    return found


def schema(attributes: dict[str, str]) -> Schema:
    return Schema.from_toml(HEAD + "".join(f'"{path}" = "{kind}"\n' for path, kind in attributes.items()))


IN_CIRCLES = schema({**OWN, "Next": "reference Node", "Others": "references Node"})
WRITTEN_OUT = schema(written_out("", DEPTH))
UNKNOWN = st.just({"$unknown": "iam:Look denied"})


def nodes(levels: int) -> st.SearchStrategy[dict[str, Any]]:
    own = {"Flag": st.booleans() | st.none() | UNKNOWN, "Size": st.integers(0, 2) | st.none() | UNKNOWN}
    if not levels:
        return st.fixed_dictionaries({}, optional=own)
    below = nodes(levels - 1)
    others = st.lists(below | UNKNOWN, max_size=2)
    references = {"Next": below | st.none() | UNKNOWN, "Others": others | st.none() | UNKNOWN}
    return st.fixed_dictionaries({}, optional={**own, **references})


def conditions(levels: int) -> st.SearchStrategy[str]:
    here = st.sampled_from(["Flag", "Size gt 0", "Size eq 1"])
    if not levels:
        return here
    below = conditions(levels - 1)
    quantifier = st.sampled_from(["", "every ", "no ", "atleast one "])
    forms = (
        st.sampled_from(["Next", "Others", "Others len ( ) gt 1", "Next . Flag", "Next . Size gte 1"]),
        st.builds("{}Others with [ {} ]".format, quantifier, below),
        st.builds("Next with [ {} ]".format, below),
        st.builds("not ( {} )".format, here),
        st.builds("( {} and Next with [ {} ] )".format, here, below),
    )
    return st.one_of(here, *forms)


@given(conditions(DEPTH), conditions(DEPTH), nodes(DEPTH))
def test_references_mean_what_their_targets_written_out_mean(where: str, check: str, node: dict[str, Any]) -> None:
    text = json.dumps({"Node": [node]})
    outcomes, reads = [], []
    for one in (IN_CIRCLES, WRITTEN_OUT):
        rule = compile_rule(f"Node where {where} should not have {check}", one)
        (resource,) = load_fixture(text, one)
        outcomes.append(rule.evaluate(resource.record, as_of=DEFAULT_AS_OF))
        reads.append(rule.reads)

    assert outcomes[0] == outcomes[1]
    # What gives the reference itself is needed too.
    assert reads[0] - reads[1] <= {path.rpartition(".")[0] for path in reads[1]}
    assert reads[0] >= reads[1]
