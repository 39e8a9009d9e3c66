"""Use cases of registration, and of what mails prove."""
