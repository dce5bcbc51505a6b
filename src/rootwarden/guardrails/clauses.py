"""What one part of a policy statement names: actions or resources.

Every part has two readings. It *surely* names what it names however the doubtful is settled, and *may* name more: by a
value nobody could read, a policy variable, or a wildcard of which AWS does not say how far it reaches. The truth lies
between the two, so whatever both agree on is decided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import msgspec

from rootwarden.facts.fact import Unknown, Why
from rootwarden.guardrails.globs import EVERYTHING, Glob, glob

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_ARN_PARTS = 6


class Doubt(msgspec.Struct, frozen=True):
    """Why a part is doubtful: its `place` in the statement (`Action[1]`, empty for the whole) and the reason."""

    place: str
    fact: Unknown


class Clause(msgspec.Struct, frozen=True, kw_only=True):
    """`Action` or `Resource`, or their opposites.

    Attributes:
        sure: Patterns that are named for certain.
        doubtful: Patterns that may be named besides.
        anything: Anything may be named besides: something could not be read.
        opposite: `NotAction`, `NotResource`: what is named is all the rest.
        doubts: Why `doubtful` and `anything` are so.
    """

    sure: tuple[Glob, ...] = ()
    doubtful: tuple[Glob, ...] = ()
    anything: bool = False
    opposite: bool = False
    doubts: tuple[Doubt, ...] = ()

    @property
    def patterns(self) -> tuple[Glob, ...]:
        """All patterns, the sure ones first."""
        return self.sure + self.doubtful

    def names(self, matched: int) -> tuple[bool, bool]:
        """(surely, maybe) when exactly the patterns at these bits match."""
        surely = bool(matched & ((1 << len(self.sure)) - 1))
        maybe = bool(matched) or self.anything
        return (not maybe, not surely) if self.opposite else (surely, maybe)

    @property
    def is_everything(self) -> bool:
        """Whether it surely names everything there is."""
        if self.opposite:
            return not self.patterns and not self.anything
        return EVERYTHING in self.sure


ALL = Clause(sure=(EVERYTHING,))
# Every action has a service and a name; a pattern also stands for texts that are none.
AN_ACTION = glob("?*:?*")


def unread(place: str, fact: Unknown) -> Clause:
    """A part of which nothing is known."""
    return Clause(anything=True, doubts=(Doubt(place, fact),))


def actions(values: Iterable[str | Unknown], place: str, *, opposite: bool = False) -> Clause:
    """Read `Action` or `NotAction`: without letter case; `*:*` is `*`; a value with blanks round it or a comma is none.

    A wildcard in the service's name is doubtful otherwise: AWS does not say what it matches.
    """
    return _clause(values, place, _action, opposite=opposite)


def resources(values: Iterable[str | Unknown], place: str, *, opposite: bool = False) -> Clause:
    """Read `Resource` or `NotResource`: letter case counts; variables are doubtful, and so are pieces of an ARN.

    In the first five parts of an ARN a wildcard surely stays in its part, and may reach further.
    """
    return _clause(values, place, _resource, opposite=opposite)


def asked_action(text: str) -> Glob:
    """The actions a question is about."""
    return EVERYTHING if _is_everything(text) else glob(_folded(text))


def asked_resource(text: str) -> Glob:
    """The resources a question is about; an ARN has no colons within its first five parts."""
    return glob(text, parts=_ARN_PARTS - 1 if text.count(":") >= _ARN_PARTS - 1 else 0)


class _Read(msgspec.Struct, frozen=True):
    """One value: what it surely names, what it may name, and why there is a difference."""

    sure: tuple[Glob, ...] = ()
    doubtful: tuple[Glob, ...] = ()
    why: str = ""


_Reader: TypeAlias = "Callable[[str], _Read]"


def _clause(values: Iterable[str | Unknown], place: str, read: _Reader, *, opposite: bool) -> Clause:
    sure: list[Glob] = []
    doubtful: list[Glob] = []
    doubts: list[Doubt] = []
    anything = False
    for index, value in enumerate(values):
        if isinstance(value, Unknown):
            anything = True
            doubts.append(Doubt(f"{place}[{index}]", value))
            continue
        one = read(value)
        sure.extend(one.sure)
        doubtful.extend(one.doubtful)
        if one.why:
            doubts.append(Doubt(f"{place}[{index}]", Unknown(one.why, Why.NOT_SUPPORTED)))
    return Clause(
        sure=tuple(dict.fromkeys(sure)),
        doubtful=tuple(one for one in dict.fromkeys(doubtful) if one not in sure),
        anything=anything,
        opposite=opposite,
        doubts=tuple(doubts),
    )


def _action(text: str) -> _Read:
    if _is_everything(text):
        return _Read(sure=(EVERYTHING,))
    service, _, name = text.partition(":")
    if {"*", "?"} & set(service):
        return _Read(doubtful=(glob(_folded(text)),), why=f"what the wildcard before the colon of `{text}` matches")
    if not service or not name or text != text.strip() or "," in text:
        return _Read()
    return _Read(sure=(glob(_folded(text)),))


def _resource(text: str) -> _Read:
    if set(text) == {"*"}:
        return _Read(sure=(EVERYTHING,))
    if "${" in text:
        return _Read(doubtful=(glob(_without_variables(text)),), why=f"what the variable in `{text}` stands for")
    anywhere = glob(text)
    if text.count(":") < _ARN_PARTS - 1:
        return _Read(doubtful=(anywhere,), why=f"what `{text}`, which is no whole ARN, names")
    in_parts = glob(text, parts=_ARN_PARTS - 1)
    if in_parts == anywhere:
        return _Read(sure=(anywhere,))
    return _Read(sure=(in_parts,), doubtful=(anywhere,), why=f"how far the wildcard in `{text}` reaches")


def _is_everything(text: str) -> bool:
    return set(text) == {"*"} or [set(part) for part in text.split(":")] == [{"*"}, {"*"}]


def _folded(text: str) -> str:
    """Lower case as AWS means it: no letter but those of ASCII has another case."""
    return "".join(character.lower() if character.isascii() else character for character in text)


def _without_variables(text: str) -> str:
    """Every `${…}` may be anything; one that is never closed takes the rest."""
    pieces = text.split("${")
    return "*".join((pieces[0], *(piece.partition("}")[2] for piece in pieces[1:])))
