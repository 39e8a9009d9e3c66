"""Use cases of exports and of deleting accounts."""
