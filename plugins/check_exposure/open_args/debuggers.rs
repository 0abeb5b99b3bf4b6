//! Options that open a debugger to the network.

use super::Wrong;
use super::options::{after, flag, is_loopback, is_network, split_value, switch, values};

const DEBUGGER: &str = "opens a debugger to the network: whoever connects runs code";

const MONITOR: &str = "opens its monitor to the network: whoever connects runs code";

/// The prefix of the properties of Java's remote management.
const JMX: &[u8] = b"-Dcom.sun.management.jmxremote.";

pub(super) fn java(arguments: &[&[u8]]) -> Option<Wrong> {
    let debugger = arguments.iter().find(|argument| is_java_debugger(argument));
    if let Some(found) = debugger {
        return Some((found.to_vec(), DEBUGGER));
    }
    let property = |name: &[u8]| {
        let mut all = arguments.iter().filter_map(|argument| argument.strip_prefix(JMX));
        all.rfind(|argument| split_value(argument).0 == name).and_then(|one| split_value(one).1)
    };
    // As Java reads it, all but `true` is `false`.
    let is_true = |name| property(name).is_some_and(|value| value.eq_ignore_ascii_case(b"true"));
    property(b"port")?;
    let value = property(b"authenticate")?;
    let is_local = property(b"host").is_some_and(is_loopback);
    let asks_for_certificate = is_true(b"ssl.need.client.auth");
    if is_true(b"authenticate") || is_local || asks_for_certificate {
        return None;
    }
    Some(([JMX, b"authenticate=", value].concat(), DEBUGGER))
}

/// `-agentlib:jdwp=server=y,address=*:5005`. Without `server=y`, which is not the default, the program
/// connects to a debugger.
fn is_java_debugger(argument: &[u8]) -> bool {
    let options = argument
        .strip_prefix(b"-agentlib:jdwp=")
        .or_else(|| argument.strip_prefix(b"-Xrunjdwp:"))
        .or_else(|| after(argument.strip_prefix(b"-agentpath:")?, b"jdwp.so="));
    let Some(options) = options else { return false };
    let options: Vec<_> = options.split(|&byte| byte == b',').map(split_value).collect();
    let value = |wanted: &[u8]| {
        options.iter().rfind(|(name, _)| *name == wanted).and_then(|(_, value)| *value)
    };
    // Who may connect, since Java 10.
    let is_limited = value(b"allow").is_some_and(|peers| peers != b"*");
    value(b"server") == Some(b"y") && !is_limited && value(b"address").is_some_and(is_network)
}

/// Node, Deno and Bun.
pub(super) fn node(arguments: &[&[u8]]) -> Option<Wrong> {
    let names: [&[u8]; 3] = [b"--inspect", b"--inspect-brk", b"--inspect-wait"];
    let is_on = arguments.iter().any(|argument| names.contains(&split_value(argument).0));
    // These say only where.
    let places: [&[u8]; 2] = [b"--inspect-port", b"--debug-port"];
    let has_host = |address: &[u8]| address.iter().any(|byte| !byte.is_ascii_digit());
    // The last host decides.
    let last = arguments.iter().rfind(|argument| {
        let (name, address) = split_value(argument);
        (names.contains(&name) || places.contains(&name)) && address.is_some_and(has_host)
    })?;
    let is_open = is_on && split_value(last).1.is_some_and(is_network);
    is_open.then(|| (last.to_vec(), DEBUGGER))
}

/// `python -m debugpy --listen 0.0.0.0:5678 app.py`. With a port alone it listens for this host.
pub(super) fn debugpy(arguments: &[&[u8]]) -> Option<Wrong> {
    let is_switch = |argument: &[u8]| argument == b"--wait-for-client" || argument.contains(&b'=');
    let mut left = arguments;
    // After the script's name come options of its own.
    while let [name, rest @ ..] = left
        && name.starts_with(b"-")
    {
        if let Some(address) = values(&left[..left.len().min(2)], &[b"--listen"]).first() {
            return is_network(address).then(|| ([b"--listen ", *address].concat(), DEBUGGER));
        }
        left = if is_switch(name) { rest } else { rest.get(1..).unwrap_or_default() };
    }
    None
}

/// What `debugpy.listen()` in a program starts: `python …/debugpy/adapter --host 0.0.0.0 --port 5678`.
pub(super) fn debugpy_adapter(arguments: &[&[u8]]) -> Option<Wrong> {
    let host = *values(arguments, &[b"--host"]).last()?;
    is_network(host).then(|| ([b"--host ", host].concat(), DEBUGGER))
}

pub(super) fn gdbserver(arguments: &[&[u8]]) -> Option<Wrong> {
    // A wrapper's command line ends with `--`.
    let begin = if arguments.contains(&&b"--wrapper"[..]) {
        arguments.iter().position(|argument| *argument == b"--")? + 1
    } else {
        0
    };
    let address = arguments[begin..].iter().find(|argument| !argument.starts_with(b"-"))?;
    let schemes: [&[u8]; 6] = [b"tcp:", b"tcp4:", b"tcp6:", b"udp:", b"udp4:", b"udp6:"];
    let place = schemes.iter().find_map(|scheme| address.strip_prefix(*scheme)).unwrap_or(address);
    let is_network = place.contains(&b':') && !is_loopback(place) && !place.starts_with(b"/");
    is_network.then(|| (address.to_vec(), DEBUGGER))
}

/// Go's debugger. Only with `--headless` does it listen at all.
pub(super) fn dlv(arguments: &[&[u8]]) -> Option<Wrong> {
    // After `--` come the options of the program.
    let arguments = arguments.split(|argument| *argument == b"--").next().unwrap_or_default();
    let is_server =
        switch(arguments, &[b"--headless"]) == Some(true) || arguments.contains(&&b"dap"[..]);
    let address = *values(arguments, &[b"--listen", b"-l"]).last()?;
    let is_open = is_server && !is_loopback(address);
    is_open.then(|| ([b"--listen ", address].concat(), DEBUGGER))
}

pub(super) fn lldb_server(arguments: &[&[u8]]) -> Option<Wrong> {
    let address = match arguments {
        [b"platform" | b"p", ..] => *values(arguments, &[b"--listen", b"-L"]).last()?,
        [b"gdbserver" | b"g", rest @ ..] => {
            rest.iter().copied().find(|argument| !argument.starts_with(b"-"))?
        }
        _ => return None,
    };
    is_network(address).then(|| (address.to_vec(), DEBUGGER))
}

pub(super) fn chrome(arguments: &[&[u8]]) -> Option<Wrong> {
    let port = values(arguments, &[b"--remote-debugging-port"]);
    let address = *values(arguments, &[b"--remote-debugging-address"]).last()?;
    let is_open = !port.is_empty() && is_network(address);
    is_open.then(|| ([b"--remote-debugging-address=", address].concat(), DEBUGGER))
}

/// `-s` is short for `-gdb tcp::1234`, which listens on all addresses. The monitor's commands run others.
pub(super) fn qemu(arguments: &[&[u8]]) -> Option<Wrong> {
    if let Some(found) = flag(arguments, &[b"-s"]) {
        return Some((found, DEBUGGER));
    }
    let gdb = values(arguments, &[b"-gdb", b"--gdb"]).last().copied();
    if let Some(place) = gdb.filter(|place| is_qemu_network(place)) {
        return Some(([b"-gdb ", place].concat(), DEBUGGER));
    }
    let names: [&[u8]; 6] =
        [b"-monitor", b"--monitor", b"-qmp", b"--qmp", b"-qmp-pretty", b"--qmp-pretty"];
    let is_server = |place: &[u8]| {
        place.split(|&byte| byte == b',').any(|part| matches!(part, b"server" | b"server=on"))
    };
    let mut places = values(arguments, &names).into_iter();
    let open = places.find(|place| is_server(place) && is_qemu_network(place))?;
    Some(([b"-monitor ", open].concat(), MONITOR))
}

/// Whether a place such as `tcp::1234,server=on` is an address of a network's.
fn is_qemu_network(place: &[u8]) -> bool {
    let rest = place.strip_prefix(b"tcp:").or_else(|| place.strip_prefix(b"telnet:"));
    let address = rest.and_then(|rest| rest.split(|&byte| byte == b',').next());
    address.is_some_and(|address| !is_loopback(address))
}
