"""Real client libraries from npm against a real server; `make test-clients` runs them."""
