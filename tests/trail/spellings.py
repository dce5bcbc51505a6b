"""Every way JSON allows to write a document: blanks, escapes of any letter, order of keys, keys written twice."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

_BLANKS = st.text(alphabet=" \t\r\n", max_size=3)
_SHORT = {'"': '\\"', "\\": "\\\\", "/": "\\/", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


@st.composite
def spelled(draw: st.DrawFn, value: Any) -> str:
    """`value` as JSON text, in some spelling."""
    blank = draw(_BLANKS)
    if isinstance(value, str):
        return blank + '"' + "".join(draw(_letter(letter)) for letter in value) + '"' + draw(_BLANKS)
    if isinstance(value, list):
        return blank + "[" + ",".join(draw(spelled(each)) for each in value) + "]" + draw(_BLANKS)
    if isinstance(value, dict):
        pairs: list[tuple[str, Any]] = list(draw(st.permutations(list(value.items()))))
        twice: bool = draw(st.booleans())
        if pairs and twice:
            # The same key before it: the last one counts.
            pairs.insert(0, (pairs[-1][0], draw(st.sampled_from(["Role", None, 1, ["Root"]]))))
        inside = ",".join(draw(spelled(name)) + ":" + draw(spelled(each)) for name, each in pairs)
        return blank + "{" + inside + draw(_BLANKS) + "}" + draw(_BLANKS)
    return blank + json.dumps(value) + draw(_BLANKS)


def _letter(letter: str) -> st.SearchStrategy[str]:
    units = letter.encode("utf-16-be")
    escape = "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
    ways = [escape, escape.upper().replace("\\U", "\\u")]
    if letter in _SHORT:
        ways.append(_SHORT[letter])
    if letter not in '"\\' and letter.isprintable():
        # Most letters are written as they are, so that whole words appear.
        ways += [letter] * 12
    return st.sampled_from(ways)
