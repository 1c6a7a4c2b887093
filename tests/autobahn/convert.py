"""Makes the installed Autobahn TestSuite run on Python 3: `convert.py SITE-PACKAGES`.

lib2to3 knows the syntax. What it cannot know is in `EDITS`: where a string means bytes, where a
division must stay whole, and what compares equal. An edit that does not match as often as it says
stops the conversion, because a suite that is converted by half tests nothing.
"""
import pathlib
import re
import shutil
import sys
import warnings

warnings.simplefilter("ignore")
from lib2to3.refactor import RefactoringTool, get_fixers_from_package

# File, pattern, replacement, number of matches (None: any).
EDITS = [
    # Classes that name `object` before their real base have no order of bases in Python 3.
    (r"case.*\.py", r"\(object, Case, \)", "(Case,)", None),
    # One case that is in no list and one mode of the program need libraries of Python 2.
    (r"__init__\.py", r"from case9_9_1 import \*", "", 1),
    (r"wstest\.py", r"\nimport serializer\n", "\n", 1),
    # Two equal values need not pickle to the same bytes any more.
    (r"case\.py", r"pickle\.dumps\(obj1\) == pickle\.dumps\(obj2\)", "obj1 == obj2", 1),
    (r"case10_1_1\.py", r"len\(self\.payload\) / self", "len(self.payload) // self", 1),
    # Where bytes leave and enter.
    (r".*", r"\bbinascii\.(b2a_hex|hexlify)\(", "bytestrings.b2a_hex(", None),
    (r"case6_x_x\.py", r"validate\(vss\[:i\]\)", "validate(bytestrings.to_bytes(vss[:i]))", 1),
    (r"fuzzing\.py", r"dd\.decode\(", "bytestrings.to_bytes(dd).decode(", 1),
    (r"fuzzing\.py", r"\(FuzzingProtocol, WebSocket", "(bytestrings.Boundary, FuzzingProtocol, WebSocket", 2),
    (
        r"fuzzing\.py",
        r"(self\.(?:localCloseReason|http_request_data|http_response_data))(?=,| if)",
        r"bytestrings.to_text(\1)",
        3,
    ),
    # A case gives a server up after half a second or one: too soon on a machine with other work. A
    # good server is not slowed by three times as much.
    (r"fuzzing\.py", r"callLater\(delay, self\.executeKill", "callLater(3 * delay, self.executeKill", 1),
    # Reports are text.
    (r"fuzzing\.py", r"\.encode\((['\"])utf-?8\1\)", "", 2),
    (r"fuzzing\.py", r"(join\(outdir, report_filename\), 'w')\)", r"\1, encoding='utf-8')", 4),
]
LIBRARY_EDITS = [
    (r"payload_len / len\(payload\)", "payload_len // len(payload)"),
    # Python 2 let surrogates pass in a close reason; the case wants to see what becomes of them.
    (r"reasonRaw\.decode\('utf8'\)", "reasonRaw.decode('utf8', 'replace')"),
]
# Modes that are not converted because they are not used.
SKIPPED = r"wamp.*|wsperf.*|testdb.*|testrun.*|.*interfaces.*|case9_9_1.*"
# Read as latin-1, a literal holds the same bytes as before.
HEAD = "# -*- coding: latin-1 -*-\nfrom autobahntestsuite import bytestrings\n"


def convert_suite(suite):
    tool = RefactoringTool(get_fixers_from_package("lib2to3.fixes"))
    matches = [0] * len(EDITS)
    for path in sorted([*suite.glob("*.py"), *suite.glob("case/*.py")]):
        if re.fullmatch(SKIPPED, path.name):
            continue
        text = path.read_bytes().decode("latin-1").replace("\r\n", "\n") + "\n"
        for index, (files, pattern, replacement, _) in enumerate(EDITS):
            if re.fullmatch(files, path.name):
                text, count = re.subn(pattern, replacement, text)
                matches[index] += count
        text = HEAD + str(tool.refactor_string(text, str(path)))
        path.write_bytes(text.encode("latin-1"))
    for (_, pattern, _, expected), count in zip(EDITS, matches):
        if expected not in (None, count):
            sys.exit(f"{pattern!r} was found {count} times, not {expected}")


def convert_library(protocol):
    text = protocol.read_text("utf-8")
    for pattern, replacement in LIBRARY_EDITS:
        text, count = re.subn(pattern, replacement, text)
        if count != 1:
            sys.exit(f"{pattern!r} was found {count} times, not once")
    protocol.write_text(text, "utf-8")


site = pathlib.Path(sys.argv[1])
convert_suite(site / "autobahntestsuite")
convert_library(site / "autobahn/websocket/protocol.py")
shutil.copy(pathlib.Path(__file__).with_name("bytestrings.py"), site / "autobahntestsuite")
