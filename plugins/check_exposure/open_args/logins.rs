//! Options that switch authentication off.

use super::Wrong;
use super::options::{after, flag, is_loopback, is_network, split_value, switch, values};

const NO_PASSWORD: &str = "lets anyone in without a password";
const ROOT: &str = "makes everyone on the network root of this host";
const RUNS_CODE: &str = "lets anyone in to run code";

/// `mysqld` takes the beginning of a name for the name. This one is short enough for no other option.
const GRANT_TABLES: (&[u8], usize) = (b"skip-grant-tables", b"skip-gr".len());

pub(super) fn mysqld(arguments: &[&[u8]]) -> Option<Wrong> {
    // It fills a new database from its input, as packages do, and listens to nobody.
    let fills: [&[u8]; 3] = [b"--bootstrap", b"--initialize", b"--initialize-insecure"];
    if flag(arguments, &fills).is_some() {
        return None;
    }
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

/// The words after the last `--NAME`, up to the next option, in one argument with it or not. The case of a
/// name does not matter.
fn redis_words<'a>(arguments: &[&'a [u8]], name: &[u8]) -> Option<Vec<&'a [u8]>> {
    let words: Vec<_> =
        arguments.iter().flat_map(|argument| argument.split(|&byte| byte == b' ')).collect();
    let is_it = |word: &&[u8]| {
        word.strip_prefix(b"--").is_some_and(|known| known.eq_ignore_ascii_case(name))
    };
    let at = words.iter().rposition(is_it)?;
    Some(words[at + 1..].iter().take_while(|word| !word.starts_with(b"--")).copied().collect())
}

/// `--noauth`; or `--bind_ip_all` without `--auth`, unless a file may say more.
pub(super) fn mongod(arguments: &[&[u8]]) -> Option<Wrong> {
    if let Some(found) = flag(arguments, &[b"--noauth"]) {
        return Some((found, NO_PASSWORD));
    }
    let asks: [&[u8]; 6] = [
        b"--auth",
        b"--keyFile",
        b"--clusterAuthMode",
        b"--tlsCAFile",
        b"--sslCAFile",
        b"--config",
    ];
    let may_ask =
        |argument: &&[u8]| argument.starts_with(b"-f") || asks.contains(&split_value(argument).0);
    if arguments.iter().any(may_ask) {
        return None;
    }
    if let Some(found) = flag(arguments, &[b"--bind_ip_all"]) {
        return Some((found, NO_PASSWORD));
    }
    let bound = *values(arguments, &[b"--bind_ip"]).last()?;
    let is_open = bound.split(|&byte| byte == b',').any(is_network);
    is_open.then(|| ([b"--bind_ip ", bound].concat(), NO_PASSWORD))
}

pub(super) fn kubernetes(arguments: &[&[u8]]) -> Option<Wrong> {
    let modes = values(arguments, &[b"--authorization-mode"]);
    let mut allowed = modes.iter().flat_map(|modes| modes.split(|&byte| byte == b','));
    // What one mode allows is allowed.
    if allowed.any(|mode| mode == b"AlwaysAllow") {
        let found = b"--authorization-mode=AlwaysAllow".to_vec();
        return Some((found, "allows everything to everyone who gets in"));
    }
    // The API server needs it for health checks. RBAC decides about everything else. A file may name it.
    let files = values(arguments, &[b"--config", b"--authorization-config"]);
    let is_open = switch(arguments, &[b"--anonymous-auth"]) == Some(true)
        && modes.is_empty()
        && files.is_empty();
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
    let is_server = arguments
        .iter()
        .find(|argument| !argument.starts_with(b"-"))
        .is_some_and(|command| command.starts_with(b"start"));
    let last = |names: &[&[u8]]| values(arguments, names).last().copied();
    // SQL has an address of its own, if it asks for one.
    let is_local = last(&[b"--listen-addr", b"--host"]).is_some_and(is_loopback)
        && last(&[b"--sql-addr"]).is_none_or(is_loopback);
    let is_open = is_server && !is_local && switch(arguments, &[b"--insecure"]) == Some(true);
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
    let value = |name: &[u8]| {
        let at = parameter(arguments, name)?;
        split_value(arguments[at]).1.or_else(|| arguments.get(at + 1).copied())
    };
    // TLSNone and X509None ask for no password, either.
    let is_none = |kind: &[u8]| kind.to_ascii_lowercase().ends_with(b"none");
    let has_none = value(b"securitytypes")?.split(|&byte| byte == b',').any(is_none);
    let is_bound = value(b"interface").is_some_and(is_loopback) || value(b"rfbport") == Some(b"-1");
    let is_local = parameter(arguments, b"localhost").is_some_and(|at| {
        split_value(arguments[at]).1.is_none_or(|on| matches!(on, b"1" | b"yes" | b"true" | b"on"))
    });
    // A display manager then asks for a password.
    let asks: [&[u8]; 3] = [b"-query", b"-indirect", b"-broadcast"];
    let is_open = has_none && !is_local && !is_bound && flag(arguments, &asks).is_none();
    is_open.then(|| (b"-SecurityTypes None".to_vec(), NO_PASSWORD))
}

/// Where a parameter of Xvnc's is set last: `-Name`, `--name`, `-name=value`, `name=value`.
fn parameter(arguments: &[&[u8]], wanted: &[u8]) -> Option<usize> {
    arguments.iter().rposition(|argument| {
        let (name, value) = split_value(argument);
        let plain = name.strip_prefix(b"-").unwrap_or(name);
        let plain = plain.strip_prefix(b"-").unwrap_or(plain);
        plain.eq_ignore_ascii_case(wanted) && (plain.len() < name.len() || value.is_some())
    })
}

/// `-nopw` only silences the warning that there is no password, so there may be one.
pub(super) fn x11vnc(arguments: &[&[u8]]) -> Option<Wrong> {
    // Its options may have two dashes.
    let two = |argument: &&[u8]| usize::from(argument.starts_with(b"--"));
    let arguments: Vec<_> = arguments.iter().map(|argument| &argument[two(argument)..]).collect();
    let asks: [&[u8]; 9] = [
        b"-rfbauth",
        b"-passwd",
        b"-passwdfile",
        b"-unixpw",
        b"-unixpw_nis",
        b"-unixpw_cmd",
        b"-usepw",
        b"-allow",
        b"-inetd",
    ];
    let is_local = flag(&arguments, &[b"-localhost"]).is_some()
        || values(&arguments, &[b"-listen"]).into_iter().any(is_loopback);
    let found = flag(&arguments, &[b"-nopw"])?;
    let is_open = !is_local && flag(&arguments, &asks).is_none();
    is_open.then_some((found, NO_PASSWORD))
}

pub(super) fn jupyter(arguments: &[&[u8]]) -> Option<Wrong> {
    let is_empty = |value: &[u8]| matches!(value, b"" | b"''" | b"\"\"");
    // The last value of a class's option: `--ServerApp.token=x`.
    let last = |classes: &[&str], name: &str| {
        let names: Vec<_> = classes.iter().map(|class| format!("--{class}.{name}")).collect();
        let names: Vec<_> = names.iter().map(String::as_bytes).collect();
        values(arguments, &names).last().copied()
    };
    let apps = ["NotebookApp", "ServerApp", "LabApp"];
    let classes = [&apps[..], &["IdentityProvider", "PasswordIdentityProvider"]].concat();
    let class = classes.iter().find(|class| last(&[class], "token").is_some_and(is_empty))?;
    let is_set = |classes: &[&str], name| last(classes, name).is_some_and(|value| !is_empty(value));
    // A socket has an owner.
    let asks = is_set(&apps, "password") || is_set(&classes, "hashed_password");
    let is_open = !asks && !is_set(&apps, "sock");
    is_open.then(|| (format!("--{class}.token=").into_bytes(), RUNS_CODE))
}

pub(super) fn code_server(arguments: &[&[u8]]) -> Option<Wrong> {
    let is_open = values(arguments, &[b"--auth"]).last() == Some(&&b"none"[..])
        && values(arguments, &[b"--socket"]).is_empty();
    is_open.then(|| (b"--auth none".to_vec(), RUNS_CODE))
}

/// `-o PermitEmptyPasswords=yes`, or with a blank, in any case. The first counts (`sshd_config(5)`). A title
/// keeps no words together, so we look at words.
pub(super) fn sshd(arguments: &[&[u8]]) -> Option<Wrong> {
    let line = arguments.join(&b' ').to_ascii_lowercase();
    let is_end = |byte: &u8| matches!(byte, b' ' | b'\t' | b'=' | b'"');
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
