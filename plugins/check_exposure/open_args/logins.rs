//! Options that switch authentication off.

use super::Wrong;
use super::options::{after, flag, is_loopback, is_network, split_value, switch, values};

const NO_PASSWORD: &str = "lets anyone in without a password";
const ROOT: &str = "makes everyone on the network root of this host";
const RUNS_CODE: &str = "lets anyone in to run code";

/// `mysqld` takes the beginning of a name for the name. This one is short enough for no other option.
const GRANT_TABLES: (&[u8], usize) = (b"skip-grant-tables", b"skip-gr".len());

pub(super) fn mysqld(arguments: &[&[u8]]) -> Option<Wrong> {
    // The last of several decides.
    let found = arguments.iter().rfind(|argument| grants(argument).is_some())?;
    // Without the network, only local users get in. That is still all of them.
    (grants(found) == Some(false)).then(|| (found.to_vec(), NO_PASSWORD))
}

/// Whether `--skip-grant-tables`, in any spelling, leaves the grant tables on. `None` for other options.
fn grants(argument: &[u8]) -> Option<bool> {
    let (name, value) = split_value(argument);
    // Each `-` within the name may be a `_`.
    let plain: Vec<_> = name.iter().map(|&b| if b == b'_' { b'-' } else { b }).collect();
    let name = plain.strip_prefix(b"--")?;
    let name = name.strip_prefix(b"loose-").unwrap_or(name);
    let denied = name
        .strip_prefix(b"disable-")
        .or_else(|| name.strip_prefix(b"skip-skip-").map(|_| &name[5..]));
    let name = denied.or_else(|| name.strip_prefix(b"enable-")).unwrap_or(name);
    if name.len() < GRANT_TABLES.1 || !GRANT_TABLES.0.starts_with(name) {
        return None;
    }
    let value = value.map(<[u8]>::to_ascii_lowercase);
    Some(denied.is_some() || matches!(value.as_deref(), Some(b"0" | b"off" | b"false")))
}

pub(super) fn dockerd(arguments: &[&[u8]]) -> Option<Wrong> {
    if switch(arguments, &[b"--tlsverify"]) == Some(true) {
        return None;
    }
    let is_open = |host: &&&[u8]| {
        // Without a scheme it is TCP, and without an address it is this host (opts/hosts.go).
        let address = match after(host, b"://") {
            Some(_) => host.strip_prefix(b"tcp://"),
            None => Some(**host),
        };
        address.is_some_and(|address| {
            let is_default = address.is_empty() || address.starts_with(b":");
            !is_default && !address.starts_with(b"-") && !is_loopback(address)
        })
    };
    let open = *values(arguments, &[b"-H", b"--host"]).iter().find(is_open)?;
    Some(([b"-H ", open].concat(), ROOT))
}

/// `podman system service tcp:0.0.0.0:8080`, which authenticates nobody.
pub(super) fn podman(arguments: &[&[u8]]) -> Option<Wrong> {
    let at = arguments.windows(2).position(|pair| pair == [&b"system"[..], b"service"])?;
    let asks_for_certificate = !values(arguments, &[b"--tls-client-ca"]).is_empty();
    let is_open = |argument: &&&[u8]| {
        argument
            .strip_prefix(b"tcp:")
            .is_some_and(|place| !is_loopback(place.strip_prefix(b"//").unwrap_or(place)))
    };
    let open = arguments[at..].iter().find(is_open)?;
    (!asks_for_certificate).then(|| (open.to_vec(), ROOT))
}

pub(super) fn redis(arguments: &[&[u8]]) -> Option<Wrong> {
    let is_off = redis_words(arguments, b"protected-mode")
        .is_some_and(|words| words.iter().any(|word| word.eq_ignore_ascii_case(b"no")));
    let is_set = |name| {
        redis_words(arguments, name).is_some_and(|words| words.iter().any(|word| !word.is_empty()))
    };
    let has_password = is_set(b"requirepass") || is_set(b"aclfile");
    // `-` before an address: it need not be there.
    let is_local = |word: &&[u8]| is_loopback(word.strip_prefix(b"-").unwrap_or(word));
    let is_bound = redis_words(arguments, b"bind")
        .is_some_and(|words| !words.is_empty() && words.iter().all(is_local));
    let has_port = |name| redis_words(arguments, name).map(|words| words != [b"0"]);
    let is_closed = has_port(b"port") == Some(false) && has_port(b"tls-port") != Some(true);
    let is_open = is_off && !has_password && !is_bound && !is_closed;
    is_open.then(|| (b"--protected-mode no".to_vec(), NO_PASSWORD))
}

/// The words after the last `--NAME`, up to the next option. The case of a name does not matter.
fn redis_words<'a>(arguments: &[&'a [u8]], name: &[u8]) -> Option<Vec<&'a [u8]>> {
    let is_it = |argument: &&[u8]| {
        argument.strip_prefix(b"--").is_some_and(|known| known.eq_ignore_ascii_case(name))
    };
    let at = arguments.iter().rposition(is_it)?;
    let words = arguments[at + 1..].iter().take_while(|argument| !argument.starts_with(b"--"));
    Some(words.flat_map(|argument| argument.split(|&byte| byte == b' ')).collect())
}

pub(super) fn mongod(arguments: &[&[u8]]) -> Option<Wrong> {
    Some((flag(arguments, &[b"--noauth"])?, NO_PASSWORD))
}

pub(super) fn kubernetes(arguments: &[&[u8]]) -> Option<Wrong> {
    let modes = values(arguments, &[b"--authorization-mode"]);
    let mut allowed = modes.iter().flat_map(|modes| modes.split(|&byte| byte == b','));
    // What one mode allows is allowed.
    if allowed.any(|mode| mode == b"AlwaysAllow") {
        let found = b"--authorization-mode=AlwaysAllow".to_vec();
        return Some((found, "allows everything to everyone who gets in"));
    }
    // The API server needs it for health checks. RBAC decides about everything else.
    let is_open = switch(arguments, &[b"--anonymous-auth"]) == Some(true) && modes.is_empty();
    is_open.then(|| (b"--anonymous-auth=true".to_vec(), NO_PASSWORD))
}

pub(super) fn etcd(arguments: &[&[u8]]) -> Option<Wrong> {
    if switch(arguments, &[b"--client-cert-auth", b"-client-cert-auth"])? {
        return None;
    }
    let urls = values(arguments, &[b"--listen-client-urls", b"-listen-client-urls"]);
    let mut urls = urls.last()?.split(|&byte| byte == b',');
    let is_open = |url: &[u8]| {
        !url.starts_with(b"unix") && after(url, b"://").is_some_and(|address| !is_loopback(address))
    };
    urls.any(is_open).then(|| (b"--client-cert-auth=false".to_vec(), NO_PASSWORD))
}

pub(super) fn cockroach(arguments: &[&[u8]]) -> Option<Wrong> {
    let is_server = arguments.first().is_some_and(|command| command.starts_with(b"start"));
    let is_open = is_server && switch(arguments, &[b"--insecure"]) == Some(true);
    is_open.then(|| (b"--insecure".to_vec(), NO_PASSWORD))
}

pub(super) fn php(arguments: &[&[u8]]) -> Option<Wrong> {
    let address = values(arguments, &[b"-S", b"--server"]).into_iter().next()?;
    let text = [b"-S ", address].concat();
    is_network(address)
        .then_some((text, "is the test server, which checks nothing, open to the network"))
}

pub(super) fn xorg(arguments: &[&[u8]]) -> Option<Wrong> {
    let is_local = values(arguments, &[b"-nolisten"]).contains(&&b"tcp"[..]);
    let listens = values(arguments, &[b"-listen"]).contains(&&b"tcp"[..]);
    let found = flag(arguments, &[b"-ac"])?;
    (listens && !is_local).then_some((found, "lets everyone on the network see and type"))
}

pub(super) fn xvnc(arguments: &[&[u8]]) -> Option<Wrong> {
    let names: [&[u8]; 4] =
        [b"-SecurityTypes", b"--SecurityTypes", b"-securitytypes", b"SecurityTypes"];
    let types = values(arguments, &names).into_iter().next()?;
    // TLSNone and X509None ask for no password, either.
    let is_none = |kind: &[u8]| kind.to_ascii_lowercase().ends_with(b"none");
    let has_none = types.split(|&byte| byte == b',').any(is_none);
    let is_bound = values(arguments, &[b"-interface", b"--interface"]).into_iter().any(is_loopback);
    let is_local = arguments.iter().any(|argument| {
        let (name, value) = split_value(argument);
        name.trim_ascii_start().to_ascii_lowercase().ends_with(b"localhost")
            && value.is_none_or(|value| matches!(value, b"1" | b"yes" | b"true" | b"on"))
    });
    let is_open = has_none && !is_local && !is_bound;
    is_open.then(|| (b"-SecurityTypes None".to_vec(), NO_PASSWORD))
}

/// `-nopw` only silences the warning that there is no password, so there may be one.
pub(super) fn x11vnc(arguments: &[&[u8]]) -> Option<Wrong> {
    let asks: [&[u8]; 5] = [b"-rfbauth", b"-passwd", b"-passwdfile", b"-unixpw", b"-usepw"];
    let is_local = flag(arguments, &[b"-localhost"]).is_some()
        || values(arguments, &[b"-listen"]).into_iter().any(is_loopback);
    let found = flag(arguments, &[b"-nopw"])?;
    let is_open = !is_local && flag(arguments, &asks).is_none();
    is_open.then_some((found, NO_PASSWORD))
}

pub(super) fn jupyter(arguments: &[&[u8]]) -> Option<Wrong> {
    let names: [&[u8]; 3] =
        [b"--NotebookApp.token", b"--ServerApp.token", b"--IdentityProvider.token"];
    let is_empty = |value: &[u8]| matches!(value, b"" | b"''" | b"\"\"");
    let name = names
        .into_iter()
        .find(|name| values(arguments, &[name]).last().is_some_and(|value| is_empty(value)))?;
    let password: [&[u8]; 2] = [b"--NotebookApp.password", b"--ServerApp.password"];
    let has_password = values(arguments, &password).into_iter().any(|value| !is_empty(value));
    (!has_password).then(|| ([name, b"="].concat(), RUNS_CODE))
}

pub(super) fn code_server(arguments: &[&[u8]]) -> Option<Wrong> {
    let is_open = values(arguments, &[b"--auth"]).last() == Some(&&b"none"[..]);
    is_open.then(|| (b"--auth none".to_vec(), RUNS_CODE))
}

/// `-o PermitEmptyPasswords=yes`, or with a blank, in any case. The first counts (`sshd_config(5)`). A title
/// keeps no words together, so we look at words.
pub(super) fn sshd(arguments: &[&[u8]]) -> Option<Wrong> {
    let line = arguments.join(&b' ').to_ascii_lowercase();
    let is_end = |byte: &u8| matches!(byte, b' ' | b'=' | b'"');
    let mut words = line.split(is_end).filter(|word| !word.is_empty());
    words.find(|word| {
        let rest = word.strip_suffix(b"permitemptypasswords");
        // `-o` may share a dash with others.
        rest.is_some_and(|rest| rest.is_empty() || (rest.starts_with(b"-") && rest.ends_with(b"o")))
    })?;
    let is_open = words.next() == Some(b"yes");
    is_open.then(|| (b"-o PermitEmptyPasswords=yes".to_vec(), NO_PASSWORD))
}

/// `-B` allows logins with an empty password. It may share a dash with other options.
pub(super) fn dropbear(arguments: &[&[u8]]) -> Option<Wrong> {
    let is_it = |argument: &&&[u8]| {
        let letters = argument.strip_prefix(b"-").unwrap_or_default();
        letters.contains(&b'B') && letters.iter().all(|letter| b"BEFRagijkmsw".contains(letter))
    };
    Some((arguments.iter().find(is_it)?.to_vec(), NO_PASSWORD))
}
