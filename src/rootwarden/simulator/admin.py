"""`/_simulator/…`: knobs, counters and imported findings for other processes. Not part of AWS, and not signed.

| request | meaning |
|---|---|
| `GET /_simulator/world` | account ids, the management account, a working key |
| `GET`, `POST`, `DELETE /_simulator/knobs` | list; add `{"knobs": [{"kind": …}]}`; unset all |
| `GET`, `DELETE /_simulator/calls` | counters; start again from nothing |
| `GET /_simulator/findings` | what `BatchImportFindings` brought |
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from rootwarden.simulator.http import Reply
from rootwarden.simulator.knobs import Knob

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.simulator.http import Request
    from rootwarden.simulator.state import State

PREFIX = "/_simulator/"


class _NewKnobs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    knobs: list[Knob]


def answer(state: State, request: Request) -> Reply:
    """The answer to an administrative request."""
    handler = _HANDLERS.get((request.method, request.path.removeprefix(PREFIX)))
    if handler is None:
        return _json({"error": f"no `{request.method} {request.path[:80]}`"}, status=404)
    return handler(state, request)


def _knobs(state: State, _request: Request) -> Reply:
    return _json({"knobs": state.knobs.all()})


def _clear_knobs(state: State, request: Request) -> Reply:
    state.knobs.clear()
    return _knobs(state, request)


def _add_knobs(state: State, request: Request) -> Reply:
    try:
        new = msgspec.json.decode(request.body, type=_NewKnobs)
    except msgspec.DecodeError as problem:
        return _json({"error": str(problem)}, status=400)
    state.knobs.add(*new.knobs)
    return _knobs(state, request)


def _world(state: State, _request: Request) -> Reply:
    world = state.world
    about = {
        "management_id": world.management_id,
        "account_ids": world.account_ids,
        "partition": world.partition,
        "now": state.clock(),
        "credentials": world.credentials,
    }
    return _json(about)


def _calls(state: State, _request: Request) -> Reply:
    counts = sorted(state.calls.snapshot().items())
    calls = [{"account": account, "call": call, "count": count} for (account, call), count in counts]
    return _json({"total": sum(count for _, count in counts), "calls": calls})


def _reset_calls(state: State, request: Request) -> Reply:
    state.calls.reset()
    return _calls(state, request)


def _findings(state: State, _request: Request) -> Reply:
    return _json({"findings": state.findings})


def _json(document: Any, *, status: int = 200) -> Reply:
    return Reply(status=status, content_type="application/json", body=msgspec.json.encode(document))


_HANDLERS: Final[dict[tuple[str, str], Callable[[State, Request], Reply]]] = {
    ("GET", "world"): _world,
    ("GET", "knobs"): _knobs,
    ("POST", "knobs"): _add_knobs,
    ("DELETE", "knobs"): _clear_knobs,
    ("GET", "calls"): _calls,
    ("DELETE", "calls"): _reset_calls,
    ("GET", "findings"): _findings,
}
