"""director-basket.py DUMP PLUGINS: Icinga Director's basket of our CheckCommands.

DUMP is what `icinga2 daemon -C --dump-objects` wrote, so the basket holds what Icinga
itself understood; PLUGINS is the directory that its commands ran from.  Each variable
becomes a data field, with the type that its argument asks for.
"""

import json
import re
import sys
from pathlib import Path

dump, plugins = Path(sys.argv[1]), sys.argv[2]
TYPE = "Icinga\\Module\\Director\\DataType\\DataType"


def netstrings(data):
    at = 0
    while at < len(data):
        colon = data.index(b":", at)
        end = colon + 1 + int(data[at:colon])
        yield json.loads(data[colon + 1 : end])
        at = end + 1


def is_ours(thing):
    return thing["type"] == "CheckCommand" and thing["debug_info"][0].endswith("/procwarden.conf")


commands, fields = {}, {}
# Icinga dumps its objects as its threads finish them.
ours = filter(is_ours, netstrings(dump.read_bytes()))
for thing in sorted(ours, key=lambda thing: thing["name"]):
    program = thing["properties"]["command"][0]
    assert program.startswith(plugins + "/check_"), program
    name = thing["name"]
    arguments, own = {}, []
    for key, argument in sorted(thing["properties"]["arguments"].items()):
        arguments[key] = dict(sorted(argument.items()))
        value = argument.get("value", argument.get("set_if"))
        variable = re.fullmatch(r"\$(\w+)\$", value)[1]
        kind = (
            "Boolean" if "set_if" in argument else "Array" if argument.get("repeat_key") else "String"
        )
        number = len(fields) + 1
        fields[number] = {
            "varname": variable,
            "caption": variable.removeprefix(name + "_").replace("_", " ").capitalize(),
            "description": argument["description"],
            "datatype": TYPE + kind,
            "format": None,
            "originalId": str(number),
            "settings": {"visibility": "visible"} if kind == "String" else {},
        }
        own.append({"datafield_id": number, "is_required": "n", "var_filter": None})
    commands[name] = {
        "arguments": arguments,
        "command": "PluginContribDir + " + program.removeprefix(plugins),
        "disabled": False,
        "fields": own,
        "imports": [],
        "is_string": None,
        "methods_execute": "PluginCheck",
        "object_name": name,
        "object_type": "object",
        "timeout": "60",
        "vars": {},
        "zone": None,
    }
if not commands:
    sys.exit(f"no CheckCommand of ours in {dump}")
basket = {"Command": commands, "Datafield": {str(n): f for n, f in fields.items()}}
print(json.dumps(basket, indent=4))
