"""The error of the embedded server, with a message for the user at the terminal."""


class EmbeddedPostgresError(RuntimeError):
    """The embedded server failed; the message says why, and how to fix it."""
