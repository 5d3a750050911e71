"""The words every part of Yunpu shares: money, periods, units, codes, findings, refusals.

Pure Python. Nothing here knows Django, a table, a screen, a clock or a domain.
"""
