"""Everything there is to say about a file, in one go and at the right place."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rootwarden.rules.corrections import edited
from rootwarden.rules.diagnostic import Code, Level, Span
from rootwarden.rules.findings import Depth, examine, has_errors
from rootwarden.rules.rule_file import load_rule_file
from rootwarden.rules.sentences import sentences

if TYPE_CHECKING:
    from rootwarden.rules.schema import Schema

FILE = """id = "x"
title = "check = 'RootUser should have Nothing'"
severity = "low"
why = "x"
check = {check}
misses = "x"
[parameters.window]
default = 1
describe = "days"
[[reason]]
verdict = "pass"
when = "{when}"
text = "x"
[[variant]]
benchmarks = ["cis-5.0"]
check = '''
RootUser where Exists
should have {variant}
'''
[[case]]
name = "a case"
expect = "pass"
given = '{given}'
"""
QUOTED = [
    '"{}"',
    "'{}'",
    '"""{}"""',
    "'''{}'''",
    '"""\n{}\n"""',
    "'''\n{}\n'''",
    '"\\u0020{}\\t"',
    '"""\\\n   \\\r\n {}\\\n  """',
]


def file(
    check: str = '"RootUser should have Exists"',
    *,
    when: str = "Exists",
    variant: str = "Exists",
    given: str = '{"RootUser": [{"Exists": true}]}',
) -> str:
    return (
        FILE.replace("{check}", check).replace("{when}", when).replace("{variant}", variant).replace("{given}", given)
    )


def found(text: str, schema: Schema, depth: Depth = Depth.TYPES) -> list[tuple[str, str]]:
    """Code and the words it points at."""
    return [
        (one.diagnostic.code.value, one.text[one.diagnostic.span.start : one.diagnostic.span.end])
        for one in examine(text, schema, file="a.toml", depth=depth)
    ]


def test_a_good_file_has_nothing(schema: Schema) -> None:
    assert found(file(), schema, Depth.DOUBTS) == []


@pytest.mark.parametrize("quotes", QUOTED)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_mistakes_of_every_sentence_in_one_go(quotes: str, line_end: str, schema: Schema) -> None:
    text = file(quotes.format("RootUser should have Exsts and Password . Enabld"), variant="MFActive")
    text = text.replace("\r\n", "\n").replace("\n", line_end)

    assert found(text, schema) == [("R0203", "Exsts"), ("R0203", "Enabld"), ("R0203", "MFActive")]


@pytest.mark.parametrize("quotes", QUOTED)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_the_edits_leave_a_file_without_mistakes(quotes: str, line_end: str, schema: Schema) -> None:
    sentence = "RootUser should have Exsts and Position eq 'member'".replace("'", "”")
    sentence = sentence.replace("eq ”", "eq “")
    text = file(quotes.format(sentence.replace("“member”", "member")), variant="MFActive")
    text = text.replace("\r\n", "\n").replace("\n", line_end)
    edits = [edit for one in examine(text, schema) for edit in one.diagnostic.edits]
    after = edited(text, edits)

    assert examine(after, schema) == ()
    assert 'Position eq "member"' in load_rule_file(after).check


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (file(when="Exsts"), ("R0203", "Exsts")),
        (file(given='{"RootUser": [{"Exsts": true}]}'), ("R0401", "a case")),
        (file(given="no"), ("R0401", "a case")),
        ('id = "x"\nchek = "y"', ("R0401", "chek")),
        ('id = "x"\ncheck = y', ("R0401", "y")),
        ('id = "x', ("R0401", 'id = "x')),
        ("", ("R0101", "")),
        ("x = 1\n" * 60_000, ("R0401", "x = 1")),
    ],
)
def test_what_is_no_rule_file_is_one_finding(text: str, expected: tuple[str, str], schema: Schema) -> None:
    assert found(text, schema) == [expected]


def test_parameters_of_the_file_are_known(schema: Schema) -> None:
    sentence = "'RootUser should not have Password . LastUsedTime isLaterThan ( -window, \"days\" )'"

    assert found(file(sentence), schema, Depth.DOUBTS) == []
    assert found(file(sentence.replace("window", "windw")), schema) == [("R0211", "-windw")]


def test_syntax_only_leaves_names_alone(schema: Schema) -> None:
    assert found(file('"Martian should have Antennae"', variant="Tentacles"), schema, Depth.SYNTAX) == []
    assert found(file('"Martian should"', variant=")"), schema, Depth.SYNTAX) == [("R0101", ""), ("R0102", ")")]


def test_a_sentence_in_an_unusual_place_is_not_forgotten(schema: Schema) -> None:
    text = 'id="x"\ntitle="x"\nseverity="low"\nwhy="x"\nmisses="x"\n"check" = "RootUser should have Exsts"\n'

    assert found(text, schema) == [("R0203", "Exsts")]
    assert found(text.replace("Exsts", "("), schema, Depth.SYNTAX)[0][0] == "R0101"


def test_a_mistake_is_an_error_and_a_doubt_is_not(schema: Schema) -> None:
    doubtful = examine("RootUser WHERE Exists should have MFAActive", schema, depth=Depth.DOUBTS)

    assert [(one.diagnostic.code, one.diagnostic.level) for one in doubtful] == [(Code.KEYWORD_CASE, Level.WARNING)]
    assert not has_errors(doubtful)
    assert has_errors(examine("", schema))


PIECES = st.lists(
    st.sampled_from(
        ["a", "“", "\\\\", '\\"', "\\t", "\\n", "\\u00e4", "\\U0001F600", "\n", "\r\n", "\\\n  ", "'", "ß"]
    ),
    max_size=12,
)


@given(PIECES)
def test_every_character_of_a_sentence_has_its_place(pieces: list[str]) -> None:
    text = 'check = """' + "".join(pieces) + '"""\n'
    (place,) = sentences(text)

    assert place.sentence == tomllib.loads(text)["check"]
    for index, character in enumerate(place.sentence):
        span = place.span(Span(index, index + 1))
        written = text[span.start : span.end]
        assert written == character or tomllib.loads(f'x = """a{written}"""')["x"].startswith(f"a{character}")
        assert place.index(span.start) == index


ACCEPTED = """[[exception]]
when = 'Nme like "^ci-"'
reason = "x"
owner = "x"
ticket = "x"
until = 2026-05-01
"""


@pytest.mark.parametrize(
    ("wrong", "right", "said", "at"),
    [
        ('severity = "low"', 'severity = "urgent"', "it is one of `critical`, `high`, `medium`, `low`", "severity ="),
        ('expect = "pass"', 'expect = "maybe"', "it is one of `pass`, `fail`, `not_applicable`, `unknown`", "expect ="),
        ("[parameters.", "[parameter.", "unknown key `parameter`", "parameter.window"),
        ('text = "x"', 'txt = "x"', "at `reason[0]`", "txt ="),
        ('{"RootUser"', '{"RootUsr"', "RootUsr", 'a case"'),
        ("[[case]]", ACCEPTED + "[[case]]", "no attribute `Nme`", "Nme like"),
    ],
)
def test_a_mistake_outside_the_sentences_points_at_what_it_is_about(
    wrong: str, right: str, said: str, at: str, schema: Schema
) -> None:
    text = file().replace(wrong, right)
    (one,) = examine(text, schema, file="a.toml")

    assert said in one.diagnostic.message
    assert text[one.diagnostic.span.start :].startswith(at)
