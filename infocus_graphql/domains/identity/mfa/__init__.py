"""The second factor: one-time codes by an app, and backup codes for when it is lost."""
