"""The check-outs of a log as other programs read them: signed lines with inclusion proofs (docs/checkouts.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from rootwarden.transparency.canonical import canonical
from rootwarden.transparency.head import to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from rootwarden.breakglass.core.state import State
    from rootwarden.transparency.head import Head

_MARK = b'"kind":"checkout-published"'


def checkout_lines(
    state: State, entries: Iterable[bytes], head: Head, sign: Callable[[bytes], bytes]
) -> Iterator[bytes]:
    """One line for each check-out that was published.

    Args:
        state: The replay of these entries.
        entries: The whole log.
        head: The signed head over it.
        sign: Signs with the checkpoint key.
    """
    for index, content in enumerate(entries):
        # A cheap look first; the kind itself decides, because people's words may hold the same letters.
        if _MARK not in content:
            continue
        line = msgspec.json.decode(content, type=dict[str, Any])
        if line.get("kind") != "checkout-published":
            continue
        hashes = [to_text(one) for one in state.tree.inclusion(index)]
        proof = {"index": index, "hashes": hashes, "head": msgspec.to_builtins(head)}
        yield canonical({**line, "signature": to_text(sign(content)), "proof": proof}) + b"\n"
