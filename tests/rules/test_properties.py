"""What holds for every rule: the negation laws, that learning never flips a verdict, that printing loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rootwarden.facts.fact import Absent, Known, Unknown
from rootwarden.rules.parser import parse
from rootwarden.rules.printer import print_rule
from rootwarden.rules.rule import compile_rule
from rootwarden.rules.rule_file import DEFAULT_AS_OF
from rootwarden.rules.syntax import Rule
from rootwarden.rules.verdict import Verdict

if TYPE_CHECKING:
    from rootwarden.facts.fact import Fact
    from rootwarden.rules.logic import Record
    from rootwarden.rules.schema import Schema

NOW = int(DEFAULT_AS_OF.timestamp())
DATES = [0, NOW - 90_000, NOW - 86_400, NOW - 3_600, NOW, NOW + 60]


@pytest.fixture(scope="session")
def load(schema: Schema) -> Schema:
    return schema


Draw = Callable[[st.SearchStrategy[Any]], Any]

# --- sentences

SIZES = st.integers(-2, 3)
NUMBER_TESTS = st.one_of(
    st.builds("{} {}".format, st.sampled_from(["eq", "neq", "gt", ">=", "lt", "<="]), SIZES),
    st.builds("{} ( {}, {} )".format, st.sampled_from(["in", "notin", "not in"]), SIZES, SIZES),
)
STRINGS = st.sampled_from(['"a"', '"b"', '""', "“a”", '"a\\"b"'])
STRING_TESTS = st.one_of(
    st.builds("{} {}".format, st.sampled_from(["eq", "neq", "like", "notlike", "not like"]), STRINGS),
    st.builds("{} ( {} )".format, st.sampled_from(["in", "notin"]), STRINGS),
    st.builds("len ( ) {}".format, NUMBER_TESTS),
    st.just(""),
)
BOOLEAN_TESTS = st.sampled_from(["", "eq true", "eq false", "neq true", "in ( true )", "notin ( false )"])
DATE_TESTS = st.one_of(
    st.builds("{} {}".format, st.sampled_from(["eq", "neq", "gt", "lte"]), st.sampled_from(DATES)),
    st.builds(
        '{} ( {}, "{}" )'.format,
        st.sampled_from(["isLaterThan", "isEarlierThan"]),
        st.integers(-2, 1),
        st.sampled_from(["days", "hours", "seconds", "week"]),
    ),
)
ADDRESS_TESTS = st.sampled_from(
    ["eq 10.0.0.0/8", "neq 8.8.8.8", 'in ( "::/0", 10.0.0.0/8 )', "isPublic ( )", "isPrivate ( )", "numhosts ( ) gt 1"]
)
DATE_TESTS = st.one_of(
    DATE_TESTS,
    st.sampled_from(["never", "within last 1 days", "older than 90000 seconds", "Older Than 25 hour"]),
    st.just(f"between {NOW - 90_000} and {NOW}"),
)
NUMBER_TESTS = st.one_of(NUMBER_TESTS, st.builds("between {} and {}".format, st.integers(-2, 0), st.integers(0, 3)))
QUANTIFIERS = st.one_of(
    st.sampled_from(["", "atleast one ", "any ", "every ", "no ", "atmost one ", "EXACTLY one "]),
    st.builds("{} {} ".format, st.sampled_from(["atleast", "atmost", "exactly"]), st.integers(0, 3)),
    st.builds("{} {}% ".format, st.sampled_from(["atleast", "atmost"]), st.sampled_from([0, 33.4, 50, "66.6", 100])),
)
PART_LEAVES = st.one_of(
    st.builds("Flag {}".format, BOOLEAN_TESTS),
    st.builds("Used {}".format, DATE_TESTS),
    st.builds("Name {}".format, STRING_TESTS),
    st.builds("{}Inner with [ Size {} ]".format, QUANTIFIERS, NUMBER_TESTS),
    st.builds("( {}Inner where Size {} with [ Size {} ] )".format, QUANTIFIERS, NUMBER_TESTS, NUMBER_TESTS),
    st.builds("Inner len ( ) {}".format, NUMBER_TESTS),
)


def combined(leaves: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds("( {} and {} )".format, inner, inner),
            st.builds("( {} or {} )".format, inner, inner),
            st.builds("not {}".format, inner),
        ),
        max_leaves=4,
    )


LEAVES = st.one_of(
    st.builds("{} {}".format, st.sampled_from(["Flag", "Other", "Box . Flag"]), BOOLEAN_TESTS),
    st.builds("{} {}".format, st.sampled_from(["Size", "Limit", "Box . Size"]), NUMBER_TESTS),
    st.builds("{} {} {}".format, st.just("Size"), st.sampled_from(["eq", "lt", "neq"]), st.just("Limit")),
    st.builds("{} {} {}".format, st.just("Used"), st.sampled_from(["eq", "lt", "neq"]), st.just("Made")),
    st.builds("Size in ( Limit, {} )".format, SIZES),
    st.builds("Name {}".format, STRING_TESTS),
    st.builds("Used {}".format, DATE_TESTS),
    st.builds("Range {}".format, ADDRESS_TESTS),
    st.builds("Labels has ( {} )".format, STRINGS),
    st.sampled_from(["Box", "Parts", "no Parts", "any Labels", "Parts len ( ) gt 1"]),
    st.builds("{}Parts with [ {} ]".format, QUANTIFIERS, combined(PART_LEAVES)),
    st.builds("{}Parts where ( {} ) with [ {} ]".format, QUANTIFIERS, combined(PART_LEAVES), combined(PART_LEAVES)),
    st.builds("{} {} Parts".format, st.sampled_from(["atleast", "atmost", "exactly"]), st.integers(0, 3)),
    st.builds("Size to Limit overlaps ( {}, {} )".format, st.integers(-2, 0), st.integers(0, 3)),
    st.sampled_from(
        ["Range overlaps ( 10.0.0.0/9 )", 'Range overlaps ( "2000::/3", 8.0.0.0/8 )', "Range overlaps ( Range )"]
    ),
    st.builds("{}Box with [ Flag {} ]".format, QUANTIFIERS, BOOLEAN_TESTS),
)
CONDITIONS = combined(LEAVES)
RULES = st.builds(
    "Thing {}should {}have {}".format,
    st.one_of(st.just(""), st.builds("where {} ".format, CONDITIONS)),
    st.sampled_from(["", "not "]),
    CONDITIONS,
)

# --- facts

GONE = st.sampled_from([Absent(), Unknown("nobody looked"), Unknown("denied")])


def fact(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Fact[Any]]:
    return st.one_of(st.builds(Known, values), st.builds(Known, values), GONE)


BOOLEANS, NUMBERS, WHEN = fact(st.booleans()), fact(st.integers(-2, 3)), fact(st.sampled_from(DATES))
NAMES = fact(st.sampled_from(["", "a", "ab", 'a"b', "B"]))
INNER = fact(st.lists(st.fixed_dictionaries({"Size": NUMBERS}), max_size=2).map(tuple))
PARTS = fact(
    st.lists(
        st.one_of(
            st.fixed_dictionaries({"Flag": BOOLEANS, "Used": WHEN, "Name": NAMES, "Inner": INNER}),
            st.just(Unknown("cut short")),
        ),
        max_size=3,
    ).map(tuple)
)
LABELS = fact(st.lists(st.one_of(st.sampled_from(["a", "b", ""]), st.just(Unknown("cut"))), max_size=3).map(tuple))
RECORDS: st.SearchStrategy[dict[str, Fact[Any]]] = st.fixed_dictionaries(
    {
        "Flag": BOOLEANS,
        "Other": BOOLEANS,
        "Name": NAMES,
        "Size": NUMBERS,
        "Limit": NUMBERS,
        "Used": WHEN,
        "Made": WHEN,
        "Range": fact(st.sampled_from(["10.0.0.0/8", "8.8.8.8", "::/0", "nonsense"])),
        "Labels": LABELS,
        "Box": fact(st.fixed_dictionaries({"Flag": BOOLEANS, "Size": NUMBERS})),
        "Parts": PARTS,
    }
)


def verdict(text: str, record: Record, schema: Schema) -> Verdict:
    return compile_rule(text, schema).evaluate(record, as_of=DEFAULT_AS_OF).verdict


def learned(value: Any, draw: Draw, like: st.SearchStrategy[Any]) -> Any:
    """The same facts with some unknown ones replaced by what `like` gives: another state of the same attribute."""
    if isinstance(value, Unknown):
        return draw(like) if draw(st.booleans()) else value
    if isinstance(value, Known) and isinstance(value.value, dict):
        return Known(taught(value.value, draw, {"Flag": BOOLEANS, "Size": NUMBERS}))
    if isinstance(value, Known) and isinstance(value.value, tuple):
        return Known(tuple(_element(one, draw) for one in value.value))
    return value


PART_FACTS = {"Flag": BOOLEANS, "Used": WHEN, "Name": NAMES, "Inner": INNER, "Size": NUMBERS}


def _element(one: Any, draw: Draw) -> Any:
    if isinstance(one, dict):
        return taught(one, draw, PART_FACTS)
    if isinstance(one, Unknown) and one.reason == "cut short" and draw(st.booleans()):
        return draw(st.fixed_dictionaries({name: PART_FACTS[name] for name in ("Flag", "Used", "Name", "Inner")}))
    if isinstance(one, Unknown) and one.reason == "cut" and draw(st.booleans()):
        return draw(st.sampled_from(["a", "b", ""]))
    return one


def taught(record: dict[str, Any], draw: Draw, facts: dict[str, Any]) -> dict[str, Any]:
    return {name: learned(value, draw, facts[name]) for name, value in record.items()}


FACTS = {
    "Flag": BOOLEANS,
    "Other": BOOLEANS,
    "Name": NAMES,
    "Size": NUMBERS,
    "Limit": NUMBERS,
    "Used": WHEN,
    "Made": WHEN,
    "Range": fact(st.sampled_from(["10.0.0.0/8", "8.8.8.8", "::/0"])),
    "Labels": LABELS,
    "Box": fact(st.fixed_dictionaries({"Flag": BOOLEANS, "Size": NUMBERS})),
    "Parts": PARTS,
}


@given(rule=RULES, record=RECORDS, data=st.data())
@settings(max_examples=800, deadline=None)
def test_learning_never_flips_a_decided_verdict(
    rule: str, record: dict[str, Any], data: st.DataObject, schema: Schema
) -> None:
    before = verdict(rule, record, schema)
    if before is Verdict.UNKNOWN:
        return
    after = taught(record, data.draw, FACTS)

    assert verdict(rule, after, schema) is before


@given(rule=RULES, record=RECORDS)
@settings(max_examples=300, deadline=None)
def test_an_unknown_verdict_waits_for_something_that_is_unknown(rule: str, record: Record, schema: Schema) -> None:
    outcome = compile_rule(rule, schema).evaluate(record, as_of=DEFAULT_AS_OF)

    assert bool(outcome.missing) == (outcome.verdict is Verdict.UNKNOWN)


LAWS = [
    ("Size neq {n}", "not ( Size eq {n} )"),
    ("Used neq 0", "not ( Used eq 0 )"),
    ("Size neq Limit", "not ( Size eq Limit )"),
    ("Size notin ( {n}, 1 )", "not ( Size in ( {n}, 1 ) )"),
    ("Size not in ( {n}, 1 )", "not ( Size in ( {n}, 1 ) )"),
    ("Name notlike {s}", "not ( Name like {s} )"),
    ("Name not like {s}", "not ( Name like {s} )"),
    ("no Parts with [ {c} ]", "every Parts with [ not ( {c} ) ]"),
    ("no Box with [ Flag ]", "every Box with [ not Flag ]"),
    ("not ( {c} and Flag )", "not ( {c} ) or not Flag"),
    ("not ( {c} or Flag )", "not ( {c} ) and not Flag"),
    ("not not ( {c} )", "{c}"),
]


@pytest.mark.parametrize("law", LAWS)
@given(record=RECORDS, condition=combined(PART_LEAVES), literals=st.tuples(SIZES, STRINGS))
@settings(max_examples=60, deadline=None)
def test_laws_of_negation(
    law: tuple[str, str], record: dict[str, Any], condition: str, literals: tuple[int, str], schema: Schema
) -> None:
    number, text = literals
    if "Parts" not in law[0]:
        condition = f"Parts with [ {condition} ]"
    one, other = (side.format(c=condition, n=number, s=text) for side in law)

    assert verdict(f"Thing should have {one}", record, schema) is verdict(f"Thing should have {other}", record, schema)


@given(condition=CONDITIONS, record=RECORDS)
@settings(max_examples=200, deadline=None)
def test_should_not_have_is_should_have_not(condition: str, record: dict[str, Any], schema: Schema) -> None:
    negated = verdict(f"Thing should not have {condition}", record, schema)

    assert negated is verdict(f"Thing should have not ( {condition} )", record, schema)


def bare(node: Any) -> Any:
    """A tree without places, to compare by."""
    if isinstance(node, tuple):
        return tuple(bare(one) for one in node)
    if hasattr(node, "__struct_fields__"):
        fields = [name for name in node.__struct_fields__ if not name.endswith(("span", "spans"))]
        return (type(node).__name__, *(bare(getattr(node, name)) for name in fields))
    return node


@given(rule=RULES)
@settings(max_examples=500, deadline=None)
def test_what_is_printed_parses_to_the_same_tree(rule: str, schema: Schema) -> None:
    tree = parse(rule)
    printed = print_rule(tree)

    assert bare(parse(printed)) == bare(tree)
    assert print_rule(parse(printed)) == printed
    assert compile_rule(rule, schema).text == printed


@pytest.mark.parametrize(
    "spelling",
    [
        'IAMUser where Name eq "root" should have AccessKey len ( ) eq 0 and Password . Enabled',
        "IAMUser where Name eq “root” should have AccessKey len() eq 0 and Password.Enabled",
        'IAMUser\nwhere Name\n = "root"\tSHOULD Have AccessKey LEN ( )eq 0 And Password .Enabled # a comment',
        'IAMUser where Name eq"root"should have(AccessKey len( )eq 0)and(Password\n.\nEnabled)',
    ],
)
def test_blanks_quotes_case_and_comments_do_not_matter(spelling: str) -> None:
    canonical = 'IAMUser where Name eq "root" should have AccessKey len ( ) eq 0 and Password . Enabled'

    assert isinstance(parse(spelling), Rule)
    assert bare(parse(spelling)) == bare(parse(canonical))


@pytest.mark.parametrize("text", ["a\\", '\\"', "\\\\", '"', '\\\\"', "", "\n", "(?i)x\\.$"])
def test_strings_survive_printing(text: str, schema: Schema) -> None:
    compiled = compile_rule("Thing should have Name eq wanted", schema, parameters={"wanted": text})

    assert compiled.evaluate({"Name": Known(text)}, as_of=DEFAULT_AS_OF).verdict is Verdict.PASS
    again = compile_rule(compiled.text, schema)
    assert again.evaluate({"Name": Known(text)}, as_of=DEFAULT_AS_OF).verdict is Verdict.PASS
