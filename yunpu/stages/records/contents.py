"""What an attached file is, by its content: only what an office sends, never what a browser or a computer would run.

The kind decides how it is shown and under which ending it is given out; the name it came with never does.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

from yunpu.kernel.refusals import Reasoned
from yunpu.kernel.text import mark as _
from yunpu.stages.intake.files import BROKEN_ZIP

MOST_BYTES = 50 << 20
_HEAD = 4096


class UnableToAttach(Reasoned):
    """A file that cannot be attached."""

    code = "REC-107"
    headline = _("不能附上这个文件：%(reason)s")
    why = _("没有保存任何内容。")
    ways_out = ((_("另存为 PDF、图片、Office、OFD 或纯文本再附"), ""),)


@dataclass(frozen=True)
class Kind:
    """One kind of attachment: its code, the endings it may have, and how it is seen before it is downloaded."""

    code: str
    endings: tuple[str, ...]
    media_type: str = "application/octet-stream"
    preview: str = ""


PDF = Kind("pdf", ("pdf",), preview="pages")
PNG = Kind("png", ("png",), "image/png", "picture")
JPEG = Kind("jpeg", ("jpg", "jpeg"), "image/jpeg", "picture")
GIF = Kind("gif", ("gif",), "image/gif", "picture")
WEBP = Kind("webp", ("webp",), "image/webp", "picture")
DOCX, XLSX, PPTX = (Kind(ending, (ending,)) for ending in ("docx", "xlsx", "pptx"))
ODT, ODS, ODP = (Kind(ending, (ending,)) for ending in ("odt", "ods", "odp"))
OFD = Kind("ofd", ("ofd",))
OFFICE = Kind("ole", ("doc", "xls", "ppt", "wps", "et", "dps"))
TEXT = Kind("text", ("txt", "csv"))
KINDS = {
    kind.code: kind
    for kind in (PDF, PNG, JPEG, GIF, WEBP, DOCX, XLSX, PPTX, ODT, ODS, ODP, OFD, OFFICE, TEXT)
}

_PARTS = (
    ("word/document.xml", DOCX),
    ("xl/workbook.xml", XLSX),
    ("ppt/presentation.xml", PPTX),
    ("OFD.xml", OFD),
)
_MACROS = ("vbaproject.bin", "basic/script-lc.xml", "scripts/python")


def tell_kind(path: Path, name: str) -> Kind:
    """What a file is. Raises UnableToAttach for what is none of the kinds, or has another kind's ending."""
    if path.stat().st_size == 0:
        raise UnableToAttach(reason=_("文件是空的"))
    kind = _of_content(path)
    if kind is None:
        raise UnableToAttach(reason=_("它不是可以附的文件种类"))
    ending = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    if ending not in kind.endings:
        raise UnableToAttach(
            reason=_("内容是 %(kind)s，扩展名却是“%(given)s”，请改对扩展名"), kind=kind.code, given=ending
        )
    return kind


def _of_content(path: Path) -> Kind | None:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(b"%PDF-"):
        return PDF
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith((b"GIF87a", b"GIF89a")):
        return GIF
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return WEBP
    if head.startswith(b"PK\x03\x04"):
        return _of_zip(path)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return OFFICE
    return TEXT if _is_text(path, head) else None


def _of_zip(path: Path) -> Kind | None:
    """The kind of an office file: only the list of its parts is read, nothing is inflated but the word of its type."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = {part.filename for part in archive.infolist()}
            if any(name.lower().endswith(_MACROS) for name in names):
                raise UnableToAttach(reason=_("文件含有宏，请另存为不含宏的文件"))
            kind = next((kind for part, kind in _PARTS if part in names), None)
            if kind is not None or "mimetype" not in names or archive.getinfo("mimetype").file_size > 200:
                return kind
            mimetype = archive.read("mimetype").decode("ascii", "replace")
    except BROKEN_ZIP:
        raise UnableToAttach(reason=_("文件不完整或已损坏")) from None
    opened = "application/vnd.oasis.opendocument."
    return {f"{opened}text": ODT, f"{opened}spreadsheet": ODS, f"{opened}presentation": ODP}.get(mimetype)


def _is_text(path: Path, head: bytes) -> bool:
    """Whether it is plain text: no zero byte, an encoding that holds, and no markup that a browser would take up."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<", b"#!", b"mz")):
        return False
    content = path.read_bytes()
    if b"\0" in content:
        return False
    for encoding in ("utf-8", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return all(character >= " " or character in "\t\r\n\f" for character in text)
    return False
