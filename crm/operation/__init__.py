"""Keeping the product: backup and restore, the pause after a restore, the pulse of workers."""
