"""What the statements of a policy allow and deny, with the statements it rests on, or what is doubtful in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.facts.fact import Absent, Known, Unknown
from rootwarden.guardrails.grants import TOGETHER, Question, decide
from rootwarden.rules.logic import Observation, malformed, noted
from rootwarden.rules.schema_types import AttributeType
from rootwarden.rules.statement_records import in_words, read_grants
from rootwarden.rules.syntax import Verb

if TYPE_CHECKING:
    from rootwarden.guardrails.clauses import Doubt
    from rootwarden.guardrails.grants import Answer
    from rootwarden.rules.logic import Judgement, Node, Reading, Record


def granting(reading: Reading, *, verb: Verb, action: str, resource: str, for_root: bool) -> Node:
    """As `predicates.granting`, which is the door."""
    question = Question(denies=verb is Verb.DENIES, action=action, resource=resource, for_root=for_root)

    def node(record: Record, place: str, now: float) -> Judgement:  # noqa: ARG001 - every node takes the instant
        fact = reading.read(record)
        if isinstance(fact, Unknown):
            return None, (Observation(place, reading, fact),)
        if isinstance(fact, Absent):
            return False, (Observation(place, reading, fact),)
        if not isinstance(fact.value, tuple | list):
            return None, (Observation(place, reading, malformed(reading)),)
        answer = decide(read_grants(fact.value), question)
        if answer.truth is None:
            return None, tuple(_doubtful(reading, place, fact, at, doubt) for at, doubt in answer.doubts)
        return answer.truth, _decided(reading, place, fact, answer)

    return node


def _decided(reading: Reading, place: str, fact: Known[object], answer: Answer) -> tuple[Observation, ...]:
    """The statements that settle it, and the list they stand in; where none does, that it has none."""
    elements = fact.value if isinstance(fact.value, tuple | list) else ()
    deciding = [
        Observation(place, _statement(reading, at, AttributeType.STRING), Known(in_words(elements[at]), fact.sources))
        for at in answer.because
    ]
    return (*deciding, Observation(place, reading, noted(fact, answer.note), context=bool(deciding)))


def _doubtful(reading: Reading, place: str, fact: Known[object], at: int, doubt: Doubt) -> Observation:
    """What is doubtful in one statement: `Statements[1].Action[0]`."""
    sources = doubt.fact.sources or fact.sources
    unknown = msgspec.structs.replace(doubt.fact, sources=sources)
    if at == TOGETHER:
        return Observation(place, reading, unknown)
    return Observation(place, _statement(reading, at, AttributeType.RECORD, doubt.place), unknown)


def _statement(reading: Reading, at: int, kind: AttributeType, below: str = "") -> Reading:
    """One statement of the list, or something in it."""
    attribute = msgspec.structs.replace(reading.attribute, type=kind)
    name = f"{reading.name}[{at}]" + (f".{below}" if below else "")
    return msgspec.structs.replace(reading, name=name, attribute=attribute)
