"""A fleet that never was, whose study has given figures.

Takes: the counts of a study and a seed. Gives: accounts, their root users, every use, and credential reports as text.
Never: does I/O, or writes a figure anywhere a study could read it; a study has to count.
"""
