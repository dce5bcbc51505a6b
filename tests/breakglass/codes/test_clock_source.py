"""Time from real TLS servers on loopback and from a witness that signs, with everything that can go wrong there."""

from __future__ import annotations

import http.server
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID

from rootwarden.breakglass.codes.clock import Kind, Observation, Reason, Trusted, Untrusted, judge
from rootwarden.breakglass.codes.clock_source import declared_hosts, reachable_references, read_clocks
from rootwarden.errors import StoreError, UsageError
from rootwarden.transparency.head import cosign, is_cosigned, sign_head

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WITNESS, LOG = Ed25519PrivateKey.from_private_bytes(bytes(32)), Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


class TimeServer:
    """An HTTPS server whose clock, headers and patience a test sets."""

    def __init__(self, folder: Path, name: str) -> None:
        self.ahead = 0.0
        self.headers: dict[str, str] = {}
        self.status = 200
        self.release = threading.Event()
        self.release.set()
        self.asked = 0
        self.certificate, key = _certificate(folder, name)
        outer = self

        class Answering(http.server.BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                outer.asked += 1
                outer.release.wait(10)
                headers = {"Date": format_datetime(datetime.now(UTC) + timedelta(seconds=outer.ahead), usegmt=True)}
                self.send_response_only(outer.status)
                for field, value in (headers | outer.headers).items():
                    if value:
                        self.send_header(field, value)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_: Any) -> None:
                """Clients that do not like the certificate hang up; that is the test."""

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        self._server = Server(("127.0.0.1", 0), Answering)
        self._server.daemon_threads = True
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.address = f"https://127.0.0.1:{self._server.server_port}/"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _certificate(folder: Path, name: str) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / f"{name}.pem", folder / f"{name}.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )  # fmt: skip
    return certificate, private


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[list[TimeServer]]:
    made = [TimeServer(tmp_path, name) for name in ("one", "two", "three")]
    yield made
    for server in made:
        server.stop()


@pytest.fixture
def client(servers: list[TimeServer]) -> Iterator[httpx.Client]:
    context = ssl.create_default_context()
    for server in servers:
        context.load_verify_locations(server.certificate)
    with httpx.Client(verify=context, trust_env=False) as opened:
        yield opened


def said(client: httpx.Client | None, servers: list[TimeServer], **more: Any) -> Trusted | Untrusted:
    """What the clock of this machine is worth beside these servers."""
    found = reachable_references(
        **({"cosigned_time": None, "addresses": [one.address for one in servers], "client": client} | more)
    )
    return judge(Observation(now=read_clocks(), sources=found))


def reason(judgement: Trusted | Untrusted) -> Reason | None:
    return judgement.reason if isinstance(judgement, Untrusted) else None


def test_two_hosts_vouch_for_the_clock(client: httpx.Client, servers: list[TimeServer]) -> None:
    judgement = said(client, servers[:2])
    assert isinstance(judgement, Trusted), judgement
    assert judgement.basis.kind is Kind.HOST
    assert judgement.bound < 3


def test_hosts_that_are_off(client: httpx.Client, servers: list[TimeServer]) -> None:
    servers[2].ahead = 3600
    assert reason(said(client, servers)) is None
    assert reason(said(client, servers[1:])) is Reason.SOURCES_DISAGREE
    for server in servers:
        server.ahead = -60
    assert reason(said(client, servers)) is Reason.OFF


@pytest.mark.parametrize(
    "headers",
    [{"Date": ""}, {"Date": "yesterday"}, {"Date": "Mon, 02 Mar 2026 08:00:00 -0000"}, {"Age": "86400"}, {"Age": "x"}],
    ids=str,
)
def test_an_answer_without_a_time_of_now_is_none(
    client: httpx.Client, servers: list[TimeServer], headers: dict[str, str]
) -> None:
    servers[0].headers = headers
    assert reason(said(client, servers[:2])) is Reason.NO_REFERENCE
    assert servers[0].asked == 1


def test_a_host_that_cannot_prove_its_name_is_none(servers: list[TimeServer]) -> None:
    context = ssl.create_default_context()
    context.load_verify_locations(servers[0].certificate)
    with httpx.Client(verify=context, trust_env=False) as wary:
        assert reason(said(wary, servers[:2])) is Reason.NO_REFERENCE
    assert servers[0].asked == 1
    assert servers[1].asked == 0


def test_a_redirect_is_not_followed(client: httpx.Client, servers: list[TimeServer]) -> None:
    servers[0].status, servers[0].headers = 302, {"Location": servers[2].address}
    assert reason(said(client, servers[:2])) is None
    assert servers[2].asked == 0


def test_a_whole_second_and_the_way_count_as_uncertainty(client: httpx.Client, servers: list[TimeServer]) -> None:
    addresses = [one.address for one in servers]
    quick = reachable_references(cosigned_time=None, addresses=addresses, client=client)
    assert len(quick) == 3
    now = datetime.now(UTC)
    for each in quick:
        assert 0.5 <= each.uncertainty < 2
        # All clocks here are one, so what they say must hold it.
        carried = each.instant + (now - each.at.wall)
        assert abs((carried - now).total_seconds()) <= each.uncertainty


def test_an_answer_that_took_too_long_by_the_steady_clock_is_none() -> None:
    # As when the machine is suspended between asking and hearing.
    first = read_clocks()
    readings = iter([first, msgspec.structs.replace(first, steady=first.steady + 6)])
    found = reachable_references(cosigned_time=asking(), addresses=(), client=None, reading=lambda: next(readings))
    assert found == ()


def test_nobody_there(client: httpx.Client, servers: list[TimeServer]) -> None:
    addresses = ["https://127.0.0.1:1/", "https://127.0.0.1:2/"]
    assert reason(said(client, servers, addresses=addresses)) is Reason.NO_REFERENCE
    assert reason(said(None, [])) is Reason.NO_REFERENCE


def test_a_host_that_hangs_is_not_waited_for(client: httpx.Client, servers: list[TimeServer]) -> None:
    servers[0].release.clear()
    began = time.monotonic()
    assert reason(said(client, servers[:2], wait_seconds=0.5)) is Reason.NO_REFERENCE
    assert time.monotonic() - began < 3


def asking(*, ahead: float = 0.0, error: Exception | None = None) -> Callable[[], datetime | None]:
    """A witness that signs its time, as the room of sinks asks it."""

    def cosigned_time() -> datetime | None:
        if error is not None:
            raise error
        now = datetime.now(UTC)
        head = sign_head(LOG, size=1, root=bytes(32), at=now)
        seen = cosign(WITNESS, witness="w", log="l", head=head, at=now + timedelta(seconds=ahead))
        return seen.time if is_cosigned(seen, WITNESS.public_key()) else None

    return cosigned_time


def test_a_witness_is_preferred_and_hosts_are_not_asked(client: httpx.Client, servers: list[TimeServer]) -> None:
    judgement = said(client, servers, cosigned_time=asking())
    assert isinstance(judgement, Trusted), judgement
    assert judgement.basis.kind is Kind.WITNESS
    assert [server.asked for server in servers] == [0, 0, 0]
    assert reason(said(client, servers, cosigned_time=asking(ahead=60))) is Reason.OFF


@pytest.mark.parametrize(
    "witness",
    [lambda: None, asking(error=StoreError("gone")), asking(error=TimeoutError()), lambda: datetime(2026, 3, 2)],  # noqa: DTZ001 - naive is the point
)
def test_without_a_witness_hosts_are_asked(
    client: httpx.Client, servers: list[TimeServer], witness: Callable[[], datetime | None]
) -> None:
    judgement = said(client, servers[:2], cosigned_time=witness)
    assert isinstance(judgement, Trusted), judgement
    assert judgement.basis.kind is Kind.HOST


def test_a_witness_that_hangs_is_not_waited_for() -> None:
    stuck = threading.Event()

    def hanging() -> datetime | None:
        stuck.wait(10)
        return None

    began = time.monotonic()
    assert reachable_references(cosigned_time=hanging, addresses=(), client=None, wait_seconds=0.2) == ()
    assert time.monotonic() - began < 2
    stuck.set()


@pytest.mark.parametrize(
    "addresses",
    [
        ["https://a.example/"],
        ["https://a.example/", "https://a.example/x"],
        ["https://a.example/", "http://b.example/"],
        ["https://a.example/", "https://u:p@b.example/"],
        ["https://a.example/", "file:///etc/passwd"],
        ["https://a.example/", "https://"],
        ["https://a.example/", "https://[::1"],
        ["https://a.example/", "\0"],
    ],
    ids=str,
)
def test_addresses_that_are_no_two_hosts(addresses: list[str]) -> None:
    with pytest.raises(UsageError):
        declared_hosts(addresses)


def test_this_machine_has_a_wall_clock_a_steady_one_and_a_boot() -> None:
    first, second = read_clocks(), read_clocks()
    assert first.steady <= second.steady
    assert first.boot == second.boot != ""
    assert abs((second.wall - datetime.now(UTC)).total_seconds()) < 5
