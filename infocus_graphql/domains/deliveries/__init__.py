"""Deliveries of notifications by e-mail, at once or as a daily digest.

`planning` plans the deliveries of new notifications in their transaction, `unsubscribing` makes and checks
the links with which users turn e-mails off.
"""
