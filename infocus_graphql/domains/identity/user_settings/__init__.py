"""Settings of users: their region, language, time zone and streaming services."""
