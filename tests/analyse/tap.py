# SPDX-License-Identifier: MIT
"""The claims of a test program, in TAP form."""

count = failures = 0


def ok(good, claim, detail=""):
    """Prints whether a claim is true; when not, the detail behind it, at most 60 lines of it."""
    global count, failures
    count += 1
    print(f"{'' if good else 'not '}ok {count} - {claim}", flush=True)
    if not good:
        failures += 1
        for line in str(detail).splitlines()[:60]:
            print("#", line)


def finish():
    """Prints the plan; returns the program's exit status."""
    print(f"1..{count}")
    return failures != 0
