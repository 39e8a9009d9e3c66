"""Mails: composed from typed values, put into the job queue, and sent by a worker."""
