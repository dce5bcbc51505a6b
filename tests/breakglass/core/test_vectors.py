"""The vectors, read from the file alone: what is a log, what is refused, and by which step."""

from __future__ import annotations

import json
import re
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from tests.breakglass.core.make_vectors import FILE, text

from rootwarden.breakglass.core.entry import from_bytes
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.core.state import State
from rootwarden.breakglass.core.step import check, replay, step
from rootwarden.errors import InputError
from rootwarden.transparency.head import Head, head_is_signed, to_text

VECTORS: Final[dict[str, Any]] = json.loads(FILE.read_text())
PROTOCOL: Final = Path(__file__).parents[3] / "docs" / "break-glass-protocol.md"
CORE: Final = Path(__file__).parents[3] / "src" / "rootwarden" / "breakglass"


def test_the_log_replays_root_for_root() -> None:
    state = State()
    assert [state.tree.root.hex()] == VECTORS["roots"][:1]
    for content, root in zip(VECTORS["entries"], VECTORS["roots"][1:], strict=True):
        step(state, from_bytes(content.encode()))
        assert state.tree.root.hex() == root
    head = Head(**VECTORS["head"])
    assert (head.size, head.root) == (state.size, to_text(state.tree.root))
    key = load_pem_public_key(VECTORS["checkpoint_key"].encode())
    assert isinstance(key, Ed25519PublicKey)
    assert head_is_signed(head, [key])


def test_each_of_the_others_is_refused_by_its_step() -> None:
    state, places = State(), iter(VECTORS["entries"])
    for after, group in groupby(VECTORS["refused"], key=lambda one: one["after"]):
        while state.size < after:
            step(state, from_bytes(next(places).encode()))
        for one in group:
            assert refused_by(state, one["entry"].encode()) == one["step"], one["name"] + ": " + one["why"]


def refused_by(state: State, content: bytes) -> str:
    try:
        check(state, from_bytes(content))
    except Refused as refused:
        return refused.step
    except InputError:
        return "G3"
    return "nobody"


def test_a_replay_names_the_place_and_the_step() -> None:
    one = next(one for one in VECTORS["refused"] if one["step"] == "A5")
    entries = [content.encode() for content in VECTORS["entries"][: one["after"]]]
    with pytest.raises(Refused, match=f"A5: entry {one['after']}: "):
        replay([*entries, one["entry"].encode()])


def test_the_file_is_what_is_made() -> None:
    """`PYTHONPATH=src python -m tests.breakglass.core.make_vectors` writes it again."""
    assert FILE.read_text() == text()


# `S3.9` is a chapter and `S3 Object Lock` a service; `T0` is of RFC 6238.
STEP: Final = re.compile(r"\b([A-Z][0-9])\b(?!\.[0-9]| Object)")


def on_the_page() -> set[str]:
    """Steps the page defines: rows of its tables, and those named in a sentence."""
    content = PROTOCOL.read_text()
    found = set(STEP.findall(content)) - {"T0"}
    for first, last in re.findall(r"\b([A-Z][0-9])\u2013([A-Z][0-9])\b", content):
        found |= {f"{first[0]}{number}" for number in range(int(first[1]), int(last[1]) + 1)}
    return found


def raised() -> set[str]:
    """Steps the code refuses with: step ids in strings of this room."""
    texts = (path.read_text() for path in CORE.rglob("*.py"))
    return {name for content in texts for name in re.findall(r'"([A-Z][0-9])"', content)}


def test_every_step_of_the_page_is_raised_and_every_step_that_is_raised_is_on_the_page() -> None:
    assert raised() - on_the_page() == set()
    assert on_the_page() - raised() <= LATER


# Steps of the vault (section 5) are raised where its process is written.
LATER: Final = {"V2", "V3", "V4"}


def test_every_step_of_the_core_has_a_vector() -> None:
    texts = (path.read_text() for path in (CORE / "core").glob("*.py"))
    core = {name for content in texts for name in re.findall(r'"([A-Z][0-9])"', content)}
    # V2 is about heads, and no entry can break it.
    assert core - {one["step"] for one in VECTORS["refused"]} == {"V2"}
