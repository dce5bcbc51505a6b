"""BG-14: where it runs, as each source would say it; what nobody says is unknown."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.breakglass import servers
from tests.breakglass.servers import tcp_server

from rootwarden.breakglass.exchange import Exchanged, ExchangeFailed, exchange
from rootwarden.breakglass.placement.gather import Surroundings, gather, here, machines
from rootwarden.breakglass.placement.place import (
    AccountClue,
    AwsClue,
    CredentialsClue,
    Elsewhere,
    InAccounts,
    InAws,
    NoClue,
    UnknownPlace,
    place_of,
)
from rootwarden.errors import AccessError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rootwarden.breakglass.placement.place import (
        Place,
    )

ACCOUNT = "000011112222"
TOKEN = "/latest/api/token"
DOCUMENT = "/latest/dynamic/instance-identity/document"
AZURE = "/metadata/instance?api-version=2021-02-01"
GOOGLE = "/computeMetadata/v1/"
TASK_URI = "http://169.254.170.2/v4/abc"
TASK = {"TaskARN": f"arn:aws:ecs:eu-west-1:{ACCOUNT}:task/cluster/0123"}


def around(
    answers: Mapping[str, Any] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
    caller: Callable[[], str] | None = None,
) -> Surroundings:
    """Surroundings that answer on the IPv4 address as they are told, and not at all elsewhere."""

    def fetch(method: str, address: str, headers: Mapping[str, str], seconds: float) -> Exchanged:
        del seconds
        for path, answer in (answers or {}).items():
            if address in (path, f"http://169.254.169.254{path}"):
                if path == TOKEN:
                    assert (method, "X-aws-ec2-metadata-token-ttl-seconds" in headers) == ("PUT", True)
                if path == DOCUMENT:
                    assert headers["X-aws-ec2-metadata-token"] == "a-token"
                if isinstance(answer, Exchanged):
                    return answer
                body = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
                return Exchanged(status=200, headers=(), body=body)
        raise ExchangeFailed("it cannot be reached (ConnectError)")

    def read(path: Path) -> bytes:
        if path.name not in (files or {}):
            raise FileNotFoundError(2, "No such file or directory", str(path))
        return (files or {})[path.name].encode() + b"\n"

    return Surroundings(environment=environment or {}, fetch=fetch, read=read, caller=caller)


def ok(body: bytes, *headers: tuple[str, str]) -> Exchanged:
    return Exchanged(status=200, headers=headers, body=body)


IMDS = {TOKEN: "a-token", DOCUMENT: {"accountId": ACCOUNT, "region": "eu-west-1"}}
CASES: list[tuple[str, Surroundings, Place | type]] = [
    (
        "an instance",
        around(IMDS, files={"sys_vendor": "Amazon EC2"}),
        InAccounts(accounts=(ACCOUNT,), sources=("instance metadata at 169.254.169.254", "firmware")),
    ),
    ("an instance whose metadata is off", around(files={"sys_vendor": "Amazon EC2"}), InAws),
    ("an old instance", around(files={"hypervisor_uuid": "x", "uuid": "ec2e1916-9099-7caf"}), InAws),
    ("an instance that hides its document", around({TOKEN: "a-token"}), UnknownPlace),
    ("an instance with a document that is none", around({TOKEN: "a-token", DOCUMENT: "<html>"}), InAws),
    ("an account that is none", around({TOKEN: "a-token", DOCUMENT: {"accountId": "12"}}), InAws),
    (
        "a task",
        around({f"{TASK_URI}/task": TASK}, environment={"ECS_CONTAINER_METADATA_URI_V4": TASK_URI}),
        InAccounts(accounts=(ACCOUNT,), sources=("ECS task metadata",)),
    ),
    ("a task that does not answer", around(environment={"ECS_CONTAINER_METADATA_URI_V4": TASK_URI}), InAws),
    ("a function", around(environment={"AWS_LAMBDA_FUNCTION_NAME": "f"}), InAws),
    ("a cloud shell", around(environment={"AWS_EXECUTION_ENV": "CloudShell"}), InAws),
    ("a pod", around(environment={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/c"}), InAws),
    ("Azure", around({AZURE: {"compute": {}}}), Elsewhere(provider="Azure", sources=("Azure metadata",))),
    ("Google", around({GOOGLE: ok(b"x", ("metadata-flavor", "Google"))}), Elsewhere),
    ("Google by firmware", around(files={"product_name": "Google Compute Engine"}), Elsewhere),
    ("Azure by firmware", around(files={"chassis_asset_tag": "7783-7084-3265-9085-8269-3286-77"}), Elsewhere),
    (
        "a server at a provider",
        around(files={"sys_vendor": "Hetzner"}),
        Elsewhere(provider="Hetzner", sources=("firmware",)),
    ),
    ("a laptop", around(files={"sys_vendor": "LENOVO"}), Elsewhere),
    (
        "an emulator could be anywhere",
        around(files={"sys_vendor": "QEMU", "product_name": "Standard PC"}),
        UnknownPlace,
    ),
    ("a virtual machine of VMware", around(files={"sys_vendor": "VMware, Inc."}), UnknownPlace),
    ("nothing at all", around(), UnknownPlace),
    ("a web server that answers everything", around({TOKEN: ok(b"\xff\x00"), AZURE: "x", GOOGLE: "x"}), UnknownPlace),
    ("no token", around({TOKEN: Exchanged(status=404, headers=(), body=b"no")}), UnknownPlace),
    ("AWS outweighs", around(IMDS, files={"sys_vendor": "LENOVO"}), InAccounts),
    (
        "AWS outweighs another cloud",
        around({AZURE: {"compute": {}}}, environment={"AWS_LAMBDA_FUNCTION_NAME": "f"}),
        InAws,
    ),
    (
        "an address in the environment that leads elsewhere",
        around(
            {"http://198.51.100.1/task": TASK}, environment={"ECS_CONTAINER_METADATA_URI_V4": "http://198.51.100.1"}
        ),
        UnknownPlace,
    ),
]


@pytest.mark.parametrize(("there", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_where_it_runs(there: Surroundings, expected: Place | type) -> None:
    place = place_of(gather(there))
    if isinstance(expected, type):
        assert isinstance(place, expected)
    else:
        assert place == expected


def test_an_unknown_place_says_what_each_source_said() -> None:
    place = place_of(gather(around(files={"sys_vendor": "QEMU"})))
    assert isinstance(place, UnknownPlace)
    for part in ("firmware: says `QEMU`", "ECS task metadata: not a task", "sts:GetCallerIdentity: not asked"):
        assert part in place.why


def test_credentials_are_no_place() -> None:
    clues = gather(around(caller=lambda: ACCOUNT))
    assert CredentialsClue(source="sts:GetCallerIdentity", account=ACCOUNT) in clues
    assert isinstance(place_of(clues), UnknownPlace)


def test_credentials_that_are_refused_are_no_clue() -> None:
    def refused() -> str:
        raise AccessError("there are no AWS credentials")

    assert NoClue(source="sts:GetCallerIdentity", why="there are no AWS credentials") in gather(around(caller=refused))


def test_a_metadata_service_over_real_http() -> None:
    """Token and document as IMDSv2 gives them, through the same bounded exchange."""

    def serve(connection: Any, over: Any) -> None:
        del over
        asked = connection.recv(65536).decode()
        if asked.startswith(f"PUT {TOKEN} "):
            connection.sendall(servers.http(b"a-token"))
        elif asked.startswith(f"GET {DOCUMENT} ") and "x-aws-ec2-metadata-token: a-token" in asked.lower():
            connection.sendall(servers.http(json.dumps({"accountId": ACCOUNT}).encode()))
        else:
            connection.sendall(servers.http(b"", "404 Not Found"))

    with tcp_server(serve) as port:
        clues = gather(through(port))
    assert place_of(clues) == InAccounts(accounts=(ACCOUNT,), sources=("instance metadata at 169.254.169.254",))


def through(port: int, seconds: float = 5.0) -> Surroundings:
    def fetch(method: str, address: str, headers: Mapping[str, str], limit: float) -> Exchanged:
        if not address.startswith("http://169.254.169.254/"):
            raise ExchangeFailed("it cannot be reached (ConnectError)")
        there = address.replace("169.254.169.254", f"127.0.0.1:{port}")
        return exchange(method, there, headers=headers, seconds=limit)

    nothing = around()
    return Surroundings(environment={}, fetch=fetch, read=nothing.read, seconds=seconds)


@pytest.mark.parametrize("serve", [servers.silent, servers.reset, servers.dripping(servers.http(b"x" * 5000))])
def test_a_metadata_service_that_hangs_costs_its_limit_and_no_more(serve: Any) -> None:
    with tcp_server(serve) as port:
        begun = time.monotonic()
        assert isinstance(place_of(gather(through(port, 0.2))), UnknownPlace)
        assert time.monotonic() - begun < 3


def test_a_metadata_answer_is_read_only_so_far() -> None:
    with tcp_server(servers.saying(servers.http(b"x" * 200_000))) as port:
        clues = gather(through(port))
    assert not any(isinstance(each, AccountClue | AwsClue) for each in clues)


@given(st.binary(max_size=100))
def test_no_answer_breaks_it(body: bytes) -> None:
    bad = {path: ok(body) for path in (TOKEN, AZURE, GOOGLE, f"{TASK_URI}/task")}
    place_of(gather(around(bad, environment={"ECS_CONTAINER_METADATA_URI_V4": TASK_URI})))


def test_the_real_surroundings_can_be_asked() -> None:
    assert here().caller is None
    with pytest.raises(OSError, match="No such file"):
        here().read(Path("/sys/class/dmi/id/no-such-field"))
    with tcp_server(servers.saying(servers.http(b"yes"))) as port:
        assert here().fetch("GET", f"http://127.0.0.1:{port}/", {}, 5).body == b"yes"


def test_the_list_of_machines_is_in_lower_case_and_names_no_emulator() -> None:
    for machine in machines():
        assert machine.begins == machine.begins.casefold()
        assert not any(each.startswith(machine.begins) for each in ("qemu", "vmware", "xen", "innotek", "microsoft"))
