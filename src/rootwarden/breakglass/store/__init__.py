"""Where break-glass keeps its log: entries and signed heads in one database, and beside them what only carries.

Takes: canonical entries with the head over them. Gives: the same bytes in the same order, or a typed error.
An append is one serializable transaction with the size as its fence, on the disk when it returns.
Never: believes a row. Rights come from replaying the entries (`core.step`); `verify` shows what was done to them.
"""
