# SPDX-License-Identifier: MIT
"""tshark as a second opinion: its fields of a capture, and the frames that its filters select.

Used by record_filters.py (writes filters.golden) and by the test that runs sstpdump's filters over
tshark's own fields. Nothing here knows sstpdump's dissection.
"""
import json
import os
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))

# Listeners count nothing and ask for no field: tshark then builds the whole tree for each filter.
LUA = """
local function each(path, what)
	local n = 0
	for line in io.open(path):lines() do n = n + 1; what(n, line) end
end
local out = io.open(%(out)s, "w")
each(%(filters)s, function(n, filter)
	local ok, tap = pcall(Listener.new, "frame", filter)
	if not ok then
		out:write(n, "\\terror\\t", (tostring(tap):gsub("[\\n\\t]", " ")), "\\n")
		return
	end
	tap.packet = function(pinfo) out:write(n, "\\tframe\\t", pinfo.number, "\\n") end
end)
"""


def filters(path=os.path.join(HERE, "filters.txt")):
    """The filters of a list, without comments and empty lines."""
    with open(path, encoding="utf-8") as f:
        lines = [line.rstrip("\n") for line in f]
    return [line for line in lines if line.strip() and not line.startswith("#")]


def tshark(pcap, keylog, *args):
    """tshark's output for a capture that is decrypted with a key log."""
    command = ["tshark", "-r", pcap, "-o", f"tls.keylog_file:{keylog}", *args]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True,
                         env={**os.environ, "TZ": "UTC"})
    return run.stdout


def select(pcap, keylog, wanted):
    """For each filter the frames that tshark selects, or its error as a string."""
    with tempfile.TemporaryDirectory() as d:
        paths = {k: os.path.join(d, k) for k in ("filters", "out", "script.lua")}
        with open(paths["filters"], "w", encoding="utf-8") as f:
            f.write("".join(w + "\n" for w in wanted))
        with open(paths["script.lua"], "w", encoding="utf-8") as f:
            f.write(LUA % {k: json.dumps(paths[k]) for k in ("filters", "out")})
        tshark(pcap, keylog, "-X", "lua_script:" + paths["script.lua"], "-q")
        result = [[] for _ in wanted]
        with open(paths["out"], encoding="utf-8") as f:
            for line in f:
                n, kind, value = line.rstrip("\n").split("\t", 2)
                if kind == "error":
                    result[int(n) - 1] = value
                else:
                    result[int(n) - 1].append(int(value))
    return result


class Pairs(list):
    """A JSON object as the list of its members: tshark's have many of one name."""


def walk(members, types, layer, out):
    """Appends a line for each field below members: name, layer, kind of value, value."""
    raw = {}
    for name, value in members:
        if name.endswith("_raw") and isinstance(value, list) and not isinstance(value, Pairs):
            raw[name[:-4]] = value[0] if isinstance(value[0], str) else ""
            continue
        if name.endswith("_tree"):
            walk(value, types, layer, out)
            continue
        if name in types:
            out.append(line(name, types[name], layer, raw.get(name, ""), value))
        if isinstance(value, Pairs):
            walk(value, types, layer, out)


def octets(raw):
    return raw if len(raw) % 2 == 0 else "0" + raw


def line(name, kind, layer, raw, value):
    """One field as filter_check.c reads it."""
    if kind in ("FT_NONE", "FT_PROTOCOL", "FT_BYTES", "FT_UINT_BYTES"):
        return f"{name} {layer} bytes {octets(raw) or '-'}"
    if kind in ("FT_STRING", "FT_STRINGZ"):
        text = value if isinstance(value, str) else ""
        return f"{name} {layer} bytes {text.encode().hex() or '-'}"
    if kind in ("FT_ABSOLUTE_TIME", "FT_RELATIVE_TIME"):
        return f"{name} {layer} time {value}"
    if kind in ("FT_IPv4", "FT_IPv6", "FT_ETHER"):
        return f"{name} {layer} bytes {octets(raw)}"
    return f"{name} {layer} number {int(value, 0)}"


def carried(layers):
    """{index of a layer: its octets in hex with all that it carries}.

    tshark's filters search most protocols to the end of what they carry, and its JSON has their
    headers only: the rest is taken from the frame, or from the SSTP packet, that they lie in.
    """
    found, around = {}, None
    for i, (name, value) in enumerate(layers):
        if not name.endswith("_raw") or not isinstance(value[0], str):
            continue
        text, start, size = value[:3]
        if name in ("frame_raw", "sstp_raw"):
            around = (start, start + size, text)
        elif name in ("tls_raw", "http_raw"):
            around = None
        elif around and around[0] <= start <= around[1]:
            text = around[2][2 * (start - around[0]):]
        found[i + 1] = text
    return found


def packets(pcap, keylog, types):
    """The fields of every frame that are among types, as text for filter_check.c."""
    text = tshark(pcap, keylog, "-T", "json", "-x")
    lines = []
    for frame in json.loads(text, object_pairs_hook=Pairs):
        layers = dict(dict(frame)["_source"])["layers"]
        seen, number, below = {}, 0, []
        everything = carried(layers)
        header = ""
        for i, (name, value) in enumerate(layers):
            if name.endswith("_raw"):
                header = value[0]
                continue
            seen[name] = seen.get(name, 0) + 1
            if name in types:
                kind = "header" if name in ("eth", "ip", "ipv6") else "bytes"
                size = len(header) // 2 if kind == "header" else ""
                below.append(f"{name} {seen[name]} {kind}{size} {everything.get(i) or '-'}")
            if isinstance(value, Pairs):
                walk(value, types, seen[name], below)
                if name == "frame":
                    number = int(dict(value)["frame.number"])
                    epoch = dict(value)["frame.time_epoch"]
                    below = [x for x in below if not x.startswith("frame.time ")]
                    below.append(f"frame.time 1 time {epoch}")
        lines.append(f"packet {number}")
        lines.extend(below)
    return "\n".join(lines) + "\n"


def ranges(numbers):
    """[1, 2, 3, 7] as "1-3,7"."""
    out = []
    for n in numbers:
        if out and out[-1][1] == n - 1:
            out[-1][1] = n
        else:
            out.append([n, n])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in out)
