"""Just enough YAML to write a Sigma rule: maps, lists, texts in quotes, numbers and booleans."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

Node: TypeAlias = "dict[str, Node] | list[Node] | str | int | float | bool | None"


def as_yaml(node: dict[str, Node]) -> str:
    """The map as YAML 1.2; texts stand in double quotes, as JSON writes them, which YAML reads the same way."""
    return "\n".join(_lines(node)) + "\n"


def _lines(node: Node) -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _entry(f"{_key(name)}:", value)
    elif isinstance(node, list):
        for value in node:
            yield from _item(value)
    else:
        yield _scalar(node)


def _entry(head: str, value: Node) -> Iterator[str]:
    if isinstance(value, (dict, list)) and value:
        yield head
        for line in _lines(value):
            yield f"  {line}"
    else:
        yield f"{head} {_scalar(value)}"


def _item(value: Node) -> Iterator[str]:
    if isinstance(value, (dict, list)) and value:
        first, *rest = _lines(value)
        yield f"- {first}"
        for line in rest:
            yield f"  {line}"
    else:
        yield f"- {_scalar(value)}"


def _key(name: str) -> str:
    plain = name.replace("_", "").replace("-", "").replace(".", "").replace("|", "").isalnum()
    return name if plain else json.dumps(name)


def _scalar(node: Node) -> str:
    return json.dumps(node, ensure_ascii=False)
