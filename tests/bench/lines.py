# SPDX-License-Identifier: MIT
"""Reads what tests/lab/sharing.c has written of a program: the cache lines that its threads took from each other."""

import collections
import os
import subprocess

CHECKOUT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Why lines moved: an access took them from another thread, which had last done something else with them.
Cause = collections.namedtuple("Cause", "to, source, write, to_at, from_at, moves, shared")


class Line:
    """A line that has moved. where: words for what lies in it; touched: (thread, bytes read, bytes written)."""

    def __init__(self, at):
        self.at, self.blocks, self.touched, self.causes = at, [], [], []
        self.where = None

    def is_apart(self):
        """Whether no byte of it is something shared: none that a thread writes does another touch."""
        return all(one is other or not one[2] & (other[1] | other[2]) for one in self.touched for other in self.touched)

    def moves(self, counts=lambda cause: True):
        """How often it moved for something shared, and for nothing."""
        causes = list(filter(counts, self.causes))
        shared = sum(cause.shared for cause in causes)
        return shared, sum(cause.moves for cause in causes) - shared


class Report:
    """All lines of a run of `program` (a path)."""

    def __init__(self, program, path):
        self.program, self.lines, self.threads, self.lost = program, [], {}, 0
        self.accesses = {}  # to lines, by thread
        with open(path, encoding="ascii") as file:
            rows = [row.split() for row in file]
        if not rows or rows[-1] != ["end"]:
            raise ValueError(f"{path} is not complete: the program did not end in order")
        for word, *fields in rows:
            getattr(self, f"_take_{word}")(*fields)
        self.places = self._find_places()
        self.symbols = self._find_symbols()
        for line in self.lines:
            line.causes = [cause._replace(to_at=self.places[cause.to_at], from_at=self.places[cause.from_at])
                           for cause in line.causes]
            line.where = self._describe(line)

    def _take_program(self, begin, end):
        self.begin, self.end = int(begin, 16), int(end, 16)

    def _take_lost(self, n):
        self.lost = int(n)

    def _take_thread(self, number, name, accesses):
        self.threads[number] = name
        self.accesses[name] = int(accesses)

    def _take_line(self, at):
        self.lines.append(Line(int(at, 16)))

    def _take_block(self, at, size, by):
        self.lines[-1].blocks.append((int(at, 16), int(size), by))

    def _take_touched(self, thread, read, written):
        self.lines[-1].touched.append((self.threads[thread], int(read, 16), int(written, 16)))

    def _take_cause(self, to, source, write, *rest):
        to_at, from_at, moves, shared = rest
        self.lines[-1].causes.append(Cause(self.threads[to], self.threads[source], write == "1", to_at, from_at,
                                           int(moves), int(shared)))

    def _take_end(self):
        pass

    def _find_places(self):
        """Function, file and line of each address in the code."""
        wanted = sorted({at for line in self.lines for cause in line.causes for at in (cause.to_at, cause.from_at)} |
                        {by for line in self.lines for _, _, by in line.blocks})
        if not wanted:
            return {}
        said = subprocess.run(["addr2line", "-f", "-e", self.program, *(hex(int(at, 16) - self.begin)
                                                                       for at in wanted)],
                              capture_output=True, text=True, check=True).stdout.split("\n")
        places = {}
        for at, function, place in zip(wanted, said[0::2], said[1::2]):
            path, _, number = place.partition(" ")[0].rpartition(":")
            path = os.path.normpath(os.path.join(os.path.dirname(self.program), path))
            path = os.path.relpath(path, CHECKOUT) if path.startswith(CHECKOUT) else os.path.basename(path)
            places[at] = f"{function}() {path}:{number}"
        return places

    def _find_symbols(self):
        """Variables of the program: begin, end, name."""
        said = subprocess.run(["nm", "-n", "-S", self.program], capture_output=True, text=True, check=True).stdout
        rows = [row.split() for row in said.split("\n") if len(row.split()) == 4]
        return [(int(at, 16), int(at, 16) + int(size, 16), name) for at, size, _, name in rows]

    def _describe(self, line):
        if line.blocks:
            return " and ".join(f"{size} bytes of {self.places[by]}" for _, size, by in sorted(line.blocks))
        if self.begin <= line.at < self.end:
            at = line.at - self.begin
            return " and ".join(name for begin, end, name in self.symbols if begin < at + 64 and end > at)
        return "memory that is not ours"

    def offset(self, line):
        """Where the line lies in its first block, if it has one."""
        return line.at - min(line.blocks)[0] if line.blocks else 0


def show_bytes(mask):
    """The bytes of a mask, as ranges."""
    found, n = [], 0
    while n < 64:
        if mask >> n & 1:
            first = n
            while n < 63 and mask >> (n + 1) & 1:
                n += 1
            found.append(f"{first}-{n}" if n > first else str(first))
        n += 1
    return ",".join(found) or "none"
