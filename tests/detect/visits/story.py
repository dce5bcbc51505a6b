"""Stories of `cases/*.json`: events in short form, and what must come of them."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from rootwarden.detect.visits.catalogue import Catalogue
from rootwarden.detect.visits.checkout import Checkout
from rootwarden.detect.visits.detector import Detector
from rootwarden.detect.visits.event import read_event
from rootwarden.detect.visits.find import distinct, find
from rootwarden.detect.visits.settings import Settings
from rootwarden.facts.instant import parse_instant
from rootwarden.packs import detections, root_tasks, task_policies

if TYPE_CHECKING:
    from rootwarden.detect.visits.event import Event
    from rootwarden.detect.visits.findings import Findings

CASES = Path(__file__).with_name("cases")
ACCOUNT = "000011112222"


class Story(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One case: events in, incidents and concerns out; of each only the fields that matter."""

    name: str
    events: list[dict[str, Any]]
    settings: Settings = Settings()
    checkouts: list[dict[str, Any]] = []
    as_of: str = ""
    incidents: list[dict[str, Any]] = []
    concerns: list[dict[str, Any]] = []

    def read(self) -> list[Event]:
        return [read_event(record) for record in records(self.events)]

    def believed(self) -> tuple[Checkout, ...]:
        return tuple(checkout(**one) for one in self.checkouts)

    def detector(self) -> Detector:
        declared = {"password_stores": [one.arn for one in self.settings.password_store]}
        catalogue = Catalogue(detections(declared), root_tasks(), task_policies())
        return Detector(catalogue, settings=self.settings, checkouts=self.believed())

    def find(self, events: list[Event] | None = None) -> Findings:
        declared = {"password_stores": [one.arn for one in self.settings.password_store]}
        return find(
            distinct(self.read() if events is None else events),
            detections=detections(declared),
            tasks=root_tasks(),
            policies=task_policies(),
            checkouts=self.believed(),
            settings=self.settings,
            as_of=parse_instant(self.as_of),
        )


@cache
def stories() -> dict[str, Story]:
    """Every story, by file and name."""
    found: dict[str, Story] = {}
    for file in sorted(CASES.glob("*.json")):
        for story in msgspec.json.decode(file.read_bytes(), type=list[Story]):
            name = f"{file.stem}: {story.name}"
            assert name not in found, name
            found[name] = story
    return found


def checkout(**fields: Any) -> Checkout:
    usual = {
        "lease": "L-1",
        "account": ACCOUNT,
        "task": "root-mfa-devices",
        "person": "Ada",
        "from": "2026-03-02T07:50:00Z",
        "until": "2026-03-02T09:00:00Z",
        "released_at": "2026-03-02T08:00:00Z",
        "mfa_device": f"arn:aws:iam::{ACCOUNT}:mfa/root-account-mfa-device",
        "trusted": True,
    }
    given = {**usual, **fields}
    given["start"] = given.pop("from")
    return msgspec.convert(given, Checkout)


def records(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [record(number, **event) for number, event in enumerate(events, 1)]


def record(number: int, **short: Any) -> dict[str, Any]:
    """A record from its short form: `like` a template, with some fields in words and `record` laid over it."""
    made = deepcopy(_templates()[short.pop("like")])
    made["eventID"] = short.pop("id", f"e{number}")
    at = short.pop("at", None)
    if at is not None:
        made["eventTime"] = at if "T" in at else f"2026-03-02T{at}Z"
    started = short.pop("started", None)
    if started is not None:
        made["userIdentity"]["sessionContext"]["attributes"]["creationDate"] = f"2026-03-02T{started}Z"
    for name, path in _WORDS.items():
        if name in short:
            _put(made, path, short.pop(name))
    _lay_over(made, short.pop("record", {}))
    account = short.pop("account", None)
    assert not short, short
    if account is not None:
        made = msgspec.json.decode(msgspec.json.encode(made).replace(ACCOUNT.encode(), account.encode()))
    return made


_WORDS = {
    "name": ("eventName",),
    "source": ("eventSource",),
    "key": ("userIdentity", "accessKeyId"),
    "from": ("sourceIPAddress",),
    "error": ("errorCode",),
    "reads": ("readOnly",),
    "request": ("requestParameters",),
    "response": ("responseElements",),
    "region": ("awsRegion",),
}


def _put(made: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for name in path[:-1]:
        made = made[name]
    made[path[-1]] = value


def _lay_over(made: dict[str, Any], patch: dict[str, Any]) -> None:
    """RFC 7396: what is null in the patch is taken away."""
    for name, value in patch.items():
        if value is None:
            made.pop(name, None)
        elif isinstance(value, dict) and isinstance(made.get(name), dict):
            _lay_over(made[name], value)
        else:
            made[name] = value


@cache
def _templates() -> dict[str, dict[str, Any]]:
    templates: dict[str, dict[str, Any]] = msgspec.json.decode(CASES.with_name("templates.json").read_bytes())
    return templates
