"""Files in (采集): read, map, check, and keep – all of a file or none of it."""
