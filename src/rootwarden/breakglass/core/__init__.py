"""What is allowed, decided on paper: the vocabulary of the log, people and keys, and the checks of every step.

Takes: statements, signatures, keys, instants. Gives: the next state, or a refusal with its reason.
Pure: no file, no network, no clock. Broker, vault and an auditor's laptop run the same code over the same log.
Never: believes what is not signed, or signs anything itself.
"""
