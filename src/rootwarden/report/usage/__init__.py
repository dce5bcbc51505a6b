"""Granted against used, told: one module for each format.

Takes a `Usage` with what was read; gives text. It decides nothing.
"""
