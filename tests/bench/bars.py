# SPDX-License-Identifier: MIT
"""The bars that tests/bench/datapath holds its values against, and the table it prints."""

import statistics

# The bars. Each row: the measure, its field, against whom, how it is compared, the bar.
#   "times at least"  the ratio to the other's value is at least the bar
#   "times at most"   the ratio is at most the bar
#   "at least", "at most"  the value itself
#   "added at most"   what is added to the bare cable's is at most what the other adds
TWO_WAYS = ("up", "down")
BARS = [
    *((f"tcp{n} {way}", "gbit", other, "times at least", bar)
      for n in (1, 4) for way in TWO_WAYS
      for other, bar in (("plain TLS", 0.65), ("openvpn", 12), ("ocserv TLS", 10))),
    *((f"tcp1 {way}", "cpu", "plain TLS", "times at most", 1.6) for way in TWO_WAYS),
    *((f"ipv6 {way}", "gbit", f"ipv4 {way}", "times at least", 0.9) for way in TWO_WAYS),
    ("udp", "packets", "openvpn", "times at least", 3),
    ("rtt idle", "ms", "openvpn", "added at most", None),
    *((f"rtt loaded {way}", "ms", None, "at most", 2) for way in TWO_WAYS),
    *((f"path {loss} {way}", "gbit", "openvpn", "times at least", bar)
      for loss, bar in (("0%", 1), ("0.1%", 5), ("1%", 15)) for way in TWO_WAYS),
    *((f"path {loss} {way}", "ms", None, "at most", bar)
      for loss, bar in (("0%", 50), ("0.1%", 50), ("1%", 70)) for way in TWO_WAYS),
    ("sessions", "lost", None, "at most", 0),
    ("sessions", "mbit_per_second_each_way", None, "at least", 980),
    ("memory", "own", None, "at most", 40000),
    ("instructions received", "count", None, "at most", 150),
    ("instructions sent", "count", None, "at most", 150),
]
UNITS = {"gbit": ("Gbit/s", 1, 3), "cpu": ("s/GB", 1, 2), "packets": ("packets/s", 1, 0), "ms": ("ms", 1, 2),
         "lost": ("pings lost", 1, 0), "mbit_per_second_each_way": ("Mbit/s", 1, 0), "own": ("bytes", 1, 0),
         "count": ("instructions", 1, 1)}


class Table:
    """All values of all rounds, and the table of the bars."""

    def __init__(self):
        self.values, self.notes = {}, []

    def put(self, who, measure, values):
        if measure == "sessions":
            values["lost"] = values["pings"] - values["echoes"]
        if measure == "memory":
            values["own"] = values["all"] - values["openssl"]
        for field, value in values.items():
            self.values.setdefault(who, {}).setdefault(f"{measure}/{field}", []).append(value)

    def note(self, text):
        self.notes.append(text)

    def _rounds(self, who, measure, field):
        return self.values.get(who, {}).get(f"{measure}/{field}", [])

    def _against(self, measure, field, other):
        """The other's rounds: another program's of the same measure, or our own of another measure."""
        if other == "plain TLS":
            measure = measure.replace("tcp4", "tcp1")
        if other in ("plain TLS", "openvpn", "ocserv TLS"):
            return self._rounds(other, measure, field)
        return self._rounds("sstp", other, field)

    def _judge(self, measure, field, other, how, bar):
        """Returns our value, the other's, what is held against the bar, the bar in words, and whether it holds."""
        ours = self._rounds("sstp", measure, field)
        if not ours:
            return None
        value = statistics.median(ours)
        if how in ("at least", "at most"):
            good = value >= bar if how == "at least" else value <= bar
            return value, None, None, f"{how} {bar:g}", good
        theirs = self._against(measure, field, other)
        if not theirs:
            return value, None, None, f"{how} {bar or ''} {other}'s", None
        if how == "added at most":
            base = statistics.median(self._rounds("no tunnel", measure, field))
            other_value = statistics.median(theirs)
            return value - base, other_value - base, None, f"at most {other}'s", value <= other_value
        ratio = statistics.median(a / b for a, b in zip(ours, theirs) if b)
        good = ratio >= bar if how == "times at least" else ratio <= bar
        return value, statistics.median(theirs), ratio, f"{how[6:]} {bar:g} x {other}", good

    def show(self):
        """Prints the table; returns how many bars are missed."""
        missed = 0
        print("| measure | sstp | compared with | ratio | bar | |\n|---|---|---|---|---|---|")
        for measure, field, other, how, bar in BARS:
            row = self._judge(measure, field, other, how, bar)
            if row is None:
                continue
            value, theirs, ratio, words, good = row
            unit, scale, digits = UNITS[field]
            verdict = "not compared" if good is None else "pass" if good else "MISS"
            missed += verdict == "MISS"
            print(f"| {measure} | {value * scale:.{digits}f} {unit} | "
                  f"{'' if theirs is None else f'{other}: {theirs * scale:.{digits}f}'} | "
                  f"{'' if ratio is None else f'{ratio:.2f}'} | {words} | {verdict} |")
        for text in self.notes:
            print(f"# {text}")
        return missed
