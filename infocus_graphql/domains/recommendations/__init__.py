"""Recommendations between users, and suggestions computed from the watchlists of families."""
