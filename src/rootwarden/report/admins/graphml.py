"""The graph of steps as GraphML (http://graphml.graphdrawing.org/specification.html), with typed attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from rootwarden.report.admins.graph import graph
from rootwarden.report.admins.phrases import required
from rootwarden.report.encoding import well_formed
from rootwarden.report.words import visible

if TYPE_CHECKING:
    from rootwarden.report.admins.told import Told

_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>'
NAMESPACE: Final = "http://graphml.graphdrawing.org/xmlns"
_OF_NODES: Final = ("label", "kind", "account", "account_name", "class")
_OF_EDGES: Final = ("step", "title", "requires", "assumes", "together_with")


def render(told: Told) -> str:
    """The whole document; it ends with a newline."""
    found = graph(told)
    top = ET.Element("graphml", {"xmlns": NAMESPACE})
    _declare(top, "node", _OF_NODES)
    _declare(top, "edge", _OF_EDGES)
    drawn = ET.SubElement(top, "graph", {"id": "ways-up", "edgedefault": "directed"})
    for node in found.nodes:
        values = (node.label, node.kind, node.account, told.accounts.get(node.account, ""), node.standing)
        _add(drawn, "node", {"id": _text(node.id)}, dict(zip(_OF_NODES, values, strict=True)))
    for number, edge in enumerate(found.edges):
        ends = {"id": f"e{number}", "source": _text(edge.source), "target": _text(edge.goal)}
        requires, assumes = ("; ".join(map(required, words)) for words in (edge.requires, edge.assumes))
        said = (edge.step, edge.title, requires, assumes, edge.together_with)
        _add(drawn, "edge", ends, dict(zip(_OF_EDGES, said, strict=True)))
    ET.indent(top)
    return f"{_DECLARATION}\n{ET.tostring(top, encoding='unicode')}\n"


def _declare(top: ET.Element, what: str, names: tuple[str, ...]) -> None:
    for name in names:
        ET.SubElement(top, "key", {"id": f"{what}-{name}", "for": what, "attr.name": name, "attr.type": "string"})


def _add(drawn: ET.Element, what: str, attributes: dict[str, str], values: dict[str, str]) -> None:
    made = ET.SubElement(drawn, what, attributes)
    for name, value in values.items():
        if value:
            ET.SubElement(made, "data", {"key": f"{what}-{name}"}).text = _text(value)


def _text(text: str) -> str:
    """As XML can carry it: `visible` writes out what XML forbids."""
    return well_formed(visible(text))
