"""Limits checked before an operation runs: the size of its document, and its estimated cost."""
