"""Recommendations: between people, and suggestions computed from families."""
