#!/usr/bin/env python3
"""Counts the instructions of a few checks on a fixed recorded tree, and compares them with
benches/instructions.txt, so that a slow-down is seen in the change that makes it.

    benches/instructions.py            fails beyond the margin
    UPDATE=1 benches/instructions.py   writes the numbers anew

Needs valgrind, and the release binary (it is built if it is not there).
"""
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
TARGET = os.environ.get("CARGO_TARGET_DIR", f"{ROOT}/target")
NUMBERS = os.path.join(HERE, "instructions.txt")
TREE = "/tmp/procwarden-instructions"
# Other compilers and C libraries count a little differently.
MARGIN = 0.10
CHECKS = {
    "one name": ["check_proccount", "svc7:1-"],
    "a hundred names": ["check_proccount", *[f"svc{n}:any" for n in range(100)]],
    "memory of a name": ["check_proccount", "svc7,sum=anon:any"],
    "name and user": ["check_proccount", "svc7,uid=0:1-"],
    "arguments": ["check_proccount", "args~worker 7$:1-"],
    "privileges": ["check_privdrop"],
    "usage error": ["check_proccount", "frob=1"],
}


def make_tree():
    shutil.rmtree(TREE, ignore_errors=True)
    for pid in range(1, 501):
        files = {
            "comm": f"svc{pid % 50}\n",
            "stat": f"{pid} (svc{pid % 50}) S 1 {pid} {pid} 0 -1 4194560 100 0 0 0 10 10 0 0 20 0 1 0 {100 + pid} 4096000 500 "
            + "18446744073709551615 1 1 0 0 0 0 0 4096 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
            "status": f"Name:\tsvc{pid % 50}\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t{pid}\nNgid:\t0\nPid:\t{pid}\nPPid:\t1\n"
            "TracerPid:\t0\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nFDSize:\t64\nGroups:\t0 \nNStgid:\t%d\nNSpid:\t%d\nThreads:\t1\n"
            "CapInh:\t0000000000000000\nCapPrm:\t000001ffffffffff\nCapEff:\t000001ffffffffff\nCapBnd:\t000001ffffffffff\n"
            "CapAmb:\t0000000000000000\nNoNewPrivs:\t0\n" % (pid, pid),
            "cmdline": f"/usr/sbin/daemon\0--worker\0{pid % 50}\0".replace("--worker\0", "worker\0"),
            "statm": "1000 500 300 5 0 123 0\n",
            "cgroup": "0::/system.slice/daemon.service\n",
        }
        os.makedirs(f"{TREE}/{pid}")
        for name, text in files.items():
            with open(f"{TREE}/{pid}/{name}", "w") as file:
                file.write(text)
        os.symlink("/usr/sbin/daemon", f"{TREE}/{pid}/exe")
    with open(f"{TREE}/uptime", "w") as file:
        file.write("100000.00 100000.00\n")


def count(arguments):
    binary = f"{TARGET}/release/procwarden"
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", binary, arguments[0], "--proc-root", TREE, *arguments[1:]]
    run = subprocess.run(command, capture_output=True, text=True, env={"PATH": os.environ["PATH"]})
    return int(re.search(r"Collected : (\d+)", run.stderr)[1])


def main():
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
    make_tree()
    found = {name: count(arguments) for name, arguments in CHECKS.items()}
    shutil.rmtree(TREE)
    if os.environ.get("UPDATE"):
        with open(NUMBERS, "w") as file:
            file.writelines(f"{number} {name}\n" for name, number in found.items())
    wanted = {name.strip(): int(number) for number, name in (line.split(" ", 1) for line in open(NUMBERS))}
    slower = False
    for name, number in found.items():
        change = number / wanted[name] - 1
        slower |= change > MARGIN
        print(f"{name}: {number:,} instructions ({change:+.1%})")
    if slower:
        sys.exit(f"more than {MARGIN:.0%} above {NUMBERS}: find out why, or run with UPDATE=1")


main()
