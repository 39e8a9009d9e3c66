"""Watchlists: what people track, and the families' views of it."""
