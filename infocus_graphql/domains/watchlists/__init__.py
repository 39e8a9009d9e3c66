"""Watchlists of users, and the views of families on them.

`bulk` has the use cases that change many entries at once.
"""
