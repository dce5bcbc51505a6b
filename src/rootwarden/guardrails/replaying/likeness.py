"""What policies can tell of an asker: those of whom it is the same get the same rulings.

Ten thousand roles of an account are one to a policy that is about root.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.iam.context import Context

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from rootwarden.guardrails.replaying.asker import Asker
    from rootwarden.iam.statement import CompiledStatement

# Made of who asks, where they sign in.
SIGN_IN_KEY: Final = "signin:principalarn"


def likeness(asker: Asker, statements: Iterable[CompiledStatement]) -> tuple[object, ...]:
    """What decides about the calls of an asker, beside the calls themselves.

    Args:
        asker: Who asks.
        statements: Of every policy that may reach their calls.

    Returns:
        Their account first.
    """
    who = asker.who
    context = Context(asker.keys, complete=False, absent=asker.absent)
    outcomes: list[object] = []
    spelled: set[str] = set()
    signs_in = False
    for statement in statements:
        for condition in statement.conditions:
            outcome = condition.test(context)
            outcomes.append((outcome.truth, outcome.keys))
            signs_in |= condition.written.key.lower() == SIGN_IN_KEY
        spelled.update(spelled_keys(statement, asker.keys))
    texts = tuple((key, asker.keys[key]) for key in sorted(spelled & asker.keys.keys()))
    arn = who.arn if signs_in or SIGN_IN_KEY in spelled else ""
    keys = frozenset(asker.keys)
    known = who.account, who.kind, who.service_linked, partition_of(asker), asker.doubt
    return *known, keys, asker.absent, tuple(outcomes), texts, arn


def partition_of(asker: Asker) -> str:
    """The partition of AWS somebody is of; empty where nobody tells."""
    return asker.who.arn.split(":")[1] if asker.who.arn.startswith("arn:") else ""


def spelled_keys(statement: CompiledStatement, known: Container[str] = ()) -> Iterator[str]:
    """Keys, in lower case, of which the text itself matters: it stands for a variable, or is compared with one.

    Args:
        statement: That asks for them.
        known: Keys of which is known what they hold: a condition that asks for no other is decided, whatever the texts.
    """
    for condition in statement.conditions:
        variables = [key.lower() for wanted in condition.wanted for key in wanted.variables]
        asked = (*variables, condition.written.key.lower()) if variables else ()
        if not all(key in known for key in asked):
            yield from asked
    for resource in statement.resources or ():
        yield from (key.lower() for key in resource.variables)
