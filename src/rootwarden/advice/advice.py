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

    `documented`: a page of AWS or a benchmark says it, and we read that page. `known`: from memory; widely known, and
    nobody here has a source. `inferred`: follows from what is documented, and nobody tried it. `unsure`: sources
    differ, or only one says it.
    """

    DOCUMENTED = "documented"
    KNOWN = "known"
    INFERRED = "inferred"
    UNSURE = "unsure"


class Price(StrEnum):
    """What AWS charges for it, as far as we know: nothing, little, or more with the size of the organization.

    Only to order by; how sure it is stands in `Cost.certainty`.
    """

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
        says: What is charged, in words; never a sum.
        source: The page it stands on; empty where nobody here has one.
        as_of: The day this was written down, `2026-11-22`: prices change.
        certainty: How sure.
    """

    price: Price
    says: str
    source: str = ""
    as_of: str
    certainty: Certainty


class Place(StrEnum):
    """Where something applies: in an organization, or to an account that is in none; empty for both."""

    ANYWHERE = ""
    ORGANIZATION = "organization"
    ALONE = "alone"

    def fits(self, *, alone: bool) -> bool:
        """Whether it applies to accounts in no organization (`alone`), or in one."""
        return self is Place.ANYWHERE or (self is Place.ALONE) is alone


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step: what to do, and exactly where to click or what to type; empty where there is no such way.

    `only` says for whom it is a step.
    """

    text: str
    command: str = ""
    console: str = ""
    only: Place = Place.ANYWHERE


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
        urgent: Why it comes before all else where it is known not to be done; usually empty.
        urgent_in_management: It is urgent where it is open in the management account, or in a lone one, only.
        by_hand: Somebody has to sign in to every account it is open in, so that it counts as one step for each.
        how: Steps, in order.
        certainty: How sure the statements about AWS in it are.
        source: Where they stand; empty where nobody here has read it anywhere.
        as_of: The day they were written down, `2026-11-22`.
        references: Pages of AWS to read on.
    """

    id: str
    title: str
    what: str
    why: str
    remains: str
    cost: Cost
    after: tuple[str, ...] = ()
    decided: Decided
    urgent: str = ""
    urgent_in_management: bool = False
    by_hand: bool = False
    how: tuple[Step, ...]
    certainty: Certainty
    source: str = ""
    as_of: str
    references: tuple[str, ...]
