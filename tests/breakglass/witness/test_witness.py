"""BG-5: a second party cosigns heads of a log that only grew, over real HTTP."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from base64 import b64encode
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from tests.breakglass import servers
from tests.breakglass.logs import AT, LOG_KEY, OTHER_KEY, WITNESS_KEY, Log, certificates, pem
from tests.breakglass.servers import TOKEN, tcp_server, witness_server

from rootwarden.alert.secret import Secret
from rootwarden.breakglass.witness.client import WitnessClient
from rootwarden.breakglass.witness.judge import Judgement, judge
from rootwarden.breakglass.witness.memory import Memory
from rootwarden.breakglass.witness.messages import (
    MOST_BYTES,
    Conflict,
    Cosigned,
    Newer,
    Offer,
    ProofWanted,
    Refused,
    Seen,
    parse_answer,
    parse_offer,
)
from rootwarden.breakglass.witness.server import Listening, application, read_private_key, run_witness, server_of
from rootwarden.breakglass.witness.witness import Witness
from rootwarden.errors import InputError, SinkError, StoreError, UsageError
from rootwarden.transparency.head import is_cosigned, to_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rootwarden.breakglass.witness.messages import (
        Answer,
    )
    from rootwarden.transparency.head import Head


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with Memory(tmp_path / "witness") as opened:
        opened.register("main", [pem(LOG_KEY)])
        yield opened


@pytest.fixture
def address(memory: Memory) -> Iterator[str]:
    with witness_server(memory) as served:
        yield served


@pytest.fixture
def client(address: str) -> WitnessClient:
    return WitnessClient("second", address, token=TOKEN)


def offer(client: WitnessClient, log: Log, size: int, first: int = 0, *, proof_of: Log | None = None) -> Answer:
    path = (proof_of or log).consistency(first, size) if 0 < first < size else ()
    proof = tuple(to_text(each) for each in path)
    return client.offer(Offer(log=log.name, head=log.head(size), first=first, proof=proof), seconds=10)


def test_a_log_that_grows_is_cosigned_at_each_size(client: WitnessClient) -> None:
    log = Log(7)
    first = offer(client, log, 3)
    again = offer(client, log, 3)
    grown = offer(client, log, 7, 3)
    assert isinstance(first, Cosigned)
    assert isinstance(grown, Cosigned)
    assert again == first
    for answer, size in ((first, 3), (grown, 7)):
        assert is_cosigned(answer.cosignature, WITNESS_KEY.public_key())
        assert (answer.cosignature.size, answer.cosignature.root) == (size, log.head(size).root)
        assert (answer.cosignature.log, answer.cosignature.witness) == ("main", "second")


def test_a_head_it_knows_is_signed_with_the_time_it_is(memory: Memory) -> None:
    log, times = Log(4), iter([AT, AT + timedelta(seconds=60), AT + timedelta(seconds=90)])
    witness = Witness(memory, name="second", key=WITNESS_KEY, clock=lambda: next(times))
    answers = [witness.offer(Offer(log="main", head=log.head(size), first=0, proof=())) for size in (4, 4, 3)]
    assert [type(each) for each in answers] == [Cosigned, Cosigned, Newer]
    signed = [each.cosignature for each in answers if isinstance(each, Cosigned | Newer)]
    assert [(each.time - AT).seconds for each in signed] == [0, 60, 90]
    assert all(is_cosigned(each, WITNESS_KEY.public_key()) and each.size == 4 for each in signed)


def test_what_it_saw_is_told_and_survives_a_restart(tmp_path: Path) -> None:
    log = Log(5)
    with Memory(tmp_path / "w") as memory:
        memory.register("main", [pem(LOG_KEY)])
        with witness_server(memory) as address:
            assert isinstance(offer(WitnessClient("second", address, token=TOKEN), log, 5), Cosigned)
    with Memory(tmp_path / "w") as memory, witness_server(memory) as address:
        client = WitnessClient("second", address, token=TOKEN)
        seen = client.seen("main", seconds=10)
        assert isinstance(seen, Seen)
        assert seen.head == log.head(5)
        assert isinstance(offer(client, log.set_back(3), 3), Newer)


@pytest.mark.parametrize("history", ["fork", "other root"])
def test_two_heads_of_one_size_are_a_conflict_and_both_are_kept(
    client: WitnessClient, memory: Memory, history: str
) -> None:
    log = Log(6)
    offer(client, log, 6)
    other = log.forked_at(2 if history == "fork" else 0, 6)
    for _ in range(3):
        answer = offer(client, other, 6)
        assert answer == Conflict(reason="fork", seen=log.head(6), offered=other.head(6))
    (kept,) = memory.evidence("main")
    assert (kept.reason, kept.seen, kept.offered) == ("fork", log.head(6), other.head(6))
    seen = client.seen("main", seconds=10)
    assert isinstance(seen, Seen)
    assert (seen.head, seen.forks) == (log.head(6), 1)


def test_a_longer_fork_has_no_proof_and_is_kept(client: WitnessClient, memory: Memory) -> None:
    log = Log(6)
    offer(client, log, 6)
    fork = log.forked_at(2, 9)
    answer = offer(client, fork, 9, 6)
    assert answer == Conflict(reason="unproven", seen=log.head(6), offered=fork.head(9))
    assert [kept.reason for kept in memory.evidence("main")] == ["unproven"]
    log.grow(3)
    assert isinstance(offer(client, log, 9, 6), Cosigned), "what proves nothing stops nobody"


def test_a_log_that_was_set_back_is_shown_what_was_seen(client: WitnessClient) -> None:
    log = Log(8)
    offer(client, log, 8)
    answer = offer(client, log.set_back(5), 5)
    assert isinstance(answer, Newer)
    assert answer.head == log.head(8)


def test_a_proof_from_elsewhere_is_asked_for_again(client: WitnessClient) -> None:
    log = Log(8)
    offer(client, log, 3)
    assert offer(client, log, 8, 2) == ProofWanted(size=3)
    assert offer(client, log, 8) == ProofWanted(size=3)
    assert isinstance(offer(client, log, 8, 3), Cosigned)


def test_the_first_head_needs_no_proof_and_takes_none(client: WitnessClient) -> None:
    assert offer(client, Log(8), 8, 3) == ProofWanted(size=0)


def test_a_replayed_offer_changes_nothing(client: WitnessClient) -> None:
    log = Log(9)
    answers = [offer(client, log, 4), offer(client, log, 9, 4)]
    assert isinstance(offer(client, log, 4), Newer)
    assert offer(client, log, 9, 4) == answers[1]


def test_two_logs_know_nothing_of_each_other(client: WitnessClient, memory: Memory) -> None:
    memory.register("other", [pem(OTHER_KEY)])
    main, other = Log(5), Log(2, name="other", key=OTHER_KEY)
    assert isinstance(offer(client, main, 5), Cosigned)
    assert isinstance(offer(client, other, 2), Cosigned)
    assert memory.logs() == ("main", "other")
    mixed = Log(3, name="other", key=LOG_KEY)
    answer = offer(client, mixed, 3, 2)
    assert isinstance(answer, Refused)
    assert answer.code == 403


def test_an_older_key_of_the_log_counts_when_it_is_registered(client: WitnessClient, memory: Memory) -> None:
    old, new = Log(2, key=OTHER_KEY), Log(3)
    assert isinstance(offer(client, old, 2), Refused)
    memory.register("main", [pem(LOG_KEY), pem(OTHER_KEY)])
    assert isinstance(offer(client, old, 2), Cosigned)
    memory.register("main", [pem(LOG_KEY)])
    assert isinstance(offer(client, new, 3, 2), Cosigned)


def test_a_witness_that_lost_its_memory_does_not_start_anew(memory: Memory, client: WitnessClient) -> None:
    log = Log(5)
    offer(client, log, 5)
    (memory._folder / "main.json").unlink()
    answer = offer(client, log.set_back(2), 2)
    assert isinstance(answer, Refused)
    assert answer.code == 404


@pytest.mark.parametrize(
    "content", [b"", b"{", b'{"log":"other","keys":[]}', b'{"log":"main","keys":["x"]}', b"\xff" * 300_000]
)
def test_a_damaged_memory_says_nothing(memory: Memory, client: WitnessClient, content: bytes) -> None:
    (memory._folder / "main.json").write_bytes(content)
    answer = offer(client, Log(2), 2)
    assert isinstance(answer, Refused)
    assert answer.code == 503
    assert (memory._folder / "main.json").read_bytes() == content


def test_a_memory_that_cannot_be_written_gives_no_cosignature(memory: Memory, client: WitnessClient) -> None:
    (memory._folder / "main.json.new").mkdir()
    answer = offer(client, Log(2), 2)
    assert isinstance(answer, Refused)
    assert answer.code == 503
    remembered = memory.read("main")
    assert remembered is not None
    assert remembered.head is None
    (memory._folder / "main.json.new").rmdir()
    assert isinstance(offer(client, Log(2), 2), Cosigned)


def test_one_process_holds_a_memory(memory: Memory) -> None:
    with pytest.raises(UsageError, match="another process"):
        Memory(memory._folder)


def test_the_memory_is_for_its_owner_only(memory: Memory, client: WitnessClient) -> None:
    offer(client, Log(2), 2)
    assert stat.S_IMODE(memory._folder.stat().st_mode) == 0o700
    for path in memory._folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_memory_behind_a_link_is_not_read(memory: Memory, tmp_path: Path) -> None:
    (memory._folder / "main.json").rename(tmp_path / "elsewhere.json")
    (memory._folder / "main.json").symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(StoreError):
        memory.read("main")


@pytest.mark.parametrize("name", ["../main", "main/../main", "", "UPPER", "a" * 41, "*", "..%2Fmain"])
def test_a_name_never_becomes_a_path(memory: Memory, client: WitnessClient, name: str) -> None:
    assert memory.read(name) is None
    assert memory.forks(name) == 0
    with pytest.raises(InputError):
        memory.register(name, [pem(LOG_KEY)])


def test_no_entry_is_ever_sent_or_kept(memory: Memory, client: WitnessClient) -> None:
    log = Log(5)
    offer(client, log, 5)
    kept = b"".join(path.read_bytes() for path in memory._folder.iterdir())
    assert log.head(5).root.encode() in kept
    assert b"actor" not in kept


# Over the wire.


def post(address: str, body: bytes, headers: dict[str, str] | None = None) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=10)
    given = {"Authorization": f"Bearer {TOKEN.reveal()}"} if headers is None else headers
    connection.request("POST", "/v1/heads", body, given)
    answer = connection.getresponse()
    content = json.loads(answer.read())
    connection.close()
    return answer.status, content


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer"}, {"Authorization": "Bearer a token"}, {"Authorization": TOKEN.reveal()}],
)
def test_without_the_token_nothing_is_said(address: str, headers: dict[str, str]) -> None:
    body = msgspec.json.encode(Offer(log="main", head=Log(2).head()))
    assert post(address, body, headers) == (401, {"answer": "refused", "reason": "the token is not known", "code": 401})


GOOD: dict[str, Any] = msgspec.to_builtins(Offer(log="main", head=Log(3).head()))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff\xfe",
        b"[" * 30_000,
        json.dumps({**GOOD, "extra": 1}).encode(),
        json.dumps({**GOOD, "log": "../main"}).encode(),
        json.dumps({**GOOD, "first": -1}).encode(),
        json.dumps({**GOOD, "first": 1 << 60}).encode(),
        json.dumps({**GOOD, "proof": ["A" * 44] * 65}).encode(),
        json.dumps({**GOOD, "proof": ["!" * 44]}).encode(),
        json.dumps({**GOOD, "head": {**GOOD["head"], "size": 0}}).encode(),
        json.dumps({**GOOD, "head": {**GOOD["head"], "size": 1 << 60}}).encode(),
        json.dumps({**GOOD, "head": {**GOOD["head"], "root": "AAAA"}}).encode(),
        json.dumps({**GOOD, "head": {**GOOD["head"], "time": "x" * 100}}).encode(),
        b" " * (MOST_BYTES + 1),
    ],
)
def test_what_is_no_offer_is_refused(address: str, body: bytes) -> None:
    status, answer = post(address, body)
    assert (status, answer["answer"]) == (400, "refused")


def test_a_head_of_another_key_is_refused_and_leaves_no_trace(address: str, memory: Memory) -> None:
    body = msgspec.json.encode(Offer(log="main", head=Log(3, key=OTHER_KEY).head()))
    assert post(address, body)[0] == 403
    assert memory.evidence("main") == ()


def test_an_offer_that_drips_is_given_up(memory: Memory) -> None:
    with witness_server(memory, body_seconds=0.2) as address:
        host, _, port = address.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            head = f"POST /v1/heads HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN.reveal()}\r\n"
            connection.sendall(head.encode() + b"Content-Length: 1000\r\n\r\n{")
            assert connection.recv(4096).startswith(b"HTTP/1.1 408 ")


def test_alive_says_nothing_else(address: str) -> None:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=10)
    connection.request("GET", "/v1/alive")
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (204, b"")
    connection.close()


def test_over_tls_with_a_private_authority(memory: Memory, tmp_path: Path) -> None:
    authority, certificate, key = certificates(tmp_path)
    with witness_server(memory, certificate=certificate, certificate_key=key) as address:
        known = WitnessClient("second", address, token=TOKEN, authority=authority)
        assert isinstance(offer(known, Log(2), 2), Cosigned)
        unknown = WitnessClient("second", address, token=TOKEN)
        with pytest.raises(SinkError, match="cannot be reached"):
            offer(unknown, Log(2), 2)
        known.close()


# The other side misbehaves.

NOT_ANSWERS = {
    "garbage": servers.saying(b"\x00\x01garbage\r\n\r\n"),
    "a page": servers.saying(servers.http(b"<html>")),
    "other json": servers.saying(servers.http(b'{"answer":"yes"}')),
    "a cut answer": servers.saying(servers.http(b'{"answer":"refused"}')[:-5]),
    "too much": servers.saying(servers.http(b" " * (MOST_BYTES + 10))),
    "a redirect": servers.saying(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
    "hangs up": servers.closing,
    "resets": servers.reset,
}


@pytest.mark.parametrize("name", NOT_ANSWERS)
def test_what_is_no_answer_is_an_error(name: str) -> None:
    with tcp_server(NOT_ANSWERS[name]) as port:
        client = WitnessClient("second", f"http://127.0.0.1:{port}", token=TOKEN)
        with pytest.raises(SinkError, match="`second`"):
            offer(client, Log(2), 2)


@pytest.mark.parametrize("serve", [servers.silent, servers.deaf, servers.dripping(servers.http(b"x" * 10_000))])
def test_a_witness_that_hangs_or_drips_is_given_up_in_time(serve: Any) -> None:
    with tcp_server(serve) as port:
        client = WitnessClient("second", f"http://127.0.0.1:{port}", token=TOKEN)
        begun = time.monotonic()
        with pytest.raises(SinkError, match=r"no answer in 0\.3 s"):
            client.offer(Offer(log="main", head=Log(2).head()), seconds=0.3)
        assert time.monotonic() - begun < 3


def test_the_token_is_in_no_error() -> None:
    with tcp_server(servers.closing) as port:
        client = WitnessClient("second", f"http://127.0.0.1:{port}", token=TOKEN)
        with pytest.raises(SinkError) as raised:
            client.seen("main", seconds=5)
    assert TOKEN.reveal() not in f"{raised.value} {raised.value.hint} {vars(client)}"


@pytest.mark.parametrize("address", ["http://192.0.2.1", "ftp://x", "https://u:p@h", "https://h/path", "", "https://"])
def test_addresses_that_would_leak_the_token(address: str) -> None:
    with pytest.raises(UsageError):
        WitnessClient("second", address, token=TOKEN)


def test_a_witness_without_tls_listens_on_loopback_only() -> None:
    with pytest.raises(UsageError, match="needs a certificate"):
        server_of(application(None, token=TOKEN), Listening(host="0.0.0.0"))  # type: ignore[arg-type]  # refused before anybody asks it
    with pytest.raises(UsageError, match="shorter"):
        application(None, token=Secret("short"))  # type: ignore[arg-type]  # as above


def test_the_key_of_a_witness_is_its_own(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(WITNESS_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    path.chmod(0o640)
    with pytest.raises(InputError, match="open to other users"):
        read_private_key(path)
    path.chmod(0o600)
    assert read_private_key(path).private_bytes_raw() == WITNESS_KEY.private_bytes_raw()
    other = generate_private_key(SECP256R1())
    path.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(InputError, match="not Ed25519"):
        read_private_key(path)
    public = other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    with Memory(tmp_path / "w") as memory, pytest.raises(InputError, match="not Ed25519"):
        memory.register("main", [public])


# Properties.

SIZES = st.integers(1, 24)


@given(st.lists(SIZES, min_size=1, max_size=6), st.data())
def test_what_is_cosigned_is_always_one_growing_log(sizes: list[int], data: st.DataObject) -> None:
    """Whatever is offered, honest or forked: every head that is taken contains the one taken before."""
    log = Log(24)
    fork = log.forked_at(data.draw(st.integers(0, 23)), 24)
    seen: Head | None = None
    for size in sizes:
        source = data.draw(st.sampled_from([log, fork]))
        path = source.consistency(seen.size, size) if seen is not None and seen.size < size else ()
        given_proof = tuple(to_text(each) for each in path)
        question = Offer(log="main", head=source.head(size), first=seen.size if seen else 0, proof=given_proof)
        if judge(seen, question) is Judgement.GROWN:
            if seen is not None:
                assert source.head(seen.size).root == seen.root
                assert question.head.size > seen.size
            seen = question.head


@given(st.binary(max_size=200))
def test_no_bytes_break_the_readers(content: bytes) -> None:
    for read in (parse_offer, parse_answer):
        with pytest.raises(InputError):
            read(content)


@given(st.sampled_from(["size", "root", "time", "signature"]), st.integers(0, 43), st.integers(1, 255))
def test_a_flipped_byte_of_a_head_is_never_believed(field: str, place: int, change: int) -> None:
    from rootwarden.breakglass.witness.memory import Remembered
    from rootwarden.breakglass.witness.witness import _signed

    head = Log(9).head()
    value = getattr(head, field)
    if field == "size":
        changed: Any = value ^ change
    else:
        content = bytearray(value.encode())
        content[place % len(content)] ^= change
        try:
            changed = bytes(content).decode()
        except UnicodeDecodeError:
            return
    other = msgspec.structs.replace(head, **{field: changed})
    if field == "signature" and _same_signature(changed, value):
        return
    assert not _signed(Remembered(log="main", keys=(pem(LOG_KEY),)), other)


def _same_signature(one: str, other: str) -> bool:
    import base64
    import binascii

    try:
        return base64.b64decode(one, validate=True) == base64.b64decode(other, validate=True)
    except (binascii.Error, ValueError):
        return False


def test_base64_has_one_spelling() -> None:
    root = Log(3).head().root
    loose = root[:-2] + chr(ord(root[-2]) + 1) + "="  # bits that do not count are set
    with pytest.raises(InputError):
        parse_offer(json.dumps({**GOOD, "head": {**GOOD["head"], "root": loose}}).encode())
    assert b64encode(bytes(32)).decode() == "A" * 43 + "="


# As a process.

RUN = """
import sys
from pathlib import Path
from rootwarden.alert.secret import SecretSource
from rootwarden.breakglass.witness.server import Listening, run_witness
folder, key, certificate, certificate_key, port = sys.argv[1:]
listening = Listening(port=int(port), certificate=certificate, certificate_key=certificate_key)
token = SecretSource(env="TOKEN").read("token")
given = {"name": "second", "folder": Path(folder), "key_file": Path(key), "token": token}
run_witness(**given, listening=listening, tell=lambda line: None)
"""


def test_as_a_process_it_starts_ends_with_a_signal_and_remembers(tmp_path: Path) -> None:
    authority, certificate, certificate_key = certificates(tmp_path)
    key = tmp_path / "witness.key"
    key.write_bytes(WITNESS_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key.chmod(0o600)
    with Memory(tmp_path / "w") as memory:
        memory.register("main", [pem(LOG_KEY)])
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
    command = [sys.executable, "-c", RUN, str(tmp_path / "w"), str(key), certificate, certificate_key, port]
    address = f"https://127.0.0.1:{port}"
    for size in (3, 5):
        environment = {**os.environ, "TOKEN": TOKEN.reveal()}
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as running:
            client = WitnessClient("second", address, token=TOKEN, authority=authority)
            answer = when_it_is_up(client, Log(size), size)
            client.close()
            running.send_signal(signal.SIGTERM)
            _, said = running.communicate(timeout=20)
        assert isinstance(answer, Cosigned)
        assert running.returncode in (0, -signal.SIGTERM)
        assert TOKEN.reveal() not in said
    with Memory(tmp_path / "w") as memory:
        remembered = memory.read("main")
        assert remembered is not None
        assert remembered.head == Log(5).head()


def when_it_is_up(client: WitnessClient, log: Log, size: int) -> Answer:
    end = time.monotonic() + 20
    while True:
        try:
            seen = client.seen("main", seconds=5)
            break
        except SinkError:
            assert time.monotonic() < end
            time.sleep(0.05)
    assert isinstance(seen, Seen)
    return offer(client, log, size, seen.head.size if seen.head else 0)


def test_it_does_not_start_without_a_log(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no log is registered"):
        run_witness(
            name="second",
            folder=tmp_path / "w",
            key_file=tmp_path / "k",
            token=TOKEN,
            listening=Listening(port=0),
            tell=print,
        )
