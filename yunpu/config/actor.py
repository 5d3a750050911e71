"""Who acts when somebody uses the command line on the server: the system, with the login of the machine."""

from __future__ import annotations

import getpass

from yunpu.trail.operations import System


def operator() -> System:
    """The actor of the command line; the trail shows the machine's login."""
    try:
        login = getpass.getuser()
    except (KeyError, OSError):  # a container without an entry for its user
        login = "?"
    return System(f"命令行 {login}")
