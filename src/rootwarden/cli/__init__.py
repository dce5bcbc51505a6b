"""The door for people and scripts at a terminal.

Takes: arguments, as the AWS CLI and the design contract name them.
Gives: results on stdout, everything else on stderr, and an exit code that means something.
Never: does anything a library call does not do; every command is a thin wrapper.
"""
