"""How is a change carried over a fleet? In waves, with a journal that is durable before each call.

Takes: accounts, the organization's tree, what was seen when the plan was made. Gives: waves, a signed journal.
Reads and writes one file, the journal; makes no call itself.
Never: goes on after a surprise, or repeats a call of which it is not known what became.
"""
