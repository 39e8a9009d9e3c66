"""What can be asked of exports and deletions, and what an export holds."""
