"""What did root do, and was it allowed?

Takes events of CloudTrail, the detections and tasks of the packs, and check-outs; gives visits of root with a verdict,
a severity and the reasons, and concerns about what others do to become root.
It reads no file, no clock and no network, does not depend on the order of the events, and never drops one it cannot
read: an event without a time or an account is counted and shown.
"""
