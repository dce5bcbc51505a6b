"""A real Spark cluster of two workers: the same bytes as from this machine, whatever happens to a worker."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore.session
import duckdb
import pytest
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from tests.guardrails.replaying.made_up import write_evidence
from tests.spark_cluster import HERE, WORKERS, cluster
from tests.trail.records import WANTED, log, ordinary, root
from werkzeug.serving import make_server

from rootwarden.aws.door import Door
from rootwarden.simulator.trail.month import Month
from rootwarden.simulator.trail.write import write_month
from rootwarden.trail.batch import Orders
from rootwarden.trail.bucket import objects_of
from rootwarden.trail.objects_to_read import Listing
from rootwarden.trail.place_names import Restriction
from rootwarden.trail.run import run
from rootwarden.trail.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import SparkSession

    from rootwarden.trail.run import Elsewhere, Run

pytestmark = pytest.mark.timeout(600)
SOURCE = Path(__file__).parents[2] / "src"
COMMAND = 'import sys; sys.argv[0] = "rootwarden"; from rootwarden.cli.main import main; main()'
BUCKET = "fake-trail-of-spark"
KEYS = {"AWS_SECRET_ACCESS_KEY": "fake", "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
NOWHERE_ELSE = {**KEYS, "AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "us-east-1"}
OF_DRIVER, OF_EXECUTORS = "AKIAFAKEDRIVERFAKE00", "AKIAFAKEWORKERSFAKE0"
# What a fault in a library's C code does: the process is gone. Only log files named so are deadly.
KILLER = """
import os, signal, sys
def hook(event, arguments):
    if event == "open" and str(arguments[0]).endswith("deadly.json"):
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
"""
SPARKS_OWN = re.compile(
    r"^(\d\d/\d\d/\d\d |WARNING: Using incubator|Using Spark's|Setting default log|To adjust log).*\n", re.MULTILINE
)


class Store:
    """S3 on loopback that writes down who asked for what."""

    def __init__(self) -> None:
        self._application = DomainDispatcherApplication(create_backend_app)
        self._server = make_server(HERE, 0, self._answer, threaded=True)
        self.address = f"http://{HERE}:{self._server.server_port}"
        self.asked: list[tuple[str, str]] = []
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _answer(self, environ: dict[str, Any], start: Any) -> Any:
        signed = re.search(r"Credential=(\w+)/", environ.get("HTTP_AUTHORIZATION", ""))
        self.asked.append((signed[1] if signed else "", environ["PATH_INFO"]))
        return self._application(environ, start)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    opened = Store()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def here(store: Store) -> Iterator[None]:
    """The environment of this process as a driver's."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**NOWHERE_ELSE, "AWS_ACCESS_KEY_ID": OF_DRIVER, "AWS_ENDPOINT_URL": store.address}.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def master(here: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """A cluster whose executors have their own credentials, and die of deadly files; this package is not there."""
    folder = tmp_path_factory.mktemp("killer")
    (folder / "sitecustomize.py").write_text(KILLER)
    with cluster(**NOWHERE_ELSE, AWS_ACCESS_KEY_ID=OF_EXECUTORS, PYTHONPATH=str(folder)) as running:
        yield running


@pytest.fixture(scope="module")
def spark(master: tuple[str, dict[str, str]]) -> Iterator[SparkSession]:
    from rootwarden.trail.spark.session import session

    address, environment = master
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        with session(address) as opened:
            yield opened


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("month")
    write_month(Month(seed=11, accounts=12, days=20, events=2_000), folder / "trail", aside=folder / "aside")
    return folder


@pytest.fixture
def elsewhere(spark: SparkSession) -> Elsewhere:
    from rootwarden.trail.spark.cluster import Cluster

    return Cluster(spark).read


def reading(*targets: object, elsewhere: Elsewhere | None, spool: Spool, folder: Path) -> Run:
    listing = Listing(map(str, targets), restriction=Restriction(), bucket=lambda target: objects_of(target, Door()))
    return run(listing, Orders(interest=WANTED, folder=str(folder)), spool, elsewhere=elsewhere)


def ids(spool: Spool) -> list[int]:
    return [int(event.id[-12:]) for event in spool.events()]


class TestCommand:
    def test_visits_are_the_same_bytes(self, month: Path, master: tuple[str, dict[str, str]]) -> None:
        """One command that reads twice, with cut and other irregular files among what it reads."""
        address, environment = master
        asked = ("incidents", "trail", "--settings", "aside/settings.toml", "--format", "json")
        here = command(*asked, cwd=month)
        there = command(
            *asked, "--engine", "spark", "--spark-master", address, "--spark-output", "kept", cwd=month, **environment
        )
        assert here.returncode == there.returncode == 1, there.stderr
        assert there.stdout == here.stdout
        assert SPARKS_OWN.sub("", there.stderr) == here.stderr
        assert here.stderr.count("the gzip stream ends in the middle") == 2
        found = json.loads(here.stdout)
        assert len(found["incidents"]) > 100
        table = duckdb.read_parquet(f"{month}/kept/*.parquet")
        rows = table.project("event, account, epoch_us(time), record").fetchall()
        events = {each for incident in found["incidents"] for each in incident["event_ids"]}
        assert events <= {row[0] for row in rows}
        for event, account, at, record in rows:
            document = json.loads(record)
            assert event in {document.get("eventID"), document.get("addendum", {}).get("originalEventID")} or (
                event.startswith("sha256:")
            )
            assert account == document.get("recipientAccountId", account)
            assert (at is None) or isinstance(at, int)

    def test_a_replay_is_the_same_bytes(self, month: Path, master: tuple[str, dict[str, str]]) -> None:
        """A change of policies, decided on executors and here."""
        address, environment = master
        write_evidence(month / "evidence", 12)
        asked = ("deny-root-actions", "--trail", "trail", "--evidence", "evidence", "--format", "json")
        here = command("replay", *asked, cwd=month, group="guardrails")
        spark = ("--engine", "spark", "--spark-master", address)
        there = command("replay", *asked, *spark, cwd=month, group="guardrails", **environment)
        assert here.returncode == there.returncode == 3, there.stderr
        assert there.stdout == here.stdout
        assert SPARKS_OWN.sub("", there.stderr) == here.stderr
        assert json.loads(here.stdout)["calls"]["denied"] > 100

    def test_a_table_is_never_written_over(self, tmp_path: Path, spark: SparkSession) -> None:
        from rootwarden.errors import UsageError
        from rootwarden.trail.spark.table import Table

        with pytest.raises(UsageError, match="already"):
            Table(spark, str(tmp_path))


class TestReading:
    def test_objects_read_and_unread_are_counted_the_same(self, elsewhere: Elsewhere, tmp_path: Path) -> None:
        logs = tmp_path / "logs"
        logs.mkdir()
        for number in range(300):
            (logs / f"{number}.json.gz").write_bytes(log(root(number), root(number // 2), ordinary(5000 + number)))
        (logs / "cut.json.gz").write_bytes(log(root(400), *map(ordinary, range(40)))[:-30])
        (logs / "other.json").write_bytes(b"this is no log")
        (logs / "gone.json").symlink_to(tmp_path / "nowhere")
        os.mkfifo(logs / "pipe.json")
        with Spool() as one, Spool() as other:
            here = reading(logs, elsewhere=None, spool=one, folder=tmp_path)
            there = reading(logs, elsewhere=elsewhere, spool=other, folder=tmp_path)
            assert list(one.events()) == list(other.events())
            assert ids(one) == [*range(300), 400]
        assert there == here
        assert there.unread == 4

    def test_an_object_that_ends_its_worker_is_named_and_the_others_are_read(
        self, elsewhere: Elsewhere, tmp_path: Path
    ) -> None:
        logs = tmp_path / "logs"
        logs.mkdir()
        for number in range(10):
            (logs / f"{number}.json").write_bytes(log(root(number), packed=False))
        (logs / "deadly.json").write_bytes(log(root(999), packed=False))
        with Spool() as spool:
            done = reading(logs, elsewhere=elsewhere, spool=spool, folder=tmp_path)
            assert ids(spool) == list(range(10))
        assert [(Path(each.file).name, each.reason) for each in done.problems] == [
            ("deadly.json", "the process that read it died")
        ]
        assert done.counts.files == 11

    def test_many_events_of_one_partition_come_in_pieces(
        self, elsewhere: Elsewhere, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Six pieces and a rest, two at a time."""
        monkeypatch.setattr("rootwarden.trail.spark.cluster._FETCHED", 2)
        many = (root(number, padding="x" * 4000) for number in range(6000))
        (tmp_path / "many.json").write_bytes(log(*many, packed=False))
        with Spool() as spool:
            reading(tmp_path / "many.json", elsewhere=elsewhere, spool=spool, folder=tmp_path)
            assert ids(spool) == list(range(6000))
        assert [each.name for each in tmp_path.iterdir()] == ["many.json"]

    @pytest.mark.parametrize("for_good", [False, True])
    def test_a_partition_lost_before_it_was_fetched_is_read_again(
        self, spark: SparkSession, tmp_path: Path, for_good: bool
    ) -> None:
        """The cache is dropped when the summaries are there: what is fetched then comes of another attempt."""
        from rootwarden.errors import ClusterError
        from rootwarden.trail.spark.cluster import Cluster

        class Forgetful:
            """In place of a table, which has its turn between the summaries and the rest."""

            def append(self, parts: Any) -> None:
                parts.unpersist(blocking=True)
                if not for_good:
                    parts.persist()

        (tmp_path / "many.json").write_bytes(log(*(root(n, padding="x" * 4000) for n in range(3000)), packed=False))
        elsewhere = Cluster(spark, Forgetful()).read  # type: ignore[arg-type]  # a table only by its one method
        with Spool() as spool:
            if for_good:
                with pytest.raises(ClusterError, match="lost faster than"):
                    reading(tmp_path / "many.json", elsewhere=elsewhere, spool=spool, folder=tmp_path)
            else:
                done = reading(tmp_path / "many.json", elsewhere=elsewhere, spool=spool, folder=tmp_path)
                assert done.counts.wanted == 3000
            assert ids(spool) == ([] if for_good else list(range(3000)))
        assert [each.name for each in tmp_path.iterdir()] == ["many.json"]

    def test_executors_read_s3_with_their_own_credentials_and_the_code_of_the_driver(
        self, store: Store, spark: SparkSession, elsewhere: Elsewhere, tmp_path: Path
    ) -> None:
        client: Any = botocore.session.Session().create_client("s3", endpoint_url=store.address)
        client.create_bucket(Bucket=BUCKET)
        for number in range(200):
            client.put_object(Bucket=BUCKET, Key=f"logs/{number}.json.gz", Body=log(root(number)))
        store.asked.clear()
        with Spool() as spool:
            done = reading(f"s3://{BUCKET}/logs/", elsewhere=elsewhere, spool=spool, folder=tmp_path)
            assert ids(spool) == list(range(200))
        assert done.unread == 0
        assert {who for who, what in store.asked if what.endswith(".gz")} == {OF_EXECUTORS}
        assert {who for who, what in store.asked if not what.endswith(".gz")} == {OF_DRIVER}

        def scanner() -> str:
            import rootwarden.trail.scan

            return str(rootwarden.trail.scan.__file__)

        loaded = spark.sparkContext.parallelize(range(WORKERS), WORKERS).map(lambda _: scanner()).collect()
        assert all("rootwarden.zip" in each for each in loaded)


def command(*arguments: str, cwd: Path, group: str = "trail", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", COMMAND, group, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
        env={"PATH": os.environ["PATH"], **environment, "PYTHONPATH": str(SOURCE)},
    )


class TestWhatIsMissing:
    """None of these starts anything."""

    def test_java(self, tmp_path: Path) -> None:
        (tmp_path / "a.json").write_bytes(log(root(1), packed=False))
        done = command("scan", "a.json", "--engine", "spark", cwd=tmp_path, PATH=str(tmp_path))
        assert (done.returncode, done.stderr.splitlines()) == (
            2,
            ["error: Spark needs Java 17 or later, and it was not found", "hint: install a JRE, or set JAVA_HOME"],
        )

    def test_the_extra(self, tmp_path: Path) -> None:
        (tmp_path / "a.json").write_bytes(log(root(1), packed=False))
        without = COMMAND.replace("import sys;", 'import sys; sys.modules["pyspark"] = None;')
        done = subprocess.run(
            [sys.executable, "-c", without, "trail", "scan", "a.json", "--engine", "spark"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCE)},
        )
        assert (done.returncode, done.stderr.splitlines()) == (
            2,
            ["error: --engine spark needs `pyspark`, which is not installed", "hint: pip install 'rootwarden[spark]'"],
        )

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("--spark-master", "local[1]"), "need --engine spark"),
            (("--spark-output", "kept"), "need --engine spark"),
            (("--engine", "spark", "--workers", "2"), "--workers is about this machine"),
            (("--engine", "spark", "--spark-master", "spark://nowhere"), "is no address of a cluster"),
            (("--engine", "spark", "--spark-master", "spark://127.0.0.1:x"), "is no address of a cluster"),
        ],
    )
    def test_options_that_contradict_one_another(self, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
        (tmp_path / "a.json").write_bytes(log(root(1), packed=False))
        done = command("scan", "a.json", *arguments, cwd=tmp_path)
        assert done.returncode == 2
        assert said in done.stderr

    @pytest.mark.skipif(shutil.which("java") is None, reason="no Java on this system: the master is not asked for")
    def test_the_cluster(self, tmp_path: Path) -> None:
        (tmp_path / "a.json").write_bytes(log(root(1), packed=False))
        with socket.socket() as nobody:
            nobody.bind((HERE, 0))
            address = f"spark://{HERE}:{nobody.getsockname()[1]}"
            done = command("scan", "a.json", "--engine", "spark", "--spark-master", address, cwd=tmp_path)
        assert (done.returncode, done.stderr.splitlines()) == (
            3,
            [
                f"error: the cluster `{address}` does not answer: connection refused",
                "hint: is it the master's address?",
            ],
        )


HOLDER = """
import sys, time
from rootwarden.trail.batch import Orders
from rootwarden.trail.objects_to_read import Readable
from rootwarden.trail.workforce import read_together
from tests.trail.records import WANTED
import multiprocessing
if __name__ == "__main__":
    results = read_together([(Readable(sys.argv[1], 1, ""),)] * 20, Orders(interest=WANTED), workers=1)
    next(results)
    print(multiprocessing.active_children()[0].pid, flush=True)
    time.sleep(600)
"""


def test_a_process_that_reads_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    """Spark kills Python workers whose task is not wanted any more: nothing may stay behind on an executor."""
    (tmp_path / "a.json").write_bytes(log(root(1), packed=False))
    (tmp_path / "holder.py").write_text(HOLDER)
    roots = os.pathsep.join([str(SOURCE), str(SOURCE.parent)])
    holder = subprocess.Popen(
        [sys.executable, "holder.py", "a.json"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": roots},
    )
    assert holder.stdout is not None
    reader = int(holder.stdout.readline())
    assert Path(f"/proc/{reader}").exists()
    os.kill(holder.pid, signal.SIGKILL)
    holder.communicate()
    deadline = time.monotonic() + 60
    while _runs(reader) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(reader)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
