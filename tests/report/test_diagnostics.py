"""One diagnostic object, four faces: all show the same, each in the way its readers expect."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from rootwarden import __version__
from rootwarden.packs import pages, schema
from rootwarden.report import diagnostics
from rootwarden.report.annotations import workflow_commands
from rootwarden.report.diagnostics import Examined, Fixed, Unread
from rootwarden.report.sarif import sarif
from rootwarden.rules.corrections import edited
from rootwarden.rules.diagnostic import Code, Edit, Span
from rootwarden.rules.findings import Depth, examine

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
SCHEMA = HERE.parents[1] / "docs" / "reports" / "diagnostics-1.schema.json"
SARIF = json.loads((HERE / "sarif-2.1.0-used.schema.json").read_text(encoding="utf-8"))
FILES = {
    "rules/idle.rule": (
        "IAMUser\n# 😀 is two units of UTF-16\nwhere LastUsedTime neq 0\nshould have Name eq “😀” and MFActve"
    ),
    "rules/types.rule": '# 😀\nIAMUser where Name neq "😀" and RootUser eq "true" should have MFAActive',
    "rules/lines.rule": "RootUser should not have ( MFAActive eq true\nand MFAActive eq false )",
    "rules/fine.rule": "RootUser should have MFAActive",
    "a b%,:.toml": 'id = "x"\nchek = "y"\n',
}


def examined() -> Examined:
    found = [each for file, text in FILES.items() for each in examine(text, schema(), file=file, depth=Depth.DOUBTS)]
    return Examined(
        files=tuple(FILES),
        findings=tuple(found),
        unread=(Unread("none.rule", "`none.rule` cannot be read: no such file or directory", "give the path"),),
        fixed=(Fixed("rules/fine.rule", Code.FOREIGN_OPERATOR, "`&&` is not an operator here", "write `and`"),),
    )


def test_golden_text(golden: Callable[[str, str], None]) -> None:
    golden("diagnostics.txt", diagnostics.text(examined()) + "\n")


def test_golden_json(golden: Callable[[str, str], None]) -> None:
    golden("diagnostics.json", diagnostics.json(examined()) + "\n")


def test_golden_sarif(golden: Callable[[str, str], None]) -> None:
    golden("diagnostics.sarif", sarif(examined(), pages()) + "\n")


def test_golden_workflow_commands(golden: Callable[[str, str], None]) -> None:
    golden("diagnostics.github.txt", workflow_commands(examined()) + "\n")


def test_the_published_schema_is_the_one_the_structs_give(matches: Callable[[Path, str], None]) -> None:
    matches(SCHEMA, diagnostics.json_schema())


@pytest.mark.parametrize("what", [examined(), Examined()], ids=["rich", "empty"])
def test_json_is_valid_by_the_published_schema(what: Examined) -> None:
    published = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(published)
    jsonschema.validate(json.loads(diagnostics.json(what)), published)


@pytest.mark.parametrize("spoil", ["extra", "lacking", "level", "code"])
def test_the_published_schema_refuses_what_is_not_the_format(spoil: str) -> None:
    document = json.loads(diagnostics.json(examined()))
    first = document["diagnostics"][0]
    if spoil == "extra":
        first["surprise"] = 1
    elif spoil == "lacking":
        del first["region"]["end_line"]
    else:
        first[spoil] = "hint"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, json.loads(SCHEMA.read_text(encoding="utf-8")))


@pytest.mark.parametrize("what", [examined(), Examined()], ids=["rich", "empty"])
def test_sarif_has_the_structure_of_the_standard(what: Examined) -> None:
    jsonschema.Draft7Validator.check_schema(SARIF)
    jsonschema.Draft7Validator(SARIF).validate(json.loads(sarif(what, pages())))


def test_sarif_names_its_rules_and_says_when_a_file_was_not_read() -> None:
    (run,) = json.loads(sarif(examined(), pages()))["runs"]
    rules = run["tool"]["driver"]["rules"]

    assert run["tool"]["driver"]["version"] == __version__
    assert [rules[one["ruleIndex"]]["id"] for one in run["results"]] == [one["ruleId"] for one in run["results"]]
    assert run["invocations"][0]["executionSuccessful"] is False
    assert json.loads(sarif(Examined(), pages()))["runs"][0]["invocations"][0]["executionSuccessful"] is True
    assert {one["location"]["uri"] for one in run["artifacts"]} == {
        *list(FILES)[:4],
        "a%20b%25%2C%3A.toml",
    }


def applied(text: str, replacements: list[Any]) -> str:
    """The edits of a SARIF fix, applied by its own rules: lines and UTF-16 columns from 1."""
    lines = text.split("\n")

    def offset(line: int, column: int) -> int:
        before = lines[line - 1].encode("utf-16-le")[: (column - 1) * 2].decode("utf-16-le")
        return sum(len(each) + 1 for each in lines[: line - 1]) + len(before)

    edits = []
    for one in replacements:
        at = one["deletedRegion"]
        span = Span(offset(at["startLine"], at["startColumn"]), offset(at["endLine"], at["endColumn"]))
        edits.append(Edit(span, one["insertedContent"]["text"]))
    return edited(text, edits)


def test_columns_of_sarif_count_utf_16_units() -> None:
    (run,) = json.loads(sarif(examined(), pages()))["runs"]
    (result,) = [one for one in run["results"] if one["ruleId"] == "R0205"]
    (change,) = result["fixes"][0]["artifactChanges"]
    file = change["artifactLocation"]["uri"]

    assert applied(FILES[file], change["replacements"]) == FILES[file].replace('"true"', "true")
    assert result["locations"][0]["physicalLocation"]["region"]["startColumn"] == FILES[file].index('"true"') - 4 + 2


def test_json_and_sarif_offer_the_same_edits() -> None:
    (run,) = json.loads(sarif(examined(), pages()))["runs"]
    told = json.loads(diagnostics.json(examined()))["diagnostics"]
    for one, other in zip(told, run["results"], strict=True):
        made = [
            edited(
                FILES[one["file"]],
                (Edit(Span(e["region"]["start"], e["region"]["end"]), e["text"]) for e in f["edits"]),
            )
            for f in one["fixes"]
        ]
        again = [
            applied(FILES[one["file"]], change["replacements"])
            for fix in other.get("fixes", [])
            for change in fix["artifactChanges"]
        ]
        assert made == again


def test_workflow_commands_stay_one_line_each_and_cannot_be_forged() -> None:
    evil = 'RootUser should have MFAActive eq "\n::error::forged\r%0A" and Exists,:'
    said = workflow_commands(Examined(findings=examine(evil, schema(), file="a,b:c\n.rule"), files=("x",)))

    assert said
    assert all(line.startswith("::error file=a%2Cb%3Ac%0A.rule,line=") for line in said.splitlines())
    assert said.count("::error ") == len(said.splitlines())


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("a.rule", "a.rule"),
        ("./a b.rule", "a%20b.rule"),
        ("/rules/ä.rule", "file:///rules/%C3%A4.rule"),
        ("C:\\rules\\a.rule", "file:///C:/rules/a.rule"),
        ("a:b.rule", "a%3Ab.rule"),
    ],
)
def test_files_are_uris_in_sarif(file: str, uri: str) -> None:
    (run,) = json.loads(sarif(Examined(files=(file,)), pages()))["runs"]

    assert run["artifacts"] == [{"location": {"uri": uri}}]
