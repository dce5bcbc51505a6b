"""The detections, tasks and playbooks as a whole: nothing twice, nothing idle, nothing that AWS does not have."""

from __future__ import annotations

import re
from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING

import botocore.session
import pytest
from botocore import xform_name
from tests.docs.terminal import offline

from rootwarden.detect.visits.detection import Accounts, Task, Topic, Who, says
from rootwarden.detect.visits.event import read_event
from rootwarden.detect.visits.pattern_mutants import mutants, pattern_mutants
from rootwarden.detect.visits.pattern_table import calls
from rootwarden.packs import detections, playbooks, root_tasks, task_policies
from rootwarden.packs.content import detections_with_examples, texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.detect.visits.detection import Detection, TaskPolicy
    from rootwarden.detect.visits.playbook import Step

DETECTIONS = detections_with_examples()
EVENTS = [read_event(case.record) for one in DETECTIONS for case in one.cases]
# Events that no API has: of console pages, of the sign-in page, under the names CloudTrail gives calls of an API.
CONSOLE_ONLY = {
    "billingconsole.amazonaws.com": (
        "CloseAccount DownloadCommercialInvoice DownloadRegistrationDocument EnableBillingAlerts RedeemPromoCode "
        "SetAccountPreferences SetAdditionalContacts SetContactAddress SetCreditSharing SetFreetierBudgetsPreference "
        "SetFxPaymentCurrency SetIAMAccessPreference SetPayInformation SetSecurityQuestions"
    ),
    "payments.amazonaws.com": "Instruments_Create Instruments_Delete Instruments_Update",
    "signin.amazonaws.com": (
        "AuthorizeOAuth2Access CheckMfa ConsoleLogin EmailUpdated GetSigninToken PasswordRecoveryCompleted "
        "PasswordRecoveryRequested PasswordUpdated"
    ),
    "account.amazonaws.com": "CloseAccount",
    "iam.amazonaws.com": (
        "DeleteCloudFrontPublicKey UpdateAccountEmailAddress UpdateCloudFrontPublicKey UploadCloudFrontPublicKey"
    ),
    "bedrock.amazonaws.com": "PutFoundationModelEntitlement",
    "lambda.amazonaws.com": "AddPermission20150331v2 CreateFunction20150331 UpdateFunctionCode20150331v2",
    "s3.amazonaws.com": (
        "DeleteAccountPublicAccessBlock DeleteBucketPublicAccessBlock PutAccountPublicAccessBlock "
        "PutBucketPublicAccessBlock"
    ),
}


@cache
def operations() -> dict[str, set[str]]:
    session, found = botocore.session.get_session(), dict[str, set[str]]()
    for service in session.get_available_services():
        model = session.get_service_model(service)
        for name in {service, model.endpoint_prefix, model.signing_name}:
            found.setdefault(name, set()).update(model.operation_names)
    return found


def everything() -> Iterator[tuple[str, str]]:
    for one in DETECTIONS:
        yield from calls(one.pattern.fields)
    for task in root_tasks():
        yield from calls(task.writes.fields)
    for policy in task_policies():
        yield from calls(policy.allows.fields)


def test_every_event_is_an_operation_of_its_service_or_known_to_be_none() -> None:
    seen = sorted(set(everything()))
    assert len(seen) > 250
    there = operations()
    none = {
        (source, name) for source, name in seen if name not in there.get(source.removesuffix(".amazonaws.com"), set())
    }
    assert none == {(source, name) for source, names in CONSOLE_ONLY.items() for name in names.split()}


@pytest.mark.parametrize("detection", DETECTIONS, ids=lambda one: one.id)
def test_every_part_of_a_pattern_is_held_by_a_case(detection: Detection) -> None:
    assert [mutant.change for mutant in mutants(detection) if mutant.survives] == []


@pytest.mark.parametrize("task", [*root_tasks(), *task_policies()], ids=lambda one: one.id)
def test_every_part_of_a_task_is_held_by_a_case(task: Task | TaskPolicy) -> None:
    pattern = task.writes if isinstance(task, Task) else task.allows
    events = [(read_event(case.record), case.fits) for case in task.cases]
    surviving = [
        change
        for change, changed in pattern_mutants(pattern)
        if all(says(changed, event) is fits for event, fits in events)
    ]
    assert surviving == [] or not task.names


def test_no_two_detections_say_the_same() -> None:
    answers = {one.id: (one.topic, tuple(one.means(event) for event in EVENTS)) for one in DETECTIONS}
    assert [pair for pair in combinations(answers, 2) if answers[pair[0]] == answers[pair[1]]] == []


def test_every_detection_means_an_event_that_no_other_of_its_topic_means_or_is_graver() -> None:
    idle = []
    for one in DETECTIONS:
        own = [event for event in EVENTS if one.means(event)]
        others = [other for other in DETECTIONS if other is not one and other.topic is one.topic]
        alone = any(not any(other.means(event) for other in others) for event in own)
        graver = any(
            all(one.severity.rank > other.severity.rank for other in others if other.means(event)) for event in own
        )
        if not (alone or graver):
            idle.append(one.id)
    # A sign-in without MFA is a sign-in; it is there for its own reason and its own remedy.
    assert idle == ["root-sign-in-without-mfa"]


def test_stages_of_denial_of_wallet_are_anybodys_and_visits_are_roots() -> None:
    for one in DETECTIONS:
        expected = {Topic.VISIT: (Who.ROOT,), Topic.TOWARD_ROOT: (Who.NOT_ROOT, Who.ANYONE)}
        assert one.who in expected.get(one.topic, (Who.ANYONE,)), one.id


def test_files_are_called_as_what_is_in_them() -> None:
    folders = {
        "detections": [one.id for one in DETECTIONS],
        "root-tasks": [one.id for one in root_tasks()],
        "task-policies": [one.id for one in task_policies()],
        "playbooks": [one.id for one in playbooks()],
    }
    for folder, ids in folders.items():
        assert [name for name, _ in texts(folder)] == [f"{one}.toml" for one in ids]


def test_a_setting_nobody_declared_leaves_a_detection_asleep() -> None:
    asleep = [one for one in detections() if one.undeclared]
    assert [(one.id, one.undeclared) for one in asleep] == [("password-store-read", ("password_stores",))]
    assert not any(asleep[0].means(event) for event in EVENTS)
    arn = "arn:aws:secretsmanager:eu-west-1:000011112222:secret:root/000011112222-AbCdEf"
    awake = next(one for one in detections({"password_stores": [arn]}) if one.id == "password-store-read")
    assert awake.undeclared == ()
    assert any(awake.means(event) for event in EVENTS)


def test_every_playbook_is_used_and_every_detection_has_one() -> None:
    assert {one.playbook for one in DETECTIONS} == {one.id for one in playbooks()}


def test_playbooks_differ_by_kind_of_account() -> None:
    for book in playbooks():
        management, member = book.steps_for(Accounts.MANAGEMENT), book.steps_for(Accounts.MEMBER)
        assert management != member, book.id
        assert not any("service control policy to the account" in step.what for step in management), book.id


COMMANDS = [(book.id, step) for book in playbooks() for step in book.steps if step.command]
# A command of the AWS CLI that is no call.
OF_THE_CLI = {("cloudtrail", "validate-logs"): {"trail-arn", "start-time"}}


@pytest.mark.parametrize(
    ("book", "step"),
    [pair for pair in COMMANDS if pair[1].command[0] == "aws"],
    ids=lambda one: getattr(one, "what", one),
)
def test_commands_are_those_of_the_aws_cli(book: str, step: Step) -> None:
    service, operation, *words = step.command[1:]
    given = {word.removeprefix("--") for word in words if word.startswith("--")} - {"region"}
    allowed = OF_THE_CLI.get((service, operation))
    if allowed is None:
        model = botocore.session.get_session().get_service_model(service)
        name = next(one for one in model.operation_names if xform_name(one, "-") == operation)
        shape = model.operation_model(name).input_shape
        allowed = {xform_name(member, "-") for member in (shape.members if shape else ())}
        given = {word if word in allowed else word.removeprefix("no-") for word in given}
    assert given <= allowed, book


def test_our_own_commands_exist() -> None:
    own = {step.command for _, step in COMMANDS if step.command[0] == "rootwarden"}
    assert own
    with offline() as shell:
        for command in own:
            words = [word for word in command[1:] if word.startswith("--")]
            said = shell.run(f"rootwarden {command[1]} --help").stdout
            assert [word for word in words if word not in said] == [], command


@pytest.mark.parametrize("detection", DETECTIONS, ids=lambda one: one.id)
def test_words_are_in_the_voice_of_the_tool(detection: Detection) -> None:
    said = [detection.title, detection.reason, detection.false_positives, detection.misses, detection.doubtful]
    assert [words for words in said if words.endswith(".")] == []
    assert detection.title[0].isupper()
    assert not detection.reason[0].isupper() or detection.reason.split()[0] in {"AWS", "SageMaker"}
    assert len(detection.reason) <= 160
    assert all(re.fullmatch(r"T[0-9]{4}(\.[0-9]{3})?", technique) for technique in detection.attack)
    assert all(link.startswith("https://") for link in detection.references)
