"""What to switch on in AWS first, and against what it helps.

Takes advice and scenarios as data and the state of each advice in an organization.
Gives the order to do them in, and for each scenario what stands in its way: native, and with Rootwarden.
Never decides a state itself (`audit/advising.py` does), never reads a file, never asks AWS.
"""
