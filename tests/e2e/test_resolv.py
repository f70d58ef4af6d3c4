# SPDX-License-Identifier: MIT
"""
The client's name servers, told to the real programs of Debian: openresolv, resolvconf, systemd-resolved. Installing
one would change the machine that tests, so they are fetched by fetch() and unpacked over /usr and /etc in the
laboratory's own mount name space.
"""

import contextlib
import glob
import os
import re
import signal
import subprocess
import tempfile

import suite
from suite import PASSWORD, USER, Client, Server, Skip, cabled_hosts, claim, lab, ping, test

DNS, BEFORE = ("10.9.0.53", "10.9.0.54"), "198.51.100.53"
RESOLVED = ("systemd-resolved", "libsystemd-shared", "dbus-daemon", "dbus-system-bus-common", "libdbus-1-3",
            "libapparmor1", "libexpat1")


def folder():
    return os.path.join(suite.BUILD, "packages")


def fetch(build):
    """Downloads the packages, outside the laboratory, which has no way out. What fails is a reason to skip."""
    where = os.path.join(build, "packages")
    os.makedirs(where, exist_ok=True)
    names = [name for name in ("openresolv", "resolvconf", *RESOLVED) if not glob.glob(f"{where}/{name}_*.deb")]
    if not names:
        return
    with tempfile.TemporaryDirectory(dir=where) as new:  # another share of the tests may fetch, too
        subprocess.run(["timeout", "60", "apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", *names],
                       cwd=new, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        for name in glob.glob("*.deb", root_dir=new):
            os.replace(f"{new}/{name}", f"{where}/{name}")


@contextlib.contextmanager
def unpacked(the_lab, *packages):
    """Lays the packages over /usr and a writable /etc, and takes all of it away at the end."""
    root, writable, mounted, running = the_lab.path("root"), "/run/over", [], len(the_lab.programs)
    for name in packages:
        found = glob.glob(f"{folder()}/{name}_*.deb")
        if not found:
            raise Skip(f"the package {name} could not be fetched with apt-get download")
        lab.run(["dpkg", "-x", found[0], root])
    for name in ("lib", "sbin"):  # links into /usr on a merged system
        if os.path.isdir(f"{root}/{name}"):
            lab.run(["cp", "-a", f"{root}/{name}", f"{root}/usr/"])
    os.makedirs(f"{root}/etc", exist_ok=True)
    os.makedirs(f"{writable}/etc")
    os.makedirs(f"{writable}/work")
    try:
        for top, more in (("usr", "ro"), ("etc", f"upperdir={writable}/etc,workdir={writable}/work")):
            try:
                lab.run(["mount", "-t", "overlay", "overlay", "-o", f"lowerdir={root}/{top}:/{top},{more}", f"/{top}"])
            except lab.LabError as why:
                raise Skip(f"no overlay file system: {why}") from None
            mounted.append(f"/{top}")
        lab.run("mount --bind /run/hosts /etc/hosts")
        mounted.append("/etc/hosts")
        yield
    finally:
        for program in reversed(the_lab.programs[running:]):
            program.finish()
        for path in reversed(mounted):
            lab.run(["umount", "-l", path], check=False)
        for path in (writable, "/run/resolvconf", "/run/systemd", "/run/dbus"):
            lab.run(["rm", "-rf", path])


def system_servers(path="/etc/resolv.conf"):
    with open(path, encoding="utf-8") as file:
        return re.findall(r"^nameserver (\S+)$", file.read(), re.MULTILINE)


def server_of_names(the_lab):
    server_host, client_host = cabled_hosts(the_lab)
    server = Server(server_host, {"ppp.dns": ", ".join(DNS)}, users=[(USER, PASSWORD), ("bob", "builder")])
    return server, client_host


def lifecycle(server, host, told, servers):
    """
    Claims that `told` names the program that sstp says it has told, and that servers() has DNS while a tunnel is up,
    whatever ends it, and what it had before and after.
    """
    before = servers()
    claim(not set(DNS) & set(before), f"{before} are there before the call")
    options = ["--ipv4", "--no-ip6"]
    one = Client(host, server, options=options, name="one").up()
    claim(one.wait_phase("names")["by"] == told, f"sstp has told {one.phases['names']}")
    claim(set(DNS) <= set(servers()), f"{servers()} after the first call")
    two = Client(host, server, user="bob", password="builder", options=options, name="two").up()
    two.wait_phase("names")
    one.hang_up()
    claim(set(DNS) <= set(servers()), f"{servers()} after one of two calls ended")
    two.hang_up()
    claim(servers() == before, f"{servers()} after both calls ended, {before} before")
    lost = Client(host, server, options=options, name="lost").up()
    lost.wait_phase("names")
    claim(set(DNS) <= set(servers()), f"{servers()} after the third call")
    server.program.signal(signal.SIGKILL)
    lost.fails("lost")
    claim(servers() == before, f"{servers()} after a call was lost, {before} before")


@test("resolv")
def openresolv_has_the_servers_of_a_tunnel_while_it_is_up(the_lab):
    with unpacked(the_lab, "openresolv"):
        with open("/etc/resolv.conf", "w", encoding="utf-8") as file:
            file.write(f"nameserver {BEFORE}\n")
        server, host = server_of_names(the_lab)
        host.run(["resolvconf", "-a", "wire.test"], stdin=f"nameserver {BEFORE}\n")
        claim(system_servers() == [BEFORE], f"resolvconf does not work here: {system_servers()}")
        lifecycle(server, host, "resolvconf", system_servers)


@test("resolv")
def debians_resolvconf_has_the_servers_of_a_tunnel_while_it_is_up(the_lab):
    with unpacked(the_lab, "resolvconf"):
        server, host = server_of_names(the_lab)
        os.makedirs("/run/resolvconf/interface")  # as its unit does
        host.run("resolvconf --enable-updates")
        if os.path.lexists("/etc/resolv.conf"):
            os.unlink("/etc/resolv.conf")
        os.symlink("/run/resolvconf/resolv.conf", "/etc/resolv.conf")
        host.run(["resolvconf", "-a", "wire.test"], stdin=f"nameserver {BEFORE}\n")
        claim(system_servers() == [BEFORE], f"resolvconf does not work here: {system_servers()}")
        lifecycle(server, host, "resolvconf", system_servers)


def resolvectl(host, word, link=None):
    """What systemd-resolved says to `resolvectl WORD`, of a link or of all."""
    return host.run(["resolvectl", word, *([link] if link else [])])


def start_resolved(the_lab, host):
    """Starts a system bus and systemd-resolved, as its unit would, and waits until they answer."""
    for name, line in (("passwd", "{}:x:{}:{}::/:/usr/sbin/nologin\n"), ("group", "{}:x:{}:\n")):
        with open(f"/etc/{name}", "a+", encoding="utf-8") as file:
            file.seek(0)
            there = file.read()
            for user, number in (("messagebus", 64990), ("systemd-resolve", 64991)):
                if not re.search(f"^{user}:", there, re.MULTILINE):
                    file.write(line.format(user, number, number))
    for path, user in (("/run/dbus", "messagebus"), ("/run/systemd/resolve", "systemd-resolve")):
        os.makedirs(path)
        lab.run(["chown", f"{user}:{user}", path])
    bus = host.start("dbus", ["dbus-daemon", "--system", "--nofork", "--nopidfile", "--print-address=1"])
    bus.wait_for("unix:path=")
    resolved = host.start("resolved", ["/usr/lib/systemd/systemd-resolved"])
    lab.wait_until(lambda: "Global" in host.run("resolvectl dns", check=False), 15, "systemd-resolved answers")
    return resolved


@test("resolv")
def systemd_resolved_has_the_servers_of_a_tunnel_while_it_is_up(the_lab):
    with unpacked(the_lab, *RESOLVED):
        server, host = server_of_names(the_lab)
        start_resolved(the_lab, host)
        host.run(["resolvectl", "dns", "wire", BEFORE])
        lifecycle(server, host, "systemd-resolved", lambda: re.findall(r"\d+\.\d+\.\d+\.\d+", resolvectl(host, "dns")))


@test("resolv")
def systemd_resolved_sends_every_name_there_only_with_a_default_route(the_lab):
    with unpacked(the_lab, *RESOLVED):
        server, host = server_of_names(the_lab)
        start_resolved(the_lab, host)
        for more, route, domain in (([], "no", ""), (["--default-route"], "yes", "~.")):
            client = Client(host, server, options=["--ipv4", *more], name=f"sstp{len(more)}").up()
            client.wait_phase("names")
            device = client.phases["connected"]["interface"]
            said = {word: resolvectl(host, word, device).split(":", 1)[1].strip()
                    for word in ("dns", "domain", "default-route")}
            claim(said == {"dns": " ".join(DNS), "domain": domain, "default-route": route}, f"{more}: {said}")
            client.hang_up()


@test("resolv")
def resolver_that_is_not_there_or_fails_is_told_once_and_the_call_goes_on(the_lab):
    server, host = server_of_names(the_lab)

    def call_is_told(name, words, options=()):
        client = Client(host, server, options=["--ipv4", *options], name=name).up()
        lab.wait_until(lambda: client.program.said(words), 20, f"{name} says '{words}'")
        ping(host, "10.0.0.1")
        client.hang_up()
        told = [line for line in client.program.lines if "name servers" in line]
        claim(len([line for line in told if re.search(words, line)]) == 1, f"{name} said {told}")

    if not any(os.access(f"{where}/resolvconf", os.X_OK) for where in ("/sbin", "/usr/bin")):
        call_is_told("nobody", "neither systemd-resolved nor resolvconf is here")
    with unpacked(the_lab, *RESOLVED):
        call_is_told("no-daemon", "are not used: resolvconf failed")  # its resolvconf is resolvectl
    with unpacked(the_lab, *RESOLVED):
        os.makedirs("/run/systemd/resolve")
        call_is_told("no-bus", "are not used: systemd-resolved failed")
    with unpacked(the_lab, *RESOLVED):
        resolved = start_resolved(the_lab, host)
        resolved.signal(signal.SIGSTOP)
        call_is_told("stopped", "are not used: systemd-resolved failed")
        resolved.signal(signal.SIGCONT)
