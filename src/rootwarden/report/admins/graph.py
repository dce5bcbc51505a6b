"""Every step of every way as one graph, for the formats that draw or analyse it.

Nodes are users and roles, and for each account *administrator* and *root*. Somebody whose last step changes nothing but
themselves leads to the administrator of their account, and so does who is one already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.iam.admins.attempt import End
from rootwarden.iam.admins.verdict import ITSELF, Class
from rootwarden.report.admins.phrases import account_of, gets_up, on_another, short

if TYPE_CHECKING:
    from rootwarden.iam.admins.verdict import PrincipalVerdict, Step
    from rootwarden.report.admins.told import Told


class GraphNode(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody, or what they are then.

    Attributes:
        id: An ARN, `administrator:000011110000` or `root:000011110000`.
        label: Short.
        kind: `user`, `role`, `administrator` or `root`.
        account: Twelve digits.
        standing: The class; empty for what is nobody.
    """

    id: str
    label: str
    kind: str
    account: str
    standing: str = ""


class Edge(msgspec.Struct, frozen=True, kw_only=True):
    """A step.

    Attributes:
        source, goal: Ids of nodes.
        step: Id of the path in the catalogue; `direct` for who needs none.
        title: In words.
        requires, assumes: Words of the catalogue, condition keys or reasons.
    """

    source: str
    goal: str
    step: str
    title: str
    requires: tuple[str, ...] = ()
    assumes: tuple[str, ...] = ()


class Graph(msgspec.Struct, frozen=True):
    """Nodes in order of id, and edges in order."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[Edge, ...]


def graph(told: Told) -> Graph:
    """The steps of everybody who is listed; who has no way is not in it."""
    kinds = {one.arn: one.kind for one in told.found.principals}
    edges = {edge: None for one in told.principals for edge in _edges(one)}
    # Whoever a way leads to is an administrator, and shown to be one, though only others were asked for.
    direct = {one.arn: one for one in told.found.principals if one.kind is Class.DIRECT}
    reached = {edge.goal for edge in edges}
    edges |= {edge: None for arn in reached & direct.keys() for edge in _edges(direct[arn])}
    ids = sorted({end for edge in edges for end in (edge.source, edge.goal)})
    return Graph(
        tuple(_node(each, kinds.get(each)) for each in ids),
        tuple(sorted(edges, key=lambda edge: (edge.source, edge.goal, edge.step, edge.title))),
    )


def _edges(one: PrincipalVerdict) -> list[Edge]:
    if one.kind is Class.DIRECT:
        title = "Is an administrator"
        return [Edge(source=one.arn, goal=f"{End.ADMINISTRATOR}:{one.account}", step=ITSELF, title=title)]
    last = len(one.path)
    return [
        Edge(
            source=step.by,
            goal=_goal(step, ends=number == last and gets_up(one)),
            step=step.id,
            title=step.title,
            requires=step.requires,
            assumes=step.assumes,
        )
        for number, step in enumerate(one.path, 1)
    ]


def _goal(step: Step, *, ends: bool) -> str:
    account = step.target if step.target.isdigit() else account_of(step.by)
    if step.leads_to in {End.ADMINISTRATOR, End.ROOT}:
        return f"{step.leads_to}:{account}"
    changed = step.leads_to == step.by or on_another(step)
    return f"{End.ADMINISTRATOR}:{account_of(step.leads_to)}" if ends and changed else step.leads_to


def _node(name: str, standing: Class | None) -> GraphNode:
    kind, _, account = name.partition(":")
    if kind in {End.ADMINISTRATOR, End.ROOT}:
        return GraphNode(id=name, label=f"{kind} of {account}", kind=kind, account=account)
    label = short(name)
    found = standing.value if standing is not None else ""
    return GraphNode(id=name, label=label, kind=label.partition("/")[0], account=account_of(name), standing=found)
