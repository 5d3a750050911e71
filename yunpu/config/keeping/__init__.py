"""Keeping (保管): backup, restore, move to another database. One form of the records for all three (`tables.py`)."""
