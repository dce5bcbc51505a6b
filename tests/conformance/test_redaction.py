"""Nothing private leaves: a world filled with private text everywhere, and not a trace of it in what is told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conformance.doors import conformance_of, door_of

from rootwarden.conformance.asking import outcomes
from rootwarden.conformance.place import place_of
from rootwarden.conformance.result import as_json, as_table
from rootwarden.conformance.run import compare_with_simulator
from rootwarden.conformance.steps import STEPS
from rootwarden.simulator import running
from rootwarden.simulator.account import PasswordPolicy
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.aws.door import Door
    from rootwarden.simulator import Simulator

# What the simulator needs to find its way, and words that the model lists; everything else is filled with secrets.
STRUCTURAL = {
    *("account_id", "unit_id", "organization_id", "target_id", "kind", "state", "joined_method", "feature_set"),
    *("home_region", "region", "read_write_type", "effect", "statistic", "comparison", "treat_missing_data"),
    *("last_used_region", "bus", "type", "protocol", "country_code"),
}
MARK = "Zq7private"
FORMS = (
    f"{MARK}{{}}",
    f"{MARK}.{{}}@example.com",
    f"https://{MARK}.example.com/{{}}",
    f"arn:{MARK}:{MARK}:{MARK}:{MARK}:{MARK}{{}}",
    f"arn:aws:iam::111122223333:user/{MARK}{{}}",
    f"arn:aws:iam::111122223333:{MARK}/{{}}",
    f'{{{{"{MARK}":"{{}}"}}}}',
    f"{MARK} <b>{{}}</b>",
)


def fill(value: Any, texts: Iterator[str], name: str = "") -> Any:
    """Put a private text in place of every text of a world's records, keys of dictionaries included."""
    if isinstance(value, msgspec.Struct):
        for field in msgspec.structs.fields(value):
            if field.name not in STRUCTURAL:
                msgspec.structs.force_setattr(value, field.name, fill(getattr(value, field.name), texts, field.name))
        return value
    if isinstance(value, dict):
        if name in {"regions", "alternate_contacts", "policies", "attachments"}:
            return {key: fill(item, texts) for key, item in value.items()}
        return {next(texts): fill(item, texts) for _, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(fill(item, texts) for item in value)
    return next(texts) if type(value) is str and value else value


@pytest.fixture(scope="module")
def private() -> Iterator[tuple[Simulator, Door]]:
    with running(make_world("greenfield", 4)) as simulator:
        yield simulator, door_of(simulator)


def pour(simulator: Simulator, texts: Iterator[str]) -> None:
    world = simulator.world
    account = fill(world.management, texts)
    account.password_policy = PasswordPolicy()
    assert world.organization is not None
    for policy in world.organization.policies.values():
        policy.name, policy.description, policy.document = next(texts), next(texts), next(texts)
    for unit in world.organization.root.walk():
        unit.name = next(texts)
    simulator.state.reports.clear()


def leaks(told: str) -> list[str]:
    patterns = [MARK, r"\d{12}", r"[\w.]+@[\w.]+\.\w+", r"\d{4}-\d\d-\d\d", "AKIA", r"r-fake|ou-fake|o-fake", "127.0.0"]
    return [found for pattern in patterns for found in re.findall(pattern, told, re.IGNORECASE)]


def test_a_whole_run_tells_nothing_private() -> None:
    with running(make_world("greenfield", 4)) as simulator:
        texts = (FORMS[number % len(FORMS)].format(number) for number in range(100_000))
        pour(simulator, texts)
        result = compare_with_simulator(door_of(simulator), real_aws=False, on_step=lambda _step: None)
    told = as_json(result) + as_table(result)
    assert leaks(told) == []
    assert len(told) > 20_000


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(FORMS), st.text(max_size=12)), min_size=40, max_size=60))
def test_no_private_text_is_in_any_shape(private: tuple[Simulator, Door], drawn: list[tuple[str, str]]) -> None:
    simulator, door = private
    printable = [form.format("".join(c for c in text if c.isprintable())) for form, text in drawn]
    pour(simulator, (printable[number % len(printable)] for number in range(100_000)))
    found = outcomes(door, place_of(door))
    told = msgspec.json.encode({key: [sorted(o.codes), o.shape, o.skipped] for key, o in found.items()}).decode()
    assert leaks(told) == []
    answered = [key for key, each in found.items() if each.shape]
    assert len(answered) > 20


def test_the_world_is_full_of_private_text(private: tuple[Simulator, Door]) -> None:
    simulator, door = private
    pour(simulator, (f"{MARK}-{number}" for number in range(100_000)))
    account = simulator.world.management
    assert account.contact is not None
    seen = [account.name, account.email, account.contact.full_name, account.trails[0].name, *account.tags]
    seen += [account.region("us-east-1").alarms[0].name, account.root.devices[0].serial_number]
    assert all(text.startswith(MARK) for text in seen)
    answers = outcomes(door, place_of(door))
    assert {step.key for step in STEPS} == set(answers)


def test_every_run_of_the_same_account_tells_the_same_bytes() -> None:
    told = []
    for _ in range(2):
        with running(make_world("standalone")) as simulator:
            told.append(as_json(conformance_of(door_of(simulator))))
    assert told[0] == told[1]
