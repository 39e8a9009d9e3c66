"""Background work: jobs are put into the database with the rows they belong to, and run by workers."""
