"""Encodings by themselves, CloudWatch in all three of its protocols, and parameters of the wrong type everywhere."""

from __future__ import annotations

import json
import urllib.parse
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree  # noqa: ICN001 - the name it has

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rootwarden.errors import InternalError
from rootwarden.simulator import Simulator
from rootwarden.simulator.http import Request
from rootwarden.simulator.protocols import cbor, form
from rootwarden.simulator.protocols.aws_json import json_answer
from rootwarden.simulator.protocols.model import operation_model
from rootwarden.simulator.protocols.xml import query_answer
from rootwarden.simulator.services import HANDLERS
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from rootwarden.simulator.http import Reply

SIGNING_NAMES = {"cloudwatch": "monitoring"}
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)


@given(values)
def test_cbor_comes_back_as_it_went(value: Any) -> None:
    assert cbor.decode(cbor.encode(value)) == value


@given(st.binary(max_size=60))
def test_cbor_of_any_bytes_is_read_or_refused(data: bytes) -> None:
    try:
        cbor.decode(data)
    except ValueError:
        return


CBOR_EXAMPLES = {  # from RFC 8949, appendix A
    "1864": 100,
    "3903e7": -1000,
    "fb3ff199999999999a": 1.1,
    "f93c00": 1.0,
    "f6": None,
    "43010203": b"\x01\x02\x03",
    "62c3bc": "ü",
    "83010203": [1, 2, 3],
    "a26161016162820203": {"a": 1, "b": [2, 3]},
    "9f018202039f0405ffff": [1, [2, 3], [4, 5]],
    "7f657374726561646d696e67ff": "streaming",
    "bf61610161629f0203ffff": {"a": 1, "b": [2, 3]},
}


@pytest.mark.parametrize(("data", "value"), CBOR_EXAMPLES.items())
def test_cbor_examples(data: str, value: Any) -> None:
    assert cbor.decode(bytes.fromhex(data)) == value


@pytest.mark.parametrize("data", ["", "18", "1c", "62c3", "a10101", "81" * 40 + "00", "0000", "9b" + "ff" * 8, "f8ff"])
def test_cbor_that_is_none(data: str) -> None:
    with pytest.raises(ValueError, match="CBOR"):
        cbor.decode(bytes.fromhex(data))


def test_cbor_instants_are_tagged() -> None:
    assert cbor.encode(datetime(2013, 3, 21, 20, 4, 0, tzinfo=UTC))[:2] == b"\xc1\xfb"


@pytest.mark.parametrize("write", [query_answer, json_answer, cbor.cbor_answer])
def test_a_member_the_model_lacks_is_our_bug(write: Any) -> None:
    model = operation_model("iam", "GetUser")
    with pytest.raises(InternalError, match="Shoesize"):
        write(model, {"User": {"Shoesize": 44}}, "id")


def test_forms_are_read_by_the_shape() -> None:
    sts = operation_model("sts", "AssumeRole")
    ec2 = operation_model("ec2", "DescribeInstances")
    assert sts is not None
    assert ec2 is not None
    fields = form.parse_form(
        b"Action=A&Version=1&PolicyArns.member.1.arn=x&PolicyArns.member.2.arn=y&DurationSeconds=9"
    )
    assert form.decode(sts, fields, ec2=False) == {"PolicyArns": [{"arn": "x"}, {"arn": "y"}], "DurationSeconds": 9}
    fields = form.parse_form(b"Action=A&Version=1&InstanceId.1=i&Filter.1.Name=n&Filter.1.Value.1=v&MaxResults=5")
    assert form.decode(ec2, fields, ec2=True) == {
        "InstanceIds": ["i"],
        "Filters": [{"Name": "n", "Values": ["v"]}],
        "MaxResults": 5,
    }


def test_a_form_of_too_many_fields_is_refused() -> None:
    with pytest.raises(ValueError, match="fields"):
        form.parse_form(b"a=1&" * 3000)


def request(service: str, headers: dict[str, str], body: bytes, path: str = "/", method: str = "POST") -> Request:
    scope = f"AKIAFAKE000011110000/20260302/us-east-1/{SIGNING_NAMES.get(service, service)}/aws4_request"
    signed = {"authorization": f"AWS4-HMAC-SHA256 Credential={scope}, Signature=00", **headers}
    return Request(method=method, path=path, query="", headers=signed, body=body)


GRANITE = "GraniteServiceVersion20100801"
SPOKEN = {
    "cbor": lambda operation, parameters: request(
        "cloudwatch",
        {"smithy-protocol": "rpc-v2-cbor"},
        cbor.encode(parameters),
        path=f"/service/{GRANITE}/operation/{operation}",
    ),
    "json": lambda operation, parameters: request(
        "cloudwatch", {"x-amz-target": f"{GRANITE}.{operation}"}, json.dumps(parameters).encode()
    ),
    "query": lambda operation, parameters: request(
        "cloudwatch", {}, urllib.parse.urlencode({"Action": operation, "Version": "2010-08-01", **parameters}).encode()
    ),
}


@pytest.mark.parametrize("protocol", SPOKEN)
def test_cloudwatch_speaks_three_protocols(protocol: str) -> None:
    simulator = Simulator(make_world("greenfield", 1))
    metric = {"MetricName": "RootActivity", "Namespace": "Security"}
    good = simulator.answer(SPOKEN[protocol]("DescribeAlarmsForMetric", metric))
    assert good.status == 200
    assert b"arn:aws:cloudwatch:us-east-1:000011110000:alarm:root-activity" in good.body
    bad = simulator.answer(SPOKEN[protocol]("DescribeAlarms", {"MaxRecords": 1000}))
    assert bad.status == 400
    assert b"InvalidParameterValue" in bad.body
    if protocol != "query":
        assert ("x-amzn-query-error", "InvalidParameterValue;Sender") in bad.headers


ODD: list[Any] = [
    None,
    True,
    -1,
    10**30,
    1.5,
    "",
    "x" * 3000,
    "\x00\x1f",
    "\ud800",
    [],
    [None],
    [[1]],
    {},
    {"a": {"b": []}},
]


def spoken_wrongly(service: str, operation: str, parameters: Any) -> Request:
    model = operation_model(service, operation)
    assert model is not None
    protocol = model.service_model.metadata["protocol"]
    if protocol in {"json", "rest-json"}:
        body = json.dumps(parameters).encode()
        path = str(model.http["requestUri"]) if protocol == "rest-json" else "/"
        method = str(model.http["method"])
        return request(service, {"x-amz-target": f"X.{operation}"}, body, path=path, method=method)
    if protocol == "smithy-rpc-v2-cbor":
        odd = {name: 10 if value in (10**30, "\ud800") else value for name, value in parameters.items()}
        return request(service, {}, cbor.encode(odd), path=f"/service/{GRANITE}/operation/{operation}")
    texts = {name: str(value).encode(errors="surrogatepass") for name, value in parameters.items()}
    fields: dict[str, str | bytes] = {"Action": operation, "Version": "1", **texts}
    if protocol == "rest-xml":
        return request(service, {}, b"", method="GET")
    return request(service, {}, urllib.parse.urlencode(fields).encode())


@pytest.mark.parametrize("service", sorted(HANDLERS))
def test_odd_parameters_get_an_answer(service: str) -> None:
    simulator = Simulator(make_world("greenfield", 3))
    for operation in HANDLERS[service]:
        model = operation_model(service, operation)
        assert model is not None
        members = list(model.input_shape.members) if model.input_shape is not None else []
        for name in members:
            for value in ODD:
                others = dict.fromkeys(members, "x")
                for parameters in ({name: value}, others | {name: value}):
                    reply = simulator.answer(spoken_wrongly(service, operation, parameters))
                    assert reply.status == 200 or 400 <= reply.status < 500, (operation, parameters)
                    assert is_well_formed(reply), (operation, parameters)


def is_well_formed(reply: Reply) -> bool:
    if "xml" in reply.content_type:
        return ElementTree.fromstring(reply.body).tag != ""  # noqa: S314 - written by ourselves
    if "json" in reply.content_type:
        return isinstance(json.loads(reply.body), dict)
    return isinstance(cbor.decode(reply.body), dict)


@pytest.mark.parametrize("body", [b"[]", b"null", b"{", b"\xff", b"[" * 100_000, b'"x"', b'{"a":1}}'])
@pytest.mark.parametrize(("service", "operation"), [("organizations", "ListAccounts"), ("account", "ListRegions")])
def test_json_that_is_no_object_is_refused(service: str, operation: str, body: bytes) -> None:
    simulator = Simulator(make_world("greenfield", 1))
    path = "/listRegions" if service == "account" else "/"
    reply = simulator.answer(request(service, {"x-amz-target": f"X.{operation}"}, body, path=path))
    assert reply.status == 400
