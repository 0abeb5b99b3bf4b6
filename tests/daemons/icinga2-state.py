"""icinga2-state.py FILE DIR: what Icinga 2's state file says of its services.

For each service that has a result, writes NAME.state, NAME.output and NAME.perfdata
into DIR and prints NAME.  The file is a row of netstrings (LENGTH ":" JSON ",").
"""

import json
import sys
from pathlib import Path

state_file, directory = map(Path, sys.argv[1:])
data = state_file.read_bytes()
at = 0
while at < len(data):
    colon = data.index(b":", at)
    end = colon + 1 + int(data[at:colon])
    record = json.loads(data[colon + 1 : end])
    at = end + 1
    result = record["update"].get("last_check_result")
    if record["type"] != "Service" or not result:
        continue
    name = record["name"].split("!", 1)[1]
    perfdata = " ".join(result["performance_data"] or [])
    texts = {"state": str(int(result["state"])), "output": result["output"], "perfdata": perfdata}
    for what, text in texts.items():
        (directory / f"{name}.{what}").write_text(text, newline="")
    print(name)
