"""Attachments: what is taken and what is refused by its content, who sees them, how they are given out."""

import io
import socketserver
import threading
import zipfile

import pytest
import typst
from django.test import Client
from django.urls import reverse

from yunpu.access.models import Role
from yunpu.domains.outreach.processes import PLAN
from yunpu.domains.outreach.tests.factories import make_activity
from yunpu.kernel.digests import sm3_hex
from yunpu.stages.records import operations
from yunpu.stages.records.attaching import attach, take_out
from yunpu.stages.records.contents import UnableToAttach
from yunpu.stages.records.models import Attachment, Content
from yunpu.stages.records.previewing import write_png
from yunpu.stages.records.refusals import UnableToTakeStep
from yunpu.stages.records.tests.cases import AT, browse, make_calendar, make_person, make_unit
from yunpu.trail.models import Event

pytestmark = pytest.mark.django_db
PICTURE = write_png(2, 1, 3, 6, b"\xff\0\0\0\xff\0")


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    make_calendar()
    settings.CLOCK_DATE = AT.date()
    settings.ATTACHMENTS_FOLDER = tmp_path / "attachments"
    return settings.ATTACHMENTS_FOLDER


@pytest.fixture
def place():
    return make_unit("甲局", make_unit("区"))


@pytest.fixture
def clerk(place):
    return make_person(place, (Role.STAFF, place))


@pytest.fixture
def activity(place):
    return make_activity(place, place="礼堂", lecturer="某机构")


def put(record, by, content=b"plan\n", name="方案.txt", **more):
    return attach(record, io.BytesIO(content), name=name, by=by, at=AT, **more)


def zipped(**parts):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), text)
    return target.getvalue()


def write_pdf():
    return bytes(typst.compile(b"#set page(width: 60pt, height: 60pt)\nA\n#pagebreak()\nB\n"))


DOCX = zipped(word__document_dot_xml="<w/>")
TAKEN = [
    (PICTURE, "a.png", "png"),
    (b"\xff\xd8\xff\xe0 jpeg", "a.JPG", "jpeg"),
    (b"GIF89a....", "a.gif", "gif"),
    (b"RIFF....WEBPVP8 ", "a.webp", "webp"),
    (b"%PDF-1.7\n", "a.pdf", "pdf"),
    (DOCX, "a.docx", "docx"),
    (zipped(OFD_dot_xml="<o/>"), "a.ofd", "ofd"),
    (zipped(mimetype="application/vnd.oasis.opendocument.text"), "a.odt", "odt"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "a.doc", "ole"),
    ("方案\n".encode("gb18030"), "a.txt", "text"),
]
REFUSED = [
    (b"", "a.txt", "空的"),
    (b"<html><script>alert(1)</script>", "a.txt", "种类"),
    (b"\xef\xbb\xbf <svg xmlns='x'/>", "a.svg", "种类"),
    (b"#!/bin/sh\n", "a.txt", "种类"),
    (b"MZ\x90\0\3", "a.exe", "种类"),
    (b"\x7fELF\2\1\1\0", "a.pdf", "种类"),
    (zipped(run_dot_sh="x"), "a.zip", "种类"),
    (b"PK\3\4 broken", "a.docx", "损坏"),
    (zipped(word__document_dot_xml="x", word__vbaProject_dot_bin="x"), "a.docx", "宏"),
    (PICTURE, "a.pdf", "扩展名"),
    (b"plan\n", "a.html", "扩展名"),
    (b"plan\n", "plan", "扩展名"),
]


@pytest.mark.parametrize(("content", "name", "kind"), TAKEN, ids=[case[2] for case in TAKEN])
def test_what_offices_send_is_told_by_its_content(activity, clerk, content, name, kind):
    attachment = put(activity, clerk, content, name)
    assert attachment.content.kind == kind
    assert attachment.content.path.read_bytes() == content
    assert attachment.content.sm3 == sm3_hex(content)


@pytest.mark.parametrize(("content", "name", "why"), REFUSED)
def test_anything_else_is_refused_and_nothing_of_it_stays(activity, clerk, folder, content, name, why):
    with pytest.raises(UnableToAttach, match=why):
        put(activity, clerk, content, name)
    assert not Attachment.objects.exists()
    assert not list(folder.rglob("*"))


def test_a_file_that_is_too_large_is_refused(activity, clerk, monkeypatch):
    monkeypatch.setattr("yunpu.stages.records.attaching.MOST_BYTES", 1 << 20)
    with pytest.raises(UnableToAttach, match="超过 1 MB"):
        put(activity, clerk, b"x" * ((1 << 20) + 1))


def test_the_same_bytes_are_kept_once(activity, clerk, folder, place):
    one, other = put(activity, clerk), put(make_activity(place), clerk, name="别名.txt")
    assert one.content == other.content
    assert Content.objects.count() == 1
    assert len([path for path in folder.rglob("*") if path.is_file()]) == 1


def test_a_name_stays_a_name(activity, clerk):
    assert put(activity, clerk, name="../../etc/passwd\r\n.txt").name == "passwd.txt"
    assert put(activity, clerk, name="C:\\Temp\\方案.txt").name == "方案.txt"


def test_a_file_is_added_by_who_may_change_the_record_or_is_on(activity, clerk, place):
    reviewer = make_person(place, (Role.REVIEWER, place))
    with pytest.raises(UnableToAttach, match="正在办理的人"):
        put(activity, reviewer)
    put(activity, clerk, paper="plan")
    run = operations.begin_run(PLAN, activity, by=clerk, at=AT)
    operations.pass_on(run, by=clerk, at=AT)
    assert put(activity, reviewer, name="意见.txt").by_name == reviewer.name


def test_a_required_paper_is_asked_for_and_one_taken_out_no_longer_counts(activity, clerk):
    run = operations.begin_run(PLAN, activity, by=clerk, at=AT)
    with pytest.raises(UnableToTakeStep, match="活动方案"):
        operations.pass_on(run, by=clerk, at=AT)
    paper = put(activity, clerk, paper="plan")
    with pytest.raises(UnableToAttach, match="理由"):
        take_out(paper, by=clerk, at=AT, reason="")
    take_out(paper, by=clerk, at=AT, reason="传错了")
    with pytest.raises(UnableToTakeStep, match="活动方案"):
        operations.pass_on(run, by=clerk, at=AT)
    with pytest.raises(UnableToAttach, match="已经移除"):
        take_out(paper, by=clerk, at=AT, reason="传错了")
    put(activity, clerk, paper="plan")
    assert operations.pass_on(run, by=clerk, at=AT).step == "review"


def test_a_download_is_a_file_in_a_sandbox_and_an_event(activity, clerk):
    attachment = put(activity, clerk, name='a"b;方案.txt')
    response = browse(clerk).get(reverse("records:attachment", args=[attachment.pk]))
    assert b"".join(response.streaming_content) == b"plan\n"
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment;")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert Event.objects.get(verb="records.attachment-exported").by_id == clerk.pk


def test_who_does_not_see_the_record_sees_no_attachment(activity, clerk, place):
    attachment = put(activity, clerk, PICTURE, "图.png")
    elsewhere = make_unit("乙局", place.parent)
    stranger = browse(make_person(elsewhere, (Role.STAFF, elsewhere)))
    for name, *more in (("attachment",), ("preview",), ("page", 1)):
        url = reverse(f"records:{name}", args=[attachment.pk, *more])
        assert stranger.get(url).status_code == 404
        assert Client().get(url).status_code == 302
        assert browse(clerk).get(url).status_code == 200
    assert stranger.post(reverse("records:take-out", args=[attachment.pk])).status_code == 404
    upload = reverse("records:attach", args=[PLAN.model, activity.pk])
    assert stranger.post(upload, {"file": io.BytesIO(b"x")}).status_code == 404


def test_a_picture_and_the_pages_of_a_pdf_are_seen_before_they_are_downloaded(activity, clerk):
    client = browse(clerk)
    picture, pdf = put(activity, clerk, PICTURE, "图.png"), put(activity, clerk, write_pdf(), "方案.pdf")
    text = put(activity, clerk)
    response = client.get(reverse("records:page", args=[picture.pk, 1]))
    assert (response["Content-Type"], response["Content-Disposition"][:6]) == ("image/png", "inline")
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    page = client.get(reverse("records:preview", args=[pdf.pk]), {"page": "2"})
    assert (page.context["pages"], page.context["number"]) == (2, 2)
    response = client.get(reverse("records:page", args=[pdf.pk, 2]))
    assert response["Content-Type"] == "image/png"
    assert response.content.startswith(b"\x89PNG")
    assert client.get(reverse("records:page", args=[pdf.pk, 3])).status_code == 404
    assert client.get(reverse("records:preview", args=[text.pk])).status_code == 404


def test_a_pdf_that_cannot_be_drawn_says_so(activity, clerk):
    broken = put(activity, clerk, b"%PDF-1.7\nbroken", "坏.pdf")
    page = browse(clerk).get(reverse("records:preview", args=[broken.pk])).content.decode()
    assert "画不出预览" in page


def test_a_file_is_attached_and_taken_out_on_the_page(activity, clerk):
    client = browse(clerk)
    upload = reverse("records:attach", args=[PLAN.model, activity.pk])
    file = io.BytesIO(b"plan\n")
    file.name = "方案.txt"
    client.post(upload, {"file": file, "paper": "plan"})
    attachment = Attachment.objects.get()
    assert (attachment.name, attachment.paper) == ("方案.txt", "plan")
    url = reverse("outreach:activities-record", args=[activity.pk])
    assert "方案.txt" in client.get(url).content.decode()
    client.post(reverse("records:take-out", args=[attachment.pk]), {"words": "传错了"})
    assert "rc-removed" in client.get(url).content.decode()
    assert client.post(upload).status_code == 409
    assert client.post(reverse("records:attach", args=["access.user", clerk.pk])).status_code == 404


class Scanner(socketserver.BaseRequestHandler):
    """Answers as clamd does: reads INSTREAM, finds what holds the word EICAR."""

    def handle(self):
        stream = self.request.makefile("rb")
        assert stream.read(10) == b"zINSTREAM\0"
        content = b""
        while length := int.from_bytes(stream.read(4), "big"):
            content += stream.read(length)
        found = b"EICAR" in content
        self.request.sendall(b"stream: Eicar-Test FOUND\0" if found else b"stream: OK\0")


@pytest.fixture
def scanner(settings):
    """A process of its own would be ClamAV's; this answers on a real socket in its words."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Scanner) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.CLAMAV = f"127.0.0.1:{server.server_address[1]}"
        yield
        server.shutdown()


def test_a_scanner_that_is_there_is_asked(activity, clerk, scanner, folder):
    assert put(activity, clerk).content.is_scanned
    with pytest.raises(UnableToAttach, match="Eicar-Test"):
        put(activity, clerk, b"EICAR\n")
    assert Attachment.objects.count() == 1


def test_a_scanner_that_is_named_but_silent_is_a_refusal(activity, clerk, settings):
    settings.CLAMAV = "127.0.0.1:1"
    with pytest.raises(UnableToAttach, match="没有应答"):
        put(activity, clerk)


def test_without_a_scanner_the_attachment_says_that_it_was_not_scanned(activity, clerk):
    assert not put(activity, clerk).content.is_scanned
    url = reverse("outreach:activities-record", args=[activity.pk])
    assert "未查毒" in browse(clerk).get(url).content.decode()
