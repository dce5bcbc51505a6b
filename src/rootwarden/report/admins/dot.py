"""The graph of steps in the DOT language, for Graphviz (https://graphviz.org/doc/info/lang.html).

Every name and label is a quoted string, in which only the quote and the backslash mean something.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.report.admins.graph import graph
from rootwarden.report.admins.phrases import required, short
from rootwarden.report.encoding import well_formed
from rootwarden.report.words import visible

if TYPE_CHECKING:
    from rootwarden.report.admins.graph import Edge, GraphNode
    from rootwarden.report.admins.told import Told

_SHAPE: Final = {"user": "ellipse", "role": "box", "administrator": "doubleoctagon", "root": "tripleoctagon"}


def render(told: Told) -> str:
    """A directed graph, a cluster for each account; a step that depends on something is dashed."""
    found = graph(told)
    lines = ["digraph ways_up {", '  rankdir="LR";', '  node [fontname="sans-serif"];']
    for account in sorted({node.account for node in found.nodes}):
        lines += [f"  subgraph {_quoted(f'cluster_{account}')} {{", f"    label={_quoted(told.name(account))};"]
        lines += [f"    {_node(node)}" for node in found.nodes if node.account == account]
        lines.append("  }")
    lines += [f"  {_edge(edge)}" for edge in found.edges]
    return "\n".join([*lines, "}", ""])


def _node(node: GraphNode) -> str:
    words = {"label": node.label, "shape": _SHAPE.get(node.kind, "box"), "class": node.standing}
    return f"{_quoted(node.id)} [{_attributes(words)}];"


def _edge(edge: Edge) -> str:
    together = (f"with {short(edge.together_with)} in hand too",) if edge.together_with else ()
    requires = (f"requires: {required(word)}" for word in edge.requires)
    words = {
        "label": edge.step,
        "tooltip": "; ".join((edge.title, *together, *requires)),
        "style": "dashed" if edge.requires else "solid",
    }
    return f"{_quoted(edge.source)} -> {_quoted(edge.goal)} [{_attributes(words)}];"


def _attributes(words: dict[str, str]) -> str:
    return ", ".join(f"{name}={_quoted(value)}" for name, value in words.items() if value)


def _quoted(text: str) -> str:
    shown = well_formed(visible(text)).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{shown}"'
