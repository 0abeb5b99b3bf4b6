#!/usr/bin/env python3
"""Says where the CPU time of a check goes, as a table: for what benches/notes.md explains.

    benches/profile.py RUNS COMMAND [ARGUMENT...]

Samples RUNS runs with perf (linux-perf), by a clock, since virtual machines have no counters. Each
sample goes to the outermost of PARTS that is on its stack, else to the file whose code was running.
"""
import collections
import re
import subprocess
import sys
import tempfile

PARTS = [
    (r"sys_execve|begin_new_exec", "starting: execve"),
    (r"sys_exit_group|do_exit|mmput", "ending: exit"),
    (r"exc_page_fault|asm_exc_page_fault", "page faults"),
    (r"sys_(mmap|munmap|mprotect|brk)", "mapping memory"),
    (r"sys_clone3?|ret_from_fork|schedule_tail", "making a thread"),
    (r"sys_getdents64", "getdents64"),
    (r"sys_openat", "openat"),
    (r"sys_close|____fput|__fput", "close"),
    (r"sys_readlinkat", "readlinkat"),
    (r"sys_read\b|ksys_read", "read"),
    (r"sys_(statx|newfstatat)", "statx"),
    (r"sys_(rename|unlink|write|flock|fallocate)", "writing files"),
    (r"do_syscall_64|entry_SYSCALL|x64_sys", "other system calls"),
]


def record(runs, command, into):
    loop = 'i=0; while [ $i -lt $RUNS ]; do "$@" >/dev/null; i=$((i+1)); done'
    perf = ["perf", "record", "-q", "-g", "-e", "cpu-clock", "-F", "20000", "-o", into, "--"]
    subprocess.run([*perf, "sh", "-c", loop, "sh", *command], env={"RUNS": str(runs), "PATH": "/usr/bin:/bin:/usr/sbin"}, check=True)


def samples(data, comm):
    """The stacks of a program's samples, innermost frame first, each frame as "symbol (file)"."""
    text = subprocess.run(["perf", "script", "-i", data, "--comm", comm, "-F", "ip,sym,dso"], capture_output=True, text=True).stdout
    return [block.strip("\n").splitlines() for block in text.split("\n\n") if block.strip()]


def part(stack):
    for pattern, name in PARTS:
        if any(re.search(pattern, frame) for frame in stack):
            return name
    file = stack[0].rsplit("(", 1)[-1].rstrip(")").rsplit("/", 1)[-1]
    return f"code of {file}" if not file.startswith("[") else "the kernel, else"


def main():
    runs, command = int(sys.argv[1]), sys.argv[2:]
    with tempfile.NamedTemporaryFile() as data:
        record(runs, command, data.name)
        # The kernel cuts names at 15 bytes.
        found = samples(data.name, command[0].rsplit("/", 1)[-1][:15])
    parts = collections.Counter(part(stack) for stack in found)
    print("| share | of its CPU time |\n|---|---|")
    for name, count in parts.most_common():
        if count * 100 >= len(found):
            print(f"| {100 * count / len(found):.0f} % | {name} |")


main()
