"""The same reading on many machines: a Spark job whose executors run the scanner of this room.

Takes batches of listed objects and what they are read for; gives the results `trail.run` would have had from here.
Executors read files and buckets themselves, with their own credentials, and need nothing of Hadoop for that.
Never a session per reading, never a bad object that ends the job, and no event twice for a task that was tried twice.
"""
