"""People, and their credits in titles."""
