"""An AWS organization on loopback: what tests, demo and benchmarks run against.

In: a world (`worlds.WORLDS`, or one of your own) and knobs. Out: an endpoint that speaks the AWS wire protocols, so
that unmodified SDKs and tools work with `AWS_ENDPOINT_URL`, and counters of what was asked.
Never: anything real. It does not verify signatures, does not evaluate IAM policies (knobs deny), keeps nothing on
disk, and listens on 127.0.0.1 only. docs/simulator.md tells what is simulated and what is not.
"""

from rootwarden.simulator.process import running_process
from rootwarden.simulator.server import Simulator, running
from rootwarden.simulator.state import ManualClock

__all__ = ["ManualClock", "Simulator", "running", "running_process"]
