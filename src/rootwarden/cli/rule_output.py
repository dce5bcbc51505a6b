"""What `rootwarden rule` prints, as text and as JSON (docs/rule-files.md describes every field)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.rules import instants
from rootwarden.rules.diagnostic import printable
from rootwarden.rules.draft import Kind
from rootwarden.rules.posture import prepare
from rootwarden.rules.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rootwarden.facts.fact import Source
    from rootwarden.rules.explain import Explanation, Step
    from rootwarden.rules.posture import Judged, PreparedRule
    from rootwarden.rules.repair import Change, Repair
    from rootwarden.rules.rule_file import PostureRule
    from rootwarden.rules.schema import Schema


def evaluation_as_json(
    prepared: PreparedRule, judged: Sequence[tuple[str, Judged]], verdict: Verdict, as_of: datetime
) -> str:
    """The document `rootwarden.rule-eval/1`."""
    verdicts = [
        {
            "resource": name,
            "verdict": one.outcome.verdict,
            "reason": one.reason,
            "witness": one.outcome.witness,
            "missing": one.outcome.missing,
            "notes": one.outcome.notes,
            "evidence": one.outcome.evidence,
            **_two_valued(prepared),
        }
        for name, one in judged
    ]
    document = {
        "schema": "rootwarden.rule-eval/1",
        "rule": prepared.rule.id,
        "entity": prepared.compiled.entity,
        "severity": prepared.rule.severity,
        "check": prepared.compiled.text,
        "parameters": prepared.parameters,
        "as_of": instants.iso(as_of.timestamp()),
        "verdict": verdict,
        **_two_valued(prepared),
        "verdicts": verdicts,
    }
    return _json(document)


def _two_valued(prepared: PreparedRule) -> dict[str, bool]:
    """Said only where it is so."""
    return {"two_valued": True} if prepared.compiled.two_valued else {}


def evaluation_as_text(
    prepared: PreparedRule, judged: Sequence[tuple[str, Judged]], verdict: Verdict, as_of: datetime
) -> str:
    """One paragraph a resource, the overall verdict last."""
    lines = [f"{prepared.rule.id} at {instants.iso(as_of.timestamp())}"]
    for name, one in judged:
        outcome = one.outcome
        lines.append(f"{name}: {outcome.verdict}: {one.reason}")
        lines += [f"  {fact.attribute} = {fact.value}" for fact in outcome.witness]
        for gap in outcome.missing:
            needs = f" (needs {gap.permission})" if gap.permission else ""
            lines.append(f"  {gap.attribute} is unknown: {gap.reason}{needs}")
        lines += [f"  note: {note}" for note in outcome.notes]
    lines.append(f"overall: {verdict}")
    said = " [two-valued: unknown read as absent]" if prepared.compiled.two_valued else ""
    return "\n".join(printable(line) + said for line in lines)


def pack_as_json(rules: Sequence[tuple[str, PostureRule]]) -> str:
    """The document `rootwarden.rules/1`."""
    listed = [{"id": rule.id, "severity": rule.severity, "title": rule.title, "pack": pack} for pack, rule in rules]
    return _json({"schema": "rootwarden.rules/1", "rules": listed})


def pack_as_text(rules: Sequence[tuple[str, PostureRule]]) -> str:
    """One line a rule, with its pack in front."""
    width = max((len(rule.id) for _, rule in rules), default=0)
    packs = max((len(pack) for pack, _ in rules), default=0)
    return "\n".join(f"{pack:<{packs}}  {rule.id:<{width}}  {rule.severity:<8}  {rule.title}" for pack, rule in rules)


def rule_as_json(rule: PostureRule, schema: Schema) -> str:
    """The document `rootwarden.rule/1`: the file as it was understood, and the calls that can answer it."""
    document = {"schema": "rootwarden.rule/1", **msgspec.structs.asdict(rule), "calls": _calls(rule, schema)}
    return _json(document)


def rule_as_text(rule: PostureRule, schema: Schema) -> str:
    """The rule as a page for people; what the file does not say is left out."""
    blocks = [f"{rule.id} ({rule.severity}): {rule.title}"]
    if rule.why:
        blocks.append(f"Why\n{_indented(rule.why)}")
    blocks.append(f"Check\n{_indented(rule.check)}")
    blocks += [f"Under {', '.join(one.benchmarks)}\n{_indented(one.check)}" for one in rule.variants]
    for parameter in rule.parameters:
        bounds = [f"{bound:g}" for bound in (parameter.minimum, parameter.maximum) if bound is not None]
        allowed = f" ({' to '.join(bounds)})" if bounds else ""
        blocks.append(f"Parameter {parameter.name} = {parameter.default}{allowed}\n{_indented(parameter.describe)}")
    if rule.misses:
        blocks.append(f"Misses\n{_indented(rule.misses)}")
    steps = [f"{number}. {_step(one.text, one.console, one.command)}" for number, one in enumerate(rule.remedies, 1)]
    if steps:
        blocks.append("Remedy\n" + "\n".join(_indented(step) for step in steps))
    if rule.controls:
        blocks.append("Controls\n" + "\n".join(f"  {control}" for control in rule.controls))
    blocks.append("Answered by\n" + "\n".join(f"  {call}" for call in _calls(rule, schema)))
    if rule.references:
        blocks.append("References\n" + "\n".join(f"  {reference}" for reference in rule.references))
    return "\n\n".join(blocks)


def _calls(rule: PostureRule, schema: Schema) -> list[str]:
    """Every call that may feed what the rule reads."""
    compiled = prepare(rule, schema).compiled
    attributes = (schema.attribute(compiled.entity, path) for path in compiled.reads)
    return sorted({call for attribute in attributes if attribute is not None for call in attribute.fed_by})


def _step(text: str, console: str, command: str) -> str:
    return "\n".join(
        part for part in (text, f"   {console}" if console else "", f"   $ {command}" if command else "") if part
    )


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def _json(document: object) -> str:
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def explanations_as_json(
    prepared: PreparedRule,
    made: Sequence[tuple[str, Explanation]],
    as_of: datetime,
    repairs: Sequence[Repair] | None = None,
) -> str:
    """The document `rootwarden.rule-explain/1`; `fix` only when repairs were asked for."""
    explained: list[dict[str, object]] = [{"resource": name, **msgspec.structs.asdict(one)} for name, one in made]
    for one, found in zip(explained, repairs or (), strict=False):
        one["fix"] = {
            "changes": found.changes,
            "leaving": found.leaving,
            "complete": found.complete,
            "tried": found.tried,
        }
    document = {
        "schema": "rootwarden.rule-explain/1",
        "rule": prepared.rule.id,
        "check": prepared.compiled.text,
        "as_of": instants.iso(as_of.timestamp()),
        "explanations": explained,
    }
    return _json(document)


def explanations_as_text(
    prepared: PreparedRule,
    made: Sequence[tuple[str, Explanation]],
    as_of: datetime,
    repairs: Sequence[Repair] | None = None,
) -> str:
    """The tree of each resource, the truth of every part in front of it, facts behind; then what to change."""
    lines = [f"{prepared.rule.id} at {instants.iso(as_of.timestamp())}"]
    for number, (name, one) in enumerate(made):
        lines.append(f"{name}: {one.outcome.verdict}")
        if one.where is not None:
            lines += ["         where", *_step_lines(one.where, 1)]
        lines += [f"         should {'not ' if one.negated else ''}have", *_step_lines(one.check, 1)]
        lines += [f"  witness: {fact.attribute} = {fact.value}{_seen(fact.sources)}" for fact in one.outcome.witness]
        for gap in one.outcome.missing:
            needs = f" (needs {gap.permission})" if gap.permission else ""
            lines.append(f"  missing: {gap.attribute}: {gap.reason}{needs}")
        lines += [f"  note: {note}" for note in one.outcome.notes]
        lines += _repair_lines(repairs[number]) if repairs else []
    return "\n".join(printable(line) for line in lines)


def _repair_lines(found: Repair) -> list[str]:
    """What to change, one line each; of an open verdict, that it comes too early."""
    if found.verdict is Verdict.UNKNOWN:
        return ["  fix: first find out what is missing"]
    if found.verdict is not Verdict.FAIL:
        return []
    lines = [f"  fix: {_change(one)}" for one in found.changes]
    if not found.changes:
        why = "no changes within the bounds make it pass" if found.complete else "none found before the search ended"
        lines = [f"  fix: {why} ({found.tried} tried)"]
    leaving = [f"  fix: {'or ' if not number else 'and '}{_change(one)}" for number, one in enumerate(found.leaving)]
    return [*lines, *leaving, *(["       then the rule no longer applies"] if leaving else [])]


def _change(change: Change) -> str:
    name = f"`{change.attribute}`"
    words = {
        Kind.SET: f"change {name} from {change.before} to {change.after}",
        Kind.CLEAR: f"clear {name}, which is {change.before}",
        Kind.REMOVE: f"remove {name}{f', which is {change.before}' if change.before else ''}",
        Kind.ADD: f"add {name}{f' {change.after}' if change.after else ''}",
        Kind.CREATE: f"create {name}, which is {change.before}",
    }[change.kind]
    with_ = f" with {', '.join(change.facts)}" if change.facts else ""
    return f"{words}{with_}{' (nobody can change this)' if change.fixed else ''}"


def _step_lines(step: Step, depth: int) -> list[str]:
    truth = {True: "true", False: "false", None: "unknown"}[step.truth]
    facts = f"    # {', '.join(step.facts)}" if step.facts else ""
    lines = [f"{truth:<7}  {'  ' * depth}{step.text}{facts}"]
    for one in step.steps:
        lines += _step_lines(one, depth + 1)
    if step.left_out:
        lines.append(f"{'':<7}  {'  ' * (depth + 1)}… {step.left_out} more")
    return lines


def _seen(sources: Sequence[Source]) -> str:
    """From which call and when."""
    said = [
        f"{one.call}{f' at {instants.iso(one.observed_at.timestamp())}' if one.observed_at else ''}" for one in sources
    ]
    return f" ({', '.join(said)})" if said else ""
