"""`guardrails replay` beside inflating alone and beside reading for usage, in one run; and its memory as logs grow.

Two changes: one that is about root, as the shipped guardrails are, and one that asks of everybody's calls where they come
from, so that no call is left out. Times are processor time of one core, each the best of several rounds, in turn.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.trail import bare, timed, usage
from benchmarks.trail_corpus import write_corpus

from rootwarden.cli.guardrails_replaying import replay_of
from rootwarden.facts.fact import Absent, Known
from rootwarden.guardrails.replaying.change import PolicyKind, attach
from rootwarden.guardrails.standing import Attached, Landscape, Level, Standing
from rootwarden.iam.document import read_document
from rootwarden.iam.service_rules import FULL_ACCESS
from rootwarden.packs.event_names import event_names
from rootwarden.trail.batch import Orders, read_batch
from rootwarden.trail.objects_to_read import Readable
from rootwarden.detect.visits.interest import Interest

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.trail.replay import Replay

ROOT_ONLY = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:*:iam::*:root"}}}
EVERYBODY = {
    "Effect": "Deny",
    "Action": "*",
    "Resource": "*",
    "Condition": {"NotIpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}},
}
CODE = """
import sys
from pathlib import Path
from benchmarks.replay import EVERYBODY, ROOT_ONLY, in_batches, landscape_of, replay_of_statement
folder, which = Path(sys.argv[1]), sys.argv[2]
files = sorted(folder.rglob("*.gz"))
in_batches(files, replay_of_statement({"root": ROOT_ONLY, "everybody": EVERYBODY}[which], landscape_of(folder)))
"""
