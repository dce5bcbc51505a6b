"""Whatever the program has is found in its documentation, under its exact name."""

from __future__ import annotations

import json
import re

import msgspec
import pytest
from tests.docs.generated import every_command
from tests.docs.pages import DOCS, ROOT, blocks, everything, text

from rootwarden import errors
from rootwarden.audit.exceptions import ExceptionEntry, parse_exceptions
from rootwarden.audit.overrides import ParameterTable
from rootwarden.audit.settings import Owners, parse_settings
from rootwarden.collect import files
from rootwarden.collect.evidence import CallRecord
from rootwarden.collect.folder import COLLECTION_SCHEMA, Collection, parse_declarations
from rootwarden.collect.root_session import RootSession
from rootwarden.facts.declarations import DECLARABLE, Declaration
from rootwarden.facts.instant import parse_instant
from rootwarden.packs import every_rule, names, pack, root_pack, schema
from rootwarden.packs.samples import SampleSets
from rootwarden.report import FORMATS
from rootwarden.rules.verdict import Severity, Verdict

EVIDENCE = text(DOCS / "evidence-folder.md")


def fields(struct: type[msgspec.Struct]) -> set[str]:
    return set(struct.__struct_encode_fields__)


def test_every_command_and_option() -> None:
    page = text(DOCS / "command-line.md")
    found = dict(every_command())
    assert {"rootwarden", "rootwarden audit", "rootwarden rule check"} <= set(found)
    for command, said in found.items():
        section = page.partition(f"## `{command}`\n")[2].partition("\n## ")[0]
        for option in re.findall(r"^  (?:-\w, )?(--[a-z-]+)", said, re.MULTILINE):
            assert option in section, f"{command} {option}"


def test_every_rule_fact_and_format() -> None:
    listed = text(DOCS / "rules" / "README.md")
    for rule in every_rule():
        assert f"]({rule.id}.md)" in listed
        assert rule.title in listed
    page = text(DOCS / "packs.md")
    for name in names():
        assert f"<!-- rules: {name} -->" in page
        assert f"| `{name}` | {len(pack(name))} |" in page
    assert f"{len(root_pack())} rules" in text(ROOT / "CHANGELOG.md")
    facts = text(DOCS / "facts.md")
    root = next(entity for entity in schema().entities if entity.entity == "RootUser")
    for attribute in root.attribute:
        assert f"| `{attribute.path}` |" in facts
    formats = text(DOCS / "reports" / "formats.md")
    for name in FORMATS:
        assert f"| `{name}` |" in formats


def test_every_sample_set() -> None:
    page = text(DOCS / "by-meaning.md")
    for name, samples in SampleSets().items():
        assert f"| `{name}` | {' '.join(samples.caught.split())} |" in page


def test_every_severity_and_verdict() -> None:
    readme = text(ROOT / "README.md")
    assert all(f"`{severity}`" in readme for severity in Severity)
    rules = text(DOCS / "rules" / "README.md")
    assert all(f"`{verdict}`" in rules for verdict in Verdict)


def test_every_exit_code() -> None:
    page = text(DOCS / "exit-codes.md")
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)}
    own = {each.exit_code for each in vars(errors).values() if hasattr(each, "exit_code")}
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src/rootwarden/cli").glob("*.py"))
    exits = {
        int(code)
        for code in re.findall(r"sys\.exit\((\d+)\)|return (?:code )?(\d+)\b", sources)
        for code in code
        if code
    }
    assert own <= listed
    assert exits - listed == {141}
    assert "141:" in page


def test_every_environment_variable() -> None:
    readme = text(ROOT / "README.md")
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src/rootwarden").rglob("*.py"))
    named = set(re.findall(r"environ(?:\.get\(|\[)\"([A-Z_]+)\"|\"([A-Z_]+)\" (?:not )?in os\.environ", sources))
    flat = {name for pair in named for name in pair if name}
    assert {"NO_COLOR", "AWS_REGION"} <= flat
    assert all(f"`{name}`" in readme for name in flat)


def test_every_evidence_file() -> None:
    for name, call in files._CALLS.items():
        assert f"`{name}`" in EVIDENCE, name
        assert f"`{call}`" in EVIDENCE, call
    for folder, call in files._CALLS_BY_FOLDER.items():
        assert f"`{folder}/<" in EVIDENCE, folder
        assert f"`{call}`" in EVIDENCE, call
    for name in (files.DECLARATIONS, files.COLLECTION, files.ERRORS):
        assert f"## `{name}`" in EVIDENCE


def test_every_fact_that_can_be_declared() -> None:
    rows = dict(re.findall(r"^\| `(root-[a-z-]+)` \| (.+?)(?:;.*)? \|$", EVIDENCE, re.MULTILINE))
    assert rows == DECLARABLE


def test_the_examples_of_evidence_are_what_is_read() -> None:
    examples = {block.text.split('"')[1]: block.text for block in blocks(DOCS / "evidence-folder.md", "json")}
    collection = json.loads(examples["schema"])
    assert set(collection) == fields(Collection)
    assert collection["schema"] == COLLECTION_SCHEMA
    assert set(collection["calls"][0]) == fields(CallRecord)
    msgspec.convert(collection, Collection)
    declared = parse_declarations(examples["account"].encode())
    assert [each.fact for each in declared] == ["root-email-domains", "root-mfa-devices"]
    assert {name for each in json.loads(examples["account"]) for name in each} == fields(Declaration)


def test_the_example_of_a_root_session_has_its_fields() -> None:
    (block,) = blocks(DOCS / "assume-root.md", "json")
    assert set(json.loads(block.text)) == fields(RootSession)
    assert parse_instant(json.loads(block.text)["expires_at"])


def test_every_key_of_the_exceptions_and_the_configuration() -> None:
    (block,) = blocks(DOCS / "exceptions.md", "toml")
    entries = parse_exceptions(block.text, name="docs", rules=[rule.id for rule in root_pack()])
    assert len(entries) == 3
    assert all(f"`{name}`" in text(DOCS / "exceptions.md") for name in fields(ExceptionEntry))
    owners, parameters = (
        parse_settings(block.text, name="docs") for block in blocks(DOCS / "configuration.md", "toml")
    )
    assert owners.owner.tag == "team"
    (table,) = parameters.parameters
    assert table.values == {"window": 30}
    assert all(f"`{name}`" in text(DOCS / "configuration.md") for name in fields(ParameterTable))
    assert all(f"`owner.{name}`" in text(DOCS / "configuration.md") for name in fields(Owners))


@pytest.mark.parametrize("parameter", ["window", "minimum_account_age"])
def test_every_parameter_is_on_the_page_of_its_rule(parameter: str) -> None:
    assert f"| `{parameter}` |" in text(DOCS / "rules" / "root-usage.md")


def test_the_packages_of_the_base_install_are_those_of_the_decision() -> None:
    page = text(DOCS / "decisions" / "0002-base-dependencies.md")
    lock = (ROOT / "requirements" / "base.lock").read_text(encoding="utf-8")
    packages = re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE)
    assert f"names {len(packages)} packages" in page
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    direct = re.findall(
        r"^  \"([a-z0-9-]+)>=", project.partition("\ndependencies = [")[2].partition("]")[0], re.MULTILINE
    )
    assert [f"| {name} |" in page for name in direct] == [True] * 10


def test_commands_named_in_prose_exist() -> None:
    known = {name for name, _ in every_command()}
    pattern = r"`rootwarden ((?:rule )?[a-z-]+)"
    named = {f"rootwarden {name}" for name in re.findall(pattern, everything())}
    assert named
    assert {name for name in named if name not in known} == set()
