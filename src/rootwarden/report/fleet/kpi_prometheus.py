"""Key figures in the Prometheus text format 0.0.4, for the textfile collector of node_exporter or a gateway.

Units are Prometheus's base units: shares as ratios, times in seconds. A figure that is unknown has no sample, for
Prometheus takes every number at its word; `rootwarden_kpi_target_met` then says 0 for both states but `unknown`.
https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rootwarden.fleet.indicator import Indicator
    from rootwarden.fleet.kpi import KeyFigures

# Our unit: that of Prometheus, and how many of these one of ours is.
_UNITS: Final[Mapping[str, tuple[str, int]]] = MappingProxyType(
    {
        "share": ("ratio", 1),
        "accounts": ("accounts", 1),
        "keys": ("keys", 1),
        "uses": ("uses", 1),
        "drills": ("drills", 1),
        "minutes": ("seconds", 60),
        "days": ("seconds", 86_400),
    }
)
_STATES: Final[Mapping[str, bool | None]] = MappingProxyType({"met": True, "missed": False, "unknown": None})
_BEHIND: Final[Mapping[str, Callable[[Indicator], int]]] = MappingProxyType(
    {"failing": lambda each: len(each.accounts), "unknown": lambda each: len(each.unknown)}
)


def render(figures: KeyFigures) -> str:
    """All metrics, one family after the other; it ends with a newline."""
    lines: list[str] = []
    for what, read in (("value", _value), ("low", _low), ("high", _high)):
        lines += _family(
            f"rootwarden_kpi_{what}", _HELP[what], [_sample(what, each, read) for each in figures.indicators]
        )
    aimed = [each for each in figures.indicators if each.target]
    lines += _family(
        "rootwarden_kpi_target_met", _HELP["target"], [_met(each, state) for each in aimed for state in _STATES]
    )
    behind = [_behind(each, kind) for each in figures.indicators for kind in _BEHIND]
    lines += _family("rootwarden_kpi_accounts", _HELP["accounts"], behind)
    instant = f"rootwarden_kpi_as_of_timestamp_seconds {figures.as_of.timestamp():.0f}"
    lines += _family("rootwarden_kpi_as_of_timestamp_seconds", _HELP["as_of"], [instant])
    return "\n".join(lines) + "\n"


_HELP: Final = MappingProxyType(
    {
        "value": "The key figure now, of what is known, in the unit of its label; absent while nothing is.",
        "low": "The least the key figure can be, whatever the unknown turns out to be.",
        "high": "The most the key figure can be, whatever the unknown turns out to be.",
        "target": "Whether the target is met, missed, or cannot be said: 1 for the state that holds.",
        "accounts": "Accounts known to miss the target, and accounts nobody could look at; absent while nobody looked.",
        "as_of": "The instant the key figures were judged at.",
    }
)


def _family(name: str, describe: str, samples: list[str]) -> list[str]:
    return [f"# HELP {name} {describe}", f"# TYPE {name} gauge", *(each for each in samples if each)]


def _sample(what: str, each: Indicator, read: Callable[[Indicator], float | None]) -> str:
    value = read(each)
    unit, factor = _UNITS[each.unit]
    return "" if value is None else f'rootwarden_kpi_{what}{{kpi="{each.id}",unit="{unit}"}} {value * factor:.10g}'


def _met(each: Indicator, state: str) -> str:
    return f'rootwarden_kpi_target_met{{kpi="{each.id}",state="{state}"}} {int(each.met is _STATES[state])}'


def _behind(each: Indicator, kind: str) -> str:
    count = _BEHIND[kind](each)
    told = each.target and (each.value is not None or each.met is not None) if kind == "failing" else _asked(each)
    return f'rootwarden_kpi_accounts{{kpi="{each.id}",state="{kind}"}} {count}' if told or count else ""


def _asked(each: Indicator) -> bool:
    """Whether anything was looked at for it: a figure whose file is missing is unknown of everybody."""
    return each.value is not None or each.met is not None or each.high is not None


def _value(each: Indicator) -> float | None:
    return each.value


def _low(each: Indicator) -> float | None:
    return each.low


def _high(each: Indicator) -> float | None:
    return each.high
