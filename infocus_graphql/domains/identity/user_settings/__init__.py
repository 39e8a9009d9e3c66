"""Settings of users: their region, language and time zone."""
