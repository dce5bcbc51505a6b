"""How rooms keep things in a database: SQLite or PostgreSQL, brought to its present form, tried again while it is gone.

Takes: an address, and the tables and migrations of a room. Gives: transactions that are durable when they return.
Never: knows what the rows mean; each room has its own tables, and its own history of migrations.
"""
