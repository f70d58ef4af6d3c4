#!/bin/bash
# SPDX-License-Identifier: MIT
#
# init of the User-Mode Linux guest that uml.py boots: prepares a machine with PPP, calls a server with
# sstpc, tries the tunnel, hangs up, halts. $LAB_DIR (from the kernel's command line) holds the settings
# and takes the logs. Says what happens in lines that begin with "guest: ". The guest is root on the
# machine's own files: whatever a program here writes must lie on a tmpfs.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin

prepare_files() {
    mount -t proc proc /proc
    mount -t sysfs sys /sys
    mount -t tmpfs tmp /run
    mount -t tmpfs tmp /var/log
    mount -t devtmpfs dev /dev 2>/dev/null
    mkdir -p /dev/pts /run/lock /run/sstpc /run/pppconfig /run/etc-ppp
    mount -t devpts devpts /dev/pts
    mkfifo /run/news # what pppd's script and the end of sstpc tell the main line
    mkfifo /run/never # what nobody writes to
    exec 3<>/run/news 4<>/run/never
    mount --bind /run/etc-ppp /etc/ppp
}

prepare_kernel() {
    local modules module
    modules=/usr/lib/uml/modules/$(uname -r)/kernel
    for module in lib/crc-ccitt drivers/net/slip/slhc drivers/net/ppp/ppp_generic \
        drivers/net/ppp/ppp_async net/ipv6/ipv6 net/sched/sch_netem; do
        insmod "$modules/$module.ko" || echo "guest: no module $module"
    done
    [ -c /dev/ppp ] || mknod /dev/ppp c 108 0
    ip link set lo up
    ip addr add "$GUEST/24" dev vec0
    # the tap brings super-packets, which the driver takes only with GRO
    ethtool -K vec0 tx off tso off gso off gro on
    ip link set vec0 up
    # sstpc 1.0.18 never starts to read when the whole TLS handshake is over before it first waits
    tc qdisc add dev vec0 root netem delay 3ms
}

prepare_ppp() {
    cat - "$LAB_DIR/ppp-options" >/etc/ppp/options <<-END
		debug
		noauth
		noipdefault
		nodefaultroute
		nodetach
		usepeerdns
		+ipv6
		logfile $LAB_DIR/pppd.log
	END
    cat >/etc/ppp/ip-up <<-'END'
		#!/bin/sh
		echo "up $4 $5 dns=$DNS1" >/run/news
	END
    chmod 755 /etc/ppp/ip-up
}

call() {
    local ca=(--cert-warn)
    [ -z "$CA" ] || ca=(--ca-cert "$CA")
    OPENSSL_CONF=$LAB_DIR/openssl.cnf SSLKEYLOGFILE=$LAB_DIR/keylog SSTP_DAMAGE=$DAMAGE LD_PRELOAD=$SHIM \
        sstpc --log-level 5 --log-stderr --tls-ext "${ca[@]}" --user "$USERNAME" \
        --password "$PASSWORD" "$SERVER" >"$LAB_DIR/sstpc.log" 2>&1
    echo "end $?" >/run/news
}

# Prints the next news; fails when there are none within $1 seconds.
news() {
    read -r -t "$1" line <&3 && echo "guest: $line"
}

# Prints how many of $1 pings to $2 are answered. One at a time: of several, ping waits for the last one
# no longer than for an interval.
answered() {
    local count=0 i
    for ((i = 0; i < $1; i++)); do
        ping -n -q -c 1 -W 5 "$2" >/dev/null 2>&1 && count=$((count + 1))
    done
    echo "$count"
}

try_tunnel() {
    if [ -n "$PING" ]; then
        echo "guest: ping $PING: $(answered 5 "$PING") received"
    fi
    if [ -n "$PING6" ]; then
        # the prefix comes by router advertisement, some moments after the link is up
        for _ in 1 2 3 4 5 6 7 8 9 10; do
            ping -6 -n -q -c 1 -W 1 "$PING6" >/dev/null 2>&1 && break
            read -r -t 0.3 <&4
        done
        echo "guest: ping6 $PING6: $(answered 3 "$PING6") received"
    fi
    if [ -n "$URL" ]; then
        ip route replace "$(echo "$URL" | sed -E 's,.*//([0-9.]+).*,\1,')/32" dev ppp0
        curl -sS -m 60 -o /run/fetched "$URL" -w 'guest: fetch bytes=%{size_download} seconds=%{time_total} ' 2>&1
        echo "sha256=$(sha256sum </run/fetched | cut -d' ' -f1)"
    fi
}

main() {
    . "$LAB_DIR/settings"
    prepare_files
    prepare_kernel
    prepare_ppp
    echo "guest: booted $(uname -r)"
    call &
    if news 60 && [[ $line == up* ]]; then
        try_tunnel
        if [ -z "$STAY" ]; then
            kill "$(cat /run/ppp0.pid)"
        fi
        news 60 || echo "guest: sstpc did not end"
    fi
    echo "guest: halt"
}

main
echo o >/proc/sysrq-trigger
read -r -t 30 <&4 # until the machine is off
