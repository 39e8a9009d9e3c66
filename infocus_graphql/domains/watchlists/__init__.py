"""Watchlists of users, and the views of families on them."""
