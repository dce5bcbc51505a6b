"""What each group of commands is for: the help of its name, known before its commands are imported."""

from __future__ import annotations

from typing import Final

ALERT: Final = "Tell somebody of root's visits: a durable outbox, escalation, acknowledgement, drills."
ARCHIVE: Final = "Keep runs over time: list, show, check, import, prune and bundle an archive."
BREAKGLASS: Final = "Open a root user, safely: requests, approvals, codes, check-in, custody, audit."
CREDENTIALS: Final = (
    "Root credentials of members: what there is, what uses it, and how it goes, in waves, run after run."
)
DETECTION: Final = "List, show, test and export detections: what is noticed in CloudTrail, and what to do."
DRILL: Final = "Drills of break-glass: what is due, begin one, say how it went, figures for `kpi`."
GUARDRAILS: Final = (
    "What should be barred to root: policies as data, rendered, proven on an organization, and attached in waves."
)
IAM: Final = (
    "Who could do what: decide a request, find who is as good as root, compare what is granted with what is used."
)
RULE: Final = "Check, evaluate, test, compare, format, lint, explain and show rules."
TRAIL: Final = "What happened: read CloudTrail for what root did, verify its log files, watch what arrives."
