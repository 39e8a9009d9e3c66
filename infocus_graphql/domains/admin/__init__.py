"""Staff: what the people who run the server see of all accounts, of what was done, and of jobs."""
