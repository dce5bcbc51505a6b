"""One page for each rule, made from its file in the pack."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rootwarden.rules.posture import prepare
from rootwarden.rules.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.rules.rule_file import PostureRule, Reasons, Remedy, Variant
    from rootwarden.rules.schema import Schema

FRAMEWORKS = {
    "aws-well-architected": "AWS Well-Architected",
    "security-hub": "Security Hub, FSBP",
    "nist-800-53-r5": "NIST 800-53 r5",
    "pci-dss-4.0": "PCI DSS 4.0",
    "iso-27001-2022": "ISO 27001:2022",
}


def rule_index(packs: Iterable[tuple[str, Iterable[PostureRule]]]) -> str:
    """The list of all rules, pack by pack."""
    tables = "".join(f"\n## `{name}`\n\n{rule_table(rules)}" for name, rules in packs)
    return (
        "# The rules\n\nEach rule is one file in `src/rootwarden/packs/PACK/`, with its cases; these pages are made "
        "from the files.\n`rootwarden rule show ID` prints the same. Verdicts: `pass`, `fail`, `not_applicable`, "
        f"`unknown`. What the packs are: [packs.md](../packs.md).\n{tables}\nHow to add one: "
        "[adding-a-rule.md](../adding-a-rule.md).\n"
    )


def rule_table(rules: Iterable[PostureRule], folder: str = "") -> str:
    """The rules of one pack, worst first."""
    ordered = sorted(rules, key=lambda rule: (rule.severity.rank, rule.id))
    rows = "".join(f"| [`{rule.id}`]({folder}{rule.id}.md) | {rule.severity} | {rule.title} |\n" for rule in ordered)
    return f"| rule | severity | what is so when it passes |\n|---|---|---|\n{rows}"


def rule_page(rule: PostureRule, schema: Schema) -> str:
    """Everything the file says, for a reader."""
    sections = (
        ("Why", rule.why),
        ("The rule", _sentence(rule.check)),
        ("Parameters", _parameters(rule)),
        ("What is said with each verdict", _reasons(rule.reasons)),
        ("Under a benchmark", "\n\n".join(_variant(each) for each in rule.variants)),
        ("What a pass does not prove", rule.misses),
        ("What to do about a fail", "\n".join(_step(*each) for each in enumerate(rule.remedies, 1))),
        ("Controls", _controls(rule)),
        ("Answered by", "\n".join(f"- `{call}`" for call in _calls(rule, schema))),
        ("Cases", _cases(rule)),
        ("References", "\n".join(f"- <{link}>" for link in rule.references)),
    )
    head = f"# `{rule.id}`: {rule.title}\n\nSeverity: {rule.severity}.\n"
    return head + "".join(f"\n## {title}\n\n{body}\n" for title, body in sections if body)


def _sentence(check: str) -> str:
    return f"```\n{check.strip()}\n```"


def _parameters(rule: PostureRule) -> str:
    if not rule.parameters:
        return ""
    rows = (
        f"| `{each.name}` | {each.default} | {_bounds(each.minimum, each.maximum)} | {each.describe} |"
        for each in rule.parameters
    )
    return "| name | default | allowed | what |\n|---|---|---|---|\n" + "\n".join(rows)


def _bounds(minimum: float | None, maximum: float | None) -> str:
    return f"{'' if minimum is None else f'{minimum:g}'} … {'' if maximum is None else f'{maximum:g}'}".strip()


def _reasons(reasons: Reasons) -> str:
    said = ((verdict, reasons.template(verdict)) for verdict in Verdict)
    return "\n".join(f"- **{verdict}**: {template}" for verdict, template in said if template)


def _variant(variant: Variant) -> str:
    names = ", ".join(f"`{name}`" for name in variant.benchmarks)
    said = f"\n\n{_reasons(variant.reasons)}" if variant.reasons else ""
    return f"{names}:\n\n{_sentence(variant.check)}{said}"


def _step(number: int, step: Remedy) -> str:
    lines = [f"{number}. {' '.join(step.text.split())}"]
    if step.console:
        lines.append(f"   - Console: {step.console}")
    if step.command:
        lines.append(f"   - `{step.command}`")
    return "\n".join(lines)


def _controls(rule: PostureRule) -> str:
    pairs = [control.partition(":")[::2] for control in rule.controls]
    lines = [
        f"- {_framework(name)}: {', '.join(number for _, number in group)}"
        for name, group in groupby(pairs, key=lambda pair: pair[0])
    ]
    return "\n".join(lines) or "No published mapping names this."


def _framework(name: str) -> str:
    if name.startswith("cis-"):
        return f"CIS AWS Foundations {name.removeprefix('cis-')}"
    return FRAMEWORKS.get(name, name)


def _calls(rule: PostureRule, schema: Schema) -> Iterator[str]:
    """Calls that feed any meaning of the rule."""
    meanings = ["", *(each.benchmarks[0] for each in rule.variants)]
    prepared = [prepare(rule, schema, benchmark=benchmark).compiled for benchmark in meanings]
    attributes = [schema.attribute(one.entity, path) for one in prepared for path in one.reads]
    yield from sorted({call for each in attributes if each is not None for call in each.fed_by})


def _cases(rule: PostureRule) -> str:
    rows = (
        f"| {case.name}{f' ({case.benchmark})' if case.benchmark and case.benchmark not in case.name else ''} "
        f"| {case.expect} |"
        for case in rule.cases
    )
    return "| the account | verdict |\n|---|---|\n" + "\n".join(rows)
