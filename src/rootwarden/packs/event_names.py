"""Names of events and the actions they need: the files of `event-names`, read when first asked for."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import msgspec

from rootwarden.iam.usage.names import Operations, read_names
from rootwarden.packs.content import texts

if TYPE_CHECKING:
    from rootwarden.iam.usage.names import NamesFile


@cache
def event_names() -> tuple[NamesFile, ...]:
    """What differs from the rule that an event is named as the action it needs.

    Raises:
        InputError: A shipped file cannot be read, which the tests rule out.
    """
    return tuple(read_names(text, file=file) for file, text in texts("event-names"))


@cache
def operations() -> Operations:
    """The actions some operation of an AWS client needs (`python -m tests.iam.usage.operations` makes the file)."""
    return msgspec.json.decode(
        files(__package__).joinpath("event-names", "operations.json").read_bytes(), type=Operations
    )
