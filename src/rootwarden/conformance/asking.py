"""Make the calls on one side, through `aws.door` alone, and keep nothing of the answers but their shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from rootwarden.aws.calls import Call, CallFailed
from rootwarden.aws.deadline import Deadline, TimeUp
from rootwarden.conformance.compare import Outcome
from rootwarden.conformance.shape import root_row_shape, shape_of
from rootwarden.conformance.steps import STEPS, CallerKind, Standing, Step
from rootwarden.conformance.words import safe_code
from rootwarden.simulator.protocols.model import operation_model

if TYPE_CHECKING:
    from rootwarden.aws.calls import Json, JsonObject
    from rootwarden.aws.door import Door
    from rootwarden.conformance.place import Place

# Every call of one side has this long; the credential report is awaited this long too.
SECONDS = 60.0
_REPORT = "iam:GetCredentialReport"
_PAUSE = 0.5
OnStep: TypeAlias = Callable[[Step], None]


def outcomes(door: Door, place: Place, on_step: OnStep = lambda _step: None) -> dict[str, Outcome]:
    """What one side says to every step, as shapes and codes; by key of the step."""
    documents: dict[str, JsonObject] = {}
    found: dict[str, Outcome] = {}
    for step in STEPS:
        parameters = _parameters(step, place, documents)
        if isinstance(parameters, str):
            found[step.key] = Outcome(skipped=parameters)
            continue
        on_step(step)
        service, _, operation = step.call.partition(":")
        call = Call(service=service, operation=operation, file="", region=place.region, parameters=parameters)
        try:
            document = _asked(door, call)
        except CallFailed as failed:
            found[step.key] = Outcome(codes=frozenset({safe_code(failed.code)}))
        else:
            documents[step.key] = document
            found[step.key] = Outcome(shape=_shape(step, call, document))
    return found


def _asked(door: Door, call: Call) -> JsonObject:
    """One answer; a credential report that is not ready is awaited."""
    deadline = Deadline(SECONDS)
    while True:
        try:
            return door.ask(call, identity=None, deadline=deadline)
        except CallFailed as failed:
            if call.action != _REPORT or failed.code != "ReportInProgress":
                raise
            try:
                deadline.pause(_PAUSE)
            except TimeUp:
                raise failed from None


def _shape(step: Step, call: Call, document: JsonObject) -> dict[str, frozenset[str]]:
    model = operation_model(call.service, call.operation)
    shape = dict(shape_of(document, model.output_shape if model is not None else None))
    content = document.get("Content")
    if step.call == _REPORT and isinstance(content, str):
        shape.update(root_row_shape(content))
    return shape


def _parameters(step: Step, place: Place, documents: dict[str, JsonObject]) -> dict[str, Json] | str:
    """The parameters of a call, or why it is not asked."""
    if place.standing not in step.standings:
        if place.standing is Standing.UNKNOWN:
            return "it could not be seen whether the account is in an organization"
        return f"only for {' and '.join(sorted(step.standings))} accounts; this is a {place.standing} account"
    if step.own_user and place.caller is not CallerKind.USER:
        return "only an IAM user asks this, about itself; what it tells about root needs an AssumeRoot session"
    filled: dict[str, Json] = {name: _filled(value, place) for name, value in step.parameters.items()}
    if step.taken is not None:
        found = _first(documents.get(step.taken.call), step.taken.path, step.taken.containing)
        if found is None:
            return f"nothing to ask about: it takes {step.taken.what}"
        filled[step.taken.parameter] = found
    return filled


def _filled(value: str | list[str], place: Place) -> Json:
    if isinstance(value, list):
        return [*value]
    known = {name: str(getattr(place, name)) for name in ("account", "partition", "region", "user")}
    for name, text in known.items():
        value = value.replace(f"{{{name}}}", text)
    return value


def _first(value: Json, path: tuple[str, ...], containing: str) -> str | None:
    """The first text at a path with `containing` in it, lists looked through in order."""
    if isinstance(value, list):
        return next((found for item in value if (found := _first(item, path, containing)) is not None), None)
    if not path:
        return value if isinstance(value, str) and containing in value else None
    return _first(value.get(path[0]), path[1:], containing) if isinstance(value, dict) else None
