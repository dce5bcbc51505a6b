"""Dumps of odd shapes end in an answer or in an error with a hint, and soon."""

from __future__ import annotations

import time
from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.iam.admins import shapes
from tests.iam.admins.drawn_account import Drawn
from tests.iam.admins.judged import classes, crowd, judged_bytes, judged_dump, judged_folder

from rootwarden.collect.principals import details_in
from rootwarden.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.iam.admins.shapes import Dump

# CPU seconds that 400 principals may take whatever the shape; they take a tenth, on a machine that is not loaded.
ALLOWED = 20.0
LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")


def counted(dump: Dump) -> tuple[Counter[str], float]:
    started = time.process_time()
    found = Counter(classes(judged_dump(dump)).values())
    return found, time.process_time() - started


@pytest.mark.parametrize("shape", shapes.SHAPES, ids=lambda shape: shape.__name__)
def test_no_shape_takes_long(shape: Callable[[int], Dump]) -> None:
    found, seconds = counted(shape(400))
    assert found.total() >= 400
    assert seconds < ALLOWED, found


@pytest.mark.soak
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("shape", shapes.SHAPES, ids=lambda shape: shape.__name__)
def test_no_shape_grows_faster_than_it_should(shape: Callable[[int], Dump]) -> None:
    counted(shape(100))
    _, less = counted(shape(1_000))
    _, more = counted(shape(4_000))
    assert more < 8 * max(less, 0.2)


def test_a_chain_of_two_hundred_is_followed_to_its_end() -> None:
    found, seconds = counted(shapes.chain(200))
    assert found == {"escalation": 199, "direct": 1}
    assert seconds < ALLOWED


def test_a_chain_that_is_too_long_is_cut_and_said_to_be() -> None:
    found = judged_dump(shapes.chain(300))
    counts = Counter(classes(found).values())
    assert counts["escalation"] >= 128
    assert any("more than 128 steps" in note for note in found.notes)


def test_the_last_of_a_hundred_groups_is_found() -> None:
    assert set(classes(judged_dump(shapes.groups_to_join(5))).values()) == {"escalation"}


def test_what_was_not_tried_is_said() -> None:
    found = judged_dump(shapes.keys_for_everybody(20))
    assert set(classes(found).values()) == {"lateral"}
    assert any("were tried" in note or "was not tried" in note for note in found.notes), found.notes


def test_ten_thousand_groups() -> None:
    groups = [shapes.group(f"g{one}", shapes.allow("iam:PassRole")) for one in range(10_000)]
    who = shapes.user("u", shapes.allow("iam:AddUserToGroup", "iam:CreateAccessKey"), groups=("g7", "gone"))
    found, seconds = counted(shapes.dump(users=[who], groups=groups))
    # The group that is not in the dump may hold anything.
    assert found == {"conditional": 1}
    assert seconds < ALLOWED


def test_policies_of_two_thousand_statements() -> None:
    everything = [shapes.allow(f"iam:Get{one}*", on=f"arn:aws:iam::*:role/{one}*") for one in range(1_999)]
    roles = [shapes.role(f"r{one}", shapes.THE_ACCOUNT, *everything, shapes.allow("iam:*")) for one in range(5)]
    found, seconds = counted(shapes.dump(roles=roles))
    assert found == {"escalation": 5}
    assert seconds < ALLOWED


def test_a_policy_above_every_bound_is_not_known() -> None:
    found = judged_dump(shapes.dump(roles=[shapes.role("r", "*", *[shapes.allow("s3:*")] * 3_000)]))
    assert classes(found) == {shapes.arn("role", "r"): "conditional"}


@pytest.mark.parametrize("name", ["rôle-名前", "a" * 5_000, "with space", "${aws:username}", "*", "a/b/c", "\u202e"])
def test_odd_names(name: str) -> None:
    made = shapes.dump(
        users=[shapes.user(name, shapes.allow("iam:PutUserPolicy", on=shapes.arn("user", name)))],
        roles=[shapes.role("plain", {"AWS": shapes.arn("user", name)}, shapes.allow("*"))],
    )
    found = classes(judged_dump(made))
    assert found[shapes.arn("role", "plain")] == "direct"
    assert found[shapes.arn("user", name)] == "escalation"


def test_two_of_one_arn_are_an_error() -> None:
    made = shapes.dump(users=[shapes.user("twice"), shapes.user("twice")])
    with pytest.raises(InputError) as error:
        judged_dump(made)
    assert "twice" in error.value.message
    assert error.value.hint


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("value", [None, {}, "text", 7, [None], [[]], [{}], [{"Arn": 7}], {"a": [1]}])
def test_lists_of_the_wrong_type(name: str, value: Any) -> None:
    made: Dump = shapes.dump(users=[shapes.user("u")], roles=[shapes.role("r", "*")]) | {name: value}
    answered_or_refused(msgspec.json.encode(made))


def test_a_missing_list_is_told() -> None:
    made = shapes.dump(users=[shapes.user("u")])
    del made["RoleDetailList"]
    assert details_in(msgspec.json.encode(made), "dump.json").missing == ("RoleDetailList",)


def answered_or_refused(content: bytes) -> None:
    hint = "an answer"
    try:
        judged_bytes(content)
    except InputError as refused:
        hint = refused.hint
    assert hint


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.data())
def test_files_cut_or_spoiled_anywhere(seed: int, data: st.DataObject) -> None:
    content = msgspec.json.encode(Drawn(Random(seed)).dump())
    at = data.draw(st.integers(0, len(content) - 1))
    answered_or_refused(content[:at])
    answered_or_refused(content[:at] + data.draw(st.binary(min_size=1, max_size=3)) + content[at + 1 :])


def test_an_evidence_folder_cut_anywhere_is_no_traceback(tmp_path: Path) -> None:
    crowd(tmp_path / "crowd", principals=50, seed=7)
    random = Random(7)
    files = sorted(path for path in (tmp_path / "crowd").rglob("*") if path.is_file())
    whole = {path: path.read_bytes() for path in files}
    for number in range(60):
        path = files[number % len(files)]
        path.write_bytes(whole[path][: random.randrange(len(whole[path]))])
        assert told(tmp_path / "crowd"), path
        path.write_bytes(whole[path])


def told(folder: Path) -> bool:
    """Whether there is an answer, or an error with a hint."""
    try:
        found = judged_folder(folder)
    except InputError as refused:
        return bool(refused.hint)
    return bool(found.unread or found.principals)
