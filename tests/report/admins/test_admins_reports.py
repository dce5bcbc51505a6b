"""The reports on who is as good as root: golden files, nobody left out in silence, nothing hostile let through."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.docs.pages import DOCS
from tests.report.admins import dot_language, principals

from rootwarden import packs
from rootwarden.errors import UsageError
from rootwarden.facts.iam_document import Condition, Principals, Statement
from rootwarden.iam.admins.verdict import Class
from rootwarden.report.admins import FORMATS, dot, find, graphml, machine, page, phrases, table, terminal
from rootwarden.report.admins.drawing import WIDTH, drawing
from rootwarden.report.admins.graph import graph
from rootwarden.report.admins.statement_text import as_json
from rootwarden.report.admins.told import check_principal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rootwarden.report.admins.told import Told

SUFFIX = {"terminal": "txt", "json": "json", "csv": "csv", "html": "html", "dot": "dot", "graphml": "graphml"}
SCHEMA = DOCS / "reports" / "admins-1.schema.json"
WITH_A_WAY = [one for one in principals.EVERYBODY if one.kind is not Class.NONE]
XML = "{http://graphml.graphdrawing.org/xmlns}"


@pytest.mark.parametrize("told", [principals.EVERYTHING, principals.NOTHING], ids=["everything", "nothing"])
@pytest.mark.parametrize("name", FORMATS)
def test_formats_as_they_stand(name: str, told: Told, golden: Callable[[str, str], None]) -> None:
    case = "everything" if told is principals.EVERYTHING else "nothing"
    golden(f"admins-{case}.{SUFFIX[name]}", FORMATS[name].render(told))


@pytest.mark.parametrize("name", ["json", "csv"])
def test_everybody_is_in_the_formats_for_programs(name: str) -> None:
    text = FORMATS[name].render(principals.EVERYTHING)
    for one in principals.EVERYBODY:
        if one is not principals.NASTY:
            assert one.arn in text


@pytest.mark.parametrize("name", ["dot", "graphml", "html"])
def test_everybody_with_a_way_is_in_the_pictures(name: str) -> None:
    text = FORMATS[name].render(principals.EVERYTHING)
    for one in WITH_A_WAY:
        if one is not principals.NASTY:
            assert one.arn in text


def test_everybody_with_a_way_is_on_the_terminal() -> None:
    text = terminal.render(principals.EVERYTHING)
    for one in (*WITH_A_WAY, principals.STOPPED):
        if one is not principals.NASTY:
            assert phrases.short(one.arn) in text
    assert phrases.short(principals.ORDINARY.arn) not in text
    assert "user/ordinary" in terminal.render(replace(principals.EVERYTHING, classes=frozenset({Class.NONE})))


@pytest.mark.parametrize("name", ["terminal", "html"])
def test_accounts_without_an_administrator_stand_first(name: str) -> None:
    said = (principals.MANAGEMENT, "000033334444", principals.HERE)
    section = FORMATS[name].render(principals.EVERYTHING).partition("Administrators beside root")[2]
    assert [section.index(account) for account in said] == sorted(section.index(account) for account in said)
    assert section.index("none: no administrator is a role") < section.index("not known: it could not be read")


@pytest.mark.parametrize("name", FORMATS)
def test_hostile_text_is_made_harmless(name: str) -> None:
    text = FORMATS[name].render(principals.EVERYTHING)
    assert "\x1b" not in text
    assert name == "json" or "\u202e" not in text
    assert name not in {"html", "graphml"} or "<script>" not in text


def test_no_cell_of_the_table_is_a_formula() -> None:
    text = table.render(replace(principals.EVERYTHING, accounts={principals.HERE: principals.HOSTILE}))
    for row in csv.reader(io.StringIO(text)):
        assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert {row["account_name"][:6] for row in csv.DictReader(io.StringIO(text)) if row["account_name"]} == {"'=cmd("}


def test_the_table_has_one_row_for_each() -> None:
    rows = list(csv.DictReader(io.StringIO(table.render(principals.EVERYTHING))))
    assert len(rows) == len(principals.EVERYBODY)
    assert [row["class"] for row in rows] == sorted(
        (row["class"] for row in rows), key=[kind.value for kind in phrases.CLASSES].index
    )
    chain = next(row for row in rows if row["arn"] == principals.CHAIN.arn)
    assert (chain["steps"], chain["path"]) == ("2", "group-join; role-assume")
    assert chain["assumes"] == packs.escalation_words().requires["subnet"]


def test_the_schema_is_the_published_one(matches: Callable[[Path, str], None]) -> None:
    matches(SCHEMA, machine.json_schema())


def test_the_document_fits_its_schema(breached: Told) -> None:
    import jsonschema

    for told in (principals.EVERYTHING, principals.NOTHING, breached):
        jsonschema.validate(json.loads(machine.render(told)), json.loads(SCHEMA.read_text("utf-8")))


def test_every_field_is_documented() -> None:
    text = (DOCS / "iam-admins.md").read_text("utf-8")
    schema = json.loads(machine.json_schema())
    fields = {name for part in schema["$defs"].values() for name in part.get("properties", ())}
    assert {"class", "blocked_by", "lets_in"} <= fields
    assert {name for name in fields if f"`{name}`" not in text} == set()
    assert {kind for kind in Class if f"| `{kind}` |" not in text} == set()
    assert {column for column in table.COLUMNS if f"`{column}`" not in text} == set()
    assert {name for name in FORMATS if f"| `{name}` |" not in text} == set()


def test_a_format_there_is_not() -> None:
    with pytest.raises(UsageError, match="no report format `pdf`"):
        find("pdf")


def test_a_principal_there_is_not() -> None:
    check_principal(principals.EVERYTHING.found, principals.ADMIN)
    check_principal(principals.EVERYTHING.found, "")
    with pytest.raises(UsageError, match="nobody is called") as raised:
        check_principal(principals.EVERYTHING.found, principals.ADMIN[:-1])
    assert principals.ADMIN in str(raised.value.hint)


def test_counts_are_of_everybody_whoever_is_listed() -> None:
    told = replace(principals.EVERYTHING, classes=frozenset({Class.LATERAL}))
    document = json.loads(machine.render(told))
    assert [one["class"] for one in document["principals"]] == ["lateral"]
    assert document["counts"] == {"direct": 1, "escalation": 3, "conditional": 1, "lateral": 1, "none": 2}
    assert document["open_roles"] == []
    assert [one["arn"] for one in json.loads(machine.render(principals.EVERYTHING))["open_roles"]] == [principals.ADMIN]


def test_long_lists_are_cut_and_say_so() -> None:
    many = [replace(principals.ITSELF, arn=principals.arn(f"user/writer-{number:03}")) for number in range(100)]
    told = replace(principals.EVERYTHING, found=replace(principals.EVERYTHING.found, principals=tuple(many)))
    cut = terminal.render(told)
    assert cut.count("user/writer-") == terminal.MOST_BLOCKS
    assert f"and {100 - terminal.MOST_BLOCKS} more of class escalation: --all shows every one" in cut
    assert terminal.render(told, uncut=True).count("▲ user/writer-") == 100


@pytest.mark.parametrize("width", [60, 80, 140])
def test_no_line_is_wider_than_the_terminal(breached: Told, width: int) -> None:
    for told in (principals.EVERYTHING, breached):
        assert max(map(len, terminal.render(told, width=width, uncut=True).splitlines())) <= width


def test_colour_adds_nothing_but_colour(breached: Told) -> None:
    plain = terminal.render(breached)
    coloured = terminal.render(breached, color=True)
    stripped = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in stripped.splitlines()] == plain.splitlines()
    assert coloured != plain


# one principal


def test_one_principal_with_everything(breached: Told) -> None:
    (one,) = [each for each in breached.principals if each.arn.endswith(":role/release-start")]
    text = terminal.render(replace(breached, principal=one.arn), width=140)
    assert "Step 3 of 3  role-assume" in text
    assert '"Action": "sts:AssumeRole"' in text
    assert "trust policy of release-hub, statement 0:" in text
    assert "denying any one of these stops it: sts:AssumeRole" in text
    assert "remedy: Let the trust policy" in text
    assert "role/ci-deployer" not in text


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("user/experimenter", '"Action": "iam:CreatePolicyVersion"'),
        ("role/ci-jobs", "permissions boundary no-passing does not allow it"),
        ("role/account-recovery", "? if the actor reads the mailbox of root of the account"),
        ("user/oncall", '"aws:MultiFactorAuthPresent": "true"'),
        ("user/onboarding", "on      arn:aws:iam::000011110004:group/administrators"),
    ],
)
def test_what_is_said_of_one(breached: Told, name: str, said: str) -> None:
    (one,) = [each for each in breached.principals if each.arn.endswith(f":{name}")]
    assert said in terminal.render(replace(breached, principal=one.arn), width=140)


def test_every_statement_of_the_world_is_found_as_written(breached: Told) -> None:
    steps = [(step, place) for one in breached.principals for step in one.path for place in step.statements]
    assert len(steps) > 10
    for step, place in steps:
        (statement,) = breached.statements(place, step.by, step)
        assert statement.effect == "Allow"


def test_a_statement_as_json() -> None:
    statement = Statement(
        sid="One",
        effect="Deny",
        not_actions=("iam:Get*", "iam:List*"),
        resources=("*",),
        not_principals=Principals(aws=("*",)),
        conditions=(Condition("StringEquals", "aws:a", ("x",)), Condition("StringEquals", "aws:b", ("y", "z"))),
    )
    assert json.loads(as_json(statement)) == {
        "Sid": "One",
        "Effect": "Deny",
        "NotPrincipal": "*",
        "NotAction": ["iam:Get*", "iam:List*"],
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:a": "x", "aws:b": ["y", "z"]}},
    }


# graphs


def test_dot_is_a_graph_with_everybody(breached: Told) -> None:
    for told in (principals.EVERYTHING, breached, principals.NOTHING):
        found = dot_language.parse(dot.render(told))
        wanted = graph(told)
        assert len(found.nodes) == len(wanted.nodes)
        assert len(found.edges) == len(wanted.edges)
        assert {end for edge in found.edges for end in edge[:2]} <= set(found.nodes)


@pytest.fixture(scope="session")
def graphviz() -> str:
    """Path of Graphviz's `dot`; without one its test is left out and says so: the reader above stands in for it."""
    found = shutil.which("dot")
    if found is None and "CI" in os.environ:
        pytest.fail("a build server has Graphviz: .ci/run installs it")
    if found is None:
        pytest.skip("no Graphviz on this system")
    return found


def test_graphviz_reads_it(breached: Told, graphviz: str) -> None:
    for told in (principals.EVERYTHING, breached):
        done = subprocess.run([graphviz, "-Tsvg"], input=dot.render(told).encode(), capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")


def test_graphml_is_xml_with_keys_declared(breached: Told) -> None:
    for told in (principals.EVERYTHING, breached, principals.NOTHING):
        top = ET.fromstring(graphml.render(told))  # noqa: S314 - our own
        keys = {key.get("id"): key.get("for") for key in top.iter(f"{XML}key")}
        nodes = [node.get("id") for node in top.iter(f"{XML}node")]
        assert len(nodes) == len(set(nodes)) == len(graph(told).nodes)
        for edge in top.iter(f"{XML}edge"):
            assert {edge.get("source"), edge.get("target")} <= set(nodes)
        for what in ("node", "edge"):
            for each in top.iter(f"{XML}{what}"):
                assert {keys[data.get("key")] for data in each} <= {what}


def test_everybody_who_gets_up_leads_to_the_top(breached: Told) -> None:
    edges = graph(breached).edges
    assert any(edge.together_with for edge in edges)
    for one in breached.principals:
        reached, more = {one.arn}, {one.arn}
        while more:
            # Who changes somebody has to have both in hand.
            onwards = (each for each in edges if {each.source, each.together_with or each.source} <= reached)
            more = {each.goal for each in onwards} - reached
            reached |= more
        top = any(each.startswith(("administrator:", "root:")) for each in reached)
        assert top is phrases.gets_up(one), one.arn


@given(st.text(max_size=30))
def test_any_name_survives_both_graph_formats(name: str) -> None:
    one = replace(principals.ITSELF, arn=principals.arn(f"user/{name}"), path=principals.SIDEWAYS.path)
    told = replace(principals.EVERYTHING, found=replace(principals.EVERYTHING.found, principals=(one,)))
    dot_language.parse(dot.render(replace(told, accounts={principals.HERE: name})))
    ET.fromstring(graphml.render(replace(told, accounts={principals.HERE: name})))  # noqa: S314 - our own


# drawings


def test_drawings_are_as_long_as_the_way(breached: Told) -> None:
    for one in breached.principals:
        if one.kind is Class.NONE:
            continue
        drawn = drawing(one, breached)
        steps = max(1, len(one.path))
        assert (len(drawn.boxes), len(drawn.arrows)) == (steps + 1, steps)
        assert drawn.boxes[-1].standing in ({"administrator", "root"} if phrases.gets_up(one) else {"between"})
        assert [arrow.sure for arrow in drawn.arrows if one.path] == [not step.requires for step in one.path]


def test_nothing_drawn_overlaps(breached: Told) -> None:
    for told in (breached, principals.EVERYTHING):
        for one in told.principals:
            if one.kind is Class.NONE:
                continue
            drawn = drawing(one, told)
            edges = [edge for box in drawn.boxes for edge in (box.top, box.top + box.height)]
            assert edges == sorted(edges)
            assert edges[-1] <= drawn.height
            for arrow, above, below in zip(drawn.arrows, drawn.boxes, drawn.boxes[1:], strict=False):
                assert (arrow.top, arrow.bottom) == (above.top + above.height, below.top)
                assert all(arrow.top < line.base < arrow.bottom for line in arrow.lines)


def test_a_drawing_says_the_same_in_words() -> None:
    drawn = drawing(principals.TO_ROOT, principals.EVERYTHING)
    assert drawn.title == "role/contacts: can, if something holds that is not known"
    assert "leads to root of 000022223333" in drawn.description
    assert "if root of the account has no MFA device" in drawn.description
    assert WIDTH <= 400  # as wide as a phone


def test_the_page_names_what_it_leaves_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "MOST_CARDS", 1)
    text = page.render(principals.EVERYTHING)
    assert text.count('class="principal ') == 5
    assert "Not shown on this page: 2 more of class escalation." in text
    assert "1 other without a way up is not shown here" in text
