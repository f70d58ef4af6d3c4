#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
The page of sstpdump --html: well formed, self-contained, and drawn by a browser as it should be. Prints TAP.

    page_test.py SSTPDUMP

The browser is Debian's chromium, without a screen and without a network; without it that part is skipped.
"""

import html.parser
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import xml.etree.ElementTree
import zlib

from tap import finish, ok

CAPTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "captures")
SSTPDUMP = os.path.abspath(sys.argv[1])
CHROMIUM = shutil.which("chromium")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--host-resolver-rules=MAP * ~NOTFOUND", "--hide-scrollbars", "--force-device-scale-factor=1"]
VOID = {"meta", "br", "hr", "img", "link", "input"}


class Page(html.parser.HTMLParser):
    """Collects what matters of a page, and whether its elements are closed in order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.wrong, self.links, self.classes, self.text = [], [], [], [], []
        self.feed(text)
        self.wrong += self.open

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "action", "data"):
                self.links.append(value)
            if name == "class":
                self.classes.append(value)
            if name.startswith("on"):
                self.wrong.append(name)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        self.text.append(data)


def make_page(folder, name):
    path = os.path.join(folder, name + ".html")
    done = subprocess.run([SSTPDUMP, "-r", os.path.join(CAPTURES, name + ".pcap"), "--keylog",
                           os.path.join(CAPTURES, name + ".keylog"), "--password", "alice:wonder123", "--html", path],
                          capture_output=True, timeout=60, check=False)
    ok(done.returncode in (0, 1), f"{name}: a page is written", done.stderr.decode())
    with open(path, encoding="utf-8") as file:
        return path, file.read()


def check_page(name, text):
    page = Page(text)
    ok(not page.wrong, f"{name}: elements are closed in order", page.wrong)
    ok(not page.links and "url(" not in text and "@import" not in text and "<script" not in text,
       f"{name}: nothing is fetched, nothing runs", page.links)
    svgs = re.findall(r"<svg.*?</svg>", text, re.S)
    for svg in svgs:
        xml.etree.ElementTree.fromstring(svg)
    drawn = {"phases", "ladder"} | ({"throughput"} if "fail" not in name else set())
    ok(drawn <= set(page.classes), f"{name}: {', '.join(sorted(drawn))} are drawn", page.classes)
    return page


def rows_of(png):
    """The pixels of a PNG of 8 bits a channel, a bytes object a row, and how many bytes a pixel has."""
    at, data, width, channels = 8, b"", 0, 3
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at:at + 8])
        body = png[at + 8:at + 8 + size]
        if kind == b"IHDR":
            width, _, depth, colour = struct.unpack(">IIBB", body[:10])
            assert depth == 8 and colour in (2, 6)
            channels = 3 if colour == 2 else 4
        elif kind == b"IDAT":
            data += body
        at += size + 12
    raw, stride = zlib.decompress(data), width * channels
    before, rows = bytearray(stride), []
    for start in range(0, len(raw), stride + 1):
        method, line = raw[start], bytearray(raw[start + 1:start + 1 + stride])
        for i in range(stride if method else 0):
            left = line[i - channels] if i >= channels else 0
            up = before[i]
            corner = before[i - channels] if i >= channels else 0
            guess = left + up - corner
            nearest = min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))[2]
            line[i] = (line[i] + (left, up, (left + up) // 2, nearest)[method - 1]) & 255
        rows.append(bytes(line))
        before = line
    return rows, channels


def is_of(pixel, colour):
    """Whether a pixel is of a colour, or of it thinned by a white ground as thin lines are."""
    want = [int(colour[i:i + 2], 16) for i in (0, 2, 4)]
    deepest = min(range(3), key=lambda i: want[i])
    share = (255 - pixel[deepest]) / (255 - want[deepest])
    return 0.3 <= share <= 1.05 and all(abs(255 - (255 - w) * share - p) < 16 for w, p in zip(want, pixel))


def browse(path, *more):
    with tempfile.TemporaryDirectory() as profile:
        return subprocess.run([CHROMIUM, *FLAGS, "--user-data-dir=" + profile, *more, "file://" + path],
                              capture_output=True, timeout=90, check=False)


def check_browser(folder, name, path):
    dom = browse(path, "--dump-dom").stdout.decode()
    ok(f'id="call-1"' in dom and dom.count("<svg") == 3 and 'id="summary"' in dom,
       f"{name}: the browser has the whole page", dom[:500])
    picture = os.path.join(folder, "page.png")
    browse(path, "--screenshot=" + picture, "--window-size=1000,1900")
    with open(picture, "rb") as file:
        rows, channels = rows_of(file.read())
    colours = {}
    for row in rows:
        for i in range(0, len(row), channels):
            pixel = row[i:i + 3]
            colours[pixel] = colours.get(pixel, 0) + 1
    for colour, least, what in (("218bff", 2000, "the bars of the phases"), ("0969da", 200, "the curve of the client"),
                                ("bc4c00", 200, "the curve of the server"), ("2da44e", 100, "the verdict's bar"),
                                ("1a7f37", 500, "the arrows of PPP in the ladder")):
        found = sum(n for pixel, n in colours.items() if is_of(pixel, colour))
        ok(found >= least, f"{name}: the browser draws {what}", found)


with tempfile.TemporaryDirectory() as work:
    for capture in ("accel-tls13", "accel-fail-binding-mac", "plainweb-fail-http501"):
        where, content = make_page(work, capture)
        seen = check_page(capture, content)
        words = "".join(seen.text)
        if capture == "accel-fail-binding-mac":
            ok("compound MAC is wrong" in words and "S-3.3.5.2.3-08" in words and "mark" in seen.classes,
               f"{capture}: verdict, finding and its mark are there", words[:300])
        if capture == "plainweb-fail-http501":
            ok("SSTP_DUPLEX_POST')" in words, f"{capture}: the server's words are text", words[:300])
        if capture == "accel-tls13":
            if CHROMIUM:
                check_browser(work, capture, where)
            else:
                ok(True, f"{capture}: the browser draws it # SKIP chromium is not installed")
sys.exit(finish())
