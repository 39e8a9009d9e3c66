"""Tests of the catalogue on PostgreSQL and the local TMDB."""
