"""Plays: when users watched films and episodes, and the progress that follows from them.

`progress` has the SQL of progress and of the next episode, `dates` the dates of plays with their precision.
`targets` selects the episodes that a call of `logWatch` logs.
"""
