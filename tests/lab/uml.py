# SPDX-License-Identifier: MIT
"""
A real third-party SSTP client: Debian's sstpc and pppd, in a User-Mode Linux that has kernel PPP. The guest
boots in about two seconds as an ordinary process, sees the machine's files through hostfs, and has one NIC on
a tap in the caller's network namespace. guest.sh is its init; what it prints on its console is awaited here.
"""

import os
import platform
import shlex
import shutil

import lab

HERE = os.path.dirname(os.path.abspath(__file__))
# the guest's modules for kTLS with each of its ciphers, in the order in which they need each other
KERNEL_TLS = ("crypto/gf128mul", "crypto/ghash-generic", "crypto/ctr", "crypto/gcm", "lib/crypto/libchacha",
              "crypto/chacha_generic", "lib/crypto/libpoly1305", "crypto/poly1305_generic", "crypto/chacha20poly1305",
              "net/tls/tls")
HOST_ADDRESS, GUEST_ADDRESS = "10.78.0.1", "10.78.0.2"


def missing():
    """Why this machine cannot run the guest, or None."""
    if platform.machine() != "x86_64":
        return f"Debian has User-Mode Linux for amd64 only, this is {platform.machine()}"
    for program in ("linux.uml", "sstpc", "pppd", "insmod", "ethtool"):
        if shutil.which(program) is None:
            return f"{program} is not installed (tests/lab/deps installs it)"
    return None


def build_shim(where):
    """Compiles the LD_PRELOAD library of shim.c and returns its path."""
    shim = os.path.join(where, "shim.so")
    lab.run(["cc", "-std=gnu11", "-D_GNU_SOURCE", "-O1", "-shared", "-fPIC", "-o", shim,
             os.path.join(HERE, "shim.c")])
    return shim


def boot(host, name, init, folder, *devices):
    """Starts a guest with the given init, which finds its settings in the folder; returns its console."""
    return host.start(f"{name}-console", [
        "linux.uml", "mem=192M", "rootfstype=hostfs", "rw", "quiet", "panic=-1", "con=null", f"init={HERE}/{init}",
        "con0=fd:0,fd:1", f"umid={name}", f"uml_dir={folder}/", *devices, f"LAB_DIR={folder}"],
        env={"TMPDIR": "/dev/shm" if os.path.isdir("/dev/shm") else folder})  # the guest's memory


def start_in_guest(host, name, command, modules=()):
    """Boots a guest of its own that loads the modules and runs a shell command; returns its console."""
    folder = host.lab.path(name)
    os.mkdir(folder)
    host.lab.write(f"{name}/settings", f"COMMAND={shlex.quote(command)}\nMODULES={shlex.quote(' '.join(modules))}\n")
    return boot(host, name, "guest-run.sh", folder)


def run_in_guest(host, name, command, modules=()):
    """The same, but returns when the command has ended."""
    console = start_in_guest(host, name, command, modules)
    console.wait_for("guest: ended", 90)
    return console


class SstpcGuest:
    """
    One boot of the guest, with one call of sstpc. It is cabled to a host by a tap, on which the host gets
    HOST_ADDRESS; the guest has GUEST_ADDRESS. Options:

    server, user, password   whom to call (server may have a :PORT), and as whom
    ca                       the certificate to trust; without it sstpc only warns
    auth                     the only methods pppd agrees to: some of pap chap mschap-v2 eap, blank-separated
    tls                      "1.2" or "1.3": the only version
    damage                   a field of CALL_CONNECTED that is damaged: hashproto nonce hash mac
    ping, ping6, url         what is tried once the link is up
    stay                     do not hang up: wait until the other side does
    """

    def __init__(self, host, name="uml", addresses=(HOST_ADDRESS, GUEST_ADDRESS), **options):
        self.lab, self.host, self.name, self.options = host.lab, host, name, options
        self.dir = self.lab.path(name)
        os.mkdir(self.dir)
        self.host_address, self.guest_address = addresses
        self._make_tap(f"tap-{name}")
        self._write_settings()
        self.console = boot(host, name, "guest.sh", self.dir,
                            f"vec0:transport=tap,ifname={self.tap},depth=128")

    def _make_tap(self, tap):
        self.tap = tap
        self.host.run(f"ip tuntap add {tap} mode tap")
        self.host.run(f"ethtool -K {tap} tx off rx off tso off gso off gro off", check=False)
        self.host.run(f"ip addr add {self.host_address}/24 dev {tap}")
        self.host.run(f"ip link set {tap} up")

    def _write_settings(self):
        wanted = self.options
        tls = wanted.get("tls")
        limits = f"MinProtocol = TLSv{tls}\nMaxProtocol = TLSv{tls}\n" if tls else ""
        self.lab.write(f"{self.name}/openssl.cnf", "openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\n"
                       f"system_default = limits\n[limits]\n{limits}CipherString = DEFAULT@SECLEVEL=1\n")
        agreed = wanted.get("auth", "mschap-v2").split()
        refused = [m for m in ("pap", "chap", "mschap", "mschap-v2", "eap") if m not in agreed]
        self.lab.write(f"{self.name}/ppp-options", "".join(f"refuse-{m}\n" for m in refused))
        settings = {
            "GUEST": self.guest_address, "SHIM": build_shim(self.dir), "DAMAGE": wanted.get("damage", ""),
            "SERVER": wanted["server"], "USERNAME": wanted["user"], "PASSWORD": wanted["password"],
            "CA": wanted.get("ca", ""), "PING": wanted.get("ping", ""), "PING6": wanted.get("ping6", ""),
            "URL": wanted.get("url", ""), "STAY": "yes" if wanted.get("stay") else "",
        }
        self.lab.write(f"{self.name}/settings", "".join(f"{k}={shlex.quote(v)}\n" for k, v in settings.items()))

    def keylog(self):
        return os.path.join(self.dir, "keylog")

    def wait_for(self, pattern, timeout=30):
        """Waits for a line of guest.sh, which all begin with 'guest: '."""
        return self.console.wait_for(f"guest: {pattern}", timeout)

    def wait_end(self, timeout=30):
        self.wait_for("halt", timeout)
        return self.console.wait_end(timeout)
