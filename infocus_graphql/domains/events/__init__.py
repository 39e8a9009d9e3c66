"""Events: the log of changes that subscriptions deliver and clients catch up from.

Triggers record the events in the transaction of the change, and `relay_events` in the database gives them
their order. `feed` delivers them to the queues (`queue`) of the subscriptions of a process; its SQL is in
`log_queries`. `subscriptions` has the subscription fields.
"""
