"""A piece of text → what kind of text it is, from a closed list of kinds: the place where values end.

Everything that comes out is written in this module, whatever went in. An ARN keeps its partition, its service and the
leading word of its resource when those are words listed here.
"""

from __future__ import annotations

import re
from typing import Final

TEXT, EMPTY, E_MAIL, URL = "text", "empty text", "e-mail address", "URL"
INSTANT, ACCOUNT_ID, REGION, ACCESS_KEY_ID, JSON_DOCUMENT = (
    "instant",
    "account id",
    "region",
    "access key id",
    "JSON document",
)
LISTED, UNLISTED = "word the service model lists", "word the service model does not list"
# Kinds that people's own words fall into: where the simulator shows one of these, AWS may show any other.
OPEN: Final = frozenset({TEXT, E_MAIL, URL})

_SPECIAL: Final = {
    "": EMPTY,
    "true": "true or false",
    "false": "true or false",
    "TRUE": "TRUE or FALSE",
    "FALSE": "TRUE or FALSE",
    "True": "True or False",
    "False": "True or False",
    **{word: word for word in ("N/A", "n/a", "no_information", "not_supported", "PendingConfirmation")},
    "<root_account>": "<root_account>",
}
_DAY, _TIME = r"\d{4}-\d\d-\d\d", r"\d\d:\d\d:\d\d(\.\d{1,9})?"
_KINDS: Final = (
    (re.compile(rf"{_DAY}T{_TIME}Z"), f"{INSTANT} ending in Z"),
    (re.compile(rf"{_DAY}T{_TIME}\+00:00"), f"{INSTANT} ending in +00:00"),
    (re.compile(rf"{_DAY}[T ]{_TIME}([+-]\d\d:?\d\d)?"), INSTANT),
    (re.compile(_DAY), "date"),
    (re.compile(r"[0-9]{12}"), ACCOUNT_ID),
    (re.compile(r"[a-z]{2,4}(-[a-z]{3,5})?-[a-z]{4,10}-[0-9]{1,2}"), REGION),
    (re.compile(r"(AKIA|ASIA)[A-Z0-9]{12,124}"), ACCESS_KEY_ID),
    (re.compile(r"[^\s@]{1,64}@[^\s@]{1,255}"), E_MAIL),
    (re.compile(r"[a-z]{2,8}://\S{1,2000}"), URL),
    (re.compile(r'\{\s{0,100}(".{1,100000})?\}', re.DOTALL), JSON_DOCUMENT),
)

PARTITIONS: Final = frozenset({"aws", "aws-us-gov", "aws-cn", "aws-eusc", "aws-iso", "aws-iso-b"})
# What resources of a service are called in its ARNs, before the first `/` or `:`. A topic has no such word.
_RESOURCES: Final[dict[str, frozenset[str]]] = {
    **{
        name: frozenset()
        for name in ("account", "automate", "ec2", "ecs", "firehose", "kinesis", "kms", "s3", "signin")
    },
    **{name: frozenset() for name in ("sns", "sqs", "ssm", "ssm-incidents", "autoscaling")},
    "cloudtrail": frozenset({"trail"}),
    "cloudwatch": frozenset({"alarm"}),
    "events": frozenset({"rule", "event-bus"}),
    "iam": frozenset({"mfa", "policy", "role", "root", "server-certificate", "sms-mfa", "u2f", "user"}),
    "lambda": frozenset({"function"}),
    "logs": frozenset({"log-group"}),
    "organizations": frozenset({"account", "organization", "ou", "policy", "root"}),
    "rds": frozenset({"db"}),
    "states": frozenset({"stateMachine"}),
    "sts": frozenset({"assumed-role", "federated-user", "user"}),
}
_ARN_PARTS = 6
_ERROR_CODE = re.compile(r"[0-9]{3}|[A-Z][A-Za-z0-9]{2,63}(\.[A-Z][A-Za-z0-9]{2,63})?")


def kind_of_text(text: str) -> str:
    """The kind of a text; nothing of the text itself, except words AWS writes the same in every account.

    >>> kind_of_text("arn:aws:iam::111122223333:user/jane")
    'arn:aws:iam::{account}:user/…'
    """
    special = _SPECIAL.get(text)
    if special is not None:
        return special
    if text.startswith("arn:") and text.count(":") >= _ARN_PARTS - 1:
        return _kind_of_arn(text)
    return next((kind for pattern, kind in _KINDS if pattern.fullmatch(text)), TEXT)


def safe_code(code: str) -> str:
    """An error code if it reads as one; an HTTP status where the service gave no code."""
    return code if _ERROR_CODE.fullmatch(code) else "an error code that is no single word"


def _kind_of_arn(text: str) -> str:
    _, partition, service, region, account, resource = text.split(":", _ARN_PARTS - 1)
    return ":".join(
        (
            "arn",
            partition if partition in PARTITIONS else "{partition}",
            service if service in _RESOURCES else "{service}",
            "{region}" if region else "",
            _kind_of_owner(account),
            _kind_of_resource(resource, _RESOURCES.get(service, frozenset())),
        )
    )


def _kind_of_owner(account: str) -> str:
    if account in {"", "aws"}:
        return account
    return "{account}" if re.fullmatch("[0-9]{12}", account) else "{owner}"


def _kind_of_resource(resource: str, words: frozenset[str]) -> str:
    leading = re.split(r"[/:]", resource, maxsplit=1)[0]
    rest = resource[len(leading) :]
    end = ":*" if rest.endswith(":*") else ""
    if leading in words and not rest:
        return leading
    if leading in words:
        return f"{leading}{rest[0]}…{end}"
    return "…:…" if ":" in resource else "…"
