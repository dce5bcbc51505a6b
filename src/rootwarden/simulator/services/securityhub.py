"""Security Hub: findings are checked and kept, so that a test can read back what was sent.

Documented: at most a hundred findings a call, 240 KB each; with the default product ARN, a finding must be about the
account that sends it. The error codes of refused findings are simulator only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from botocore.model import ListShape
from botocore.validate import ParamValidator

from rootwarden.errors import InternalError
from rootwarden.simulator.protocols.model import operation_model

if TYPE_CHECKING:
    from botocore.model import Shape

    from rootwarden.simulator.call import Call, Handler

BATCH_LIMIT: Final = 100
SIZE_LIMIT: Final = 240 * 1024
_VALIDATOR = ParamValidator()


def batch_import_findings(call: Call) -> dict[str, Any]:
    """Keep the findings that are in order; one with the id of an earlier one replaces it."""
    findings = call.parameters.get("Findings")
    if not isinstance(findings, list) or not 1 <= len(findings) <= BATCH_LIMIT:
        raise call.invalid(f"between 1 and {BATCH_LIMIT} findings are allowed")
    shape = _finding_shape()
    failed = []
    for finding in findings:
        problem = _problem(call, finding, shape)
        if problem is not None:
            failed.append(problem)
            continue
        kept = [known for known in call.state.findings if known["Id"] != finding["Id"]]
        call.state.findings = [*kept, finding]
    return {
        "FailedCount": len(failed),
        "SuccessCount": len(findings) - len(failed),
        "FailedFindings": failed,
    }


def _finding_shape() -> Shape:
    model = operation_model("securityhub", "BatchImportFindings")
    findings = model.input_shape.members["Findings"] if model is not None and model.input_shape is not None else None
    if not isinstance(findings, ListShape):
        raise InternalError("botocore has no `BatchImportFindings` as the simulator knows it")
    return findings.member


def _problem(call: Call, finding: Any, shape: Shape) -> dict[str, str] | None:
    finding_id = finding.get("Id") if isinstance(finding, dict) else None
    about = {"Id": finding_id if isinstance(finding_id, str) and finding_id else "unknown"}
    report = _VALIDATOR.validate(finding, shape)
    if report.has_errors():
        return about | {"ErrorCode": "InvalidInput", "ErrorMessage": report.generate_report()[:1000]}
    if len(msgspec.json.encode(finding)) > SIZE_LIMIT:
        return about | {"ErrorCode": "InvalidInput", "ErrorMessage": "the finding is larger than 240 KB"}
    if not finding["Resources"]:
        return about | {"ErrorCode": "InvalidInput", "ErrorMessage": "a finding needs a resource"}
    if finding["AwsAccountId"] != call.caller.account_id:
        message = "the account that sends a finding must be the one it is about"
        return about | {"ErrorCode": "InvalidAccess", "ErrorMessage": message}
    return None


OPERATIONS: dict[str, Handler] = {"BatchImportFindings": batch_import_findings}
