"""Numbers of a sentence moved by one: operands, counts, shares."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from rootwarden.rules.syntax import Bound, Count, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.rules.syntax import Operand, Share

_WHOLE: Final = Decimal(100)  # percent
_POINTS: Final = 5
# The bounds that say something else about the same number.
_OTHERS: Final = {
    Bound.AT_LEAST: (Bound.AT_MOST,),
    Bound.AT_MOST: (Bound.AT_LEAST,),
    Bound.EXACTLY: (Bound.AT_LEAST, Bound.AT_MOST),
}


def amounts(now: Count | Share) -> Iterator[tuple[str, Count | Share]]:
    """Other amounts with a key each: more, less, another bound; only those that can be.

    A share moves by five points: to tell smaller steps apart would take cases with a hundred elements.
    """
    for bound in _OTHERS[now.bound]:
        yield bound.value, replace(now, bound=bound)
    for step in (1, -1):
        if isinstance(now, Count):
            if now.number + step >= 0:
                yield f"amount:{step:+}", replace(now, number=now.number + step)
        else:
            percent = min(max(now.percent + step * _POINTS, Decimal(0)), _WHOLE)
            if percent != now.percent:
                yield f"amount:{step:+}", replace(now, percent=percent)


def moved(operands: tuple[Operand, ...], text: str) -> Iterator[tuple[str, str, tuple[Operand, ...]]]:
    """Every number one more and one less."""
    for index, operand in enumerate(operands):
        now = number(operand)
        if now is None or not isinstance(operand, Literal):
            continue
        for step in (1, -1):
            one = replace(operand, value=now + step)
            words = f"`{now}` becomes `{now + step}` in `{text}`"
            yield f"{index}:{step:+}", words, (*operands[:index], one, *operands[index + 1 :])


def number(operand: Operand) -> int | float | None:
    """The number an operand is, or `None`."""
    match operand:
        case Literal(value=bool()):
            return None
        case Literal(value=int() | float() as number):
            return number
    return None
