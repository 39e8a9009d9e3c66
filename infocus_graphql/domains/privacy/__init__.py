"""What people can ask of us about their own data: a copy of all of it, and the end of their account."""
