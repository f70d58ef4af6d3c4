#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
The rules of the house (ARCHITECTURE.md, CONTRIBUTING.md) as tests: what libsstp.a may need, who may include
whom, how long files and functions may be, what must have a comment and a test. Prints TAP.

    arch.py SOURCE_DIR [LIBSSTP_A]
"""

import os
import re
import shutil
import subprocess
import sys

# A room may include itself and rooms of a smaller level. The rooms of one level do not know each other.
LEVELS = {"base": 0, "crypto": 1, "http": 2, "sstp": 2, "ppp": 2, "link": 3, "io": 4,
          "analyse": 5, "server": 5, "client": 5, "ctl": 6, "tools": 6}  # sstpctl reads what sstpd reads
C_FOLDERS = ("include", "lib", "io", "server", "client", "ctl", "analyse", "tools", "tests", "examples")
MAX_FILE_LINES, MAX_FUNCTION_LINES = 800, 80
# first components that an absolute path in the tree may have: those every Debian has, and one that nobody has
SYSTEM_FOLDERS = {"nowhere", "bin", "dev", "etc", "lib", "proc", "run", "sbin", "sys", "tmp", "usr", "var"}
DATA_SUFFIXES = (".pcap", ".pcapng", ".keylog", ".pfx", ".tsv", ".json", ".bin", ".gz", ".hex", ".golden", ".key", ".crt")

ROOT = os.path.abspath(sys.argv[1])
LIBSSTP = sys.argv[2] if len(sys.argv) > 2 else None


def walk(*folders, suffixes=("",)):
    """Every file of the project under the folders, as a path from its root."""
    for folder in folders:
        for here, below, names in os.walk(os.path.join(ROOT, folder)):
            below[:] = [d for d in sorted(below) if not d.startswith((".git", "build", "__pycache__"))
                        and d != "corpus"]
            for name in sorted(names):
                if name.endswith(suffixes):
                    yield os.path.relpath(os.path.join(here, name), ROOT)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def room_of(path):
    """lib/ppp/lcp.c is of room ppp, io/tls.c of io, include/sstp/link.h of none."""
    parts = path.split("/")
    return parts[1] if parts[0] == "lib" and len(parts) > 2 else parts[0]


def functions(text):
    """(name, first line, number of lines) of every function defined in C text in our form."""
    lines = text.split("\n")
    for at, line in enumerate(lines):
        if line != "{" or at == 0:
            continue
        end = next((i for i in range(at, len(lines)) if lines[i] in ("}", "};")), at)
        start = at - 1
        while start > 0 and lines[start][:1] in ("\t", " "):
            start -= 1
        head = re.search(r"(\w+)\(", lines[start])
        if head:
            yield head.group(1), start + 1, end - start + 1


def declarations(path):
    """(name, line number, comment above or None) of every function that a header declares or defines."""
    lines = read(path).split("\n")
    for at, line in enumerate(lines):
        head = re.match(r"(?!static\b|typedef\b|return\b|else\b)(?:[a-z_][\w ]*[ *])?(\w+)\(", line)
        if not head or "{" in line:
            continue
        above = at - 1
        while above >= 0 and re.search(r"[;,{*]$", lines[above]) and not lines[above].endswith("/*"):
            above -= 1  # one comment may stand over a group of declarations, or over a struct and its function
        yield head.group(1), at + 1, comment_ending_at(lines, above)


def comment_ending_at(lines, at):
    if at < 0 or not lines[at].rstrip().endswith("*/"):
        return None
    start = at
    while start > 0 and "/*" not in lines[start]:
        start -= 1
    return re.sub(r"[/*\s]+", " ", " ".join(lines[start:at + 1])).strip()


# --- the rules: each returns a list of complaints -----------------------------------------------------


def library_needs_only_memory_functions_and_nettle():
    if LIBSSTP is None:
        return None
    defined, needed = set(), set()
    for line in subprocess.run(["nm", "-g", LIBSSTP], capture_output=True, text=True, check=True).stdout.split("\n"):
        words = line.split()
        if len(words) == 3:
            defined.add(words[2])
        elif len(words) == 2 and words[0] in "Uw":
            needed.add(words[1])
    # what is not mem* is the run time of compilers: stack protector, sanitizers
    allowed = re.compile(r"(mem(cpy|move|set|cmp|chr|mem)|nettle_\w+|__stack_chk_fail|__mem(cpy|move|set)_chk|"
                         r"_GLOBAL_OFFSET_TABLE_|__(asan|ubsan|tsan|sanitizer|gcov|llvm|sanitizer_cov)_\w+)$")
    return [f"libsstp.a needs {name}" for name in sorted(needed - defined) if not allowed.match(name)]


def rooms_include_only_rooms_below_them():
    complaints = []
    for path in walk("lib", "io", "analyse", "server", "client", "ctl", "tools", suffixes=(".c", ".h")):
        room = room_of(path)
        for name in re.findall(r'^#include "([^"]+)"', read(path), re.M):
            other = room_of(name) if "/" in name else room
            if other == "sstp" and name.startswith("sstp/"):
                continue  # the public headers, include/sstp
            if room not in LEVELS or other not in LEVELS:
                complaints.append(f"{path} includes {name}: a room without a level")
            elif other != room and LEVELS[other] >= LEVELS[room]:
                complaints.append(f"{path} includes {name}: {room} must not know {other}")
    return complaints


def only_io_tls_includes_openssl_ssl():
    return [path for path in walk("lib", "io", "server", "client", "ctl", suffixes=(".c", ".h"))
            if re.search(r"^#include <openssl/ssl\.h>", read(path), re.M) and not path.startswith("io/tls")]


# What programs wrote and readers look things up in: captures, golden output, tables, manuals.
DATA_FOLDERS = ("tests/golden", "tests/captures", "tests/spec", "tests/analyse/golden", "doc/")


def files_have_at_most_800_lines():
    complaints = []
    for path in walk(""):
        if path.endswith(DATA_SUFFIXES) or path.startswith(DATA_FOLDERS):
            continue
        lines = read(path).count("\n")
        if lines > MAX_FILE_LINES:
            complaints.append(f"{path} has {lines} lines")
    return complaints


def functions_have_at_most_80_lines():
    return [f"{path}:{line} {name}() has {length} lines"
            for path in walk(*C_FOLDERS, suffixes=(".c", ".h"))
            for name, line, length in functions(read(path)) if length > MAX_FUNCTION_LINES]


def every_declared_function_has_a_comment():
    return [f"{path}:{line} {name}() has no comment"
            for path in walk("include", "lib", "io", "server", "client", "ctl", "analyse", suffixes=(".h",))
            for name, line, comment in declarations(path) if not comment]


def no_comment_is_empty():
    return [f"{path}: an empty comment" for path in walk(*C_FOLDERS, suffixes=(".c", ".h", ".def"))
            if re.search(r"/\*[\s*]*\*/", read(path))]


def public_functions():
    return {name: path for path in walk("include", suffixes=(".h",)) for name, _, _ in declarations(path)}


def every_public_function_is_named_by_a_test():
    tests = "\n".join(read(path) for path in walk("tests", suffixes=(".c", ".h")))
    return [f"{path} {name}() is named by no test" for name, path in public_functions().items()
            if not re.search(rf"\b{name}\b", tests)]


def every_library_file_is_claimed_by_a_test():
    """A unit test of its name, or a unit or golden test that includes its header or names it in its comment."""
    tests = "\n".join(read(path) for path in walk("tests/unit", "tests/golden", suffixes=(".c",)))
    complaints = []
    for path in walk("lib", suffixes=(".c",)):
        own = f"tests/unit/test_{room_of(path)}_{os.path.basename(path)}"
        named = rf"({re.escape(path[:-2])}\.[ch]|sstp/{re.escape(os.path.basename(path)[:-2])}\.h)\b"
        if not os.path.exists(os.path.join(ROOT, own)) and not re.search(named, tests):
            complaints.append(f"{path} has no {own}, and no test names it")
    return complaints


def every_source_file_says_its_licence_and_purpose():
    complaints = []
    for path in walk(*C_FOLDERS, suffixes=(".c", ".h", ".def", ".py", ".sh")):
        head = read(path).split("\n")[:4]
        if not any("SPDX-License-Identifier: MIT" in line for line in head):
            complaints.append(f"{path} has no SPDX line")
        elif path.endswith((".c", ".h")) and not read(path).split("\n")[1].startswith("/*"):
            complaints.append(f"{path} does not say what it is for")
    return complaints


def the_tree_holds_no_foreign_paths_and_no_unfinished_marks():
    mark = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b")
    absolute = re.compile(r"(?:^|[\s=(<`]|(?<![\w}])[\"'])/([a-z][\w.-]*)/[\w.-]")
    complaints = []
    for path in walk(""):
        if path.endswith(DATA_SUFFIXES) or path.startswith(("tests/spec", "tests/captures")):
            continue
        for number, line in enumerate(read(path).split("\n"), 1):
            if mark.search(line):
                complaints.append(f"{path}:{number} is not finished: {line.strip()[:60]}")
            for folder in absolute.findall(line):
                if folder not in SYSTEM_FOLDERS:
                    complaints.append(f"{path}:{number} names /{folder}/")
    return complaints


def links_in_the_documents_lead_somewhere():
    complaints = []
    for path in walk("", suffixes=(".md",)):
        if path.startswith("tests/golden"):
            continue
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", read(path)):
            near = os.path.join(ROOT, os.path.dirname(path), target)
            if not re.match(r"\w+:", target) and not os.path.exists(near):
                complaints.append(f"{path} links to {target}, which does not exist")
    return complaints


def source_is_in_the_form_of_clang_format():
    if shutil.which("clang-format") is None:
        return None
    files = [os.path.join(ROOT, path) for path in walk(*C_FOLDERS, suffixes=(".c", ".h"))]
    if not files:
        return []
    done = subprocess.run(["clang-format", "--dry-run", "-Werror", *files], capture_output=True, text=True)
    bad = sorted(set(re.findall(rf"^{re.escape(ROOT)}/([^:]+):\d+", done.stderr, re.M)))
    return [f"clang-format -i {path}" for path in bad]


RULES = [
    library_needs_only_memory_functions_and_nettle,
    rooms_include_only_rooms_below_them,
    only_io_tls_includes_openssl_ssl,
    files_have_at_most_800_lines,
    functions_have_at_most_80_lines,
    every_declared_function_has_a_comment,
    no_comment_is_empty,
    every_public_function_is_named_by_a_test,
    every_library_file_is_claimed_by_a_test,
    every_source_file_says_its_licence_and_purpose,
    the_tree_holds_no_foreign_paths_and_no_unfinished_marks,
    links_in_the_documents_lead_somewhere,
    source_is_in_the_form_of_clang_format,
]


def main():
    failed = 0
    print(f"1..{len(RULES)}")
    for number, rule in enumerate(RULES, 1):
        complaints = rule()
        if complaints is None:
            print(f"ok {number} - {rule.__name__} # SKIP its tool or input is not here")
            continue
        print(f"{'not ok' if complaints else 'ok'} {number} - {rule.__name__}")
        for complaint in complaints:
            print(f"# {complaint}")
        failed += bool(complaints)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
