"""Filter patterns against the shipped sample sets: what they mean, however they are spelled."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rootwarden.detect.catching import catching
from rootwarden.detect.errors import PatternError
from rootwarden.detect.sample_sets import read_sample_set
from rootwarden.detect.samples import Use, for_account
from rootwarden.packs.samples import SampleSets

CASES: Final[list[dict[str, Any]]] = tomllib.loads(
    (Path(__file__).parent / "cases" / "sample-sets.toml").read_text(encoding="utf-8")
)["case"]
SETS: Final = SampleSets()
# What CIS AWS Foundations names, by set; the sets whose events are no list of calls have cases of their own.
NAMED: Final = {
    "iam-policy-changes": (
        "iam.amazonaws.com",
        """
        DeleteGroupPolicy DeleteRolePolicy DeleteUserPolicy PutGroupPolicy PutRolePolicy PutUserPolicy
        CreatePolicy DeletePolicy CreatePolicyVersion DeletePolicyVersion AttachRolePolicy DetachRolePolicy
        AttachUserPolicy DetachUserPolicy AttachGroupPolicy DetachGroupPolicy
        """,
    ),
    "cloudtrail-configuration-changes": (
        "cloudtrail.amazonaws.com",
        """
        CreateTrail UpdateTrail DeleteTrail StartLogging StopLogging
        """,
    ),
    "kms-key-disabled-or-deleted": ("kms.amazonaws.com", "DisableKey ScheduleKeyDeletion"),
    "s3-bucket-policy-changes": (
        "s3.amazonaws.com",
        """
        PutBucketAcl PutBucketPolicy PutBucketCors PutBucketLifecycle PutBucketReplication DeleteBucketPolicy
        DeleteBucketCors DeleteBucketLifecycle DeleteBucketReplication
        """,
    ),
    "config-changes": (
        "config.amazonaws.com",
        """
        StopConfigurationRecorder DeleteDeliveryChannel PutDeliveryChannel PutConfigurationRecorder
        """,
    ),
    "security-group-changes": (
        "ec2.amazonaws.com",
        """
        AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress
        RevokeSecurityGroupEgress CreateSecurityGroup DeleteSecurityGroup
        """,
    ),
    "network-acl-changes": (
        "ec2.amazonaws.com",
        """
        CreateNetworkAcl CreateNetworkAclEntry DeleteNetworkAcl DeleteNetworkAclEntry ReplaceNetworkAclEntry
        ReplaceNetworkAclAssociation
        """,
    ),
    "network-gateway-changes": (
        "ec2.amazonaws.com",
        """
        CreateCustomerGateway DeleteCustomerGateway AttachInternetGateway CreateInternetGateway
        DeleteInternetGateway DetachInternetGateway
        """,
    ),
    "route-table-changes": (
        "ec2.amazonaws.com",
        """
        CreateRoute CreateRouteTable ReplaceRoute ReplaceRouteTableAssociation DeleteRouteTable DeleteRoute
        DisassociateRouteTable
        """,
    ),
    # Without ClassicLink, which is no more.
    "vpc-changes": (
        "ec2.amazonaws.com",
        """
        CreateVpc DeleteVpc ModifyVpcAttribute AcceptVpcPeeringConnection CreateVpcPeeringConnection
        DeleteVpcPeeringConnection RejectVpcPeeringConnection
        """,
    ),
    "organizations-changes": (
        "organizations.amazonaws.com",
        """
        AcceptHandshake AttachPolicy CreateAccount CreateOrganizationalUnit CreatePolicy DeclineHandshake
        DeleteOrganization DeleteOrganizationalUnit DeletePolicy DetachPolicy DisablePolicyType EnablePolicyType
        InviteAccountToOrganization LeaveOrganization MoveAccount RemoveAccountFromOrganization UpdatePolicy
        UpdateOrganizationalUnit
        """,
    ),
}
EACH_NAME: Final = [(name, dropped) for name, (_, names) in NAMED.items() for dropped in names.split()]


def _listing(source: str, names: list[str]) -> str:
    return f'{{ $.eventSource = "{source}" && ({" || ".join(f"$.eventName = {name}" for name in names)}) }}'


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any]) -> None:
    said = catching(case["pattern"], SETS[case["set"]])
    assert {True: True, False: False, None: "unknown"}[said.truth] == case["catches"]
    if case.get("words") == "":
        assert said.words == ""
    assert case.get("words", "") in said.words


def test_every_set_has_a_case_that_is_caught_and_one_that_is_missed() -> None:
    seen = {(case["set"], case["catches"]) for case in CASES} | {
        (name, truth) for name in NAMED for truth in (True, False)
    }
    assert {(name, truth) for name in SETS for truth in (True, False)} <= seen
    assert len(SETS) == 15


@pytest.mark.parametrize("name", NAMED)
def test_what_the_benchmark_names_is_caught(name: str) -> None:
    source, names = NAMED[name]
    said = catching(_listing(source, names.split()), SETS[name])
    assert said.truth is True
    assert "also catches" not in said.words


@pytest.mark.parametrize(("name", "dropped"), EACH_NAME)
def test_a_name_that_is_left_out_is_missed(name: str, dropped: str) -> None:
    source, names = NAMED[name]
    pattern = _listing(source, [one for one in names.split() if one != dropped] or ["Nothing"])
    said = catching(pattern, SETS[name])
    assert (said.truth, said.words) == (False, f"misses {dropped}")


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize(
    ("narrowed", "missed"),
    [
        ('$.userIdentity.type = "IAMUser"', " by a role"),
        ('$.userIdentity.type != "Root"', " by root"),
        ("$.userIdentity.invokedBy NOT EXISTS", " through CloudFormation"),
        ('$.sourceIPAddress != "192.0.2.1"', "where $.sourceIPAddress is 192.0.2.1"),
        ('$.userIdentity.sessionContext.sessionIssuer.userName != "ci"', "sessionIssuer.userName is ci"),
    ],
)
def test_a_pattern_narrowed_to_some_callers_misses_the_others(name: str, narrowed: str, missed: str) -> None:
    source, names = NAMED[name]
    pattern = f"{_listing(source, names.split())[:-1]} && {narrowed} }}"
    said = catching(pattern, SETS[name])
    assert said.truth is False
    assert missed in said.words


@pytest.mark.parametrize("name", sorted(SETS))
def test_samples_are_sound(name: str) -> None:
    samples = SETS[name].samples
    assert len({sample.id for sample in samples}) == len(samples)
    assert SETS[name].name == name
    events = for_account(samples, account="111122223333", partition="aws-us-gov", home_region="us-gov-west-1")
    for event in events:
        assert not {"ACCOUNT", "PARTITION", "HOME_REGION", "OTHER_REGION"} & set(event.text.replace('"', " ").split())
        assert "EVENT_" not in event.text
        assert event.event["recipientAccountId"] == "111122223333"
        assert event.region in {"us-gov-west-1", "us-gov-east-1"}
    assert {event.sample.use for event in events} >= {Use.REQUIRED, Use.OTHER}


@pytest.mark.parametrize("name", sorted(SETS))
def test_the_pattern_of_a_set_catches_it_and_nothing_else(name: str) -> None:
    said = catching(SETS[name].pattern, SETS[name])
    assert said.truth is True
    assert "also catches" not in said.words


def test_names_are_listed_without_reading_a_set() -> None:
    assert list(SETS) == sorted(SETS)
    assert "callers" not in SETS
    with pytest.raises(KeyError):
        SETS["../samples"]


SET_TEXTS = {
    "not TOML": "title =",
    "an unknown key": 'title = "t"\ncaught = "c"\npattern = ""\nextra = 1',
    "nothing to be caught": 'title = "t"\ncaught = "c"\npattern = ""',
    "another use": 'title = "t"\ncaught = "c"\npattern = ""\n[[calls]]\nuse = "needed"\nsource = "s"\nnames = ["a"]',
}


@pytest.mark.parametrize("text", SET_TEXTS.values(), ids=SET_TEXTS)
def test_what_is_no_set_is_refused(text: str) -> None:
    with pytest.raises(PatternError):
        read_sample_set("case", text, callers={"user": '{"title": "by x", "event": {}}'})


def test_a_way_of_calling_that_is_none_is_refused() -> None:
    text = 'title = "t"\ncaught = "c"\npattern = ""\n[[calls]]\nuse = "required"\nsource = "s"\nnames = ["a"]'
    for caller in ("", "[]", '{"title": "by x", "event": []}', '{"title": "by x", "event": ' + "[" * 30000):
        with pytest.raises(PatternError):
            read_sample_set("case", text, callers={"user": caller})


PIECES = st.sampled_from(
    ["{", "}", "(", ")", "$.eventName", "$.userIdentity.type", "$.*", "=", "!=", "&&", "||", "NOT EXISTS", '"*"',
     '"CreateVpc"', "%x+%", "%(%", "111122223333", "aws-cn", "-", "?", " ", "é"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=25).map(" ".join) | st.text(max_size=60), st.sampled_from(sorted(SETS)))
@settings(max_examples=200, deadline=None)
def test_any_text_gets_an_answer(pattern: str, name: str) -> None:
    said = catching(pattern, SETS[name])
    assert said.truth in (True, False, None)
    assert said.truth is True or said.words


def test_a_pattern_with_many_values_is_undecided() -> None:
    fields = " && ".join(f'$.requestParameters.p{number} != "v"' for number in range(110))
    said = catching(f'{{ $.eventSource = "iam.amazonaws.com" || ({fields}) }}', SETS["iam-policy-changes"])
    assert said.truth is None
    assert "more values than" in said.words


@given(st.sampled_from(sorted(NAMED)), st.data())
@settings(max_examples=60, deadline=None)
def test_a_wider_pattern_never_catches_less(name: str, data: st.DataObject) -> None:
    source, names = NAMED[name]
    kept = data.draw(st.lists(st.sampled_from(names.split()), min_size=1, unique=True))
    narrow, wide = _listing(source, kept), _listing(source, names.split())
    if catching(narrow, SETS[name]).truth is True:
        assert catching(wide, SETS[name]).truth is True
    assert (catching(narrow, SETS[name]).truth is True) is (set(kept) == set(names.split()))


ATOMS = st.sampled_from(
    [
        '$.userIdentity.type = "IAMUser"',
        '$.userIdentity.userName != "ci"',
        "$.errorCode NOT EXISTS",
        "$.readOnly IS FALSE",
        '$.sourceIPAddress = "192.0.2.*"',
        '$.awsRegion != "ap-*"',
        "$.eventName = %^[A-Z]%",
        '$.requestParameters.x != "1"',
        "$.nothing EXISTS",
        '$.eventSource = "*.amazonaws.com"',
    ]
)


@given(st.sampled_from(sorted(NAMED)), ATOMS, st.booleans())
@settings(max_examples=150, deadline=None)
def test_what_is_added_with_and_never_widens_and_with_or_never_narrows(name: str, atom: str, whole: bool) -> None:
    source, names = NAMED[name]
    kept = names.split() if whole else names.split()[1:]
    listing = _listing(source, kept)
    both, either = (catching(f"{listing[:-1]} {sign} {atom} }}", SETS[name]) for sign in ("&&", "||"))
    assert whole or both.truth is False
    if whole:
        assert either.truth is not False


def test_events_read_back() -> None:
    for samples in SETS.values():
        for event in for_account(samples.samples, account="000000000000", partition="aws", home_region="us-east-1"):
            assert msgspec.json.decode(event.text) == event.event
