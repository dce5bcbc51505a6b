"""What `rootwarden detection` prints, as text and as JSON (docs/adding-a-detection.md describes every field)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.detect.export.event_bridge import written
from rootwarden.detect.export.plain import in_words
from rootwarden.rules.diagnostic import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rootwarden.detect.export.loss import Exported, Language
    from rootwarden.detect.visits.case_runs import CaseRun
    from rootwarden.detect.visits.detection import Detection
    from rootwarden.detect.visits.pattern_mutants import Mutant

# An answer as a sentence has it, and as a case file has it.
_WORD: Final[Mapping[bool | None, str]] = MappingProxyType({True: "fits", False: "does not fit", None: "is undecided"})
_TOML: Final[Mapping[bool | None, str]] = MappingProxyType({True: "true", False: "false", None: '"undecided"'})


def list_as_text(detections: Sequence[Detection]) -> str:
    """One line a detection; the ones asleep say what they wait for."""
    ids = max((len(one.id) for one in detections), default=0)
    return "\n".join(
        printable(f"{one.topic:<11}  {one.id:<{ids}}  {one.severity:<6}  {one.title}{_asleep(one)}")
        for one in detections
    )


def list_as_json(detections: Sequence[Detection]) -> str:
    """The document `rootwarden.detections/1`."""
    listed = [
        {
            "id": one.id,
            "title": one.title,
            "topic": one.topic,
            "who": one.who,
            "severity": one.severity,
            "names": one.names,
            "sources": one.sources,
            "playbook": one.playbook,
            "undeclared": one.undeclared,
        }
        for one in detections
    ]
    return _json({"schema": "rootwarden.detections/1", "detections": listed})


def detection_as_text(one: Detection) -> str:
    """The detection as a page for people."""
    whose = {"root": "root", "not_root": "anybody but root", "anyone": "anybody"}[one.who]
    attempts = "failed calls count too" if one.failed else "only calls that succeed, or may have"
    settings = [f"{name}: {setting.describe}" for name, setting in one.settings.items()]
    blocks = [
        f"{one.id} ({one.severity}): {one.title}{_asleep(one)}",
        f"Why\n  {one.reason}",
        f"Whose events\n  {whose}; {attempts}",
        "Events\n" + _indented("\n".join(in_words(one.pattern))),
        *([f"Declare\n{_indented(chr(10).join(settings))}"] if settings else []),
        f"Harmless when\n  {one.false_positives}",
        f"Misses\n  {one.misses}",
        *([f"Doubtful\n  {one.doubtful}"] if one.doubtful else []),
        f"About\n  {one.topic}; playbook {one.playbook}; {', '.join(one.attack) or 'no ATT&CK technique'}",
        *(["References\n" + _indented("\n".join(one.references))] if one.references else []),
        f"Cases\n{_indented(chr(10).join(_case(case.fits, case.name) for case in one.cases))}",
    ]
    return "\n\n".join("\n".join(printable(line) for line in block.splitlines()) for block in blocks)


def detection_as_json(one: Detection) -> str:
    """The document `rootwarden.detection/1`: the file as it was understood."""
    document = {"schema": "rootwarden.detection/1", **msgspec.structs.asdict(one), "pattern": written(one.pattern)}
    return _json(document)


def runs_as_lines(runs: Sequence[CaseRun]) -> list[str]:
    """One line a wrong case, then the count."""
    wrong = [run for run in runs if not run.right]
    lines = [f"{run.of}: `{run.name}`: `fits = {_TOML[run.expected]}`, and it {_WORD[run.said]}" for run in wrong]
    return [printable(line) for line in (*lines, f"{_counted(len(runs), 'case')}, {len(wrong)} wrong")]


def mutants_as_lines(tried: Sequence[tuple[str, Sequence[Mutant]]]) -> list[str]:
    """One line a survivor, then the count."""
    total = sum(len(found) for _, found in tried)
    lines = [f"{name}: survives: {mutant.change}" for name, found in tried for mutant in found if mutant.survives]
    return [printable(line) for line in (*lines, f"{_counted(total, 'mutant')}, {len(lines)} survive")]


def exports_as_yaml(found: Sequence[Exported]) -> str:
    """One YAML document a detection."""
    return "---\n".join(text for one in found for text in one.documents).rstrip("\n")


def exports_as_json(found: Sequence[Exported], language: Language) -> str:
    """The document `rootwarden.detection-export/1`; one of the patterns of a detection has to match."""
    exports = [{"detection": one.detection, "patterns": one.documents, "lost": one.lost} for one in found]
    return _json({"schema": "rootwarden.detection-export/1", "format": language, "exports": exports})


def _asleep(one: Detection) -> str:
    return f" (asleep: declare {', '.join(one.undeclared)})" if one.undeclared else ""


def _case(fits: bool | None, name: str) -> str:
    return f"{_WORD[fits]:<12}  {name}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def _json(document: object) -> str:
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
