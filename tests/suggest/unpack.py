#!/usr/bin/env python3
"""unpack.py ARCHIVE DIR: makes a tree for --proc-root of each recorded table that a verdict is wanted of.

DIR/TABLE is the tree, DIR/TABLE.units what systemctl show said, DIR/expected a line "TABLE WANTED" each.
The process that recorded, and what it started, lie in units of its own: DIR/TABLE.recorder lists them.
"""
import json
import os
import sys
import tarfile

FILES = ["stat", "status", "comm", "cmdline", "cgroup"]


def write(path, text):
    with open(path, "w", encoding="latin-1", newline="") as file:
        file.write(text)


def unpack(table, tree):
    os.mkdir(tree)
    write(f"{tree}/uptime", table["uptime"])
    recorder = []
    for pid, facts in table["procs"].items():
        os.mkdir(f"{tree}/{pid}")
        for name in FILES:
            if facts.get(name) is not None:
                write(f"{tree}/{pid}/{name}", facts[name])
        if facts.get("exe"):
            os.symlink(facts["exe"], f"{tree}/{pid}/exe")
        if "/lab-job" in facts["cgroup"]:
            recorder.append(pid)
    write(f"{tree}.recorder", "\n".join(recorder))
    if table.get("units"):
        blocks = ["".join(f"{key}={value}\n" for key, value in unit.items()) for unit in table["units"]]
        write(f"{tree}.units", "\n".join(blocks))


def main(archive, target):
    with tarfile.open(archive) as tar:
        members = {os.path.basename(member.name): member for member in tar.getmembers()}
        read = lambda name: tar.extractfile(members[name]).read().decode()
        wanted = {}
        for line in read("expected.tsv").splitlines():
            table, verdict, *_ = line.split("\t")
            if verdict in ("ok", "alarm"):
                wanted[table] = verdict
        for table in wanted:
            unpack(json.loads(read(f"{table}.json")), f"{target}/{table}")
        write(f"{target}/expected", "".join(f"{t} {v}\n" for t, v in wanted.items()))


main(*sys.argv[1:])
