"""Tests behind a real load balancer; `make test-balancer` runs them."""
