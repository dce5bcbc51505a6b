"""What CloudTrail's log files hold and whether they are whole, told: typed results in, text in one format out.

Takes what `trail` found; gives terminal text, JSON, JSON Lines or CSV. An unknown is never shown as anything else, and
what could not be read is named. It never decides, drops or reorders.
"""
