"""Data sets for trying, testing and measuring the API."""
