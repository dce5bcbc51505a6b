"""Was that root, and does anybody hear of it?

Takes typed facts of an account's monitoring and sample events; gives what a filter, a rule or a whole alarm chain
makes of them, in three truth values with words. It never asks AWS, never reads a file or a clock, and never takes
"could not look" for "there is none".
"""
