"""The language server as an editor meets it: the real process, the real protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.language_server.client import Editor

from rootwarden.rules.positions import Lines, Position, Units

if TYPE_CHECKING:
    from collections.abc import Iterator

WRONG = 'IAMUser where RootUser eq "true" should have MFActve eq true'
RIGHT = "IAMUser where RootUser eq true should have MFAActive eq true"
TOML = """id = "x"
title = "x"
severity = "low"
why = "x"
check = "RootUser where Position eq \\"payer\\" should have Exsts"
misses = "x"
[parameters.window]
default = 1
describe = "days"
[[variant]]
benchmarks = ["cis-5.0"]
check = '''
RootUser should not have Password . LastUsedTime isLaterThan ( -1, "days" )
'''
"""


@pytest.fixture
def editor() -> Iterator[Editor]:
    """An editor with a server of its own."""
    with Editor() as started:
        started.initialize()
        yield started


@pytest.fixture(scope="module")
def shared() -> Iterator[Editor]:
    """One that several tests use, each for the one document it opens."""
    with Editor() as started:
        started.initialize()
        yield started
        assert started.leave() == 0


def applied(text: str, edits: list[dict[str, Any]], units: Units = Units.UTF16) -> str:
    """Text edits, applied as the protocol says: all places are of the text before."""
    lines = Lines(text, units)

    def offset(place: dict[str, int]) -> int:
        return lines.offset(Position(place["line"], place["character"]))

    for edit in sorted(edits, key=lambda one: offset(one["range"]["start"]), reverse=True):
        start, end = offset(edit["range"]["start"]), offset(edit["range"]["end"])
        text = text[:start] + edit["newText"] + text[end:]
    return text


def actions(editor: Editor, chosen: dict[str, Any], only: list[str] | None = None) -> list[dict[str, Any]]:
    context = {"diagnostics": [], **({"only": only} if only else {})}
    asked = {"textDocument": {"uri": "file:///a.rule"}, "range": chosen, "context": context}
    found: list[dict[str, Any]] = editor.ask("textDocument/codeAction", asked)["result"]
    return found


def everything() -> dict[str, Any]:
    return {"start": {"line": 0, "character": 0}, "end": {"line": 999, "character": 0}}


def test_a_session_from_hello_to_good_bye(editor: Editor) -> None:
    offered = editor.capabilities
    assert offered["positionEncoding"] == "utf-16"
    assert offered["hoverProvider"]
    assert offered["documentFormattingProvider"]
    assert "source.fixAll.rootwarden" in offered["codeActionProvider"]["codeActionKinds"]

    found = editor.open(WRONG)
    assert [(one["code"], one["severity"], one["source"]) for one in found] == [
        ("R1004", 3, "rootwarden"),
        ("R0205", 1, "rootwarden"),
        ("R0203", 1, "rootwarden"),
    ]
    assert found[1]["range"] == {"start": {"line": 0, "character": 26}, "end": {"line": 0, "character": 32}}
    assert "remove the quotes" in found[1]["message"]

    fixes = actions(editor, found[1]["range"])
    assert [one["title"] for one in fixes] == ["remove the quotes", "put right everything that is plain"]
    assert fixes[0]["isPreferred"]
    after = applied(WRONG, fixes[0]["edit"]["changes"]["file:///a.rule"])
    assert [one["code"] for one in editor.change([{"text": after}])] == ["R1004", "R0203"]

    (all_at_once,) = actions(editor, everything(), ["source.fixAll"])
    after = applied(after, all_at_once["edit"]["changes"]["file:///a.rule"])
    assert after.strip() == RIGHT
    assert [one["code"] for one in editor.change([{"text": after}], version=3)] == ["R1004"]

    editor.tell("textDocument/didClose", {"textDocument": {"uri": "file:///a.rule"}})
    assert editor.diagnostics("file:///a.rule") == []
    assert editor.leave() == 0


def test_an_editor_that_breaks_off_is_an_error(editor: Editor) -> None:
    editor.tell("exit", None)

    assert editor.process.wait(timeout=30) == 1


def test_an_editor_that_dies_leaves_no_server_behind(editor: Editor) -> None:
    assert editor.process.stdin is not None
    editor.process.stdin.close()

    assert editor.process.wait(timeout=30) == 1
    editor.process.stdin = None


@pytest.mark.parametrize(
    ("text", "has", "has_not"),
    [
        ("IAMUser where Pass", "Password", "AccessKey"),
        ("IAMUser where ", "AccessKey", "Active"),
        ("IAMUser should not have AccessKey with [ ", "Active", "Password"),
        ("IAMUser where RootUser ", "eq", "gt"),
        ("IAMUser where RootUser eq ", "true", '"days"'),
        ("RootUser where Position eq ", '"management"', "true"),
        ('RootUser where Position eq "man', '"management"', '"member"'),
        ('RootUser should have Password . LastUsedTime isLaterThan ( -1, "', '"days"', '"months"'),
        ("RootUser should have Password . ", "LastUsedTime", "MFAActive"),
        ("RootUser should have Password . LastUsedTime ", "within last", "like"),
        ("CloudTrail should have LogGroup . MetricFilters with [ ", "FilterPattern", "LogGroup"),
        ("RootU", "RootUser", "IAMUser"),
    ],
)
def test_completion_at_the_end_of_a_half_written_rule(shared: Editor, text: str, has: str, has_not: str) -> None:
    shared.open(text)
    items = shared.at("completion", 0, len(text))["items"]
    labels = [one["label"] for one in items]

    assert has in labels
    assert has_not not in labels
    chosen = next(one for one in items if one["label"] == has)
    after = applied(text, [chosen["textEdit"]])
    assert after.startswith(text[: chosen["textEdit"]["range"]["start"]["character"]])
    assert chosen["textEdit"]["newText"].startswith(has.partition(" ")[0])


def test_completion_inside_toml_fits_its_quotes(shared: Editor) -> None:
    shared.open(TOML)
    line = 'check = "RootUser where Position eq \\"'
    item = shared.at("completion", 4, len(line))["items"][0]
    after = applied(TOML, [item["textEdit"]])

    assert item["label"] == '"management"'
    assert 'Position eq \\"management\\" should' in after
    assert shared.at("completion", 0, 3)["items"] == []
    parameters = shared.at("completion", 12, len("RootUser should not have Password . LastUsedTime isLaterThan ( "))
    assert "-window" in [one["label"] for one in parameters["items"]]


def test_diagnostics_and_fixes_inside_toml(shared: Editor) -> None:
    found = shared.open(TOML)
    assert [(one["code"], one["range"]["start"]["line"]) for one in found] == [("R0208", 4), ("R0203", 4)]

    fixes = actions(shared, found[1]["range"], ["quickfix"])
    after = applied(TOML, fixes[0]["edit"]["changes"]["file:///a.rule"])
    assert [one["code"] for one in shared.change([{"text": after}])] == ["R0208"]


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("IAMUser", "an IAM user"),
        ("where", "only resources for which this holds"),
        ("AccessKey", "list"),
        ("Active", "`AccessKey.Active`"),
        ("LastUsedTime", "`iam:GetCredentialReport`"),
        ("isLaterThan", "function"),
        ("MFActve", "**R0203**"),
    ],
)
def test_hover(shared: Editor, word: str, says: str) -> None:
    text = (
        "IAMUser where RootUser eq true\n"
        'should not have AccessKey with [ Active and LastUsedTime isLaterThan ( -1, "days" ) ] or MFActve'
    )
    shared.open(text)
    line = 0 if word in text.partition("\n")[0] else 1
    shown = shared.at("hover", line, text.splitlines()[line].index(word) + 1)

    assert says in shown["contents"]["value"]
    assert shown["contents"]["kind"] == "markdown"


def test_formatting_and_symbols(shared: Editor) -> None:
    text = "RootUser WHERE Exists\n# why\nshould have   MFAActive"
    shared.open(text)
    asked = {"textDocument": {"uri": "file:///a.rule"}, "options": {"tabSize": 4, "insertSpaces": True}}
    edits = shared.ask("textDocument/formatting", asked)["result"]

    assert applied(text, edits) == "RootUser where Exists\n# why\nshould have MFAActive\n"
    shared.change([{"text": "RootUser should"}])
    assert shared.ask("textDocument/formatting", asked)["result"] is None
    (symbol,) = shared.ask("textDocument/documentSymbol", {"textDocument": {"uri": "file:///a.rule"}})["result"]
    assert symbol["name"] == "RootUser should"


@pytest.mark.parametrize("units", list(Units))
def test_places_count_what_the_editor_counts(units: Units) -> None:
    text = 'RootUser # ä😀\nwhere AccountName eq "ä😀" and Exsts should have MFAActive'
    with Editor() as editor:
        editor.initialize([units.value])
        (found,) = editor.open(text)
        fixes = actions(editor, found["range"], ["quickfix"])

        assert editor.capabilities["positionEncoding"] == units.value
        assert applied(text, fixes[0]["edit"]["changes"]["file:///a.rule"], units) == text.replace("Exsts", "Exists")
        # One change inside a line, counted the same way.
        after = editor.change([{"range": found["range"], "text": "Exists"}])
        assert after == []
        assert editor.leave() == 0


HOSTILE = [
    "(" * 16_000,
    "RootUser should have " + "not " * 4_000,
    "RootUser should have " + "( " * 8_000,
    '"”' * 8_000,
    "\x00\ud83d" * 100,
    "check = '''" * 20_000,
    'check = "' + '\\"' * 100_000,
    "x" * 400_000,
    "[" * 100_000,
    "[[a." + "a." * 50_000,
    'check = """\\q"""',
    "\r\r\n\n\r",
    "AWS should have " + "IAMUsers with [ Groups with [ Users with [ " * 300,
]


def test_hostile_documents_are_answered_and_survived(editor: Editor) -> None:
    for number, text in enumerate(HOSTILE):
        uri = f"file:///{number}.rule"
        place = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 12}}
        assert editor.open(text.encode("utf-8", "replace").decode(), uri)
        for method in ("completion", "hover", "documentSymbol", "formatting"):
            answer = editor.ask(f"textDocument/{method}", {**place, "options": {"tabSize": 4, "insertSpaces": True}})
            assert "error" not in answer, (number, method)
        asked = {"textDocument": {"uri": uri}, "range": everything(), "context": {"diagnostics": []}}
        assert "error" not in editor.ask("textDocument/codeAction", asked)
    assert editor.leave() == 0


def test_bad_messages_do_not_end_the_session(editor: Editor) -> None:
    assert "error" in editor.ask("textDocument/hover", {"nonsense": 1})
    assert "error" in editor.ask("no/such/method", {})
    assert editor.at("hover", 5, 10**9, "file:///never-opened.rule") is None
    assert editor.at("completion", 0, 0, "file:///etc/passwd")["items"] == []
    editor.tell("textDocument/didChange", {"textDocument": {"uri": "file:///gone", "version": 1}, "contentChanges": 7})
    assert [one["code"] for one in editor.open("RootUser should")] == ["R0101"]
    assert editor.leave() == 0
