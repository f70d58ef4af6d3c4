# SPDX-License-Identifier: MIT
"""
The tunnels that tests/bench/datapath compares, each between the same two cabled hosts: sstp to sstpd, OpenVPN
over TCP, ocserv with openconnect over TLS alone and over DTLS, and no tunnel at all.

A tunnel is an object with a name, the inner addresses of both ends (server4, client4, perhaps server6 and
client6) and what() for the table. One that cannot run here raises suite.Skip with the reason.
"""

import os
import shutil

import suite
from suite import CLIENT4, GATEWAY4, GATEWAY6, SERVER4, lab

OPENVPN_SERVER, OPENVPN_CLIENT, OPENVPN_PORT = "10.8.0.1", "10.8.0.2", 1194
OCSERV_USER, OCSERV_PASSWORD = "bench", "bench-password"
SCRIPT = """#!/bin/sh
# what openconnect runs to set its interface up: the address and the MTU, nothing else
[ "$reason" = connect ] || exit 0
ip link set dev "$TUNDEV" up mtu 1400
ip addr add "$INTERNAL_IP4_ADDRESS/32" peer "{gateway}" dev "$TUNDEV"
"""
OCSERV_CONF = """
auth = "plain[passwd={dir}/passwd]"
listen-host = {listen}
tcp-port = {port}
{udp}
run-as-user = root
run-as-group = root
socket-file = {dir}/socket
occtl-socket-file = {dir}/occtl
pid-file = {dir}/pid
server-cert = {certificate}
server-key = {key}
isolate-workers = false
max-clients = 4
max-same-clients = 4
keepalive = 300
dpd = 300
mobile-dpd = 300
try-mtu-discovery = false
mtu = 1400
compression = false
cert-user-oid = 0.9.2342.19200300.100.1.1
tls-priorities = "NORMAL:-CIPHER-ALL:+AES-128-GCM:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:+VERS-DTLS1.2"
auth-timeout = 240
device = {device}
predictable-ips = true
ipv4-network = {network}
ipv4-netmask = 255.255.255.0
cisco-client-compat = true
dtls-legacy = true
"""


def need(*programs):
    for program in programs:
        if shutil.which(program) is None:
            raise suite.Skip(f"{program} is not installed")


class Bare:
    """No tunnel: the cable itself."""

    name, server4, client4 = "no tunnel", SERVER4, CLIENT4

    def __init__(self, server_host, client_host):
        del server_host, client_host


class Sstp:
    """sstp to sstpd, as they are by default; over IPv4 like the others, for IPv6's headers are longer."""

    name, server4, server6 = "sstp", GATEWAY4, GATEWAY6

    def __init__(self, server_host, client_host, settings=None, options=()):
        self.server = suite.Server(server_host, settings)
        self.client = suite.Client(client_host, self.server, options=["--ipv4", "--route", suite.POOL6, *options]).up()
        self.client4, self.client6 = self.client.phases["connected"]["addresses"].split()

    def stop(self):
        self.client.hang_up()
        self.server.program.stop()


class OpenVpn:
    """OpenVPN over TCP with AES-128-GCM, TLS mode, point to point."""

    name, server4, client4 = "openvpn", OPENVPN_SERVER, OPENVPN_CLIENT

    def __init__(self, server_host, client_host):
        need("openvpn", "openssl")
        the_lab = server_host.lab
        prints = {}
        for end in ("server", "client"):
            key, certificate = the_lab.path(f"openvpn-{end}.key"), the_lab.path(f"openvpn-{end}.crt")
            lab.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                     "-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj", f"/CN={end}"])
            said = lab.run(["openssl", "x509", "-in", certificate, "-noout", "-fingerprint", "-sha256"])
            prints[end] = said.split("=")[1].strip()
        common = ["openvpn", "--dev-type", "tun", "--data-ciphers", "AES-128-GCM", "--tun-mtu", "1400",
                  "--disable-dco", "--verb", "3", "--port", str(OPENVPN_PORT)]
        self.programs = [
            server_host.start("openvpn-server", [
                *common, "--dev", "ovpns", "--proto", "tcp-server", "--tls-server", "--dh", "none",
                "--ifconfig", OPENVPN_SERVER, OPENVPN_CLIENT, "--peer-fingerprint", prints["client"],
                "--cert", the_lab.path("openvpn-server.crt"), "--key", the_lab.path("openvpn-server.key")])]
        self.programs[0].wait_for("Listening for incoming TCP")
        self.programs.append(client_host.start("openvpn-client", [
            *common, "--dev", "ovpnc", "--proto", "tcp-client", "--tls-client", "--remote", SERVER4,
            "--ifconfig", OPENVPN_CLIENT, OPENVPN_SERVER, "--peer-fingerprint", prints["server"],
            "--cert", the_lab.path("openvpn-client.crt"), "--key", the_lab.path("openvpn-client.key")]))
        for program in self.programs:
            program.wait_for("Initialization Sequence Completed", 30)

    def stop(self):
        for program in self.programs:
            program.process.kill()


class Ocserv:
    """ocserv with openconnect; without UDP by default."""

    name, udp = "ocserv TLS", False

    def __init__(self, server_host, client_host):
        need("ocserv", "ocpasswd", "openconnect", "openssl")
        the_lab = server_host.lab
        number = 10 if self.udp else 9
        self.server4, port = f"10.{number}.0.1", 4440 + number
        folder = the_lab.path(f"ocserv-{number}")
        os.mkdir(folder)
        key, certificate = f"{folder}/key.pem", f"{folder}/cert.pem"
        lab.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                 "-keyout", key, "-out", certificate, "-days", "2", "-subj", f"/CN={SERVER4}"])
        lab.run(["ocpasswd", "-c", f"{folder}/passwd", OCSERV_USER], stdin=f"{OCSERV_PASSWORD}\n" * 2)
        conf = the_lab.write(f"ocserv-{number}/ocserv.conf", OCSERV_CONF.format(
            dir=folder, listen=SERVER4, port=port, udp=f"udp-port = {port}" if self.udp else "",
            certificate=certificate, key=key, device=f"ocs{number}", network=f"10.{number}.0.0"))
        script = the_lab.write(f"ocserv-{number}/script", SCRIPT.format(gateway=self.server4))
        os.chmod(script, 0o755)
        public = lab.run(["sh", "-c", f"openssl x509 -in {certificate} -pubkey -noout | openssl pkey -pubin -outform "
                          "der | openssl dgst -sha256 -binary | openssl base64"]).strip()
        self.programs = [server_host.start(f"ocserv-{number}", ["ocserv", "-f", "-c", conf])]
        self.programs[0].wait_for("listening|initialized")
        password = os.open(the_lab.write(f"ocserv-{number}/password", OCSERV_PASSWORD + "\n"), os.O_RDONLY)
        self.programs.append(client_host.start(f"openconnect-{number}", [
            "openconnect", "--user", OCSERV_USER, "--passwd-on-stdin", "--script", script, "--interface",
            f"oc{number}", "--servercert", f"pin-sha256:{public}", *([] if self.udp else ["--no-dtls"]),
            "--non-inter", f"https://{SERVER4}:{port}"], stdin=password))
        os.close(password)
        self.programs[1].wait_for("Established DTLS|DTLS connection" if self.udp else "Configured as|Connected as", 30)
        lab.wait_until(lambda: self._address(client_host, f"oc{number}"), 20, "openconnect's interface gets its address")

    def _address(self, host, interface):
        words = host.run(["ip", "-o", "-4", "addr", "show", "dev", interface], check=False).split()
        if "inet" in words:
            self.client4 = words[words.index("inet") + 1].split("/")[0]
        return "inet" in words

    def stop(self):
        for program in self.programs:
            program.process.kill()


class OcservDtls(Ocserv):
    """The same with DTLS beside TLS: what ocserv is at its best."""

    name, udp = "ocserv DTLS", True
