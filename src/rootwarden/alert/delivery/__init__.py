"""The course of an alert, without a clock, a disk or a network: every instant is an argument.

Takes: what is stored about alerts and their deliveries, as plain values. Gives: what has to happen next, and when.
Never: sends, stores, or draws a random number of its own.
"""
