"""A rule with its mistakes put right, where the edits they offer leave a rule that can be used; else as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.rules.corrections import apply
from rootwarden.rules.diagnostic import Diagnostic, RuleSyntaxError
from rootwarden.rules.parser import MAXIMUM_BYTES
from rootwarden.rules.rule import compile_rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rootwarden.rules.parameters import ParameterValue
    from rootwarden.rules.schema import Schema

# One mistake may hide another; after so many rounds what is left is not plain.
_ROUNDS: Final = 5


class Mended(msgspec.Struct, frozen=True):
    """What became of a rule.

    Attributes:
        text: The rule; as it was given unless every mistake could be put right.
        mistakes: What was put right, in the order it was found.
    """

    text: str
    mistakes: tuple[Diagnostic, ...] = ()


def mended(text: str, schema: Schema, *, parameters: Mapping[str, ParameterValue] | None = None) -> Mended:
    """Make the edits the mistakes of a rule offer, if a rule that parses and type-checks comes of it.

    Args:
        text: The sentence.
        schema: What it may name.
        parameters: Value of each parameter it uses.
    """
    new, made = text, tuple[Diagnostic, ...]()
    for _ in range(_ROUNDS):
        try:
            compile_rule(new, schema, parameters=parameters)
        except RuleSyntaxError as error:
            offered = tuple(one for one in error.diagnostics if one.edits)
            new, made = apply(new, offered), (*made, *offered)
            if not offered or len(new.encode(errors="replace")) > MAXIMUM_BYTES:
                break
        else:
            return Mended(new, made)
    return Mended(text)
