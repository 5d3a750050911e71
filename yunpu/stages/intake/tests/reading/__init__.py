"""Tests of what is read: every kind of file that offices send, and every one that nobody should."""
