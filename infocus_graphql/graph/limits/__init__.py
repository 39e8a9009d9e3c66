"""Limits that hold before an operation is run: the size of its document, and what answering may cost."""
