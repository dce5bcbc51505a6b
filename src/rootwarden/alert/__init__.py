"""Tell someone now: findings become alerts in a durable outbox, and leave it once for each channel.

Takes: incidents and concerns as detection found them, the root events behind them; settings with channels and people.
Gives: messages handed over, who acknowledged and when, and the times from event to eyes; a drill goes the same way.
Never: loses a finding that was recorded, pages twice for one cause, or acknowledges because somebody opened a link.
"""
