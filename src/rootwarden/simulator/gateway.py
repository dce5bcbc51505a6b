"""From request to answer: who asks, what goes wrong on purpose, and which handler knows.

The order is AWS's: signature, key, expiry, then throttling, then permission, then parameters. Every call of a known
caller is counted, whatever becomes of it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from rootwarden.simulator.call import Call
from rootwarden.simulator.http import Fault
from rootwarden.simulator.knobs import AllowTask, Delay, Deny, Drop, ExpireSessions, Fail, Throttle, Truncate
from rootwarden.simulator.refusal import WORDS, Refusal, Trouble
from rootwarden.simulator.routing import (
    guess,
    protocol_of,
    read_operation,
    read_parameters,
    read_scope,
    write_answer,
    write_refusal,
)
from rootwarden.simulator.services import HANDLERS
from rootwarden.simulator.sessions import CallerKind
from rootwarden.simulator.task_policies import TASK_POLICIES, scp_denies_root_session

if TYPE_CHECKING:
    from rootwarden.simulator.call import Handler
    from rootwarden.simulator.http import Reply, Request
    from rootwarden.simulator.knobs import Knob
    from rootwarden.simulator.routing import Asked, Scope
    from rootwarden.simulator.sessions import Caller
    from rootwarden.simulator.state import State

_ACCOUNT_ID = re.compile(r"(?<!\d)\d{12}(?!\d)")
# Where IAM's name of the action is not the operation's.
_ACTIONS = {"s3:ListBuckets": "s3:ListAllMyBuckets"}


class Gateway:
    """Answers signed AWS requests; `latency` in seconds is added to every answer."""

    def __init__(self, state: State, *, latency: float = 0.0) -> None:
        self._state = state
        self._latency = latency
        self._answered = 0

    def answer(self, request: Request) -> Reply:
        """The answer to one request; never raises for anything a client sends."""
        self._answered += 1
        request_id = f"00000000-0000-4000-8000-{self._answered:012d}"
        service, protocol = guess(request)
        try:
            scope = read_scope(request)
            service, protocol = scope.service, protocol_of(scope.service, request)
            asked = read_operation(service, protocol, request)
            caller = self._caller(scope, request)
        except Refusal as refusal:
            return write_refusal(service, protocol, refusal, request_id)
        return self._disturb(self._answer_known(asked, scope, caller, request_id), caller, asked)

    def _answer_known(self, asked: Asked, scope: Scope, caller: Caller, request_id: str) -> Reply:
        name = f"{asked.service}:{asked.operation}"
        self._state.calls.record(caller.account_id, name)
        try:
            self._check_session(caller, scope.service, name)
            self._check_faults(caller, asked)
            self._check_root_task(caller, name)
            handler = _handler(asked)
            call = Call(
                service=asked.service,
                operation=asked.operation,
                parameters=read_parameters(asked),
                region=scope.region,
                caller=caller,
                account=self._state.world.account(caller.account_id),
                state=self._state,
            )
            return write_answer(asked, handler(call), request_id)
        except Refusal as refusal:
            return write_refusal(asked.service, asked.protocol, refusal, request_id)

    def _caller(self, scope: Scope, request: Request) -> Caller:
        token = request.headers.get("x-amz-security-token", "")
        caller = self._state.sessions.find(scope.access_key_id, token)
        if caller is None:
            message = "The security token included in the request is invalid."
            raise WORDS[scope.service].refusal(Trouble.UNKNOWN_KEY, message)
        return caller

    def _check_session(self, caller: Caller, service: str, name: str) -> None:
        if caller.kind is CallerKind.USER:
            return
        used = self._state.sessions.used(caller)
        knob = self._state.knobs.first(ExpireSessions, caller.account_id, name)
        if self._state.sessions.has_expired(caller) or (knob is not None and used >= knob.after):
            message = "The security token included in the request is expired"
            raise WORDS[service].refusal(Trouble.EXPIRED, message)

    def _check_faults(self, caller: Caller, asked: Asked) -> None:
        name, words = f"{asked.service}:{asked.operation}", WORDS[asked.service]
        for knob in self._concerning(caller, asked):
            if isinstance(knob, Throttle) and self._state.knobs.due(knob, caller.account_id, name):
                raise words.refusal(Trouble.THROTTLED, "Rate exceeded")
            if isinstance(knob, Fail) and self._state.knobs.due(knob, caller.account_id, name):
                raise words.refusal(Trouble.FAILED, "We encountered an internal error. Please try again.")
            if isinstance(knob, Deny):
                raise _denied(caller, asked.service, name)

    def _concerning(self, caller: Caller, asked: Asked) -> tuple[Knob, ...]:
        """The knobs of the caller's account; for a call that enters another account, that account's too."""
        name = f"{asked.service}:{asked.operation}"
        found = self._state.knobs.matching(caller.account_id, name)
        entered = _entered_account(asked)
        if entered in {"", caller.account_id}:
            return found
        return found + tuple(k for k in self._state.knobs.matching(entered, name) if k.account == entered)

    def _check_root_task(self, caller: Caller, name: str) -> None:
        if caller.kind is not CallerKind.ROOT_TASK:
            return
        service = name.partition(":")[0]
        action = _ACTIONS.get(name, name)
        organization = self._state.world.organization
        if organization is not None and scp_denies_root_session(organization, caller.account_id, caller.arn, action):
            raise _denied(caller, service, name, "with an explicit deny in a service control policy")
        allowed = TASK_POLICIES[caller.task_policy] | {"sts:GetCallerIdentity"}
        if action not in allowed and self._state.knobs.first(AllowTask, caller.account_id, action) is None:
            raise _denied(caller, service, name, "because no session policy allows the action")

    def _disturb(self, reply: Reply, caller: Caller, asked: Asked) -> Reply:
        name = f"{asked.service}:{asked.operation}"
        delay = self._latency
        fault = Fault.NONE
        for knob in self._concerning(caller, asked):
            if isinstance(knob, Delay):
                delay += knob.seconds
            elif isinstance(knob, Drop) and self._state.knobs.due(knob, caller.account_id, name):
                fault = Fault.DROP
            elif isinstance(knob, Truncate) and self._state.knobs.due(knob, caller.account_id, name):
                fault = Fault.TRUNCATE
        if delay == 0 and fault is Fault.NONE:
            return reply
        return msgspec.structs.replace(reply, delay=delay, fault=fault)


def _entered_account(asked: Asked) -> str:
    if asked.service != "sts":
        return ""
    match = _ACCOUNT_ID.search(asked.fields.get("RoleArn", "") or asked.fields.get("TargetPrincipal", ""))
    return match.group() if match else ""


def _handler(asked: Asked) -> Handler:
    handler = HANDLERS.get(asked.service, {}).get(asked.operation)
    if handler is None:
        message = f"the simulator does not know `{asked.service}:{asked.operation}`"
        raise Refusal("NotImplemented", message, 501)
    return handler


def _denied(caller: Caller, service: str, name: str, because: str = "") -> Refusal:
    action = _ACTIONS.get(name, name)
    reason = because or f"because no identity-based policy allows the {action} action"
    message = f"User: {caller.arn} is not authorized to perform: {action} on resource: * {reason}"
    return WORDS[service].refusal(Trouble.DENIED, message)
