"""What a rule reads, entity by entity, and the calls that tell it: what a run has to ask and keep follows from this."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.rules.schema import ACCOUNT, FLEET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.rules.rule import CompiledRule
    from rootwarden.rules.schema import Schema


class Need(msgspec.Struct, frozen=True):
    """An entity a rule reads something of, and the calls that feed it."""

    entity: str
    calls: tuple[str, ...]


def reading(rule: CompiledRule, schema: Schema) -> Iterator[Need]:
    """What lists the resources a rule is about, and what feeds each attribute it reads.

    An attribute behind a reference counts for the entity it belongs to: `CloudTrails.LogGroup.Name` of `AWS` is one of
    `CloudWatchLogGroup`.
    """
    yield Need(rule.entity, schema.entity(rule.entity).fed_by)
    for path in sorted(rule.reads):
        attribute = schema.attribute(rule.entity, path)
        holder = schema.place(rule.entity, path.rpartition(".")[0])
        if attribute is None or holder is None:
            continue
        # The lists of a whole (`AWS`) are fed as what is in them is.
        yield Need(attribute.to if holder[0] in (ACCOUNT, FLEET) else holder[0], attribute.fed_by)
