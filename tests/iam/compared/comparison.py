"""What public tools said of the same accounts (`benchmarks/iam_compared.py`), beside the truth, and why they differ."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Final, Literal

import msgspec

OURS: Final = "rootwarden iam admins"
UP: Final = ("direct", "escalation", "conditional")
ANYBODY: Final = "*"
_RESULTS: Final = Path(__file__).parents[3] / "benchmarks" / "results" / "iam-compared.json"
_REASONS: Final = Path(__file__).with_name("reasons.toml")
_NUMBER: Final = re.compile(r"-\d{4}$")
_NAMES: Final = {
    "cloudsplaining": "Cloudsplaining `scan`",
    "cloudsplaining --flag-all-risky-actions": "Cloudsplaining `--flag-all-risky-actions`",
    "parliament": "parliament, community auditors",
    "prowler": "Prowler, as it installs",
    "prowler without retired services": "Prowler, without retired services",
    "pmapper": "PMapper",
    OURS: "`rootwarden iam admins`",
}

Side = Literal["missed", "flagged"]


class Place(msgspec.Struct, frozen=True):
    """Accounts: the class of everybody who has one but `none`, how many there are, whom each tool flags."""

    truth: dict[str, str]
    principals: int
    flagged: dict[str, tuple[str, ...]]


class Results(msgspec.Struct, frozen=True):
    """What was run, on what."""

    tools: dict[str, dict[str, str]]
    places: dict[str, Place]


class Reason(msgspec.Struct, frozen=True):
    """Why some tools miss, or flag without need, principals of some kinds."""

    tools: tuple[str, ...]
    why: str
    who: tuple[str, ...]
    missed: bool = False
    flagged: bool = False

    @property
    def side(self) -> Side:
        """What the tools do."""
        return "missed" if self.missed else "flagged"


class Disagreement(msgspec.Struct, frozen=True, order=True):
    """A tool and the truth about principals of one kind."""

    side: Side
    tool: str
    kind: str


def results() -> Results:
    """What the last run found."""
    return msgspec.convert(json.loads(_RESULTS.read_text(encoding="utf-8")), Results)


def reasons() -> tuple[Reason, ...]:
    """Every reason."""
    listed = tomllib.loads(_REASONS.read_text(encoding="utf-8"))["reason"]
    return msgspec.convert(listed, tuple[Reason, ...])


def kind_of(name: str) -> str:
    """The name of a principal without its account, path and number."""
    return _NUMBER.sub("", name.rpartition("/")[2])


def disagreements(found: Results) -> set[Disagreement]:
    """Where a tool and the truth differ."""
    made = set()
    for place in found.places.values():
        up = {name for name, one in place.truth.items() if one in UP}
        for tool, flagged in place.flagged.items():
            made |= {Disagreement("missed", tool, kind_of(name)) for name in up - set(flagged)}
            made |= {Disagreement("flagged", tool, kind_of(name)) for name in set(flagged) - up}
    return made


def explains(reason: Reason, one: Disagreement) -> bool:
    """Whether a reason is about a disagreement."""
    about = one.kind in reason.who or ANYBODY in reason.who
    return reason.side == one.side and one.tool in reason.tools and about


def tools_table(found: Results) -> str:
    """What was run."""
    said = {
        "cloudsplaining": (
            "Cloudsplaining",
            "the authorization details; as it comes, and with `--flag-all-risky-actions`",
        ),
        "parliament": (
            "parliament",
            "the same file, with `--include-community-auditors`; it looks at policies one by one",
        ),
        "prowler": ("Prowler", "each policy, by its check of privilege escalation"),
        "principalmapper": ("PMapper", "the simulator, which it asks as it would ask AWS; each account by itself"),
    }
    rows = "".join(
        f"| {said[name][0]} (`{name}`) | {one['version']} | {one['python']} | {said[name][1]} |\n"
        for name, one in found.tools.items()
    )
    return f"| tool | version | Python | run on |\n|---|---|---|---|\n{rows}"


def counts_table(found: Results) -> str:
    """How many of each class every tool flags."""
    parts = []
    for name, place in found.places.items():
        truth = Counter(place.truth.values())
        parts.append(f"{'`breached`' if name == 'breached' else 'One account'}, {place.principals} principals:\n\n")
        parts.append("| | administrators | proven ways | conditional ways | others flagged |\n|---|---|---|---|---|\n")
        parts.append(f"| truth | {' | '.join(str(truth[one]) for one in UP)} | |\n")
        for tool, shown in _NAMES.items():
            if tool in place.flagged:
                classes = Counter(place.truth.get(one, "none") for one in place.flagged[tool])
                others = sum(count for one, count in classes.items() if one not in UP)
                parts.append(f"| {shown} | {' | '.join(str(classes[one]) for one in UP)} | {others} |\n")
        parts.append("\n")
    return "".join(parts).rstrip("\n") + "\n"


def reasons_table(side: Side) -> str:
    """Why tools differ from the truth on one side."""
    rows = []
    for one in reasons():
        if one.side == side:
            who = "all" if ANYBODY in one.who else ", ".join(f"`{name}`" for name in one.who)
            rows.append(f"| {one.why} | {'; '.join(_NAMES[tool] for tool in one.tools)} | {who} |\n")
    return "| why | tool | principals |\n|---|---|---|\n" + "".join(rows)
