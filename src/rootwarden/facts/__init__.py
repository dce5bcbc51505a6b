"""What do we know?

Takes: AWS answers already decoded (credential report text, flags, lists) and the instant they were seen.
Gives: frozen, typed facts, each known, absent or unknown with source and reason, and what is derived from them.
Never: does I/O, reads a clock, or replaces an unknown by a default.
"""
