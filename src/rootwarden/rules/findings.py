"""Everything there is to say about a rule file, each finding with its place in the file."""

from __future__ import annotations

import re
from contextlib import suppress
from enum import IntEnum
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.errors import InputError
from rootwarden.rules.cases import run_cases
from rootwarden.rules.diagnostic import Code, Diagnostic, Level, RuleSyntaxError, Span
from rootwarden.rules.lint import lint
from rootwarden.rules.parser import parse
from rootwarden.rules.posture import compile_condition, prepare
from rootwarden.rules.rule import compile_rule
from rootwarden.rules.rule_file import is_readable, is_toml, load_rule_file, placed
from rootwarden.rules.sentences import sentences

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rootwarden.rules.parameters import ParameterValue
    from rootwarden.rules.rule_file import PostureRule
    from rootwarden.rules.schema import Schema

_QUOTED: Final = re.compile(r"`([^`\n]{1,200})`")
# An element of an array of tables, and perhaps a key in it.
_ELEMENT: Final = re.compile(r"(\w+)\[(\d+)\](?:\.(\w+))?")
_TOML_PLACE: Final = re.compile(r"\(at line ([0-9]+), column ([0-9]+)\)")


class Depth(IntEnum):
    """How closely to look: at the grammar; at names, types and cases too; at what is doubtful too."""

    SYNTAX = 0
    TYPES = 1
    DOUBTS = 2


class Finding(msgspec.Struct, frozen=True):
    """A diagnostic and where it was made.

    Attributes:
        file: Name of the file, as the user gave it.
        text: What its spans point into: the content of the file.
        diagnostic: What there is to say.
    """

    file: str
    text: str
    diagnostic: Diagnostic


def examine(text: str, schema: Schema, *, file: str = "", depth: Depth = Depth.TYPES) -> tuple[Finding, ...]:
    """Look at a rule file: every mistake (and doubt) of every sentence in it, in order of place.

    Args:
        text: Its content: TOML, or nothing but a sentence.
        schema: What its sentences may name.
        file: Its name.
        depth: How closely to look.

    Returns:
        The findings; none where there is nothing to say. That it cannot be read as a rule file is one too.
    """
    try:
        rule = load_rule_file(text, file=file, parsed=False)
    except InputError as error:
        found = [Finding(file, text, _no_rule_file(error, text))]
        # Without the parameters of the file names and types mean nothing yet, the grammar does.
        return (*found, *_in_sentences(text, schema, file, {}, Depth.SYNTAX)) if is_readable(text) else (*found,)
    parameters = {one.name: one.default for one in rule.parameters}
    found = [*_in_sentences(text, schema, file, parameters, depth)]
    if not any(one.diagnostic.level is Level.ERROR for one in found):
        found += _the_rest(rule, schema, text, file, depth)
    return tuple(sorted(found, key=lambda one: (one.diagnostic.span, one.diagnostic.code)))


def has_errors(findings: Sequence[Finding]) -> bool:
    """Whether one of them means that the rule cannot be used."""
    return any(one.diagnostic.level is Level.ERROR for one in findings)


def _in_sentences(
    text: str, schema: Schema, file: str, parameters: Mapping[str, ParameterValue], depth: Depth
) -> Iterator[Finding]:
    for place in sentences(text):
        for one in _sentence(place.sentence, schema, parameters, depth):
            yield Finding(file, text, place.diagnostic(one))


def _sentence(
    sentence: str, schema: Schema, parameters: Mapping[str, ParameterValue], depth: Depth
) -> Sequence[Diagnostic]:
    try:
        if depth is Depth.DOUBTS:
            with suppress(RuleSyntaxError):
                return lint(sentence, schema, parameters=parameters)
        if depth is Depth.SYNTAX:
            parse(sentence)
        else:
            compile_rule(sentence, schema, parameters=parameters)
    except RuleSyntaxError as error:
        return error.diagnostics
    return ()


def _the_rest(rule: PostureRule, schema: Schema, text: str, file: str, depth: Depth) -> Iterator[Finding]:
    """What stands outside the sentences, or in one that is written in an unusual place."""
    try:
        if depth is Depth.SYNTAX:
            load_rule_file(text, file=file)
            return
        for benchmark in ("", *(variant.benchmarks[0] for variant in rule.variants if variant.benchmarks)):
            prepare(rule, schema, benchmark=benchmark)
        for accepted in rule.accepted:
            compile_condition(parse(rule.check).entity, accepted.when, schema)
        run_cases(rule, schema)
    except RuleSyntaxError as error:
        error = _in_condition(error, rule, text) or placed(error, error.text, text, file)
        for one in error.diagnostics:
            yield Finding(file, error.text, one)
    except InputError as error:
        yield Finding(file, text, _no_rule_file(error, text))


def _in_condition(error: RuleSyntaxError, rule: PostureRule, text: str) -> RuleSyntaxError | None:
    """The same mistakes where they stand in the `when` of a reason or an exception, in a sentence of its own."""
    for when in (*(one.when for one in rule.said), *(one.when for one in rule.accepted)):
        if error.text.endswith(f" should have ( {when} )") and text.count(when) == 1:
            return error.within(text, text.index(when) - (len(error.text) - len(when) - 2))
    return None


def _no_rule_file(error: InputError, text: str) -> Diagnostic:
    """A file that is none, as a diagnostic at the line the message speaks of."""
    span = Span(0, len(text.partition("\n")[0]))
    place = _TOML_PLACE.search(error.message)
    if place is not None:
        starts = [0, *(match.end() for match in re.finditer("\n", text))]
        start = starts[min(int(place[1]), len(starts)) - 1] + int(place[2]) - 1
        span = Span(min(start, len(text)), min(start + 1, len(text)))
    elif is_toml(text):
        found = (_key(name, text) for name in _QUOTED.findall(error.message))
        span = next((one for one in found if one is not None), span)
    return Diagnostic(code=Code.NOT_A_RULE_FILE, message=error.message, span=span, help=error.hint)


def _key(name: str, text: str) -> Span | None:
    """Where a TOML file has a key or a table: `severity`, `case[0].expect`, `ID, case NAME`."""
    rule, _, case = name.rpartition(", case ")
    if rule:
        named = re.search(rf"^[ \t]*name[ \t]*=[ \t]*[\"']({re.escape(case)})[\"']", text, re.MULTILINE)
        return Span(*named.span(1)) if named else None
    start, inside = 0, _ELEMENT.fullmatch(name)
    if inside is not None:
        tables = list(re.finditer(rf"^[ \t]*\[\[{inside[1]}\]\]", text, re.MULTILINE))
        if int(inside[2]) < len(tables):
            start, name = tables[int(inside[2])].start(), inside[3] or inside[1]
    key = re.compile(rf"^[ \t]*\[{{0,2}}({re.escape(name)})(?=[ \t]*=|[.\]])", re.MULTILINE).search(text, start)
    return Span(*key.span(1)) if key else None
