"""Getting an account, and what a mail proves: whose address it is, who has forgotten a password."""
