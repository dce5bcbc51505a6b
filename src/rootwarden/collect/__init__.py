"""Go and look, at a live organization or at an evidence folder of exported answers.

Takes: what to ask (a plan made from the rules), through which door or from which folder.
Gives: the facts of every account and what could not be read; a live run can be written down as a folder.
Never: decides whether anything is acceptable, or turns a refusal into a value.
"""
