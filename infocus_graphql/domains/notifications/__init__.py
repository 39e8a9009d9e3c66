"""Notifications: what happened that concerns a user, as a list with read state.

`consuming` makes notifications of the log of events, exactly once, and `drafts` has its SQL. `texts` are the
sentences that describe a notification, as SQL expressions. `preferences` are the channels and times that
users choose, `local_times` their moments, and `subscriptions` has the subscription field.
"""
