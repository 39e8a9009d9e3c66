"""The business, one folder a domain, the same rooms in each."""
