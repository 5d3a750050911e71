#!/bin/sh
# Install, or put a new version beside the old: check every file, make .venv from the wheels here, no network needed.
set -eu
cd "$(dirname "$0")"
sha256sum --quiet --check SHA256SUMS
"${PYTHON:-python3}" -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check --no-index --find-links wheels --require-hashes -r requirements/base.txt
.venv/bin/pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation --editable .
echo "Installed. New: .venv/bin/yunpu manage migrate && .venv/bin/yunpu createadmin. New version: .venv/bin/yunpu upgrade."
