"""Faults on real processes: the database, the broker, the workers and the disk fail under load.

What must hold afterwards, what was measured, and how to run all of it: docs/faults.md.
"""
