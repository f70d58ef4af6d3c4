#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
Checks doc/conformance.tsv: one line for each of the requirements of MS-SSTP in tests/spec/conformance.tsv,

    id <TAB> verdict <TAB> evidence

verdict "tested": the evidence names the tests that show it, separated by " ; ":
    unit/test_sstp_machine:test_claim       a function of a unit test (sim/, fuzz/ and server tests alike)
    golden/sstp/call.md#Heading             a section of a golden file, without its "(MS-SSTP ...)" at the end
    e2e/claim                               an end-to-end test
verdict "n/a": the evidence says why the requirement does not apply to us or cannot be tested.

    conformance.py SOURCE_DIR                       every row is there and every named test exists (TAP)
    conformance.py SOURCE_DIR --ran LOG...          every named test has passed in the given logs: meson's
                                                    testlog.json and files of TAP lines
    conformance.py SOURCE_DIR --missing             the rows still to be written, with their requirement
"""

import csv
import json
import os
import re
import sys

ROOT = os.path.abspath(sys.argv[1])
VERDICTS = ("tested", "n/a")


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def requirements():
    """id -> requirement, in the order of the specification."""
    rows = csv.DictReader(read("tests/spec/conformance.tsv").split("\n"), delimiter="\t", quoting=csv.QUOTE_NONE)
    return {row["id"]: f"{row['section']} {row['level']} {row['role']}: {row['requirement']}" for row in rows}


def claims():
    """The rows of doc/conformance.tsv as lists, without comments and heading."""
    if not os.path.exists(os.path.join(ROOT, "doc/conformance.tsv")):
        return []
    lines = read("doc/conformance.tsv").split("\n")
    return [line.split("\t") for line in lines if line and not line.startswith(("#", "id\t"))]


def plain_heading(text):
    return re.sub(r"\s+\([^()]*\)\s*$", "", " ".join(text.split()))


def missing_test(reference):
    """Why the named test does not exist, or None."""
    folder, _, rest = reference.partition("/")
    if folder == "e2e":
        names = [name for name in os.listdir(os.path.join(ROOT, "tests/e2e")) if name.endswith(".py")]
        known = any(re.search(rf"^def {re.escape(rest)}\(", read(f"tests/e2e/{name}"), re.M) for name in names)
        return None if known else "no function of that name in tests/e2e"
    path, separator, name = rest.partition("#" if folder == "golden" else ":")
    if not separator:
        return "not of the form " + ("golden/FILE.md#HEADING" if folder == "golden" else f"{folder}/PROGRAM:FUNCTION")
    source = f"tests/{folder}/{path}" + ("" if folder == "golden" else ".c")
    if not os.path.exists(os.path.join(ROOT, source)):
        return f"no file {source}"
    if folder == "golden":
        headings = [plain_heading(h) for h in re.findall(r"^## (.*)$", read(source), re.M)]
        return None if plain_heading(name) in headings else f"no section '{name}' in {source}"
    return None if re.search(rf"\b{re.escape(name)}\(void \*\*", read(source)) else f"no {name}() in {source}"


def ran(logs):
    """The names of all tests that passed, as the logs give them."""
    passed = set()
    for log in logs:
        with open(log, encoding="utf-8", errors="replace") as file:
            text = file.read()
        if log.endswith(".json"):
            # a line of JSON a test: its name, result, and what it printed
            tests = [json.loads(line) for line in text.split("\n") if line]
            text = "\n".join(t.get("stdout", "") + "\n" + t.get("stderr", "") for t in tests if t["result"] in ("OK",))
        passed.update(re.findall(r"^\[ +OK \] (?:[^:\n]*: )?(\S+)$", text, re.M))
        for line in re.findall(r"^ok (?:\d+ )?(?:- )?(.+)$", text, re.M):
            name, _, remark = line.partition(" # ")
            if not remark.startswith("SKIP"):
                passed.add(plain_heading(name))
    return passed


def has_passed(reference, passed):
    if reference.startswith("golden/"):
        return plain_heading(reference) in passed
    return reference.rpartition(":" if ":" in reference else "/")[2] in passed


def faults(known, rows, passed):
    """Every fault of the table, one line each."""
    seen = set()
    for row in rows:
        if len(row) != 3 or not row[2].strip():
            yield f"{row[0]}: a row is 'id, verdict, evidence', separated by tabs"
            continue
        number, verdict, evidence = row
        if number in seen:
            yield f"{number}: stands twice"
        seen.add(number)
        if number not in known:
            yield f"{number}: no such requirement"
        if verdict not in VERDICTS:
            yield f"{number}: '{verdict}' is none of {', '.join(VERDICTS)}"
        elif verdict == "tested":
            for reference in evidence.split(" ; "):
                if why := missing_test(reference.strip()):
                    yield f"{number}: {reference}: {why}"
                elif passed is not None and not has_passed(reference.strip(), passed):
                    yield f"{number}: {reference}: did not run, or did not pass"
    for number in known:
        if number not in seen:
            yield f"{number}: has no row"
    order = list(known)
    for before, after in zip(rows, rows[1:]):
        if before[0] in known and after[0] in known and order.index(before[0]) > order.index(after[0]):
            yield f"{after[0]}: stands behind {before[0]}, not in the order of the specification"


def main():
    known, rows = requirements(), claims()
    if sys.argv[2:3] == ["--missing"]:
        written = {row[0] for row in rows}
        print("\n".join(f"{number}\t\t\t# {text}" for number, text in known.items() if number not in written))
        return 0
    passed = ran(sys.argv[3:]) if sys.argv[2:3] == ["--ran"] else None
    name = "every_requirement_names_tests_that_" + ("exist" if passed is None else "passed")
    complaints = list(faults(known, rows, passed))
    print(f"1..1\n{'not ok' if complaints else 'ok'} 1 - {name}")
    for complaint in complaints:
        print(f"# {complaint}")
    tested = sum(1 for row in rows if row[1:2] == ["tested"])
    print(f"# {len(known)} requirements, {tested} tested, {len(rows) - tested} do not apply")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
