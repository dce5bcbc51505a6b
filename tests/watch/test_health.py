"""The watcher's own pages, over real HTTP."""

from __future__ import annotations

import http.client
import re
import urllib.error
import urllib.request

import pytest

from rootwarden.errors import UsageError
from rootwarden.watch.figures import Count, Figures
from rootwarden.watch.health import Health

SAMPLE = re.compile(r'[a-z_]+(\{le="[^"]+"\})? -?[0-9.]+')


def get(health: Health, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://{health.address}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_each_page_says_its_own_thing() -> None:
    trouble = {"alive": "", "ready": "the database does not answer"}
    with Health(Figures(), alive=lambda: trouble["alive"], ready=lambda: trouble["ready"]) as health:
        assert get(health, "/healthz") == (200, "ok\n")
        assert get(health, "/readyz") == (503, "the database does not answer\n")
        trouble.update(alive="no round for 20 minutes", ready="")
        assert get(health, "/healthz?x=1") == (503, "no round for 20 minutes\n")
        assert get(health, "/readyz")[0] == 200
        assert get(health, "/")[0] == 404
        assert get(health, "/../../etc/passwd")[0] == 404


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("POST", 501), ("DELETE", 501), ("PUT", 501)])
def test_nothing_but_reading_is_taken(method: str, status: int) -> None:
    with Health(Figures(), alive=str, ready=str) as health:
        connection = http.client.HTTPConnection(health.address, timeout=10)
        connection.request(method, "/healthz")
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
    assert answer.status == status
    assert method != "HEAD" or body == b""


def test_a_port_that_is_taken_is_said() -> None:
    with Health(Figures(), alive=str, ready=str) as health, pytest.raises(UsageError, match="cannot listen"):
        Health(Figures(), alive=str, ready=str, port=int(health.address.rpartition(":")[2]))


def test_figures_are_what_prometheus_reads() -> None:
    figures = Figures()
    figures.add(Count.RECEIVED, 10)
    figures.happened("message", 1_772_409_600.5)
    for seconds in (-3, 0.5, 61, 9_999):
        figures.seen_after(seconds)
    text = figures.exposition()
    lines = text.splitlines()
    assert "rootwarden_watch_messages_received_total 10" in lines
    assert "rootwarden_watch_messages_parked_total 0" in lines
    assert "rootwarden_watch_last_message_timestamp_seconds 1772409600.500" in lines
    assert 'rootwarden_watch_seen_after_seconds_bucket{le="1"} 2' in lines
    assert 'rootwarden_watch_seen_after_seconds_bucket{le="300"} 3' in lines
    assert 'rootwarden_watch_seen_after_seconds_bucket{le="+Inf"} 4' in lines
    assert "rootwarden_watch_seen_after_seconds_count 4" in lines
    samples = [line for line in lines if not line.startswith("#")]
    assert all(SAMPLE.fullmatch(line) for line in samples)
    described = {line.split()[2] for line in lines if line.startswith("# TYPE")}
    assert {re.sub(r"_(bucket|sum|count)$", "", line.split("{")[0].split()[0]) for line in samples} == described


def test_what_never_happened_has_no_sample() -> None:
    assert "last_" not in Figures().exposition()
    assert Figures().last("message") is None
