"""One form for every rule: the same tree, the same again, every comment still there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rootwarden.errors import InputError
from rootwarden.rules.diagnostic import RuleSyntaxError
from rootwarden.rules.format import format_sentence
from rootwarden.rules.layout import WIDTH
from rootwarden.rules.parser import parse
from rootwarden.rules.printer import print_rule
from rootwarden.rules.sentences import rewritten, sentences

PACK = sorted((Path(__file__).parents[2] / "src/rootwarden/packs/root").glob("*.toml"))
LEAVES = st.sampled_from(
    [
        "Flag",
        "no Parts",
        "Size = 1",
        'Name not like "a#b\\\\.c"',
        "Box . And neq “x”",
        "Size NOT IN ( 1, -2,3.50 )",
        'Used isLaterThan ( -window, "days" )',
        "atleast one Parts contain [ Flag ]",
        "any one with [ len len ( ) gt 1 ]",
        "Range eq 10.0.0.0/8",
        "AtMost One Parts where Flag contain [ Other ]",
        "atleast 95 % Parts with [ Never never ]",
        "exactly 2 Parts",
        "Size Between -1 and 2",
        "FromPort to ToPort overlaps ( 20,21 )",
        "Used Older Than window week",
        'Range overlaps ( 10.0.0.0/8, "fd00::/8" )',
        'Name catches ( "root-usage" )',
        'Statements denies ( "*" ) for root',
    ]
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds("( {} ) and {}".format, inner, inner),
        st.builds("( {} or {} )".format, inner, inner),
        st.builds("not ( {} )".format, inner),
        st.builds("every Parts with [ {} ]".format, inner),
        st.builds("atleast 2 Parts where ( {} ) with [ {} ]".format, inner, inner),
    ),
    max_leaves=12,
)
RULES = st.builds(
    "{}{} {} {}".format,
    st.just("Thing"),
    st.one_of(st.just(""), st.builds(" where {}".format, CONDITIONS)),
    st.sampled_from(["should have", "SHOULD not have"]),
    CONDITIONS,
)
GAP = st.sampled_from([" "] * 12 + ["\n", " # why\n", "\n# one\n  # two\n"])


@st.composite
def commented(draw: st.DrawFn) -> str:
    """A rule with comments between its words (never inside strings or right behind a minus)."""
    words = re.split(r' (?=(?:[^"“”]*["“][^"“”]*["”])*[^"“”]*$)', draw(RULES))
    return "".join(word + draw(GAP) for word in words)


def comments(text: str) -> list[str]:
    without_strings = re.sub(r'"(?:[^"\\]|\\.)*"|“[^”]*”', "", text)
    return sorted(one.strip() for one in re.findall(r"#[^\n]*", without_strings))


@given(commented())
def test_same_tree_same_again_comments_kept(text: str) -> None:
    formatted = format_sentence(text)

    assert print_rule(parse(formatted)) == print_rule(parse(text))
    assert format_sentence(formatted) == formatted
    assert comments(formatted) == comments(text)


@given(RULES)
def test_lines_are_short_unless_a_single_word_is_long(text: str) -> None:
    assert all(len(line) <= WIDTH for line in format_sentence(text).split("\n") if line.count(" with [ ") < 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Thing  SHOULD have a=1 and(b or c)", "Thing should have a eq 1 and ( b or c )"),
        ("Thing should have a and b or c", "Thing should have ( a and b ) or c"),
        ("# top\nThing should have a # end", "# top\n# end\nThing should have a"),
        ("Thing should have a\n# last", "Thing should have a\n# last"),
        ("Thing where a # of a\nshould have b", "# of a\nThing where a should have b"),
        ("Thing where a\n# of b\nshould have b", "Thing where a\n# of b\nshould have b"),
        (
            f"Thing should have {'x' * 50} and {'y' * 50} or z",
            f"Thing should have (\n    {'x' * 50}\n    and {'y' * 50}\n)\n    or z",
        ),
    ],
)
def test_forms(text: str, expected: str) -> None:
    assert format_sentence(text) == expected


def test_what_does_not_parse_is_refused() -> None:
    with pytest.raises(RuleSyntaxError):
        format_sentence("Thing should")


def test_a_rule_that_would_grow_too_long_stays() -> None:
    text = "Thing should have a" + " and(b=c or d)" * 1100

    assert format_sentence(text) == text


@pytest.mark.parametrize("file", PACK, ids=lambda file: file.stem)
def test_in_a_rule_file_only_the_checks_change(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    formatted = rewritten(text, format_sentence)
    before, after = tomllib.loads(text), tomllib.loads(formatted)

    for one in (before, after):
        for table in (one, *one.get("variant", [])):
            table["check"] = print_rule(parse(table["check"]))
    assert before == after
    assert rewritten(formatted, format_sentence) == formatted
    outside = [text[a.end : b.start] for a, b in zip(sentences(text), sentences(text)[1:], strict=False)]
    assert all(one in formatted for one in outside)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('check = "A should have b=1" # c\n', 'check = "A should have b eq 1" # c\n'),
        ("check = 'A should have b=\"x\"'\n", "check = 'A should have b eq \"x\"'\n"),
        ('check = "A should have b=\\"x\\""\n', "check = '''\nA should have b eq \"x\"\n'''\n"),
        ("why = '''\ncheck = \"no\"\n'''\ncheck = 'A should have b=1'\n", None),
        (
            'check="""\r\nA should have b=1\r\n"""\r\nid = "x"\r\n',
            'check="""\r\nA should have b eq 1\r\n"""\r\nid = "x"\r\n',
        ),
        ("check = 'A should have b like \"\\d\" # c'", "check = '''\n# c\nA should have b like \"\\d\"\n'''"),
    ],
)
def test_strings_of_toml(text: str, expected: str | None) -> None:
    assert rewritten(text, format_sentence) == (expected or text.replace("b=1", "b eq 1"))


def test_a_sentence_toml_cannot_hold_is_refused() -> None:
    with pytest.raises(InputError):
        rewritten('check = "A should have b=1"', lambda _: "A should have b eq “\x01”")


def test_a_scope_that_is_too_long_for_its_line_is_broken_too() -> None:
    names = " or ".join(f'Name eq "{letter * 12}"' for letter in "abcdef")
    text = f"Thing should not have every Parts where ( {names} ) with [ Flag and Used within last 90 days ]"

    assert format_sentence(text).splitlines() == [
        "Thing should not have every Parts where (",
        '    Name eq "aaaaaaaaaaaa"',
        *(f'    or Name eq "{letter * 12}"' for letter in "bcdef"),
        ") with [",
        "    Flag and Used within last 90 days",
        "]",
    ]
