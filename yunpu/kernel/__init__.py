"""Words every part speaks: money, periods, units, codes, findings, refusals, digests. Pure Python."""
