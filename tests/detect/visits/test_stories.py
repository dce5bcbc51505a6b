from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.detect.visits.story import Story, stories


@pytest.mark.parametrize("name", stories())
def test_a_story_has_its_incidents_and_concerns(name: str) -> None:
    story = stories()[name]
    found = msgspec.json.decode(msgspec.json.encode(story.find()))
    assert_told(found["incidents"], story.incidents)
    assert_told(found["concerns"], story.concerns)


def assert_told(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    """Every one expected is there, in order, and no other; of each only the named fields are compared."""
    for one in found:
        one["codes"] = [reason["code"] for reason in one["reasons"]]
        one["words"] = [reason["words"] for reason in one["reasons"]]
    shown = [{name: one.get(name) for name in ("account", "shape", "events", "severity", "codes")} for one in found]
    assert len(found) == len(expected), shown
    for one, fields in zip(found, expected, strict=True):
        told = dict(fields)
        assert set(told.pop("codes", [])) <= set(one["codes"]), (fields, one["codes"])
        assert not set(told.pop("not_codes", [])) & set(one["codes"]), (fields, one["codes"])
        assert set(told.pop("words", [])) <= set(one["words"]), (fields, one["words"])
        assert {name: one[name] for name in told} == told, one["codes"]


def test_a_story_tells_no_visit_that_is_not_asked_for() -> None:
    assert not Story(name="nothing", events=[]).find().incidents
