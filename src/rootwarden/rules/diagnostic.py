"""What is wrong with a rule, and where: one diagnostic type for the terminal, JSON and editors alike."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from rootwarden.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

_WIDTH = 96  # columns of source shown; longer lines are cut around the span


class Code(StrEnum):
    """Every kind of mistake, by a number that never changes meaning (docs/rule-language.md explains each)."""

    TEXT_TOO_LONG = "R0001"
    NESTED_TOO_DEEP = "R0002"
    TOO_MANY_OPERANDS = "R0003"
    LITERAL_TOO_LONG = "R0004"
    ENDS_TOO_EARLY = "R0101"
    UNEXPECTED_TOKEN = "R0102"  # noqa: S105 - a token of a grammar
    UNEXPECTED_CHARACTER = "R0103"
    UNTERMINATED_STRING = "R0104"
    ROUND_BRACKETS = "R0105"
    FOREIGN_OPERATOR = "R0106"
    MALFORMED_NUMBER = "R0107"
    UNKNOWN_ENTITY = "R0201"
    UNKNOWN_ATTRIBUTE = "R0203"
    LIST_CROSSED = "R0204"
    WRONG_OPERAND = "R0205"
    WRONG_OPERATOR = "R0206"
    WRONG_TEST = "R0207"
    NEVER_THAT_VALUE = "R0208"
    WRONG_ARGUMENT = "R0209"
    NOTHING_BELOW = "R0210"
    UNKNOWN_PARAMETER = "R0211"
    BAD_AMOUNT = "R0212"
    WRONG_WAY_ROUND = "R0213"
    UNKNOWN_SAMPLE_SET = "R0214"
    BAD_PERMISSION = "R0215"
    BAD_PATTERN = "R0301"
    BAD_ADDRESS = "R0302"
    NOT_A_RULE_FILE = "R0401"
    AND_OR_MIXED = "R1001"
    EVERY_UNDER_NOT = "R1002"
    IMPLICIT_ONE = "R1003"
    NOTHING_TO_JUDGE = "R1004"
    KEYWORD_CASE = "R1005"
    VALUE_CASE = "R1006"
    NEVER_TRUE = "R1007"
    NEVER_FALSE = "R1008"
    EMPTY_SCOPE = "R1009"
    PORTS_SWAPPED = "R1010"
    ROOT_BY_NAME = "R1020"
    NOT_COLLECTED = "R1021"

    @property
    def is_doubt(self) -> bool:
        """Whether lint finds it in a rule that can be used; otherwise the rule cannot."""
        return self.value >= "R1"


class Level(StrEnum):
    """How bad it is: an error cannot be meant, a warning is probably not meant, a note is worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Span(msgspec.Struct, frozen=True, gc=False, order=True):
    """A stretch of the rule's text: characters `start` up to, not including, `end`."""

    start: int
    end: int

    def to(self, other: Span) -> Span:
        """From where this begins to where `other` ends."""
        return Span(self.start, other.end)

    def touches(self, other: Span) -> bool:
        """Whether nothing stands between the two."""
        return self.start <= other.end and other.start <= self.end

    def moved(self, offset: int) -> Span:
        """The same stretch in a text that begins `offset` characters earlier."""
        return Span(self.start + offset, self.end + offset)


class Edit(msgspec.Struct, frozen=True, order=True):
    """Put `text` where `span` is; an empty span inserts."""

    span: Span
    text: str


class Choice(msgspec.Struct, frozen=True):
    """One of several ways to put a mistake right, for people to choose from.

    Attributes:
        title: What it writes.
        edits: The changes, to be made together.
    """

    title: str
    edits: tuple[Edit, ...]


class Diagnostic(msgspec.Struct, frozen=True, kw_only=True):
    """One mistake.

    Attributes:
        code: Its kind.
        message: What is wrong: lower case, no full stop, the user's words in backticks.
        span: Where in the text.
        label: What to print beside the caret, or empty.
        help: The next step, several lines if need be, or empty.
        level: How bad it is.
        edits: The changes `help` speaks of, to be made together, or none.
        choices: Where `help` offers several ways, the edits of each; none is made without asking.
    """

    code: Code
    message: str
    span: Span
    label: str = ""
    help: str = ""
    level: Level = Level.ERROR
    edits: tuple[Edit, ...] = ()
    choices: tuple[Choice, ...] = ()

    @property
    def fixes(self) -> tuple[Choice, ...]:
        """Every way to put it right: the plain one first."""
        title = self.help.partition("\n")[0]
        if title.startswith("did you mean "):
            title = f"write {title.removeprefix('did you mean ').removesuffix('?')}"
        plain = (Choice(title or "put it right", self.edits),) if self.edits else ()
        return (*plain, *self.choices)

    def moved(self, offset: int) -> Diagnostic:
        """The same mistake in a text that holds the rule `offset` characters further on."""
        choices = tuple(Choice(one.title, _moved(one.edits, offset)) for one in self.choices)
        edits = _moved(self.edits, offset)
        return msgspec.structs.replace(self, span=self.span.moved(offset), edits=edits, choices=choices)


def _moved(edits: tuple[Edit, ...], offset: int) -> tuple[Edit, ...]:
    return tuple(Edit(one.span.moved(offset), one.text) for one in edits)


class RuleSyntaxError(InputError):
    """A rule cannot be used: every mistake found in one go, in order of place.

    Attributes:
        diagnostics: The mistakes.
        text: The text the spans point into.
        file: Name of the file it came from, or empty.
    """

    def __init__(self, diagnostics: Iterable[Diagnostic], text: str, *, file: str = "") -> None:
        self.diagnostics = tuple(sorted(diagnostics, key=lambda one: (one.span, one.code)))
        self.text = text
        self.file = file
        count = len(self.diagnostics)
        what = "1 mistake" if count == 1 else f"{count} mistakes"
        place = f"the rule in `{file}`" if file else "the rule"
        super().__init__(f"{place} has {what}\n{self.rendered()}")

    def rendered(self) -> str:
        """Every mistake with its line and a caret under it."""
        return "\n".join(render(one, self.text, file=self.file) for one in self.diagnostics)

    def within(self, text: str, offset: int, *, file: str = "") -> RuleSyntaxError:
        """The same mistakes, pointing into the larger `text` that holds the rule at `offset`."""
        return RuleSyntaxError((one.moved(offset) for one in self.diagnostics), text, file=file or self.file)


def render(diagnostic: Diagnostic, text: str, *, file: str = "") -> str:
    """Show a mistake the way people read it: message, place, line, caret, help."""
    head = f"{diagnostic.level}[{diagnostic.code}]: {diagnostic.message}"
    span = diagnostic.span
    return render_at(
        span.start, span.end, text, file=file, head=head, label=diagnostic.label, help_text=diagnostic.help
    )


def render_at(
    first: int, last: int, text: str, *, head: str, file: str = "", label: str = "", help_text: str = ""
) -> str:
    """Show something about the characters `first` up to `last` of a text: head, place, line, caret, help."""
    start = min(first, len(text))
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", line_start)
    line = text[line_start : line_end if line_end >= 0 else len(text)]
    number = text.count("\n", 0, start) + 1
    column = start - line_start
    shown, caret_at = _cut(line, column)
    length = max(1, min(last - start, len(shown) - caret_at))
    margin = " " * len(str(number))
    lines = [
        head,
        f" {margin}--> {file or 'rule'}:{number}:{column + 1}",
        f" {margin} |",
        f" {number} | {shown}".rstrip(),
        f" {margin} | {' ' * caret_at}{'^' * length} {label}".rstrip(),
    ]
    help_lines = help_text.splitlines()
    lines += [f" {margin} = help: {help_lines[0]}"] if help_lines else []
    lines += [f" {margin}         {rest}" for rest in help_lines[1:]]
    return "\n".join(lines)


def _cut(line: str, column: int) -> tuple[str, int]:
    """A window of the line around the column, and where the column is in it; nothing in it can move the cursor."""
    first = max(0, column - _WIDTH * 2 // 3)
    window = line[first : first + _WIDTH]
    prefix = "…" if first else ""
    suffix = "…" if first + _WIDTH < len(line) else ""
    shown = prefix + printable(window) + suffix
    return shown, column - first + len(prefix)


def printable(text: str) -> str:
    """The text with every character that could move a terminal's cursor replaced, one for one."""
    return "".join(character if character.isprintable() else "·" if character > " " else " " for character in text)


def quoted(text: str, *, limit: int = 60) -> str:
    """The user's words in backticks: one line, printable, not longer than `limit`."""
    short = text if len(text) <= limit else text[: limit - 1] + "…"
    return f"`{printable(short)}`"
