"""Tests of events and subscriptions."""
