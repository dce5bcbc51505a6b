"""One thing to switch on or to do in AWS, as its file holds it (docs/adding-advice.md)."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from rootwarden.facts.native_services import NativeService


class State(StrEnum):
    """How an advice stands in one organization; what could not be looked at is never done."""

    NOT_DONE = "not-done"
    UNKNOWN = "unknown"
    DONE = "done"
    NOT_APPLICABLE = "not-applicable"


class Certainty(StrEnum):
    """How sure a statement about AWS is.

    `documented`: a page of AWS says it, and we read that page. `known`: widely known, no page was read for this file.
    `inferred`: follows from what is documented, and nobody tried it. `unsure`: sources differ, or only one says it.
    """

    DOCUMENTED = "documented"
    KNOWN = "known"
    INFERRED = "inferred"
    UNSURE = "unsure"


class Price(StrEnum):
    """What AWS charges for it: nothing, a few dollars whatever the organization's size, or more with its size."""

    FREE = "free"
    SMALL = "small"
    GROWS = "grows"

    @property
    def rank(self) -> int:
        """The cheapest first."""
        return list(Price).index(self)


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What it costs.

    Attributes:
        price: In one word.
        says: What is published, in words.
        as_of: The day this was written down, `2026-11-22`: prices change.
        certainty: How sure.
    """

    price: Price
    says: str
    as_of: str
    certainty: Certainty


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step: what to do, and exactly where to click or what to type; empty where there is no such way."""

    text: str
    command: str = ""
    console: str = ""


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """What decides the state: exactly one of four, or none, and then the state is unknown.

    Attributes:
        rules: Shipped rules that all pass when it is done.
        guardrails: Shipped guardrails that all hold when it is done.
        check: A sentence of the rule language that is true when it is done.
        fails: What to say where `check` is false.
        service: One of AWS's own services that is looked at itself.
        applies: Where no account fits, in words for a reader: why it does not apply.
        look: How to see for oneself; always there where nothing decides it.
    """

    rules: tuple[str, ...] = ()
    guardrails: tuple[str, ...] = ()
    check: str = ""
    fails: str = ""
    service: NativeService | None = None
    applies: str = ""
    look: str = ""


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """One advice.

    Attributes:
        id: The file's name: `central-root-management`.
        title: What is so when it is done.
        what: What to do, in a sentence or two.
        why: What it is good for.
        remains: What AWS does not do even then.
        cost: What it costs.
        after: Ids of what has to be done before.
        decided: What decides its state.
        how: Steps, in order.
        certainty: How sure the statements about AWS in it are.
        references: Pages of AWS.
    """

    id: str
    title: str
    what: str
    why: str
    remains: str
    cost: Cost
    after: tuple[str, ...] = ()
    decided: Decided
    how: tuple[Step, ...]
    certainty: Certainty
    references: tuple[str, ...]
