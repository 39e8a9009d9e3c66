"""Notifications: what happened that concerns a user, as a list with read state.

`consuming` makes notifications of the log of events, exactly once, and `drafts` has its SQL. `texts` are the
sentences that describe a notification, as SQL expressions. `subscriptions` has the subscription field.
"""
