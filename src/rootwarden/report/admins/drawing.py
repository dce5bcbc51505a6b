"""The way of one principal as a drawing: boxes for who one is, arrows for the steps between, all measured beforehand.

Sizes are of letters as wide as they may be, so that no text leaves its place whatever font a reader has.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.iam.admins.attempt import End
from rootwarden.iam.admins.verdict import Class
from rootwarden.report.admins import phrases
from rootwarden.report.words import visible

if TYPE_CHECKING:
    from rootwarden.iam.admins.verdict import PrincipalVerdict, Step
    from rootwarden.report.admins.told import Told

WIDTH: Final = 350
BOX_LEFT: Final = 1
BOX_WIDTH: Final = 348
LINE: Final = 18
_PADDING: Final = 10
_GAP: Final = 12
_NAME_LETTERS: Final = 42
_SMALL_LETTERS: Final = 47
_STEP_LETTERS: Final = 39
_MOST_LINES: Final = 6


class Words(msgspec.Struct, frozen=True):
    """A line of text: its base line, and whether it is `title`, `plain`, `small`, `if` or `assumed`."""

    base: int
    text: str
    style: str


class Box(msgspec.Struct, frozen=True):
    """Who one is: from the top, with lines in it; `standing` is the class, `administrator` or `root`."""

    top: int
    height: int
    lines: tuple[Words, ...]
    standing: str


class Arrow(msgspec.Struct, frozen=True):
    """A step: from one box to the next, with lines beside it; broken where something is required."""

    top: int
    bottom: int
    lines: tuple[Words, ...]
    sure: bool


class Drawing(msgspec.Struct, frozen=True):
    """All of it, and the same in words."""

    height: int
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    title: str
    description: str


class _Pen:
    """Draws from top to bottom."""

    def __init__(self) -> None:
        self.at = 1
        self.boxes: list[Box] = []
        self.arrows: list[Arrow] = []

    def box(self, small: str, name: str, standing: str) -> None:
        lines = [(line, "small") for line in _wrapped(small, _SMALL_LETTERS)]
        lines += [(line, "name") for line in _wrapped(name, _NAME_LETTERS)]
        height = len(lines) * LINE + 2 * _PADDING
        placed = _placed(lines, self.at + _PADDING)
        self.boxes.append(Box(self.at, height, placed, standing))
        self.at += height

    def arrow(self, lines: list[tuple[str, str]], *, sure: bool) -> None:
        height = len(lines) * LINE + 2 * _GAP
        self.arrows.append(Arrow(self.at, self.at + height, _placed(lines, self.at + _GAP), sure))
        self.at += height


def drawing(one: PrincipalVerdict, told: Told) -> Drawing:
    """The way of somebody who has one, or is up already."""
    pen = _Pen()
    pen.box(_kind(one.arn, told), phrases.short(one.arn), one.kind.value)
    if one.kind is Class.DIRECT:
        policies = ", ".join(dict.fromkeys(place.policy for place in one.granted_by))
        pen.arrow([(line, "plain") for line in _wrapped(f"allowed everything by {policies}", _STEP_LETTERS)], sure=True)
        pen.box("is", f"Administrator of {told.name(one.account)}", End.ADMINISTRATOR)
    for number, step in enumerate(one.path, 1):
        pen.arrow(_step_lines(number, one), sure=not step.requires)
        ends = number == len(one.path) and phrases.gets_up(one)
        _arrive(pen, step, told, ends=ends)
    return Drawing(pen.at + 1, tuple(pen.boxes), tuple(pen.arrows), _title(one), _in_words(one))


def _arrive(pen: _Pen, step: Step, told: Told, *, ends: bool) -> None:
    account = step.target if step.target.isdigit() else phrases.account_of(step.by)
    if step.leads_to == End.ROOT:
        pen.box("is", f"Root user of {told.name(account)}", End.ROOT)
    elif step.leads_to == End.ADMINISTRATOR:
        pen.box("is", f"Administrator of {told.name(account)}", End.ADMINISTRATOR)
    elif step.leads_to == step.by:
        said = "the same, now an administrator" if ends else "the same, with other permissions"
        pen.box(said, phrases.short(step.by), End.ADMINISTRATOR.value if ends else "between")
    else:
        said = _kind(step.leads_to, told) + (", an administrator" if ends else "")
        pen.box(said, phrases.short(step.leads_to), End.ADMINISTRATOR.value if ends else "between")


def _kind(arn: str, told: Told) -> str:
    return f"{phrases.short(arn).partition('/')[0]} in {told.name(phrases.account_of(arn))}"


def _step_lines(number: int, one: PrincipalVerdict) -> list[tuple[str, str]]:
    step, by = one.path[number - 1], phrases.taken_by(one, number)
    lines = [(line, "title") for line in _wrapped(f"{number}. {step.title}", _STEP_LETTERS)]
    if step.target not in {"", step.leads_to, step.by} and not step.target.isdigit():
        lines += [(line, "plain") for line in _wrapped(f"on {phrases.short(step.target)}", _STEP_LETTERS)]
    lines += [(line, "plain") for line in _wrapped(f"by {by}", _STEP_LETTERS)] if by else []
    for word in step.requires:
        lines += [(line, "if") for line in _wrapped(f"? if {phrases.required(word)}", _STEP_LETTERS)]
    for word in step.assumes:
        lines += [(line, "plain") for line in _wrapped(f"assumed: {phrases.required(word)}", _STEP_LETTERS)]
    return lines


def _title(one: PrincipalVerdict) -> str:
    return f"{visible(phrases.short(one.arn))}: {phrases.MEANING[one.kind]}"


def _in_words(one: PrincipalVerdict) -> str:
    """The same as the drawing, for who does not see it."""
    if one.kind is Class.DIRECT:
        return "It is an administrator as it is."
    steps = []
    for number, step in enumerate(one.path, 1):
        ends = phrases.leads_to(step, last=number == len(one.path), gets_up=phrases.gets_up(one))
        needs = "".join(f", if {phrases.required(word)}" for word in step.requires)
        by = phrases.taken_by(one, number)
        taken = f", by {by}" if by else ""
        steps.append(f"Step {number}: {step.title}{taken}{needs}; leads to {ends}.")
    return visible(" ".join(steps))


def _placed(lines: list[tuple[str, str]], top: int) -> tuple[Words, ...]:
    return tuple(Words(top + number * LINE + 13, text, style) for number, (text, style) in enumerate(lines))


def _wrapped(text: str, letters: int) -> list[str]:
    shown = textwrap.wrap(visible(text).replace("`", ""), letters) or [""]
    return shown if len(shown) <= _MOST_LINES else [*shown[: _MOST_LINES - 1], shown[_MOST_LINES - 1][:-1] + "…"]
