"""API tokens: long-lived keys for programs, with a few rights of the person who made them."""
