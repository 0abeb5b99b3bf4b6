#!/usr/bin/env python3
"""Measures Procwarden against its peers and against the floor, and writes docs/benchmark.{md,svg}.

    benches/bench.py [ROUNDS]
    benches/bench.py [ROUNDS] PART...       prints these parts only, and writes nothing

Parts: small (this machine's own processes), few (sixty more, beside check_procs: run it in a PID namespace, by
unshare --pid --fork --mount-proc), drop-ins (beside their originals), monitor (as the user that NRPE runs as),
exposure (check_exposure outside of units and in one), mixed (a third are not root's).

Peers that are not installed are left out. All of one size run interleaved in one session; the claim is
the ratio, and the number is the least of all rounds, which the machine's other work disturbs least.
"""
import datetime
import os
import platform
import pwd
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
SIZES = [0, 1000, 10000, 30000]
UNIT = "procwarden-bench.service"
TARGET = os.environ.get("CARGO_TARGET_DIR", f"{ROOT}/target")
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 7


# Calls of what Procwarden stands in for, and how much of the original's CPU time each may cost.
PROCS, PS = "/usr/lib/nagios/plugins/check_procs", "/usr/lib/mon/mon-local.d/ps.monitor"
DROP_INS = [
    (PROCS, "-C svc7 -c 1:", 0.20),
    (PROCS, "-w 50000 -c 60000", 0.20),
    (PROCS, "-w 50000 -s Z", 0.20),
    (PROCS, "-w 50000 -u root -k", 0.20),
    (PROCS, "-a nosuch -w 50000", 0.30),
    (PROCS, "--ereg-argument-array nosuch|other -w 50000", 0.30),
    # All fit, and might be other checks that look for the same, or run one.
    (PROCS, "-a sleepers -w 50000", None),
    (PROCS, "-C svc7 -a sleepers -c 1:", 0.30),
    (PROCS, "-r 100 -w 50000", 0.30),
    (PROCS, "-P 50 -w 50000", 0.30),
    (PROCS, "-s Ss -w 50000", 0.30),
    (PROCS, "-m VSZ -w 9000000", 0.30),
    (PROCS, "-m RSS -w 9000000", 0.30),
    (PROCS, "-m CPU -w 101", 0.30),
    (PROCS, "-m ELAPSED -w 9000000", 0.30),
    (PS, "svc7:1-", 0.12),
    (PS, "svc7:1- svc8:1- svc9:1- cron:0-", 0.12),
]


def build(into):
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
    for name in ("floor", "sleepers", "measure", "steps"):
        source = os.path.join(HERE, name + ".c")
        subprocess.run(["cc", "-O2", "-static", "-o", f"{into}/{name}", source], check=True)
    for options in ([], ["--drop-in"], ["--drop-in", "--mon"]):
        subprocess.run([f"{TARGET}/release/procwarden", "link", *options, into], check=True, stdout=subprocess.DEVNULL)


def unit_group():
    """Where a group can be made that is a unit's to the kernel: the root of version 2's hierarchy."""
    for top in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified"):
        if os.path.exists(f"{top}/cgroup.controllers") and not os.path.exists(f"{top}/cgroup.type") and os.access(top, os.W_OK):
            return f"{top}/{UNIT}"


def members():
    """The PIDs in the unit's group, whose last may be about to end."""
    return open(f"{unit_group()}/cgroup.procs").read() if unit_group() else ""


def in_unit():
    """A command that runs another in the unit, where there can be one."""
    group = unit_group()
    if not group:
        return []
    os.makedirs(group, exist_ok=True)
    return ["sh", "-c", f'echo $$ >{group}/cgroup.procs && exec "$@"', "sh"]


def rows(bin):
    """name, command, and what it is compared with"""
    count = f"{bin}/check_proccount"
    hundred = [f"svc{n}:1-" for n in range(100)]
    strangers = [f"nosuch{n}:0-0" for n in range(100)]
    floors = [(f"floor {f}", [f"{bin}/floor", f], None) for f in ("comm", "stat", "status", "attr/current")]
    ours = [
        ("svc7:1-", [count, "svc7:1-"], "floor comm"),
        ("100 specs, none there", [count, *strangers], "svc7:1-"),
        ("100 specs, half of all processes", [count, *hundred], "svc7:1-"),
        ("svc7,user=root:1-", [count, "svc7,user=root:1-"], "svc7:1-"),
        ("svc7,exe=", [count, f"svc7,exe={bin}/sleepers"], "svc7:1-"),
        ("svc7,args~", [count, "svc7,args~sleep"], "svc7:1-"),
        ("svc7,sum=anon", [count, "svc7,sum=anon:any"], "svc7:1-"),
        ("svc7,max=fds", [count, "svc7,max=fds:any"], "svc7:1-"),
        ("user=root:1-", [count, "user=root:1-"], "floor comm"),
        ("sum=anon", [count, "sum=anon:any"], "floor comm"),
        *([("unit=", [count, f"unit={UNIT}:4-4"], "floor comm")] if unit_group() else []),
        ("check_proccpu, two scans", [f"{bin}/check_proccpu", "-c", "95", "--over", "0.1s", "-t", "60"], "floor stat"),
        ("check_proccpu --since-last", [f"{bin}/check_proccpu", "-c", "95", "--since-last", "--over", "0.1s", "-t", "60", "--state-dir", f"{bin}/state"], "floor stat"),
        ("check_privdrop", [f"{bin}/check_privdrop", "-t", "60"], "floor status"),
        ("check_exposure", [f"{bin}/check_exposure", "-t", "60"], "floor status"),
        ("check_exposure --rules outdated", [f"{bin}/check_exposure", "-t", "60", "--rules", "outdated"], "floor status"),
        ("check_selinux_domain", [f"{bin}/check_selinux_domain"], "floor attr/current"),
    ]
    peers = [
        ("check_procs -C svc7", ["/usr/lib/nagios/plugins/check_procs", "-C", "svc7", "-c", "1:"]),
        ("ps.monitor svc7:1-", ["/usr/lib/mon/mon-local.d/ps.monitor", "svc7:1-"]),
        ("pgrep -x svc7", ["pgrep", "-c", "-x", "svc7"]),
        ("psutil", [sys.executable, f"{HERE}/psutil_count.py", "svc7"]),
    ]
    there = [(n, c, "svc7:1-") for n, c in peers if shutil.which(c[0])]
    return floors + ours + there


def monitor_rows(bin):
    """What the monitoring user's checks cost: executables and namespaces of others are hidden from it."""
    count = f"{bin}/check_proccount"
    as_monitor = [
        ("svc7:1-", [count, "svc7:1-"]),
        ("user=, all fit", [count, "user=root:1-"]),
        ("a path that nobody runs", [count, "/usr/sbin/nosuchd:0-0"]),
        ("a path that all run", [count, f"{bin}/sleepers:1-"]),
        ("check_privdrop", [f"{bin}/check_privdrop", "-t", "60"]),
        ("check_exposure", [f"{bin}/check_exposure", "-t", "60"]),
    ]
    floors = [row for row in rows(bin) if row[0] in ("floor comm", "floor status")]
    bases = ["floor comm" if "count" in command[0] else "floor status" for _, command in as_monitor]
    user = monitor()
    return floors + [(f"{n} as {user}", c, base) for (n, c), base in zip(as_monitor, bases) if user]


def exposure_rows(bin):
    """What check_exposure costs root and the monitoring user, and what the costliest rule adds."""
    check = [f"{bin}/check_exposure", "-t", "60"]
    return [
        ("floor status", [f"{bin}/floor", "status"], None),
        ("check_exposure", check, "floor status"),
        *([(f"check_exposure as {monitor()}", check, "floor status")] if monitor() else []),
        ("check_exposure --rules default,outdated", [*check, "--rules", "default,outdated"], "check_exposure"),
    ]


def mixed_rows(bin):
    """Of a host on which a third of all processes are not root's."""
    return [row for row in rows(bin) if row[0].startswith(("floor status", "check_privdrop"))]


def few_rows(bin):
    """Where starting costs more than the scan, all compared with check_procs."""
    original = "check_procs -C svc7"
    ours = ["svc7:1-", "100 specs, none there", "user=root:1-", "check_selinux_domain", "check_privdrop", "check_exposure"]
    wanted = [original, *ours, "check_proccpu --since-last", "check_proccpu, two scans"]
    return [(n, c, original if n != original else None) for n, c, _ in rows(bin) if n in wanted]


def monitor():
    """The user that NRPE and Icinga run as, to whom others' executables and namespaces are hidden."""
    users = [user for user in ("nagios", "nrpe", "icinga") if user in {entry.pw_name for entry in pwd.getpwall()}]
    return users[0] if users else None


def as_user(name):
    """What runs the command of a row as the user that its name says."""
    return ["setpriv", "--reuid", monitor(), "--clear-groups", "--"] if name.endswith(f" as {monitor()}") else []


def measure(bin, name, command):
    out = subprocess.run([*as_user(name), f"{bin}/measure", *command], check=True, capture_output=True, text=True).stdout
    return [float(word) for word in out.split()]


def system_calls(command):
    """All system calls of one run."""
    with tempfile.NamedTemporaryFile() as log:
        subprocess.run(["strace", "-f", "-c", "-o", log.name, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        total = [line.split() for line in open(log.name) if line.rstrip().endswith("total")]
    return int(total[0][3] if len(total[0]) > 4 else total[0][2]) if total else 0


def listed():
    return sum(name.isdigit() for name in os.listdir("/proc"))


def start(command):
    """Starts sleepers in a session of their own, as daemons have."""
    started = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert started.stdout.readline() == "up\n"
    return started


def session(bin, size, rows=rows, owner=0, where=(), explain=None):
    """name -> (cpu, wall, peak, calls a process), with that many sleepers."""
    sleepers = start([*where, f"{bin}/sleepers", str(size), str(owner)])
    # Three and the one that started them.
    unit = start([*([] if where else in_unit()), f"{bin}/sleepers", "3"])
    processes = listed()
    found = {}
    for _ in range(ROUNDS if size < 30000 else max(3, ROUNDS // 2)):
        for name, command, _ in rows(bin):
            found.setdefault(name, []).append(measure(bin, name, command))
    result = {}
    for name, command, _ in rows(bin):
        best = [min(run[i] for run in found[name]) for i in range(3)]
        calls = system_calls([*as_user(name), *command]) / processes if size == 10000 and shutil.which("strace") else None
        result[name] = (*best, calls)
    extra = explain(bin, size) if explain else ""
    for group in (unit, sleepers):
        group.stdin.close()
        group.wait()
    # They die with it, but init may take its time to reap them.
    deadline = time.monotonic() + 60
    while (listed() > processes - size + 50 or members()) and time.monotonic() < deadline:
        time.sleep(0.2)
    if unit_group():
        os.rmdir(unit_group())
    return processes, result, extra


def drop_ins(bin):
    """A table of the drop-ins beside their originals, in pairs."""
    lines = ["| call | original, CPU ms | drop-in | × | aim |", "|---|---|---|---|---|"]
    found = {}
    for _ in range(ROUNDS):
        for original, call, _ in DROP_INS:
            name = os.path.basename(original)
            for program in (original, f"{bin}/{name}"):
                found.setdefault((program, call), []).append(measure(bin, call, [program, *call.split()])[0])
    for original, call, aim in DROP_INS:
        name = os.path.basename(original)
        theirs, ours = (min(found[program, call]) for program in (original, f"{bin}/{name}"))
        shown = f"{name} {call}".replace("|", "\\|")
        lines.append(f"| `{shown}` | {theirs * 1e3:.1f} | {ours * 1e3:.1f} | {ours / theirs:.3f} | {f'≤ {aim:.2f}' if aim else ''} |")
    return "\n".join(lines)


def closer(bin, size):
    """What explains the ratios that are not as they should be: single steps and profiles."""
    parts = []
    if size == 10000:
        if all(os.path.exists(original) for original, *_ in DROP_INS):
            parts.append(f"Drop-ins, called like what they stand in for:\n\n{drop_ins(bin)}\n")
        steps = subprocess.run([f"{bin}/steps"], capture_output=True, text=True, check=True).stdout
        parts.append(f"What one look at a process costs (`benches/steps.c`), µs:\n\n| look | µs |\n|---|---|\n{steps}")
    wanted = {0: ["--version", "user=root:1-", "check_privdrop", "check_proccpu --since-last"], 10000: ["svc7:1-", "100 specs, half of all processes"]}
    commands = {name: command for name, command, _ in rows(bin)} | {"--version": [f"{bin}/check_proccount", "--version"]}
    for name in wanted.get(size, []) if shutil.which("perf") else []:
        runs = "200" if size == 0 else "10"
        profile = subprocess.run([f"{HERE}/profile.py", runs, *commands[name]], capture_output=True, text=True, check=True).stdout
        parts.append(f"Where the time of `{name}` goes (`benches/profile.py`):\n\n{profile}")
    return "\n".join(parts)


def table(bin, processes, result, rows=rows):
    lines = [
        "| work | CPU ms | × | compared with | wall ms | peak MiB | system calls a process |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, _, base in rows(bin):
        cpu, wall, peak, calls = result[name]
        ratio = f"{cpu / result[base][0]:.2f}" if base else ""
        calls = f"{calls:.2f}" if calls else ""
        lines.append(f"| `{name}` | {cpu * 1e3:.1f} | {ratio} | {base or ''} | {wall * 1e3:.1f} | {peak / 1024:.1f} | {calls} |")
    return "\n".join(lines)


def plot(bin, sessions):
    """Cost against the number of processes, on logarithmic axes."""
    import math
    width, height, left, bottom = 820, 460, 60, 40
    shown = ["floor comm", "svc7:1-", "100 specs, half of all processes", "unit=", "check_procs -C svc7", "ps.monitor svc7:1-", "pgrep -x svc7", "psutil"]
    shown = [name for name in shown if name in sessions[0][1]]
    xs = [math.log10(p) for p, *_ in sessions]
    costs = [r[n][0] * 1e3 for _, r, _ in sessions for n in shown]
    low, high = math.log10(max(min(costs), 0.1)), math.log10(max(costs))
    x = lambda p: left + (math.log10(p) - xs[0]) / (xs[-1] - xs[0]) * (width - left - 230)
    y = lambda ms: height - bottom - (math.log10(max(ms, 0.1)) - low) / (high - low) * (height - bottom - 20)
    colours = ["#888", "#0a7d34", "#6bbf59", "#1a9aa0", "#c0392b", "#d35400", "#2c6fbb", "#8e44ad"]
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="12">',
           f'<rect width="{width}" height="{height}" fill="white"/>']
    for power in range(math.ceil(low), math.floor(high) + 1):
        out.append(f'<line x1="{left}" x2="{width - 230}" y1="{y(10**power):.1f}" y2="{y(10**power):.1f}" stroke="#ddd"/>'
                   f'<text x="{left - 6}" y="{y(10**power) + 4:.1f}" text-anchor="end">{10**power:g} ms</text>')
    for processes, *_ in sessions:
        out.append(f'<text x="{x(processes):.1f}" y="{height - bottom + 18}" text-anchor="middle">{processes:,}</text>')
    out.append(f'<text x="{left}" y="{height - 6}">processes; CPU time of one check, both axes logarithmic</text>')
    ends = []
    for name, colour in zip(shown, colours):
        points = " ".join(f"{x(p):.1f},{y(r[name][0] * 1e3):.1f}" for p, r, _ in sessions)
        out.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        ends.append([y(sessions[-1][1][name][0] * 1e3), name, colour])
    previous = 0
    for at, name, colour in sorted(ends):
        previous = max(at, previous + 14)
        out.append(f'<text x="{width - 224}" y="{previous + 4:.1f}" fill="{colour}">{name}</text>')
    return "\n".join(out + ["</svg>"]) + "\n"


def part(bin, title, rows, size=10000, **where):
    processes, result, _ = session(bin, size, rows, **where)
    return f"## {processes:,} processes, {title}\n\n{table(bin, processes, result, rows)}\n"


def small(bin):
    processes, result, extra = session(bin, 0, explain=closer)
    return f"## {processes:,} processes\n\n{table(bin, processes, result)}\n\n{extra}"


def few(bin):
    return part(bin, "beside check_procs", few_rows, size=60)


def only_drop_ins(bin):
    with start([f"{bin}/sleepers", "10000"]):
        return drop_ins(bin)


def as_monitor(bin):
    return part(bin, f"as {monitor()}", monitor_rows)


def mixed(bin):
    return part(bin, "a third not root's", mixed_rows, owner=pwd.getpwnam("nobody").pw_uid)


def exposure(bin):
    """In a mount namespace, where we can say that systemd is here, and what its unit asks for."""
    if "PROCWARDEN_BENCH_INSIDE" not in os.environ:
        again = ["unshare", "--mount", sys.executable, os.path.abspath(__file__), str(ROUNDS), "exposure"]
        inside = {**os.environ, "PROCWARDEN_BENCH_INSIDE": "1"}
        return subprocess.run(again, env=inside, stdout=subprocess.PIPE, text=True, check=True).stdout
    os.makedirs("/run/systemd", exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run/systemd"], check=True)
    os.mkdir("/run/systemd/system")
    with open(f"/run/systemd/system/{UNIT}", "w") as file:
        file.write("[Service]\nExecStart=/usr/sbin/procwarden-bench\nPrivateTmp=yes\n")
    private = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /tmp && exec "$@"', "sh"]
    outside = part(bin, "outside of units", exposure_rows)
    return outside + "\n" + part(bin, "in one unit with PrivateTmp=", exposure_rows, where=[*in_unit(), *private])


PARTS = {"small": small, "few": few, "drop-ins": only_drop_ins, "monitor": as_monitor, "exposure": exposure, "mixed": mixed}


def main():
    # Not in /tmp: check_exposure would find each sleeper that root runs from there.
    with tempfile.TemporaryDirectory(dir="/opt") as bin:
        os.chmod(bin, 0o755)
        os.mkdir(f"{bin}/state")
        build(bin)
        # A parent that has just started may have been made for the check, and costs it a closer look.
        time.sleep(4)
        if sys.argv[2:]:
            return print("\n".join(PARTS[part](bin) for part in sys.argv[2:]))
        sessions = [session(bin, size, explain=closer) for size in SIZES]
        machine = f"{platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}"
        parts = [
            "# What a check costs\n",
            f"Measured on {datetime.date.today()} by `benches/bench.py {ROUNDS}` ({machine}); each number is the least "
            f"of {ROUNDS} interleaved rounds. The ratio is the claim, not the milliseconds. `floor FILE` lists /proc and reads FILE "
            "of every process, and does nothing else.\n",
            "![CPU time against the number of processes](benchmark.svg)\n",
        ]
        for processes, result, extra in sessions:
            parts.append(f"## {processes:,} processes\n\n{table(bin, processes, result)}\n\n{extra}")
        parts += [PARTS[part](bin) for part in ("monitor", "exposure", "mixed")]
        notes = os.path.join(HERE, "notes.md")
        parts.append(open(notes).read())
        os.makedirs(f"{ROOT}/docs", exist_ok=True)
        open(f"{ROOT}/docs/benchmark.md", "w").write("\n".join(parts))
        open(f"{ROOT}/docs/benchmark.svg", "w").write(plot(bin, sessions))
        print("\n".join(parts))


main()
