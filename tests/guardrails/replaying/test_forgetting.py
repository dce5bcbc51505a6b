"""What a record does not tell is never taken for harmless: forgetting a field never makes a call safe, nor surer."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.guardrails.replaying.made_up import ROOT, write_evidence
from tests.guardrails.replaying.replaying import Changed, Jury
from tests.guardrails.replaying.strange import strange_records
from tests.guardrails.replaying.test_replay import ACCOUNTS, CHANGES, deny

if TYPE_CHECKING:
    from pathlib import Path

# Policies about keys the others do not ask for.
MORE: Final = {
    "long-term keys": deny("*", Null={"aws:TokenIssueTime": "true"}),
    "old sessions": deny("*", NumericGreaterThanIfExists={"aws:MultiFactorAuthAge": "3600"}),
    "sessions nobody stands for": deny("*", Null={"aws:SourceIdentity": "true"}),
    "not through an endpoint": deny(["s3:*", "ec2:*"], StringNotEqualsIfExists={"aws:SourceVpce": "vpce-0fake"}),
    "not from a network": deny("*", NotIpAddressIfExists={"aws:SourceIp": ["198.51.100.0/24", "10.0.0.0/8"]}),
    "by who": deny("*", StringNotLike={"aws:userid": "AROAFAKEBUILDER:*"}),
    "by a variable": deny("s3:*", "arn:aws:s3:::fake-${aws:PrincipalAccount}/*"),
    "with tools": deny("*", StringLike={"aws:UserAgent": "aws-cli/*"}),
    "other objects": {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "NotAction": "sts:*", "NotResource": "arn:aws:s3:::fake-ledger/*"}],
    },
}
EVERY: Final = CHANGES | {name: Changed(attach={ROOT: {"new": policy}}) for name, policy in MORE.items()}
# What is not there may be meant, of these: `invokedBy`, `vpcEndpointId`, `sessionContext`, `errorCode`, `tlsDetails`.
FIELDS: Final = (
    "userIdentity.type",
    "userIdentity.accountId",
    "userIdentity.arn",
    "userIdentity.principalId",
    "userIdentity.accessKeyId",
    "userIdentity.sessionContext.sessionIssuer",
    "userIdentity.sessionContext.sessionIssuer.arn",
    "userIdentity.sessionContext.sessionIssuer.type",
    "userIdentity.sessionContext.attributes",
    "userIdentity.sessionContext.attributes.mfaAuthenticated",
    "userIdentity.sessionContext.attributes.creationDate",
    "requestParameters",
    "requestParameters.bucketName",
    "requestParameters.key",
    "requestParameters.queueUrl",
    "requestParameters.roleArn",
    "requestParameters.targetPrincipal",
    "resources",
    "sourceIPAddress",
    "awsRegion",
    "eventTime",
    "userAgent",
    "recipientAccountId",
)
SAMPLE: Final = (
    "deny root but assumed",
    "deny one object",
    "deny an account",
    "allow a list instead of everything",
    "deny what others have",
    "a fence of the organization that forgets services",
    "a fence by the path of the principal",
    "a fence of an account's resources",
    *MORE,
)


def without(record: dict[str, Any], field: str) -> dict[str, Any] | None:
    """A record without a field; `None` where it has none."""
    made = copy.deepcopy(record)
    *path, last = field.split(".")
    inside: Any = made
    for name in path:
        inside = inside.get(name) if isinstance(inside, dict) else None
    if not isinstance(inside, dict) or last not in inside:
        return None
    del inside[last]
    return made


def wrong(jury: Jury, record: dict[str, Any]) -> list[tuple[str, str]]:
    """The fields a record has to have for its call not to be taken for safe, or for sure."""
    whole = jury.judged(record)
    found = []
    for field in FIELDS:
        # Whether what was made or what was copied is told, nothing tells then.
        less = without(record, field) if (record["eventName"], field) != ("CopyObject", "requestParameters") else None
        if less is None:
            continue
        said = jury.judged(less)
        # What was denied anyway is denied before and after, or in neither.
        safe = said is None and whole is not None and whole.verdict != "denied_anyway"
        sure = said is not None and said.ruling.surely
        surer = sure and (whole is None or not whole.ruling.surely or said is None or said.verdict != whole.verdict)
        if safe or surer:
            found.append((record["eventID"], field))
    return found


def forgetting(changed: Changed, evidence: Path) -> list[tuple[str, str]]:
    write_evidence(evidence, ACCOUNTS, {changed.kind.value: changed.present})
    jury = Jury(changed, evidence)
    return [one for record in strange_records() for one in wrong(jury, record)]


@pytest.mark.parametrize("name", SAMPLE)
def test_forgetting_a_field_makes_no_call_safe_and_none_surer(name: str, tmp_path: Path) -> None:
    assert forgetting(EVERY[name], tmp_path / "evidence") == []


@pytest.mark.soak
def test_forgetting_a_field_under_every_change(tmp_path: Path) -> None:
    found = {name: forgetting(changed, tmp_path / str(number)) for number, (name, changed) in enumerate(EVERY.items())}
    assert {name: fields for name, fields in found.items() if fields} == {}
