"""Who listens while everybody sleeps? Takes messages of a queue; gives incidents in the database and alerts to send.

At least once in, exactly one incident out: a message is deleted only after what it said is committed, and what cannot
be understood is parked, never dropped. Silence is heard too: no digest or event for longer than expected is a concern.
It judges nothing itself (`detect.visits`), reads no log itself (`trail`) and sends nothing itself (`alert`).
"""
