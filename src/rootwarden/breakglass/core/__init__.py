"""The state machine of break-glass: `step(state, entry)` does every check of docs/break-glass-protocol.md.

Takes: entries of the audit log, one after the other. Gives: the state they make, or a refusal that cites its step.
Pure: no file, no clock, no network; time is the instant an entry carries. Broker, vault and auditors run the same code.
Never: takes a right from anything but a verified entry.
"""
