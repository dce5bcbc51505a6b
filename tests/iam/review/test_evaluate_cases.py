"""What a case may not pass for: a layer under a wrong name, a request for several actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from rootwarden.cli.main import app
from rootwarden.errors import InputError
from rootwarden.iam.case import CaseError, evaluate_case

if TYPE_CHECKING:
    from pathlib import Path

EVERYTHING = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
NOTHING = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}


def case(action: str = "s3:GetObject", **layers: Any) -> dict[str, Any]:
    return {
        "request": {"action": action, "resource": "arn:aws:s3:::box/one", "context": {}},
        "principal": {"arn": "arn:aws:iam::111111111111:user/dana"},
        "identity": [{"name": "all", "document": EVERYTHING}],
        **layers,
    }


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("scps", "scp"),
        ("SCP", "scp"),
        ("rcps", "rcp"),
        ("boundaries", "boundary"),
        ("permissions_boundary", "boundary"),
        ("session_policy", "session"),
    ],
)
def test_a_limiting_layer_under_a_wrong_name_is_refused(written: str, meant: str) -> None:
    layer: Any = [[{"name": "nothing", "document": NOTHING}]]
    with pytest.raises(CaseError) as refused:
        evaluate_case(case() | {written: layer})
    assert meant in refused.value.hint


@pytest.mark.parametrize("name", ["name", "source", "description", "response", "note"])
def test_a_remark_beside_the_layers_is_let_through(name: str) -> None:
    assert evaluate_case(case(**{name: "a remark"})).response == "Allowed"


@pytest.mark.parametrize("action", ["s3:*", "*", "GetObject", "s3:Get?bject"])
def test_what_is_not_one_action_is_refused(action: str) -> None:
    with pytest.raises(CaseError):
        evaluate_case(case(action))


def test_a_name_that_stands_twice_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "case.json"
    file.write_text('{"request": {"action": "s3:ListAllMyBuckets", "action": "iam:CreateUser"}, "principal": {}}')
    done = CliRunner().invoke(app, ["iam", "evaluate", str(file)])
    assert isinstance(done.exception, InputError)
    assert "`action` stands twice" in str(done.exception)
