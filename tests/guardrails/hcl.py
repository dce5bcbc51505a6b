"""A strict reader of the HCL our Terraform is written in: blocks, attributes, texts, lists, objects, two functions.

After HashiCorp's *HCL Native Syntax Specification*; whatever else it meets is a mistake, a template in a text too.
"""

from __future__ import annotations

import json
import re
from typing import Any

_TOKEN = re.compile(r'\s*(?:(?P<text>"(?:[^"\\\n]|\\["\\nrtu])*")|(?P<name>[A-Za-z_][\w-]*)|(?P<mark>[{}\[\]()=,.]))')


class HclError(Exception):
    """It is not HCL as we write it."""


class Reference(tuple[str, ...]):
    """A name such as `each.value`."""

    __slots__ = ()


def read_hcl(text: str) -> dict[tuple[str, ...], dict[str, Any]]:
    """Every block by its words: `("resource", type, name)`."""
    reader = _Reader(text)
    blocks: dict[tuple[str, ...], dict[str, Any]] = {}
    while reader.kind:
        words = [reader.take("name")]
        while reader.kind == "text":
            words.append(reader.text())
        if tuple(words) in blocks:
            raise HclError(f"{words} twice")
        blocks[tuple(words)] = reader.members("=", attribute=True)
    return blocks


class _Reader:
    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self.kind = self.value = ""
        self._next()

    def _next(self) -> None:
        if not self._text[self._at :].strip():
            self.kind = self.value = ""
            return
        found = _TOKEN.match(self._text, self._at)
        if found is None or found.lastgroup is None:
            raise HclError(self._text[self._at : self._at + 40])
        self._at = found.end()
        self.kind, self.value = found.lastgroup, found[found.lastgroup]

    def take(self, kind: str, value: str = "") -> str:
        if self.kind != kind or (value and self.value != value):
            raise HclError(f"{self.kind} `{self.value}`, not {kind} {value}")
        taken = self.value
        self._next()
        return taken

    def text(self) -> str:
        """A quoted text without its escapes; a template would be evaluated, and we write none."""
        inside: str = json.loads(self.take("text"))
        if re.search(r"(?<!\$)\$\{|(?<!%)%\{", inside.replace("$${", "").replace("%%{", "")):
            raise HclError(f"a template: {inside}")
        return inside.replace("$${", "${").replace("%%{", "%{")

    def members(self, sign: str, *, attribute: bool = False) -> dict[str, Any]:
        self.take("mark", "{")
        made: dict[str, Any] = {}
        while (self.kind, self.value) != ("mark", "}"):
            name = self.take("name") if attribute or self.kind == "name" else self.text()
            self.take("mark", sign)
            if name in made:
                raise HclError(f"{name} twice")
            made[name] = self.expression()
        self.take("mark", "}")
        return made

    def expression(self) -> Any:
        if self.kind == "text":
            return self.text()
        if self.kind == "name":
            return self._named()
        if self.value == "{":
            return self.members("=")
        self.take("mark", "[")
        made = []
        while (self.kind, self.value) != ("mark", "]"):
            made.append(self.expression())
            if (self.kind, self.value) != ("mark", "]"):
                self.take("mark", ",")
        self.take("mark", "]")
        return made

    def _named(self) -> Any:
        words = [self.take("name")]
        while (self.kind, self.value) == ("mark", "."):
            self.take("mark", ".")
            words.append(self.take("name"))
        if (self.kind, self.value) != ("mark", "("):
            return Reference(words)
        self.take("mark", "(")
        made = self.expression()
        self.take("mark", ")")
        if words == ["jsonencode"]:
            return json.dumps(made)
        if words != ["toset"]:
            raise HclError(f"the function {words}")
        return set(made)
