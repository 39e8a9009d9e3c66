"""The one error of the embedded server: its text is meant for the person at the terminal."""


class EmbeddedPostgresError(RuntimeError):
    """The embedded server can't do what was asked; the message says why and what helps."""
