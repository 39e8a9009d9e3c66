"""Tests of sync: changes since a cursor, bulk changes and offline changes."""
