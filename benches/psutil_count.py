"""The five lines that a psutil-based check comes down to."""
import sys
import psutil
n = sum(p.info["name"] == sys.argv[1] for p in psutil.process_iter(["name"]))
print(f"PROCS {'OK' if n else 'CRITICAL'}: {n}")
