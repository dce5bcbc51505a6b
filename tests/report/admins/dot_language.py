"""A reader of the part of the DOT language we write, for tests: https://graphviz.org/doc/info/lang.html."""

from __future__ import annotations

import re
from typing import NamedTuple

_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|(->)|([{}\[\];,=])|([A-Za-z_][A-Za-z_0-9]*)|(\s+)', re.DOTALL)


class Graph(NamedTuple):
    """Nodes and edges with their attributes."""

    nodes: dict[str, dict[str, str]]
    edges: list[tuple[str, str, dict[str, str]]]


def parse(text: str) -> Graph:
    """Read a `digraph`; anything that is none of it is refused."""
    return _Reader(_tokens(text)).graph()


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match, f"no token at {text[at : at + 40]!r}"
        at = match.end()
        quoted, arrow, mark, word, blank = match.groups()
        if blank is None:
            kind = "text" if quoted is not None else "arrow" if arrow else "mark" if mark else "word"
            value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else arrow or mark or word
            found.append((kind, value))
    return found


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0
        self._made = Graph({}, [])

    def graph(self) -> Graph:
        self._take("word", "digraph")
        self._take("word")
        self._body()
        assert self._at == len(self._tokens)
        return self._made

    def _body(self) -> None:
        self._take("mark", "{")
        while self._peek() != ("mark", "}"):
            self._statement()
        self._take("mark", "}")

    def _statement(self) -> None:
        kind, value = self._take()
        if (kind, value) == ("word", "subgraph"):
            self._take("text")
            self._body()
            return
        if kind == "word":
            if self._peek() == ("mark", "="):
                self._take()
                self._take("text")
            else:
                self._attributes()
        elif self._peek()[0] == "arrow":
            self._take()
            goal = self._take("text")[1]
            self._made.edges.append((value, goal, self._attributes()))
        else:
            assert kind == "text"
            self._made.nodes[value] = self._attributes()
        self._take("mark", ";")

    def _attributes(self) -> dict[str, str]:
        found = {}
        self._take("mark", "[")
        while self._peek() != ("mark", "]"):
            name = self._take("word")[1]
            self._take("mark", "=")
            found[name] = self._take("text")[1]
            if self._peek() == ("mark", ","):
                self._take()
        self._take("mark", "]")
        return found

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at]

    def _take(self, kind: str = "", value: str = "") -> tuple[str, str]:
        token = self._tokens[self._at]
        assert kind in ("", token[0]), token
        assert value in ("", token[1]), token
        self._at += 1
        return token
