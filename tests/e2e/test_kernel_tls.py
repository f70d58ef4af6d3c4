# SPDX-License-Identifier: MIT
"""kTLS, on a kernel that has it: User-Mode Linux. Most containers' kernels do not."""

import uml

from suite import GATEWAY4, Client, Server, Skip, cabled_hosts, claim, ping, program, test
from test_traffic import MEGABYTE, transfer


@test("real")
def the_kernel_seals_tls_records_that_openssl_reads(the_lab):
    if why := uml.missing():
        raise Skip(why)
    command = f"SSTP_NEED_KTLS=1 {program('tests/unit/test_io_tls_records')} '*kernel*' 2>&1"
    console = uml.run_in_guest(the_lab.host("here"), "guest", command, modules=uml.KERNEL_TLS)
    lines = console.lines
    claim("3 of 3 cipher suites are the kernel's" in "\n".join(lines), f"the guest said {lines[-20:]}")
    claim(any("ended with 0" in line for line in lines), f"the guest said {lines[-20:]}")


@test("traffic", "sanitizers")
def a_wish_for_ktls_is_no_hindrance_where_there_is_none(the_lab):
    server_host, client_host = cabled_hosts(the_lab)
    server = Server(server_host, {"tls.kernel": "yes", "server.log_level": "info"})
    client = Client(client_host, server, options=["--ktls"]).up()
    ping(client_host, GATEWAY4)
    transfer(client_host, server_host, GATEWAY4, 4 * MEGABYTE, 1)
    server.program.wait_for(r"the kernel (seals|does not seal) TLS records")
    client.hang_up()
