"""Sync: what changed for a viewer since a cursor, for clients that keep a copy of the viewer's data.

`cursors` is the state of a client, `reads` finds the changed ids, `rounds` the next page; `changes` is the
field `Viewer.changes`.
"""
