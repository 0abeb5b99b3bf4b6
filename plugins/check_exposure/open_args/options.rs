//! Reads options and addresses on a command line.

use std::net::IpAddr;

/// The first argument that is one of these.
pub(super) fn flag(arguments: &[&[u8]], wanted: &[&[u8]]) -> Option<Vec<u8>> {
    arguments.iter().find(|argument| wanted.contains(argument)).map(|found| found.to_vec())
}

/// The values of an option with any of these names: `--name=value`, `--name value`, `-ovalue`.
pub(super) fn values<'a>(arguments: &[&'a [u8]], names: &[&[u8]]) -> Vec<&'a [u8]> {
    let mut found = Vec::new();
    for (at, argument) in arguments.iter().enumerate() {
        let (name, value) = split_value(argument);
        let is_short =
            |name: &&&[u8]| name.len() == 2 && argument.len() > 2 && argument.starts_with(name);
        if names.contains(&name) {
            found.extend(value.or_else(|| arguments.get(at + 1).copied()));
        } else if names.iter().any(|name| is_short(&name)) {
            found.push(&argument[2..]);
        }
    }
    found
}

/// Splits `--name=value`.
pub(super) fn split_value(argument: &[u8]) -> (&[u8], Option<&[u8]>) {
    match argument.iter().position(|&byte| byte == b'=') {
        Some(at) => (&argument[..at], Some(&argument[at + 1..])),
        None => (argument, None),
    }
}

/// Whether a switch is on, as Go's programs read it: `--name` or `--name=true`, the last one. `None` if it
/// is not there.
pub(super) fn switch(arguments: &[&[u8]], names: &[&[u8]]) -> Option<bool> {
    let found = arguments.iter().rfind(|argument| names.contains(&split_value(argument).0))?;
    let value = split_value(found).1.map(<[u8]>::to_ascii_lowercase);
    Some(!matches!(value.as_deref(), Some(b"0" | b"f" | b"false")))
}

/// The text after `mark`.
pub(super) fn after<'t>(text: &'t [u8], mark: &[u8]) -> Option<&'t [u8]> {
    let at = text.windows(mark.len()).position(|part| part == mark)?;
    Some(&text[at + mark.len()..])
}

/// Whether an address, with or without a port, is of a network: `0.0.0.0`, `*`, `[::]`, `10.0.0.1:80`. A
/// name may be this host's.
pub(super) fn is_network(address: &[u8]) -> bool {
    let host = host(address);
    // `0:80` is short for `0.0.0.0:80`. Without a colon it is a port.
    let is_zero = host == b"0" && address.starts_with(b"0:");
    host == b"*" || is_zero || parsed(host).is_some_and(|address| !address.is_loopback())
}

/// Whether an address is reachable only from this host: `localhost:80`, `[::1]:80`, `127.1`, `unix:/run/x`.
pub(super) fn is_loopback(address: &[u8]) -> bool {
    let names: [&[u8]; 4] =
        [b"localhost", b"localhost.localdomain", b"ip6-localhost", b"ip6-loopback"];
    let host = host(address);
    let is_short =
        host.starts_with(b"127.") && host.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    address.starts_with(b"unix:")
        || is_short
        || names.iter().any(|name| host.eq_ignore_ascii_case(name))
        || parsed(host).is_some_and(|address| address.is_loopback())
}

/// The host of an address, without a port or a path.
fn host(address: &[u8]) -> &[u8] {
    let address = address.split(|&byte| byte == b'/').next().unwrap_or_default();
    if let Some(rest) = address.strip_prefix(b"[") {
        return rest.split(|&byte| byte == b']').next().unwrap_or_default();
    }
    // An address of IPv6 has colons of its own.
    let is_v6 = parsed(address).is_some();
    let colon = address.iter().rposition(|&byte| byte == b':').filter(|_| !is_v6);
    &address[..colon.unwrap_or(address.len())]
}

fn parsed(host: &[u8]) -> Option<IpAddr> {
    let address: IpAddr = std::str::from_utf8(host).ok()?.parse().ok()?;
    // `::ffff:127.0.0.1` is 127.0.0.1.
    Some(address.to_canonical())
}
