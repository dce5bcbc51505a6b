"""The observation table holds what was seen, and refuses what it is not."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from tests.fleet.looks import START, UNKNOWN, ago, key, look

from rootwarden.errors import InputError
from rootwarden.facts.assets import read_asset_counts
from rootwarden.facts.fact import Known, Source, Unknown, Why
from rootwarden.fleet.observation import COLUMNS, checked, schema, table


def row(**given: Any) -> dict[str, Any]:
    return table([look(**given)]).row(0, named=True)


def test_every_fact_has_its_state_beside_it() -> None:
    names = schema().names()
    for column in COLUMNS:
        assert (f"{column.name}_state" in names) is column.fact
    assert len(set(names)) == len(names)


def test_the_three_states() -> None:
    known, absent, unknown = row(signed_in=ago(1)), row(), row(signed_in=UNKNOWN)
    assert (known["password_last_used"], known["password_last_used_state"]) == (ago(1), "known")
    assert (absent["password_last_used"], absent["password_last_used_state"]) == (None, "absent")
    assert (unknown["password_last_used"], unknown["password_last_used_state"]) == (None, "unknown")


def test_keys_have_two_places() -> None:
    one = row(keys=(key(ago(3)),))
    assert (one["key_1_active"], one["key_1_last_used"]) == (True, ago(3))
    assert (one["key_2_active"], one["key_2_active_state"]) == (None, "absent")
    none_readable = row(keys=UNKNOWN)
    assert {none_readable[f"key_{place}_active_state"] for place in (1, 2)} == {"unknown"}


def test_an_unreadable_account_has_a_row_that_knows_nothing() -> None:
    cells = row(readable=False)
    assert cells["readable"] is False
    assert cells["as_of"] == START
    about_root = ("created_at", "password_last_used", "mfa_active", "key_1_active", "buckets", "report_generated_at")
    assert {cells[f"{name}_state"] for name in about_root} == {"unknown"}


def test_a_table_of_another_schema_is_refused() -> None:
    frame = table([look()])
    frames: tuple[pl.DataFrame, ...] = (
        frame.drop("mfa_active"),
        frame.with_columns(pl.col("mfa_active").cast(pl.String)),
    )
    for wrong in frames:
        with pytest.raises(InputError, match="no column `mfa_active` of type Boolean") as caught:
            checked(wrong.lazy())
        assert "version" in caught.value.hint
    assert checked(frame.with_columns(more=1).lazy()).collect().columns == schema().names()


SOURCE = Source(call="asset counts")


NO_COUNTS: tuple[object, ...] = (True, -1, 1.5, "7", None, [], 10**30, {"$unknown": 3})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (7, Known(7, (SOURCE,))),
        (0, Known(0, (SOURCE,))),
        (
            {"$unknown": "ec2:DescribeInstances was refused in eu-west-1"},
            Unknown("ec2:DescribeInstances was refused in eu-west-1", Why.DENIED, "ec2:DescribeInstances", (SOURCE,)),
        ),
        ({"$unknown": "two regions timed out"}, Unknown("two regions timed out", Why.FAILED, "", (SOURCE,))),
        *(
            (wrong, Unknown("the count `buckets` is not a whole number", Why.MALFORMED, "", (SOURCE,)))
            for wrong in NO_COUNTS
        ),
    ],
)
def test_asset_counts(given: object, expected: object) -> None:
    counts = read_asset_counts({"buckets": given}, SOURCE)
    assert counts.buckets == expected
    assert counts.trails == Unknown("not collected")
