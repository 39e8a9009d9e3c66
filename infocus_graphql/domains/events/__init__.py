"""Events: the log of changes that subscriptions deliver and clients catch up from.

Triggers record the events in the transaction of the change, `relay_events` in the database gives them their
order, and `feed` delivers them to the subscriptions of a process.
"""
