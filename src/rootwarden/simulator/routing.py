"""Which service, operation and parameters a request is about, and how its answer is written.

The service is the one in the credential scope of the `Authorization` header, so one endpoint serves them all. The
signature itself is not verified.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from rootwarden.simulator.http import Reply, Request
from rootwarden.simulator.protocols import aws_json, cbor, form, xml
from rootwarden.simulator.protocols.model import operation_model, rest_operation, service_model
from rootwarden.simulator.refusal import WORDS, Refusal, Trouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.model import OperationModel

_SCOPE = re.compile(r"Credential=([\w+/=-]{1,128})/(\d{8})/([\w-]{1,64})/([\w-]{1,64})/aws4_request")
_SERVICES = {"monitoring": "cloudwatch", "access-analyzer": "accessanalyzer", **{name: name for name in WORDS}}
_RPC_PATH = re.compile(r"/service/(\w+)/operation/(\w+)")
_FORM, _EC2, _REST_XML, _JSON, _REST_JSON, _CBOR = "form", "ec2", "rest-xml", "json", "rest-json", "cbor"
_BY_MODEL = {"query": _FORM, "ec2": _EC2, "rest-xml": _REST_XML, "json": _JSON, "rest-json": _REST_JSON}
_CONTENT_TYPES = {
    _FORM: "text/xml",
    _EC2: "text/xml;charset=UTF-8",
    _REST_XML: "application/xml",
    _JSON: "application/x-amz-json-1.1",
    _REST_JSON: "application/json",
    _CBOR: "application/cbor",
}


class Scope(msgspec.Struct, frozen=True):
    """What the credential scope of a signed request says."""

    access_key_id: str
    region: str
    service: str


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request understood: service, operation, and the protocol its answer is written in."""

    service: str
    protocol: str
    operation: str
    request: Request
    fields: dict[str, str]
    labels: dict[str, str] = {}


def read_scope(request: Request) -> Scope:
    """Read the `Authorization` header; raises `Refusal` when it is missing or no SigV4 header."""
    header = request.headers.get("authorization", "")
    match = _SCOPE.search(header)
    if not header.startswith("AWS4-") or match is None:
        raise WORDS[guess(request)[0]].refusal(Trouble.UNSIGNED, "Request is missing Authentication Token")
    service = _SERVICES.get(match.group(4))
    if service is None:
        raise Refusal("UnknownService", f"the simulator has no service `{match.group(4)}`", 404)
    return Scope(match.group(1), match.group(3), service)


def guess(request: Request) -> tuple[str, str]:
    """A service and protocol to write errors in, before the request is understood."""
    if "x-amz-target" in request.headers or "json" in request.headers.get("content-type", ""):
        return "organizations", _JSON
    return "iam", _FORM


def protocol_of(service: str, request: Request) -> str:
    """The protocol a request is written in; CloudWatch takes three."""
    if service == "cloudwatch":
        if request.path.startswith("/service/"):
            return _CBOR
        return _JSON if "x-amz-target" in request.headers else _FORM
    return _BY_MODEL[str(service_model(service).metadata["protocol"])]


def read_operation(service: str, protocol: str, request: Request) -> Asked:
    """The name of the operation asked for; raises `Refusal` when the request names none."""
    fields: dict[str, str] = {}
    labels: dict[str, str] = {}
    name = ""
    if protocol in {_FORM, _EC2}:
        try:
            fields = form.parse_form(request.body or request.query.encode())
        except ValueError as problem:
            raise WORDS[service].refusal(Trouble.INVALID, f"malformed form: {problem}") from problem
        name = fields.get("Action", "")
    elif protocol == _JSON:
        name = request.headers.get("x-amz-target", "").rpartition(".")[2]
    elif protocol == _CBOR:
        match = _RPC_PATH.fullmatch(request.path)
        name = match.group(2) if match else ""
    else:
        path = request.path if request.path == "/" else request.path.rstrip("/")
        name, labels = rest_operation(service, request.method, path)
    if operation_model(service, name) is None:
        raise Refusal("UnknownOperationException" if protocol == _JSON else "InvalidAction", f"no action `{name[:80]}`")
    return Asked(service=service, protocol=protocol, operation=name, request=request, fields=fields, labels=labels)


def read_parameters(asked: Asked) -> dict[str, Any]:
    """The parameters of a call; raises `Refusal` when they cannot be read."""
    model = _model(asked)
    try:
        if asked.protocol in {_FORM, _EC2}:
            return form.decode(model, asked.fields, ec2=asked.protocol == _EC2)
        if asked.protocol == _CBOR:
            return cbor.cbor_parameters(asked.request.body)
        if asked.protocol == _REST_XML:
            return form.decode_query_string(model, asked.request.query)
        if asked.protocol == _REST_JSON:
            queried = form.decode_query_string(model, asked.request.query)
            return aws_json.json_parameters(asked.request.body) | queried | asked.labels
        return aws_json.json_parameters(asked.request.body)
    except ValueError as problem:
        raise WORDS[asked.service].refusal(Trouble.INVALID, f"malformed parameters: {problem}") from problem


def _model(asked: Asked) -> OperationModel:
    model = operation_model(asked.service, asked.operation)
    if model is None:
        raise Refusal("InvalidAction", f"no action `{asked.operation[:80]}`")
    return model


_ANSWERS: dict[str, Callable[[OperationModel, dict[str, Any], str], bytes]] = {
    _FORM: xml.query_answer,
    _EC2: xml.ec2_answer,
    _REST_XML: xml.rest_xml_answer,
    _JSON: aws_json.json_answer,
    _REST_JSON: aws_json.json_answer,
    _CBOR: cbor.cbor_answer,
}


def write_answer(asked: Asked, answer: dict[str, Any], request_id: str) -> Reply:
    """An answer on the wire."""
    body = _ANSWERS[asked.protocol](_model(asked), answer, request_id)
    return Reply(body=body, content_type=_CONTENT_TYPES[asked.protocol], headers=_headers(asked.protocol, request_id))


def write_refusal(service: str, protocol: str, refusal: Refusal, request_id: str) -> Reply:
    """An error on the wire."""
    code, message, status = refusal.code, refusal.message, refusal.status
    headers = _headers(protocol, request_id)
    fault = "Sender" if status < 500 else "Receiver"  # noqa: PLR2004 - the server's errors begin at 500
    if protocol == _FORM:
        body = xml.query_error(code, message, sender=fault == "Sender", request_id=request_id)
    elif protocol == _EC2:
        body = xml.ec2_error(code, message, request_id=request_id)
    elif protocol == _REST_XML:
        body = xml.rest_xml_error(code, message, request_id=request_id)
    elif protocol == _CBOR:
        body = cbor.cbor_error(f"com.amazonaws.{service}#{code}", message)
    else:
        body = aws_json.json_error(code, message)
        headers = (*headers, ("x-amzn-ErrorType", code))
    if service == "cloudwatch" and protocol != _FORM:
        headers = (*headers, ("x-amzn-query-error", f"{code};{fault}"))
    return Reply(status=status, body=body, content_type=_CONTENT_TYPES[protocol], headers=headers)


def _headers(protocol: str, request_id: str) -> tuple[tuple[str, str], ...]:
    if protocol == _CBOR:
        return (("x-amzn-RequestId", request_id), ("smithy-protocol", "rpc-v2-cbor"))
    if protocol == _REST_XML:
        return (("x-amz-request-id", request_id),)
    return (("x-amzn-RequestId", request_id),)
