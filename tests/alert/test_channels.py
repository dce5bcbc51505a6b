"""Channels against real receivers on loopback: what each status means, keys, secrets, pagers' own acknowledgements."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from moto.server import ThreadedMotoServer
from tests.alert.receiver import Says, receiving
from tests.alert.worlds import ACCOUNT, NOON, NOTIFY, subject, visit

from rootwarden.alert import settings as kinds
from rootwarden.alert.channels import http
from rootwarden.alert.channels.apprise_url import AppriseUrl
from rootwarden.alert.channels.aws import SecurityHub, Sns
from rootwarden.alert.channels.made import channels_of
from rootwarden.alert.channels.opsgenie import Opsgenie
from rootwarden.alert.channels.pagerduty import PagerDuty
from rootwarden.alert.channels.siem import SiemFiles, SiemHttp
from rootwarden.alert.channels.webhook import Webhook
from rootwarden.alert.delivery.state import Kind, Outcome
from rootwarden.alert.parcel import Pager, Parcel
from rootwarden.alert.secret import Secret, SecretSource
from rootwarden.alert.settings import parse_settings
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.alert.receiver import Receiver

KEY = "hunter2-hunter2"
NOWHERE = SecretSource(env="FAKE")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def parcel(*, kind: Kind = Kind.PAGE, **other: Any) -> Parcel:
    return Parcel(key="key-1", kind=kind, subjects=(subject(visit()),), now=NOON, **other)


def webhook(receiver: Receiver, *, bearer: str = "", signing_key: str = "") -> Webhook:
    settings = kinds.WebhookChannel(name="hook", address=f"{receiver.address}/hook")
    return Webhook(
        settings,
        bearer=Secret(bearer) if bearer else None,
        signing_key=Secret(signing_key) if signing_key else None,
    )


@pytest.mark.parametrize(
    ("says", "outcome", "retry_after"),
    [
        (Says(200), Outcome.SENT, None),
        (Says(202), Outcome.SENT, None),
        (Says(301, headers={"Location": "http://127.0.0.1:1/"}), Outcome.REFUSED, None),
        (Says(400), Outcome.REFUSED, None),
        (Says(401), Outcome.REFUSED, None),
        (Says(404), Outcome.REFUSED, None),
        (Says(408), Outcome.FAILED, None),
        (Says(429, headers={"Retry-After": "37"}), Outcome.FAILED, 37),
        (Says(429, headers={"Retry-After": "Mon, 02 Mar 2026 12:01:00 GMT"}), Outcome.FAILED, 60),
        (Says(429, headers={"Retry-After": "soon"}), Outcome.FAILED, None),
        (Says(500), Outcome.FAILED, None),
        (Says(503, headers={"Retry-After": "-5"}), Outcome.FAILED, -5),
        (Says(do="reset"), Outcome.UNDECIDED, None),
    ],
    ids=lambda each: f"{each.status}{each.do}{each.headers}" if isinstance(each, Says) else str(each),
)
def test_what_an_answer_means(receiver: Receiver, says: Says, outcome: Outcome, retry_after: float | None) -> None:
    receiver.says = [says]
    ended = webhook(receiver).send(parcel())
    assert (ended.outcome, ended.retry_after) == (outcome, retry_after)
    assert len(receiver.got) == 1


def test_silence_is_undecided(receiver: Receiver) -> None:
    receiver.says = [Says(do="hang")]
    answer = http.request(receiver.address, body=b"{}", headers={}, seconds=0.2)
    assert http.attempted(answer, secrets=(), now=NOON).outcome is Outcome.UNDECIDED


def test_nobody_there_is_a_failure() -> None:
    with receiving() as gone:
        address = gone.address
    answer = http.request(address, body=b"{}", headers={})
    assert http.attempted(answer, secrets=(), now=NOON).outcome is Outcome.FAILED


def test_a_long_answer_is_not_read_to_its_end(receiver: Receiver) -> None:
    receiver.says = [Says(500, body="x" * 3_000_000)]
    answer = http.request(receiver.address, body=b"{}", headers={})
    assert (answer.status, len(answer.body)) == (500, http.MOST_BYTES)
    assert len(http.attempted(answer, secrets=(), now=NOON).detail) <= http.LONGEST_DETAIL


def test_a_webhook_carries_its_key_and_is_signed(receiver: Receiver) -> None:
    hook = webhook(receiver, bearer="fake-bearer", signing_key=KEY)
    hook.send(parcel())
    hook.send(parcel(maybe_repeat=True))
    first, second = receiver.got
    assert receiver.keys() == ["key-1", "key-1"]
    assert first.headers["authorization"] == "Bearer fake-bearer"
    signed = f"key-1.{int(NOON.timestamp())}.".encode() + first.body
    expected = base64.b64encode(hmac.new(KEY.encode(), signed, hashlib.sha256).digest()).decode()
    assert first.headers["webhook-signature"] == f"v1,{expected}"
    assert first.json()["schema"] == "rootwarden.alert/1"
    assert "may be a repeat" not in first.json()["text"]
    assert "may be a repeat" in second.json()["text"]


def test_a_secret_a_receiver_repeats_is_hidden(receiver: Receiver) -> None:
    receiver.says = [Says(400, body=f"bad token {KEY}")]
    ended = webhook(receiver, bearer=KEY).send(parcel())
    assert KEY not in ended.detail
    assert "***" in ended.detail


def pagerduty(receiver: Receiver) -> PagerDuty:
    settings = kinds.PagerDutyChannel(
        name="pager", routing_key=NOWHERE, address=receiver.address, api_address=receiver.address
    )
    return PagerDuty(settings, routing_key=Secret(KEY), api_token=Secret("fake-token"))


def test_pagerduty_pages_with_the_alert_as_its_key_in_every_stage(receiver: Receiver) -> None:
    receiver.says = [Says(202, {"status": "success"})]
    for stage in (0, 1):
        assert pagerduty(receiver).send(parcel(stage=stage)).outcome is Outcome.SENT
    first, second = (each.json() for each in receiver.got)
    assert first["dedup_key"] == second["dedup_key"] == subject(visit()).key
    assert (first["event_action"], first["payload"]["severity"]) == ("trigger", "critical")
    assert first["routing_key"] == KEY
    digest = parcel(kind=Kind.DIGEST)
    pagerduty(receiver).send(msgspec.structs.replace(digest, subjects=(subject(visit(severity=NOTIFY)),)))
    assert receiver.got[2].json()["payload"]["severity"] == "warning"


@pytest.mark.parametrize(
    ("says", "person"),
    [
        (Says(200, {"incidents": []}), None),
        (Says(200, {"incidents": [{"status": "triggered", "acknowledgements": []}]}), None),
        (
            Says(
                200,
                {
                    "incidents": [
                        {
                            "status": "acknowledged",
                            "acknowledgements": [
                                {"at": "2026-03-02T12:05:00Z", "acknowledger": {"summary": "Alice Fake"}}
                            ],
                        }
                    ]
                },
            ),
            "Alice Fake",
        ),
        (Says(200, {"incidents": [{"status": "resolved"}]}), "somebody"),
        (Says(500), None),
        (Says(200, "no object"), None),
        (Says(401), None),
    ],
)
def test_who_took_it_in_pagerduty(receiver: Receiver, says: Says, person: str | None) -> None:
    receiver.says = [says]
    pager = pagerduty(receiver)
    assert isinstance(pager, Pager)
    answered = pager.answered("thread-1")
    assert (answered.person if answered else None) == person
    if person == "Alice Fake" and answered:
        assert answered.at == NOON + timedelta(minutes=5)
    assert receiver.got[0].headers["authorization"] == "Token token=fake-token"
    assert "incident_key=thread-1" in receiver.got[0].path
    assert receiver.got[0].method == "GET"


def opsgenie(receiver: Receiver) -> Opsgenie:
    return Opsgenie(kinds.OpsgenieChannel(name="og", api_key=NOWHERE, address=receiver.address), api_key=Secret(KEY))


def test_opsgenie(receiver: Receiver) -> None:
    receiver.says = [Says(202, {"requestId": "fake"})]
    assert opsgenie(receiver).send(parcel()).outcome is Outcome.SENT
    sent = receiver.got[0].json()
    assert (sent["alias"], sent["priority"], len(sent["message"]) <= 130) == (subject(visit()).key, "P1", True)
    assert receiver.got[0].headers["authorization"] == f"GenieKey {KEY}"


@pytest.mark.parametrize(
    ("data", "person"),
    [
        ({"status": "open", "acknowledged": False}, None),
        (
            {"status": "open", "acknowledged": True, "report": {"acknowledgedBy": "alice@fake.example"}},
            "alice@fake.example",
        ),
        ({"status": "closed", "acknowledged": False, "report": {"closedBy": "bob@fake.example"}}, "bob@fake.example"),
        ({"status": "open", "acknowledged": True, "owner": "carol@fake.example"}, "carol@fake.example"),
    ],
)
def test_who_took_it_in_opsgenie(receiver: Receiver, data: dict[str, Any], person: str | None) -> None:
    receiver.says = [Says(200, {"data": data})]
    answered = opsgenie(receiver).answered("thread/1")
    assert (answered.person if answered else None) == person
    assert receiver.got[0].path == "/v2/alerts/thread%2F1?identifierType=alias"


def apprise_url(receiver: Receiver) -> AppriseUrl:
    url = receiver.address.replace("http://", f"json://user:{KEY}@") + "/fake-path-token"
    return AppriseUrl(kinds.AppriseChannel(name="chat", url=NOWHERE), url=Secret(url))


def test_apprise(receiver: Receiver, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    receiver.says = [Says(200), Says(500), Says(200)]
    channel = apprise_url(receiver)
    assert channel.send(parcel()).outcome is Outcome.SENT
    assert receiver.got[0].json()["title"].startswith("PAGE root of")
    failed = channel.send(parcel())
    assert failed.outcome is Outcome.FAILED
    assert "500" in failed.detail
    said = failed.detail + repr(channel) + "".join(capfd.readouterr()) + caplog.text
    assert KEY not in said
    assert "fake-path-token" not in said
    assert channel.send(parcel()) == msgspec.structs.replace(failed, outcome=Outcome.SENT, detail="")


@pytest.mark.parametrize(
    ("url", "why"),
    [("pagerduty://a@b", "is a pager"), ("opsgenie://fake", "is a pager"), ("nothing://fake", "does not know")],
)
def test_apprise_urls_that_are_refused(url: str, why: str) -> None:
    with pytest.raises(UsageError, match=why) as caught:
        AppriseUrl(kinds.AppriseChannel(name="chat", url=NOWHERE), url=Secret(url))
    assert "fake" not in str(caught.value)


def test_a_siem_over_http(receiver: Receiver) -> None:
    siem = SiemHttp("siem", f"{receiver.address}/ocsf", bearer=Secret(KEY))
    assert siem.send(parcel(kind=Kind.STREAM)).outcome is Outcome.SENT
    event = receiver.got[0].json()
    assert (event["class_uid"], event["metadata"]["uid"], event["severity"]) == (2004, "key-1", "Critical")
    assert receiver.got[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_siem_in_files(tmp_path: Path) -> None:
    siem = SiemFiles("siem", str(tmp_path / "ocsf"))
    for _ in range(2):
        assert siem.send(parcel(kind=Kind.STREAM)).outcome is Outcome.SENT
    lines = (tmp_path / "ocsf" / "2026-03-02.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(each)["metadata"]["uid"] for each in lines] == ["key-1", "key-1"]
    blocked = SiemFiles("siem", str(tmp_path / "ocsf" / "2026-03-02.jsonl"))
    assert blocked.send(parcel(kind=Kind.STREAM)).outcome is Outcome.FAILED


FULL = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
sys.path.insert(0, ".")
from tests.alert.test_channels import Kind, SiemFiles, parcel
siem = SiemFiles("siem", sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (6_000, 6_000))
print([siem.send(parcel(kind=Kind.STREAM)).outcome.value for _ in range(8)])
"""


def test_a_full_disk_leaves_whole_lines(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, timeout=60, check=True
    )
    outcomes = json.loads(done.stdout.replace("'", '"'))
    assert {*outcomes} == {"sent", "failed"}
    content = (tmp_path / "2026-03-02.jsonl").read_bytes()
    assert content.endswith(b"\n")
    assert len([json.loads(line) for line in content.splitlines()]) == outcomes.count("sent")


@pytest.fixture
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    for name, value in {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "AKIAFAKEFAKEFAKEFAKE",
        "AWS_SECRET_ACCESS_KEY": "fake",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }.items():
        monkeypatch.setenv(name, value)
    yield address
    server.stop()


def test_sns_drops_a_repeat_of_a_key(moto: str) -> None:
    import boto3

    sns, sqs = boto3.client("sns", region_name="eu-west-1"), boto3.client("sqs", region_name="eu-west-1")
    fifo = {"FifoTopic": "true", "ContentBasedDeduplication": "false"}
    topic = sns.create_topic(Name="fake.fifo", Attributes=fifo)["TopicArn"]
    queue = sqs.create_queue(QueueName="fake.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    channel = Sns(kinds.SnsChannel(name="sns", topic=topic))
    ended = [channel.send(parcel()) for _ in range(2)]
    assert [each.outcome for each in ended] == [Outcome.SENT, Outcome.SENT]
    (got,) = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    body = json.loads(got["Body"])
    assert body["Subject"].isascii()
    assert body["MessageAttributes"]["key"]["Value"] == "key-1"
    assert body["Message"].startswith("PAGE root of")
    gone = Sns(kinds.SnsChannel(name="sns", topic=topic.replace("fake", "gone")))
    assert gone.send(parcel()).outcome is Outcome.REFUSED


def test_security_hub_as_its_answers_say(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": receiver.address,
        "AWS_ACCESS_KEY_ID": "AKIAFAKEFAKEFAKEFAKE",
        "AWS_SECRET_ACCESS_KEY": "fake",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }.items():
        monkeypatch.setenv(name, value)
    caller = Says(200)
    caller.body = (
        b"<GetCallerIdentityResponse><GetCallerIdentityResult><Account>444455556666</Account>"
        b"<Arn>arn:aws:sts::444455556666:assumed-role/fake/fake</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>"
    )
    taken = Says(200, {"FailedCount": 0, "SuccessCount": 1})
    refused = Says(200, {"FailedCount": 1, "FailedFindings": [{"ErrorMessage": "fake reason"}]})
    denied = Says(403, {"Message": "no"}, headers={"x-amzn-ErrorType": "AccessDeniedException"})
    receiver.says = [caller, taken, caller, refused, caller, denied, caller, Says(503, {"Message": "later"})]
    hub = SecurityHub(kinds.SecurityHubChannel(name="hub", region="eu-west-1"))
    outcomes = [hub.send(parcel(kind=Kind.STREAM)).outcome for _ in range(4)]
    assert outcomes == [Outcome.SENT, Outcome.REFUSED, Outcome.REFUSED, Outcome.FAILED]
    (finding,) = receiver.got[1].json()["Findings"]
    assert finding["AwsAccountId"] == "444455556666"
    assert finding["Severity"]["Label"] == "CRITICAL"
    assert finding["Resources"][0]["Id"] == f"AWS::::Account:{ACCOUNT}"


def test_every_kind_of_channel_is_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FAKE", "json://127.0.0.1/fake")
    (tmp_path / "secret").write_text("fake-secret\n", encoding="utf-8")
    secret = '{ env = "FAKE" }'
    text = f"""
        [[channel]]
        name = "a"
        kind = "apprise"
        url = {secret}
        [[channel]]
        name = "b"
        kind = "pagerduty"
        routing_key = {{ file = "{tmp_path / "secret"}" }}
        [[channel]]
        name = "c"
        kind = "opsgenie"
        api_key = {secret}
        [[channel]]
        name = "d"
        kind = "webhook"
        address = "https://fake.example/hook"
        signing_key = {secret}
        [[channel]]
        name = "e"
        kind = "sns"
        topic = "arn:aws:sns:eu-west-1:111122223333:fake"
        [[channel]]
        name = "f"
        kind = "securityhub"
        region = "eu-west-1"
        [[channel]]
        name = "g"
        kind = "siem"
        folder = "ocsf"
        [[channel]]
        name = "h"
        kind = "siem"
        address = "https://fake.example/ocsf"
    """
    made = channels_of(parse_settings(text.encode(), name="docs"))
    assert [type(each).__name__ for each in made.values()] == [
        "AppriseUrl",
        "PagerDuty",
        "Opsgenie",
        "Webhook",
        "Sns",
        "SecurityHub",
        "SiemFiles",
        "SiemHttp",
    ]
    assert "fake-secret" not in repr([vars(each) for each in made.values()])
