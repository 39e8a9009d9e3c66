"""API tokens: long-lived credentials for programs, limited to some scopes of the user who created them."""
