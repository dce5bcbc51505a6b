"""The page: each guardrail with its map of the tree, before and after what is planned, and the reasons in words."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.guardrails.coverage import UnitCoverage, coverage
from rootwarden.guardrails.proof import GuardrailProof, Verdict
from rootwarden.report.guardrail_map import drawing as drawn
from rootwarden.report.guardrail_map.drawing import Drawing, drawing
from rootwarden.report.sheet import dressed, templates

if TYPE_CHECKING:
    import jinja2

    from rootwarden.audit.guardrail_proof import Proof
    from rootwarden.guardrails.asking import Ruling
    from rootwarden.guardrails.proof import Group
    from rootwarden.guardrails.standing import Landscape

MOST_UNITS: Final = 2000
MOST_ACCOUNTS: Final = 40


class Map(msgspec.Struct, frozen=True, kw_only=True):
    """One map: of the organization as it is, or as it would be."""

    name: str
    label: str
    drawn: Drawing
    units: tuple[UnitCoverage, ...]
    left_out: int
    proof: GuardrailProof


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """One guardrail with one map, or two."""

    proof: GuardrailProof
    maps: tuple[Map, ...]


def render(landscape: Landscape, before: Proof, after: Proof | None = None) -> str:
    """The whole page; it ends with a newline.

    Args:
        landscape: The accounts and the tree.
        before: What was proven as things are.
        after: What was proven with what is planned attached, of the same guardrails; `None` where nothing is planned.
    """
    planned: dict[str, tuple[str, ...]] = {}
    for guardrail, target in after.planned if after else ():
        planned[target] = (*planned.get(target, ()), guardrail)
    sections = []
    for number, proof in enumerate(before.guardrails):
        maps = [_map(f"{number}-before", "as it is" if after else "", landscape, proof, {})]
        if after:
            maps.append(_map(f"{number}-after", "as planned", landscape, after.guardrails[number], planned))
        sections.append(Section(proof=proof, maps=tuple(maps)))
    return _template().render(
        organization=landscape.organization,
        before=before,
        proof=after or before,
        sections=sections,
        planned=after.planned if after else (),
        known_tree=bool(landscape.units),
        **dressed(("rootwarden.report.guardrail_map", "map.css")),
    )


def _map(
    name: str, label: str, landscape: Landscape, proof: GuardrailProof, planned: dict[str, tuple[str, ...]]
) -> Map:
    units = coverage(landscape, proof, planned)
    title = f"{proof.id}{f', {label}' if label else ''}: where it holds in the tree"
    return Map(
        name=name,
        label=label,
        drawn=drawing(units, title),
        units=units[:MOST_UNITS],
        left_out=max(0, len(units) - MOST_UNITS),
        proof=proof,
    )


def wrong(group: Group) -> list[Ruling]:
    """The rulings that decided a verdict; what is merely unknown is left for the JSON where something is worse."""
    found = [one for one in group.rulings if one.denied is not one.expected]
    return found if group.verdict is Verdict.UNKNOWN else [one for one in found if one.denied is not None]


@functools.cache
def _template() -> jinja2.Template:
    environment = templates("rootwarden.report.guardrail_map")
    environment.globals |= {
        "drawn": drawn,
        "Verdict": Verdict,
        "MOST": MOST_ACCOUNTS,
        "MOST_UNITS": MOST_UNITS,
        "VERDICTS": tuple(Verdict),
        "wrong": wrong,
    }
    return environment.get_template("map.html")
