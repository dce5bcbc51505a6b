"""The kinds of entries, by family; `core.entry` has them all, and reads and writes them.

Takes: what happened. Gives: one frozen record a kind, every field of it bounded.
A family here has its steps in the module of the same name one room up: `entries.leasing`, `core.leasing`.
Never: checks more than its form; whether it is allowed is for `core.step` to say.
"""
