#!/bin/bash
# SPDX-License-Identifier: MIT
#
# init of a User-Mode Linux guest without a network card (uml.run_in_guest()): loads modules, runs one command,
# says how it ended, halts. $LAB_DIR (from the kernel's command line) holds the settings. The guest is root on
# the machine's own files: the command may write where it may write on the machine.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
. "$LAB_DIR/settings"
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
modules=/usr/lib/uml/modules/$(uname -r)/kernel
for module in $MODULES; do
    insmod "$modules/$module.ko" || echo "guest: no module $module"
done
ip link set lo up
eval "$COMMAND"
echo "guest: ended with $?"
echo o >/proc/sysrq-trigger
sleep 30 # the machine is off before
