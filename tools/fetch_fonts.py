"""Chinese fonts for the PDF, into `yunpu/ui/assets/fonts/`: from package registries, each file checked by its SM3.

- Fandol (仿宋, 楷体, 宋体, 黑体) by the Fandol team, GPL with font exception: documents that carry it stay free.
  From Debian's texlive-lang-chinese, downloaded and unpacked without installing TeX.
- Noto Serif SC by Google and Adobe, SIL Open Font License 1.1: has the rare characters that Fandol lacks.
  From the npm package that ships it as TrueType.

One of the two is enough for a PDF; what is missing is said in one sentence. The district's own folder comes first.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

import node

from yunpu.kernel.digests import sm3_hex

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "yunpu" / "ui" / "assets" / "fonts"
STAMP = ROOT / ".venv" / ".fonts"
DEBIAN_PACKAGE = "texlive-lang-chinese"
FANDOL_FOLDER = "usr/share/texlive/texmf-dist/fonts/opentype/public/fandol"
NPM_PACKAGE = "@expo-google-fonts/noto-serif-sc@0.4.3"

FANDOL = {
    "FandolFang-Regular.otf": "ccefc2a494f2ff902a4bcad87a679fd73f6169366f1cc5b202e81a48d683d0fe",
    "FandolHei-Regular.otf": "2e659b81dc3832e7a4b6935148eab76253973f9cb2d58b34ffb926584feb792d",
    "FandolKai-Regular.otf": "4bf1a8f412941240d64c8f58603643b2a5f6554a3f59cfd7e3244b56381c7d9b",
    "FandolSong-Regular.otf": "1075745c95f0d517ba1e1b15822e76e9c79cc706c25d2f3daedc1efbc31ee909",
    "FandolSong-Bold.otf": "0a5547abd44265d1a0bfa6920b9e3f81fe7efad8bb0f4f9efbaee610d4caf873",
}
NOTO = {
    "NotoSerifSC_400Regular.ttf": "0575572711db8105d30ffba0d75363d58d5f501a93cfcc0e86185e1a2dc14d89",
    "NotoSerifSC_700Bold.ttf": "5a690efab8aba8c7d7888830411c0cc15b40efbe0e63bd447290e3ac50e3a897",
}


def main() -> int:
    TARGET.mkdir(parents=True, exist_ok=True)
    fandol = fetch("Fandol", FANDOL, unpack_fandol)
    noto = fetch("Noto Serif SC", NOTO, unpack_noto)
    if not fandol and not noto:
        print(
            "No Chinese font for the PDF could be fetched. Put fonts (仿宋_GB2312 or FandolFang) into a folder "
            "and name it: YUNPU_FONTS=/path; until then bulletins have no PDF."
        )
        return 0
    if not fandol:
        print(
            "仿宋 (FandolFang) could not be fetched; Noto Serif SC stands in. Name your own fonts by YUNPU_FONTS=/path."
        )
    STAMP.touch()
    return 0


def fetch(title: str, wanted: dict[str, str], unpack: Callable[[Path], dict[str, Path]]) -> bool:
    """Bring a family's files into the target folder; False where a registry cannot be reached."""
    if all(is_good(TARGET / name, digest) for name, digest in wanted.items()):
        return True
    print(f"+ fonts: {title}", flush=True)
    with tempfile.TemporaryDirectory(prefix="yunpu-fonts-") as folder:
        try:
            found = unpack(Path(folder))
        except (OSError, subprocess.SubprocessError, KeyError) as error:
            print(f"  {title}: {error}")
            return False
        for name, digest in wanted.items():
            if name not in found or not is_good(found[name], digest):
                print(f"  {title}: {name} is missing or not the file we know; it is not used")
                return False
            part = TARGET / f"{name}.part"
            shutil.copyfile(found[name], part)
            part.replace(TARGET / name)
    return True


def is_good(path: Path, digest: str) -> bool:
    return path.is_file() and sm3_hex(path.read_bytes()) == digest


def unpack_fandol(folder: Path) -> dict[str, Path]:
    """Download Debian's package and take the fonts out of it. Needs apt-get and dpkg-deb, not root."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise OSError("no apt-get here")
    download = ["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", DEBIAN_PACKAGE]
    if not run(download, folder) and os.geteuid() == 0:
        run(["apt-get", "-q", "update"], folder)
        run(download, folder)
    package = next(folder.glob("*.deb"), None)
    if package is None:
        raise OSError(f"apt-get cannot download {DEBIAN_PACKAGE}")
    command = ["dpkg-deb", "--fsys-tarfile", str(package)]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE) as unpacking,
        tarfile.open(fileobj=unpacking.stdout, mode="r|") as archive,
    ):
        for member in archive:
            name = Path(member.name).name
            if name in FANDOL and FANDOL_FOLDER in member.name:
                write_out(archive, member, folder / name)
    return {name: folder / name for name in FANDOL}


def unpack_noto(folder: Path) -> dict[str, Path]:
    """Download the npm package and take two weights out of it."""
    if not run([*node.npm_command(), "pack", "--silent", NPM_PACKAGE], folder):
        raise OSError(f"npm cannot download {NPM_PACKAGE}")
    package = next(folder.glob("*.tgz"))
    with tarfile.open(package) as archive:
        for member in archive:
            name = Path(member.name).name
            if name in NOTO:
                write_out(archive, member, folder / name)
    return {name: folder / name for name in NOTO}


def write_out(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    content = archive.extractfile(member)
    assert content is not None, f"{member.name} is no file"
    with content, target.open("wb") as file:
        shutil.copyfileobj(content, file)


def run(command: list[str], folder: Path) -> bool:
    try:
        return (
            subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=180).returncode == 0
        )
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
