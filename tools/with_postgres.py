"""Run a command with a PostgreSQL server of its own, thrown away afterwards.

    python tools/with_postgres.py -- pytest …                           # YUNPU_TEST_DATABASE is set for the command
    python tools/with_postgres.py --durable -- python bench/pages.py    # waits for the disk, as in production

The server listens on a socket in a temporary folder only. For tests it does not wait for the disk; what is measured
must be measured with `--durable`. PostgreSQL refuses to run as root: there it runs as `postgres` or `nobody`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SENTENCE = "PostgreSQL 14 or newer is missing. Install it (Debian: apt-get install postgresql), then repeat."
OPTIONS = "-c listen_addresses='' -c max_connections=60 -c shared_buffers=128MB"
HASTY = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"


def find_programs() -> Path | None:
    """The folder of initdb and pg_ctl: of Debian's newest version, or that on PATH."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if folders:
        return folders[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def get_programs() -> Path | None:
    """The same, installed by apt-get where that is possible."""
    found = find_programs()
    if found or os.geteuid() != 0 or not shutil.which("apt-get"):
        return found
    install("postgresql")
    return find_programs()


def install(*packages: str) -> None:
    """Install Debian packages; failure shows in what is missing afterwards."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    print("+ apt-get install", " ".join(packages), flush=True)
    for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        subprocess.run(["apt-get", "-q", *command], check=False, env=environment, stdout=subprocess.DEVNULL)


def server_user() -> str | None:
    """Who runs the server: None for ourselves."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextmanager
def running_postgres(programs: Path, *, durable: bool = False) -> Iterator[str]:
    """A fresh server; gives the URL of its database `yunpu`. A durable one waits for the disk."""
    folder = Path(tempfile.mkdtemp(prefix="yunpu-pg-"))
    user = server_user()
    cluster = folder / "cluster"
    if user:
        shutil.chown(folder, user)

    def run(program: str, *arguments: str, check: bool = True) -> None:
        command = [str(programs / program), *arguments]
        subprocess.run(command, check=check, user=user, cwd=folder, stdout=subprocess.DEVNULL)

    try:
        run(
            "initdb",
            "-D",
            str(cluster),
            "-U",
            "postgres",
            "-A",
            "trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        )
        options = f"-k {folder} {OPTIONS}{'' if durable else ' ' + HASTY}"
        run("pg_ctl", "-D", str(cluster), "-o", options, "-l", str(folder / "log"), "-w", "-t", "60", "start")
        try:
            run("createdb", "-h", str(folder), "-U", "postgres", "yunpu")
            yield f"postgresql://postgres@/yunpu?host={folder}"
        finally:
            run("pg_ctl", "-D", str(cluster), "-m", "immediate", "stop", check=False)
    finally:
        time.sleep(0.1)
        shutil.rmtree(folder, ignore_errors=True)


def main(command: list[str], *, durable: bool = False) -> int:
    programs = get_programs()
    if programs is None:
        print(SENTENCE)
        return 2
    with running_postgres(programs, durable=durable) as url:
        return subprocess.run(command, check=False, env={**os.environ, "YUNPU_TEST_DATABASE": url}).returncode


if __name__ == "__main__":
    arguments = sys.argv[1:]
    durable = arguments[:1] == ["--durable"]
    arguments = arguments[durable:]
    sys.exit(main(arguments[1:] if arguments[:1] == ["--"] else arguments, durable=durable))
