"""Mails: composed from typed values, enqueued as jobs, and sent by a worker."""
