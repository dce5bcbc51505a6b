"""Did the log only ever grow? A second machine that remembers, and signs what it saw.

Takes: signed heads of the logs it watches, with proofs that they grew. Gives: cosignatures, or what it saw instead.
Source: RFC 9162, section 2.1.4; the idea of witnesses is that of C2SP tlog-witness.
Never: reads an entry, signs two histories, or starts anew because its memory is gone.
"""
