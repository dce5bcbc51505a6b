"""Pages made from the program: the command line's help, the facts, the rules, the index of the documentation."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from tests.docs.advice_pages import native_page
from tests.docs.api_pages import endpoints_table, wishes_table
from tests.docs.detection_pages import detections_page, playbook_index, playbook_page, tasks_page
from tests.docs.entity_pages import entities_page
from tests.docs.entry_pages import entries_table
from tests.docs.escalation_pages import escalation_page
from tests.docs.guardrail_pages import guardrails_table
from tests.docs.pages import DOCS, label, text
from tests.docs.policy_pages import limits_table, lint_codes_page, lint_codes_table
from tests.docs.rule_pages import rule_index, rule_page, rule_table
from tests.docs.terminal import offline
from tests.fleet import reproduced
from tests.iam.compared.comparison import counts_table, reasons_table, results, tools_table
from tests.iam.points import points_table

from rootwarden.packs import (
    advice,
    detections,
    escalation_paths,
    escalation_words,
    every_rule,
    guardrails,
    names,
    pack,
    playbooks,
    root_tasks,
    scenarios,
    schema,
    task_policies,
)
from rootwarden.packs.policies import lint_pages, policy_limits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.docs.terminal import Terminal

    from rootwarden.rules.schema import Attribute

PACKS = DOCS / "packs.md"
INDEX = DOCS / "README.md"
PROTOCOL = DOCS / "break-glass-protocol.md"
API = DOCS / "break-glass-api.md"
IAM_LINT = DOCS / "iam-lint.md"
IAM_COMPARED = DOCS / "iam-compared.md"
IAM_EVALUATION = DOCS / "iam-evaluation.md"
GUARDRAILS = DOCS / "guardrails.md"
DECISIONS = DOCS / "decisions" / "README.md"
_NOTE = "<!-- made by `python -m tests.docs.regenerate`; do not edit -->\n"
_RULES = re.compile(r"(<!-- rules: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)
_ENTRIES = re.compile(r"(<!-- entries -->\n).*?(<!-- end -->)", re.DOTALL)
_API_TABLES = re.compile(r"(<!-- (endpoints|wishes) -->\n).*?(<!-- end -->)", re.DOTALL)
_LINT = re.compile(r"(<!-- (lint-codes|limits) -->\n).*?(<!-- end -->)", re.DOTALL)
_COMPARED = re.compile(r"(<!-- compared: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)
_POINTS = re.compile(r"(<!-- points -->\n).*?(<!-- end -->)", re.DOTALL)
_GUARDRAILS = re.compile(r"(<!-- guardrails -->\n).*?(<!-- end -->)", re.DOTALL)
_MARKED = re.compile(r"(<!-- pages: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def generated() -> dict[Path, str]:
    """Every generated page with what it should hold; the index last, since it names the others."""
    made = {
        DOCS / "command-line.md": _command_line(),
        DOCS / "entities.md": _NOTE + entities_page(schema()),
        DOCS / "facts.md": _facts(),
        DOCS / "fleet-study-reproduced.md": _NOTE + reproduced.page(),
        DOCS / "rules" / "README.md": _NOTE + rule_index((name, pack(name)) for name in names()),
        DOCS / "detections.md": _NOTE + detections_page(detections()),
        DOCS / "escalation-paths.md": _NOTE + escalation_page(escalation_paths(), escalation_words()),
        DOCS / "root-tasks.md": _NOTE + tasks_page(root_tasks(), task_policies()),
        DOCS / "playbooks" / "README.md": _NOTE + playbook_index(playbooks(), detections()),
        DOCS / "native-and-rootwarden.md": _NOTE + native_page(scenarios(), advice()),
        DOCS / "iam-lint-codes.md": _NOTE + lint_codes_page(lint_pages()),
        IAM_LINT: _LINT.sub(_lint_table, text(IAM_LINT)),
        IAM_COMPARED: _COMPARED.sub(_compared_table, text(IAM_COMPARED)),
        IAM_EVALUATION: _POINTS.sub(lambda match: f"{match[1]}\n{points_table()}\n{match[2]}", text(IAM_EVALUATION)),
        GUARDRAILS: _GUARDRAILS.sub(
            lambda match: f"{match[1]}\n{guardrails_table(guardrails())}\n{match[2]}", text(GUARDRAILS)
        ),
        PACKS: _RULES.sub(_pack_rules, text(PACKS)),
        API: _API_TABLES.sub(_api_table, text(API)),
        PROTOCOL: _ENTRIES.sub(lambda match: f"{match[1]}\n{entries_table()}\n{match[2]}", text(PROTOCOL)),
    }
    for book in playbooks():
        made[DOCS / "playbooks" / f"{book.id}.md"] = _NOTE + playbook_page(book, detections())
    for rule in every_rule():
        made[DOCS / "rules" / f"{rule.id}.md"] = _NOTE + rule_page(rule, schema())
    return made | {page: _with_lists(page, made) for page in (DECISIONS, INDEX)}


def _lint_table(match: re.Match[str]) -> str:
    table = limits_table(policy_limits()) if match[2] == "limits" else lint_codes_table(lint_pages())
    return f"{match[1]}\n{table}\n{match[3]}"


def _compared_table(match: re.Match[str]) -> str:
    tables = {
        "tools": lambda: tools_table(results()),
        "counts": lambda: counts_table(results()),
        "missed": lambda: reasons_table("missed"),
        "flagged": lambda: reasons_table("flagged"),
    }
    return f"{match[1]}\n{tables[match[2]]()}\n{match[3]}"


def _api_table(match: re.Match[str]) -> str:
    table = endpoints_table() if match[2] == "endpoints" else wishes_table()
    return f"{match[1]}\n{table}\n{match[3]}"


def _pack_rules(match: re.Match[str]) -> str:
    """The rules of the pack a list is for, between its marks."""
    return f"{match[1]}\n{rule_table(pack(match[2]), 'rules/')}\n{match[3]}"


def stale() -> list[Path]:
    """Pages of rules and playbooks that are no more."""
    return sorted({*(DOCS / "rules").glob("*.md"), *(DOCS / "playbooks").glob("*.md")} - set(generated()))


def commands(shell: Terminal) -> Iterator[tuple[str, str]]:
    """(command, its help) for the program and every command below it, level by level."""
    level = [""]
    while level:
        below: list[str] = []
        for command, said in zip(level, shell.helps(level), strict=True):
            yield f"rootwarden {command}".rstrip(), said
            # What is said after the list of commands stands in a paragraph of its own.
            listed = said.partition("\nCommands:\n")[2].partition("\n\n")[0]
            below += [f"{command} {name}".strip() for name in re.findall(r"^  (\S+)", listed, re.MULTILINE)]
        level = below


@cache
def every_command() -> tuple[tuple[str, str], ...]:
    """(command, its help) for all there are; `tests/scheduling.py` has one process for all tests that ask."""
    with offline() as shell:
        return tuple(commands(shell))


def _command_line() -> str:
    parts = [f"## `{name}`\n\n```text\n{said.strip()}\n```\n" for name, said in every_command()]
    intro = (
        "# The command line\n\nThe help of every command, as the program prints it. Results go to standard output, "
        "everything else to standard\nerror; a progress bar shows only on a terminal. Exit codes: "
        "[exit-codes.md](exit-codes.md). Formats: [reports/formats.md](reports/formats.md).\n\n"
    )
    return _NOTE + intro + "\n".join(parts)


def _facts() -> str:
    root = schema().entity("RootUser")
    return (
        f"{_NOTE}# Facts\n\nWhat a rule can ask about `RootUser`, {root.summary}. The names are those of the rule "
        "language.\n\n"
        "**Absent** means somebody looked and there is none: `eq` is false, `neq` is true, `len ( )` is 0. "
        "**Unknown** means nobody\ncould look, whatever the type: every attribute can be unknown, and then says why "
        "and which permission would settle it.\nNothing has a default. Where several calls are named, any of them may "
        "give the value; where two disagree the fresher wins\nand the finding says so. `root:` calls need an "
        "AssumeRoot audit session ([assume-root.md](assume-root.md)); declarations are in\n"
        "[evidence-folder.md](evidence-folder.md#declarationsjson).\n\n"
        "| attribute | type | can be absent | what it is | where it comes from |\n|---|---|---|---|---|\n"
        + "".join(_row(each) for each in root.attribute)
        + "\nWhat a rule can ask of users, policies, trails and all other entities: [entities.md](entities.md).\n"
    )


def _row(each: Attribute) -> str:
    kind = " or ".join(f"`{value}`" for value in each.values) or str(each.type)
    calls = ", ".join(f"`{call}`" for call in each.fed_by) or "the account's id and partition"
    return f"| `{each.path}` | {kind} | {'yes' if each.absent else 'no'} | {each.describe} | {calls} |\n"


def _with_lists(page: Path, made: dict[Path, str]) -> str:
    """The page as it is, with its lists of pages made from the folders they name."""

    def listed(match: re.Match[str]) -> str:
        folder = DOCS / match[2] if match[2] != "." else DOCS
        there = {*folder.glob("*.md"), *(each for each in made if each.parent == folder)} - {INDEX, page}
        return match[1] + "".join(_entry(each, page.parent, made) for each in sorted(there)) + match[3]

    return _MARKED.sub(listed, text(page))


def _entry(page: Path, folder: Path, made: dict[Path, str]) -> str:
    content = made.get(page) or text(page)
    title = re.search(r"^# (.+)$", content, re.MULTILINE)
    return f"- [{title[1] if title else label(page)}]({page.relative_to(folder).as_posix()})\n"
