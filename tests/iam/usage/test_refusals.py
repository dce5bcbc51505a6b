"""Calls that were refused for want of permission: every code the clients know is decided, and new ones are not lost."""

from __future__ import annotations

import botocore.session
import pytest

from rootwarden.iam.usage.names import read_names
from rootwarden.iam.usage.refusals import refusals_of
from rootwarden.iam.usage.tally import Outcome
from rootwarden.packs.event_names import event_names
from rootwarden.simulator.refusal import WORDS
from rootwarden.trail.usage_tally import outcome_of

REFUSALS = refusals_of(event_names())


@pytest.mark.parametrize(
    ("code", "message", "refused"),
    [
        ("AccessDenied", "", True),
        ("AccessDeniedException", "", True),
        ("Client.UnauthorizedOperation", "", True),
        ("AuthorizationError", "", True),
        ("OperationNotPermittedFault", "", True),
        ("BrandNewAccessDeniedFault", "", True),
        ("ForbiddenByTomorrow", "", True),
        ("accessdenied", "", True),
        ("AccessDeniedByMetaException", "", False),
        ("AccessToSnapshotDenied", "", False),
        ("AuthorizationAlreadyExists", "", False),
        ("OperationNotPermitted", "", False),
        ("Client.InvalidPermission.NotFound", "", False),
        ("NoSuchEntity", "", False),
        ("Client.DryRunOperation", "Request would have succeeded, but DryRun flag is set.", False),
        ("", "", False),
        ("NovelCode", "User: jo is not authorized to perform: s3:GetObject", True),
        ("NovelCode", "with an explicit deny in a Service Control Policy", True),
        ("", "Access Denied", True),
        ("AccessDeniedByMetaException", "with an explicit deny in a service control policy", True),
    ],
)
def test_refused(code: str, message: str, refused: bool) -> None:
    assert REFUSALS.refused(code, message) is refused


def test_every_code_of_the_clients_that_looks_like_one_is_decided() -> None:
    """A new version of botocore may bring codes; each is then read about, and put into `refusals.toml`."""
    session = botocore.session.get_session()
    found: set[str] = set()
    for service in session.get_available_services():
        for shape in session.get_service_model(service).error_shapes:
            code = str(shape.metadata.get("error", {}).get("code") or shape.name)
            if any(part in code.lower() for part in REFUSALS.parts):
                found.add(code)
    assert len(found) > 30
    assert found - REFUSALS.codes - REFUSALS.others == set()


def test_the_simulated_services_refuse_with_known_codes() -> None:
    assert {words.denied[0] for words in WORDS.values()} <= REFUSALS.codes


def test_every_code_is_there_once_and_has_a_source() -> None:
    codes = [code for file in event_names() for one in file.refused for code in one.codes]
    others = [code for file in event_names() for one in file.not_refused for code in one.codes]
    assert len({*codes, *others}) == len(codes) + len(others)
    assert all(one.source for file in event_names() for one in file.refused)
    assert all(part == part.lower() for part in (*REFUSALS.parts, *REFUSALS.phrases))
    assert all(any(part in code.lower() for part in REFUSALS.parts) for code in others)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (None, Outcome.DONE),
        ("", Outcome.DONE),
        ("Client.DryRunOperation", Outcome.DONE),
        ("AccessDenied", Outcome.DENIED),
        ("NewAccessDeniedException", Outcome.DENIED),
        ("NoSuchEntity", Outcome.FAILED),
    ],
)
def test_how_a_call_ended(code: str | None, outcome: Outcome) -> None:
    assert outcome_of(code, REFUSALS) is outcome


def test_without_files_nothing_is_known() -> None:
    assert not refusals_of(()).refused("AccessDenied", "access denied")


def test_files_add_up() -> None:
    one = read_names('seen = "x"\n[[refused]]\ncodes = ["A"]\nsource = "s"', file="one.toml")
    two = read_names('seen = "x"\nrefusal_parts = ["b"]\n[[not_refused]]\ncodes = ["Bee"]\nwhy = "w"', file="two.toml")
    found = refusals_of((one, two))
    assert [found.spelled(code) for code in ("A", "B", "Bee", "C")] == [True, True, False, False]
