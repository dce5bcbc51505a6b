"""Tests by meaning: what a filter pattern catches, what the statements of a policy allow and deny.

The answers come from `detect.catching` and `guardrails.grants`, which are loaded when a rule first asks for them; here
they get the facts they rest on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.detect.truth import all_of
from rootwarden.facts.fact import Unknown, Why
from rootwarden.rules.leaves import ABSENT
from rootwarden.rules.logic import Observation, noted

if TYPE_CHECKING:
    from rootwarden.facts.fact import Fact
    from rootwarden.rules.leaves import Take
    from rootwarden.rules.logic import Judgement, Node, Reading, Record
    from rootwarden.rules.schema import Schema
    from rootwarden.rules.syntax import Verb


def catching(reading: Reading, take: Take, sets: tuple[str, ...], schema: Schema) -> Node:
    """Whether a filter pattern catches every one of the sample sets.

    Args:
        reading: The pattern.
        take: Its value as a text.
        sets: Names of sets; they are read from the schema when a pattern is first asked.
        schema: Has the sets.
    """
    from rootwarden.detect import catching as patterns

    def node(record: Record, place: str, now: float) -> Judgement:  # noqa: ARG001 - every node takes the instant
        fact = reading.read(record)
        pattern = take(fact)
        if isinstance(pattern, Unknown):
            return None, (Observation(place, reading, pattern),)
        if pattern is ABSENT:
            return False, (Observation(place, reading, fact),)
        said = [patterns.catching(str(pattern), schema.sample_sets[name]) for name in sets]
        truth = all_of(one.truth for one in said)
        words = "; ".join(dict.fromkeys(one.words for one in said if one.truth is truth and one.words))
        return truth, (Observation(place, reading, noted(fact, words) if truth is not None else _open(fact, words)),)

    return node


def granting(reading: Reading, *, verb: Verb, action: str, resource: str, for_root: bool) -> Node:
    """Whether the statements of a policy, by themselves, allow or deny an action on a resource.

    Args:
        reading: The list of statements.
        verb: What is asked.
        action: An action or a pattern: every action it stands for is meant.
        resource: An ARN or a pattern of one; `*` is every resource.
        for_root: Asked of the root user of any account; see `guardrails.root_conditions`.
    """
    from rootwarden.rules.granting import granting as asked

    return asked(reading, verb=verb, action=action, resource=resource, for_root=for_root)


def _open(fact: Fact[object], words: str) -> Unknown:
    """What is known but does not say."""
    return Unknown(words, Why.NOT_SUPPORTED, "", fact.sources)
