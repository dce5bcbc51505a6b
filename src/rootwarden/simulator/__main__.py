"""`python -m rootwarden.simulator`: one simulated organization in a process of its own.

The endpoint is the first line on standard output; the process ends on Ctrl-C or SIGTERM.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from datetime import UTC, datetime

from rootwarden.errors import RootwardenError
from rootwarden.simulator.moment import NOW
from rootwarden.simulator.server import Simulator
from rootwarden.simulator.worlds import WORLDS, make_world


def main(arguments: list[str] | None = None) -> int:
    """Run until interrupted; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        asyncio.run(_serve(options))
    except RootwardenError as problem:
        sys.stderr.write(f"error: {problem.message}\nhint: {problem.hint}\n")
        return problem.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m rootwarden.simulator", description="An AWS organization on loopback."
    )
    parser.add_argument("--world", default="patchwork", metavar="NAME", help=", ".join(WORLDS))
    parser.add_argument("--accounts", type=int, default=None, help="how many accounts, 1 to 5000")
    parser.add_argument("--external-id", default="", help="what the audit role asks for")
    parser.add_argument("--partition", default="aws", help="aws, aws-us-gov or aws-cn")
    parser.add_argument("--now", type=_instant, default=NOW, metavar="INSTANT", help="ISO 8601 with offset, or `real`")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--latency-ms", type=float, default=0.0, help="added to every answer")
    parser.add_argument("--no-knobs", action="store_true", help="leave out what goes wrong in this world")
    return parser


def _instant(text: str) -> datetime:
    instant = datetime.now(UTC).replace(microsecond=0) if text == "real" else datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("an instant needs an offset, such as +00:00")
    return instant.astimezone(UTC)


async def _serve(options: argparse.Namespace) -> None:
    world = make_world(
        options.world,
        options.accounts,
        external_id=options.external_id,
        partition=options.partition,
        now=options.now,
    )
    simulator = Simulator(world, latency=max(0.0, options.latency_ms) / 1000)
    if options.no_knobs:
        simulator.knobs.clear()
    endpoint = await simulator.start(options.port)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    sys.stdout.write(f"{endpoint}\n")
    sys.stdout.flush()
    key = world.credentials
    instant = options.now.isoformat().replace("+00:00", "Z")
    sys.stderr.write(
        f"{len(world.account_ids)} accounts of the world `{options.world}`; to use them:\n"
        f"export AWS_ENDPOINT_URL={endpoint} AWS_REGION={world.home_region}"
        f" AWS_ACCESS_KEY_ID={key.access_key_id} AWS_SECRET_ACCESS_KEY={key.secret_access_key}\n"
        f"its clock stands at {instant}: look with --as-of {instant}, or start it with --now real\n"
    )
    await stopping.wait()
    await simulator.stop()


if __name__ == "__main__":
    sys.exit(main())
