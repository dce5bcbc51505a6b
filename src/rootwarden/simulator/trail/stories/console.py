"""Root in the console: sign-ins, sessions, and the odd records they leave."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rootwarden.detect.visits.incident import Shape
from rootwarden.simulator.trail.organization import ELSEWHERE, HOME, root_device
from rootwarden.simulator.trail.record import access_key
from rootwarden.simulator.trail.stage import Root, console, failed_sign_in, sign_in, sign_in_page

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from rootwarden.detect.filter_pattern import Event as Record
    from rootwarden.simulator.trail.ledger import Draft
    from rootwarden.simulator.trail.stage import Stage

NOBODY_SAID: Final = "no check-out covers it"


def signed_in(stage: Stage, at: datetime, why: str = NOBODY_SAID, mfa: str = "Yes", network: str = ELSEWHERE) -> Root:
    """A sign-in that no check-out covers, and the hand that goes on in its session."""
    draft = stage.visit(Shape.CONSOLE, why)
    address = stage.address(network)
    sign_in(stage, draft, at, mfa, address=address)
    return console(stage, draft, at, address=address, mfa="true" if draft.mfa else "false")


def looks_around(stage: Stage) -> None:
    """Signs in, reads, and changes one thing."""
    hand = signed_in(stage, stage.at())
    hand.reads(stage.at(seconds=3), 6)
    hand.does(
        stage.at(minutes=7),
        "account:PutAlternateContact",
        write=True,
        request={"alternateContactType": "SECURITY", "name": "Mallory", "emailAddress": "mallory@example.com"},
    )


def several_keys(stage: Stage) -> None:
    """One console session signs with several keys: still one visit."""
    hand = signed_in(stage, stage.at())
    for number in range(4):
        hand.key = stage.key()
        hand.reads(stage.at(minutes=1 + 25 * number), 3)
    hand.does(stage.at(minutes=80), "s3:CreateBucket", write=True, region=stage.region())


def alias_and_capitals(stage: Stage) -> None:
    """The account's alias as user name, `MFAUsed` in capitals, `root` in other letters, a name that is no name."""
    draft = stage.visit(Shape.CONSOLE, NOBODY_SAID)
    address = stage.address(ELSEWHERE)
    sign_in(stage, draft, stage.at(), "YES", address=address, change=lambda made: _who(made, userName="fake-alias"))
    hand = console(stage, draft, stage.at(), address=address)
    hand.who = {"userName": "AWS ROOT USER"}
    hand.reads(stage.at(seconds=9))
    hand.does(stage.at(minutes=1), "ec2:DescribeVpcs", change=lambda made: _who(made, type="ROOT"))
    hand.does(stage.at(minutes=2), "iam:ListUsers", change=lambda made: _who(made, type="root"))


def older_records(stage: Stage) -> None:
    """No `sessionCredentialFromConsole`, `invokedBy` the sign-in page, booleans as text: still the console."""
    draft = stage.visit(Shape.CONSOLE, "no MFA, and no check-out covers it")
    address = stage.address(ELSEWHERE)
    sign_in(stage, draft, stage.at(), "no", address=address, more=_no_mfa("NO"))
    hand = console(stage, draft, stage.at(), address=address, from_console=False, mfa=False)
    hand.who = {"invokedBy": "signin.amazonaws.com"}
    hand.reads(stage.at(seconds=5))
    hand.does(stage.at(minutes=3), "sns:DeleteTopic", write=True, more={"readOnly": "false"}, region=stage.region())
    hand.who = {"invokedBy": "console.amazonaws.com"}
    hand.does(stage.at(minutes=4), "ec2:DescribeInstances", more={"readOnly": "true"}, region=stage.region())


def sign_in_not_seen(stage: Stage) -> None:
    """The session says it is the console's; the sign-in itself is not in the trail."""
    draft = stage.visit(Shape.CONSOLE, NOBODY_SAID)
    hand = console(stage, draft, stage.at(), address=stage.address(ELSEWHERE))
    draft.mfa = True
    hand.reads(stage.at(minutes=1), 5)


def session_of_nobody(stage: Stage) -> None:
    """Temporary credentials of root, and nothing that says where they come from."""
    draft = stage.visit(Shape.SESSION, NOBODY_SAID, session=stage.at())
    hand = Root(
        stage=stage,
        draft=draft,
        shape=Shape.SESSION,
        session=stage.at(),
        key=stage.key(),
        address=stage.address(ELSEWHERE),
    )
    draft.mfa = False
    hand.does(stage.at(minutes=2), "sts:GetCallerIdentity", region=stage.region())
    hand.does(stage.at(minutes=3), "s3:ListBuckets")


def only_signs_in(stage: Stage) -> None:
    """A sign-in, and nothing after it."""
    sign_in(stage, stage.visit(Shape.SIGN_IN, NOBODY_SAID), stage.at(), address=stage.address(ELSEWHERE))


def late_sign_in(stage: Stage) -> None:
    """The sign-in is delivered days after what was done in its session."""
    draft = stage.visit(Shape.CONSOLE, NOBODY_SAID)
    address = stage.address(ELSEWHERE)
    sign_in(stage, draft, stage.at(), address=address, late=timedelta(days=2, hours=3))
    hand = console(stage, draft, stage.at(), address=address, from_console=False)
    hand.reads(stage.at(seconds=20), 5)


def refused(stage: Stage) -> None:
    """Every change is refused: no write, and still a visit."""
    hand = signed_in(stage, stage.at())
    for number, call in enumerate(("organizations:LeaveOrganization", "iam:CreateUser", "s3:DeleteBucket")):
        hand.does(
            stage.at(minutes=number + 1),
            call,
            read_only=False,
            error="AccessDenied",
            message="explicit deny in a service control policy",
        )


def without_mfa(stage: Stage) -> None:
    """Signs in with the password alone."""
    hand = signed_in(stage, stage.at(), "no MFA, and no check-out covers it", mfa="No")
    hand.reads(stage.at(seconds=4))


def takes_over(stage: Stage) -> None:
    """Changes what root signs in with: MFA, password, keys. Root's own events have no request."""
    hand = signed_in(stage, stage.at(), "root's credentials change")
    own: Record = {"userName": "AWS ROOT USER", "serialNumber": root_device(stage.account)}
    hand.does(stage.at(minutes=1), "iam:DeactivateMFADevice", write=True, request=own)
    hand.does(stage.at(minutes=2), "iam:EnableMFADevice", write=True, request=own)
    hand.does(stage.at(minutes=3), "iam:ChangePassword", write=True)
    made: Record = {"accessKeyId": access_key(stage.random, "AKIA"), "status": "Active"}
    hand.does(stage.at(minutes=4), "iam:CreateAccessKey", write=True, response={"accessKey": made})
    hand.does(stage.at(minutes=5), "iam:UpdateAccessKey", write=True, request={"status": "Inactive"})
    hand.does(stage.at(minutes=6), "iam:DeleteAccessKey", write=True)


def recovery_data(stage: Stage) -> None:
    """Changes where root's recovery goes, in the billing console and the account page."""
    hand = signed_in(stage, stage.at(), "root's recovery data change")
    for number, name in enumerate(("SetAccountPreferences", "SetSecurityQuestions", "SetAdditionalContacts")):
        hand.does(stage.at(minutes=number), f"billingconsole:{name}", write=True, kind="AwsConsoleAction")
    hand.does(stage.at(minutes=9), "account:PutContactInformation", write=True, request={"contactInformation": {}})


def omitted_request(stage: Stage) -> None:
    """A request padded beyond 100 KB is left out of the record; another is cut, a third has no field at all."""
    hand = signed_in(stage, stage.at(), "a change whose request nobody can read")
    left_out: Record = {"reason": "requestParameters too large", "omitted": True, "originalSize": 131_072}
    hand.does(stage.at(minutes=1), "iam:PutRolePolicy", write=True, request=left_out)
    hand.does(stage.at(minutes=2), "s3:PutBucketPolicy", write=True, request='{"bucketName": "fake-bucket", "bucketPol')
    hand.does(stage.at(minutes=3), "sqs:SetQueueAttributes", write=True, change=_without("requestParameters"))


def no_read_only(stage: Stage) -> None:
    """Records without `readOnly`: names tell which calls only read."""
    hand = signed_in(stage, stage.at())
    for number, (call, write) in enumerate(
        (
            ("ec2:DescribeImages", False),
            ("s3:HeadBucket", False),
            ("dynamodb:BatchGetItem", False),
            ("s3:CreateBucket", True),
        )
    ):
        hand.does(stage.at(minutes=number + 1), call, write=write, change=_without("readOnly"), region=stage.region())


def completed_later(stage: Stage) -> None:
    """A change whose later copy says that it was refused."""
    hand = signed_in(stage, stage.at(), "what looked like a change was refused")
    hand.does(
        stage.at(minutes=2),
        "ec2:TerminateInstances",
        read_only=False,
        region=stage.region(),
        addendum={"errorCode": "Client.UnauthorizedOperation", "errorMessage": "You are not authorized"},
    )


def two_at_once(stage: Stage) -> None:
    """Two sign-ins ten minutes apart, used in turns: two visits."""
    first = signed_in(stage, stage.at())
    second = signed_in(stage, stage.at(minutes=10))
    for minute in range(11, 31, 4):
        first.reads(stage.at(minutes=minute), 2)
        second.reads(stage.at(minutes=minute + 2), 2)


def stays_long(stage: Stage) -> None:
    """Hours in one session, and hundreds of events."""
    hand = signed_in(stage, stage.at())
    for number in range(60):
        hand.reads(stage.at(minutes=2 + 4 * number), 4)
    hand.does(stage.at(hours=4, minutes=30), "s3:DeleteBucket", write=True, region=stage.region())


def without_time(stage: Stage) -> None:
    """An event without a time in a session, and a time that is none: the session says where they belong."""
    hand = signed_in(stage, stage.at())
    hand.reads(stage.at(minutes=1))
    hand.does(stage.at(minutes=3), "iam:ListRoles", change=_without("eventTime"), timeless=True)
    hand.does(stage.at(minutes=4), "iam:ListGroups", more={"eventTime": "yesterday"}, timeless=True)


def without_id(stage: Stage) -> None:
    """Events without an id: each record is its own."""
    hand = signed_in(stage, stage.at())
    hand.does(stage.at(minutes=1), "iam:ListRoles", change=_without("eventID"))
    hand.does(stage.at(minutes=2), "iam:ListGroups", change=_without("eventID"))


def odd_kinds(stage: Stage) -> None:
    """Fields of other kinds than documented."""
    hand = signed_in(stage, stage.at())
    hand.does(stage.at(minutes=1), "iam:ListRoles", more={"sourceIPAddress": None, "userAgent": 7, "awsRegion": HOME})
    hand.does(
        stage.at(minutes=2), "iam:ListGroups", more={"requestParameters": ["a", {"b": None}], "resources": "none"}
    )
    hand.does(stage.at(minutes=3), "iam:ListUsers", more={"readOnly": "True", "managementEvent": "yes"})
    hand.does(stage.at(minutes=4), "iam:ListPolicies", more={"futureField": {"type": "Root", "deep": [[[[1.5e300]]]]}})


def after_failures(stage: Stage) -> None:
    """Failed sign-ins, the MFA question, then one that works: one visit."""
    draft = stage.visit(Shape.CONSOLE, "failed sign-ins, then one that works")
    address = stage.address(ELSEWHERE)
    for minute in (0, 2, 3):
        failed_sign_in(stage, draft, stage.at(minutes=minute), address=address)
    sign_in_page(stage, draft, stage.at(minutes=40), "CheckMfa", address=address, response={"CheckMfa": "Success"})
    sign_in(stage, draft, stage.at(minutes=41), address=address)
    console(stage, draft, stage.at(minutes=41), address=address).reads(stage.at(minutes=42))


def fails_between(stage: Stage) -> None:
    """A failure before each of two sign-ins: each belongs to the sign-in that follows it."""
    for minute in (0, 20):
        draft = stage.visit(Shape.CONSOLE, NOBODY_SAID)
        address = stage.address(ELSEWHERE)
        failed_sign_in(stage, draft, stage.at(minutes=minute), address=address)
        start = stage.at(minutes=minute + 5)
        sign_in(stage, draft, start, address=address)
        console(stage, draft, start, address=address).reads(stage.at(minutes=minute + 6), 2)


def recovers(stage: Stage) -> None:
    """The whole way of a password recovery, up to the console."""
    draft = stage.visit(Shape.CONSOLE, "root's password was recovered, then used")
    address = stage.address(ELSEWHERE)
    recovery(stage, draft, address)
    sign_in(stage, draft, stage.at(minutes=12), "No", address=address)
    hand = console(stage, draft, stage.at(minutes=12), address=address, mfa="false")
    hand.reads(stage.at(minutes=13))


def recovery(stage: Stage, draft: Draft, address: str) -> None:
    """A recovery that is asked for, and completed."""
    for minute, name in ((0, "PasswordRecoveryRequested"), (8, "PasswordRecoveryCompleted")):
        sign_in_page(
            stage, draft, stage.at(minutes=minute), name, address=address, response={name: "Success"}, write=True
        )


def _without(name: str) -> Callable[[Record], Record]:
    def change(made: Record) -> Record:
        return {key: value for key, value in made.items() if key != name}

    return change


def _who(made: Record, **fields: str) -> Record:
    who = made["userIdentity"]
    return {**made, "userIdentity": {**who, **fields}} if isinstance(who, dict) else made


def _no_mfa(word: str) -> Record:
    return {"additionalEventData": {"MobileVersion": "No", "MFAUsed": word}}
