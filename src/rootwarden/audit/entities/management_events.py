"""Which management events the selectors of a trail take, in one word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rootwarden.facts.fact import Known, Unknown, Why, transform

if TYPE_CHECKING:
    from rootwarden.facts.fact import Fact
    from rootwarden.facts.monitoring import Selectors


def management_events(selectors: Fact[Selectors]) -> Fact[object]:
    """`all`, `write`, `read`, `some` or `none`; unknown where a selector does not say whether it takes any."""
    if isinstance(selectors, Known) and any(each.management_events is None for each in selectors.value.classic):
        return Unknown("`IncludeManagementEvents` is missing in the answer", Why.NOT_SUPPORTED, "", selectors.sources)
    return transform(selectors, _taken)


def _taken(selectors: Selectors) -> str:
    """Which management events the selectors take: one that leaves a service out takes some.

    Advanced selectors can cut in any way; they take all only where nothing but the category is asked.
    """
    taken: set[str] = set()
    for classic in selectors.classic:
        if classic.management_events:
            taken.add("some" if classic.excluded_sources else _READ_WRITE.get(classic.read_write or "", "some"))
    for advanced in selectors.advanced:
        fields = {each.field: each for each in advanced.fields}
        category = fields.pop("eventCategory", None)
        if category is None or "Management" not in category.equals:
            continue
        read_only = fields.pop("readOnly", None)
        if fields:
            taken.add("some")
        elif read_only is None:
            taken.add("all")
        else:
            taken.add(_READ_ONLY.get(read_only.equals, "some"))
    if "all" in taken or {"read", "write"} <= taken:
        return "all"
    return next((each for each in ("write", "read", "some") if each in taken), "none")


_READ_ONLY: dict[tuple[str, ...], str] = {("true",): "read", ("false",): "write"}
_READ_WRITE = {"All": "all", "ReadOnly": "read", "WriteOnly": "write"}
