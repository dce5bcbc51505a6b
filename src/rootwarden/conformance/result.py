"""What came of a comparison, and how it is told: a table for people, JSON to send in.

Both are made of shapes, kinds and error codes alone. No time is in them: who sends one in says when.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import botocore
import msgspec

from rootwarden import __version__
from rootwarden.conformance.compare import Judged, Outcome, Verdict
from rootwarden.conformance.steps import CallerKind, Standing

if TYPE_CHECKING:
    from rootwarden.aws.calls import Json
    from rootwarden.conformance.compare import Difference, OneSided

SCHEMA: Final = "rootwarden.conformance/1"


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One call on both sides.

    Attributes:
        call: `service:Operation`.
        case: Tells calls of one operation apart, else empty.
        judged: Whether they agree.
        aws: What AWS said.
        simulator: What the simulator says.
    """

    call: str
    case: str
    judged: Judged
    aws: Outcome
    simulator: Outcome

    @property
    def name(self) -> str:
        """The call with its case."""
        return f"{self.call} ({self.case})" if self.case else self.call


class Conformance(msgspec.Struct, frozen=True, kw_only=True):
    """A whole comparison.

    Attributes:
        partition: `aws`, `aws-us-gov`, …
        standing: Whether and how the account is in an organization.
        caller: What signed the calls.
        real_aws: Whether AWS itself was asked, or another endpoint.
        calls: Every call, in the order they were made.
    """

    partition: str
    standing: Standing
    caller: CallerKind
    real_aws: bool
    calls: tuple[Compared, ...]

    def count(self, verdict: Verdict) -> int:
        """How many calls came out like that."""
        return sum(1 for each in self.calls if each.judged.verdict is verdict)

    @property
    def exit_code(self) -> int:
        """1: something differs. 3: nothing does, but not all that was asked was answered. 0: all agrees."""
        if self.count(Verdict.DIFFERS):
            return 1
        return 3 if self.count(Verdict.NOT_COMPARED) or not self.count(Verdict.AGREES) else 0


def as_json(result: Conformance) -> str:
    """The machine-readable result (docs/conformance.md describes every field)."""
    counted = Counter(each.judged.verdict for each in result.calls)
    document: dict[str, Json] = {
        "schema": SCHEMA,
        "rootwarden": __version__,
        "botocore": str(botocore.__version__),
        "asked": "AWS" if result.real_aws else "another endpoint",
        "partition": result.partition,
        "account": str(result.standing),
        "caller": str(result.caller),
        "summary": {str(verdict): counted[verdict] for verdict in Verdict},
        "calls": [_call(each) for each in result.calls],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def as_table(result: Conformance) -> str:
    """The result for people: a line for each call, and one more for each difference."""
    width = max((len(each.name) for each in result.calls), default=0)
    lines = []
    for each in result.calls:
        lines.append(f"{each.name:{width}}  {_words(each.judged)}")
        lines += [f"{'':{width}}    {_difference(difference)}" for difference in each.judged.differences]
    counts = ", ".join(f"{result.count(verdict)} {_COUNTED[verdict]}" for verdict in Verdict)
    asked = "AWS" if result.real_aws else "another endpoint (AWS_ENDPOINT_URL)"
    lines += ["", f"asked: {asked}, from a {result.standing} account as a {result.caller}", f"{counts}"]
    return "\n".join(lines) + "\n"


_COUNTED: Final = {
    Verdict.AGREES: "agree",
    Verdict.DIFFERS: "differ",
    Verdict.NOT_COMPARED: "could not be compared",
    Verdict.NOT_ASKED: "not asked",
}


def _words(judged: Judged) -> str:
    match judged.verdict:
        case Verdict.AGREES:
            told = [judged.reason] if judged.reason else _notes(judged.one_sided)
            return f"agrees ({'; '.join(told)})" if told else "agrees"
        case Verdict.DIFFERS:
            return "differs:"
        case Verdict.NOT_COMPARED:
            return f"could not be compared: {judged.reason}"
        case Verdict.NOT_ASKED:
            return f"not asked: {judged.reason}"


def _notes(one_sided: tuple[OneSided, ...]) -> list[str]:
    empty = [each.path for each in one_sided if each.side == "simulator" and each.path.endswith("[]")]
    notes = [f"nothing in {', '.join(empty)} on AWS to compare"] if empty else []
    only_aws = sum(1 for each in one_sided if each.side == "aws")
    only_simulated = len(one_sided) - only_aws - len(empty)
    notes += [f"{only_aws} seen only on AWS"] if only_aws else []
    return notes + ([f"{only_simulated} seen only in the simulator"] if only_simulated else [])


def _difference(difference: Difference) -> str:
    where = f"{difference.path}: " if difference.path else ""
    aws, simulator = " | ".join(difference.aws), " | ".join(difference.simulator)
    return f"{difference.what}: {where}AWS {aws}; simulator {simulator or 'nothing'}"


def _call(compared: Compared) -> dict[str, Json]:
    judged = compared.judged
    return {
        "call": compared.call,
        "case": compared.case,
        "verdict": str(judged.verdict),
        "reason": judged.reason,
        "differences": [_as_object(each) for each in judged.differences],
        "one_sided": [_as_object(each) for each in judged.one_sided],
        "aws": _side(compared.aws),
        "simulator": _side(compared.simulator),
    }


def _as_object(each: Difference | OneSided) -> Json:
    built: Json = msgspec.to_builtins(each)
    return built


def _side(outcome: Outcome) -> dict[str, Json]:
    return {
        "errors": [*sorted(outcome.codes)],
        "shape": {path or ".": [*sorted(kinds)] for path, kinds in sorted(outcome.shape.items())},
    }
