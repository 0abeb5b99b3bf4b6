//! `open-args`: an option disables authentication, or opens a debugger to everyone.

use std::net::IpAddr;

use procwarden::kernel::cmdline::{arguments, base_name, untitled};
use procwarden::proc::fact::Fact;
use procwarden::proc::process::Process;
use procwarden::text::escape;

use super::answer::Answer;
use super::inspector::Inspector;

pub(crate) fn ask(_: &Inspector, process: &mut Process<'_>) -> Fact<Answer> {
    let cmdline = process.cmdline()?;
    if cmdline.is_empty() {
        return Ok(Answer::NotAsked);
    }
    let arguments = own_arguments(cmdline);
    let name = base_name(untitled(arguments.first().copied().unwrap_or_default()));
    let name = name.strip_prefix(b"-").unwrap_or(name);
    let options = arguments.get(1..).unwrap_or_default();
    Ok(match wrong(name, options) {
        None if !PROGRAMS.iter().any(|(known, _)| known.contains(&name)) => Answer::NotAsked,
        flaw => Answer::of(flaw.map(|(option, what)| {
            let option = escape::bounded(&option, 80);
            format!("{option} {what}; remove it and restart")
        })),
    })
}

/// The arguments, even if the daemon put them into its title: `sshd: /usr/sbin/sshd -D [listener]`. A
/// title without the program's path contains no arguments: `sshd: alice [priv]`.
fn own_arguments(cmdline: &[u8]) -> Vec<&[u8]> {
    let mut all: Vec<_> = arguments(cmdline).collect();
    if all[1..].iter().any(|argument| !argument.is_empty()) {
        return all;
    }
    let words: Vec<_> = all[0].split(|&byte| byte == b' ').collect();
    if let [title, path, ..] = words[..] {
        let is_title = title.strip_suffix(b":").is_some_and(|name| name == base_name(path));
        if is_title && path.starts_with(b"/") {
            all = words[1..].to_vec();
        }
    }
    all
}

/// A dangerous option, and what it does.
type Wrong = (Vec<u8>, &'static str);

/// Finds a dangerous option in the arguments of a program.
type Look = fn(&[&[u8]]) -> Option<Wrong>;

const PROGRAMS: [(&[&[u8]], Look); 14] = [
    (&[b"mysqld", b"mariadbd"], mysqld),
    (&[b"dockerd"], dockerd),
    (&[b"java"], java),
    (&[b"node", b"nodejs"], node),
    (&[b"redis-server", b"valkey-server"], redis),
    (&[b"mongod"], mongod),
    (&[b"kubelet", b"kube-apiserver"], kubernetes),
    (&[b"etcd"], etcd),
    (&[b"php"], php),
    (&[b"gdbserver"], gdbserver),
    (&[b"Xorg", b"X", b"Xvfb"], xorg),
    (&[b"Xvnc", b"Xtigervnc", b"x0vncserver"], xvnc),
    (&[b"jupyter", b"jupyter-lab", b"jupyter-notebook"], jupyter),
    (&[b"sshd"], sshd),
];

fn wrong(name: &[u8], arguments: &[&[u8]]) -> Option<Wrong> {
    let look = PROGRAMS.iter().find(|(known, _)| known.contains(&name)).map(|(_, look)| look);
    match look {
        Some(look) => look(arguments),
        // Other programs with a `java` or `jupyter` in front of what they run are scripts.
        None if name.starts_with(b"python") => {
            let script = arguments.first().map(|path| base_name(path))?;
            if script.starts_with(b"jupyter") {
                jupyter(&arguments[1..])
            } else {
                debugpy(arguments)
            }
        }
        None => None,
    }
}

const NO_PASSWORD: &str = "lets anyone in without a password";
const DEBUGGER: &str = "opens a debugger to the network: whoever connects runs code";

fn mysqld(arguments: &[&[u8]]) -> Option<Wrong> {
    // Each `-` within the name may be a `_`, and the last of several decides.
    let is_it = |argument: &&&[u8]| {
        let name = split_value(argument).0;
        let plain: Vec<_> = name.iter().map(|&b| if b == b'_' { b'-' } else { b }).collect();
        matches!(plain.as_slice(), b"--skip-grant-tables" | b"--loose-skip-grant-tables")
    };
    let found = arguments.iter().rfind(is_it)?;
    let value = split_value(found).1.map(<[u8]>::to_ascii_lowercase);
    let is_off = matches!(value.as_deref(), Some(b"0" | b"off" | b"false"));
    // Without the network, only local users get in. That is still all of them.
    (!is_off).then(|| (found.to_vec(), NO_PASSWORD))
}

fn dockerd(arguments: &[&[u8]]) -> Option<Wrong> {
    let is_verified = flag(arguments, &[b"--tlsverify"]).is_some();
    let hosts = values(arguments, &[b"-H", b"--host"]);
    let open = hosts
        .into_iter()
        .find(|host| host.strip_prefix(b"tcp://").is_some_and(|address| !is_loopback(address)))?;
    (!is_verified).then(|| (open.to_vec(), "makes everyone on the network root of this host"))
}

fn java(arguments: &[&[u8]]) -> Option<Wrong> {
    let debugger = arguments.iter().find(|argument| {
        let is_agent =
            argument.starts_with(b"-agentlib:jdwp=") || argument.starts_with(b"-Xrunjdwp:");
        let address = after(argument, b"address=");
        is_agent
            && address.is_some_and(|address| {
                is_network(address.split(|&b| b == b',').next().unwrap_or_default())
            })
    });
    if let Some(found) = debugger {
        return Some((found.to_vec(), DEBUGGER));
    }
    let remote = arguments
        .iter()
        .any(|argument| argument.starts_with(b"-Dcom.sun.management.jmxremote.port="));
    let open = flag(arguments, &[b"-Dcom.sun.management.jmxremote.authenticate=false"])?;
    let is_local = flag(
        arguments,
        &[
            b"-Dcom.sun.management.jmxremote.host=127.0.0.1",
            b"-Dcom.sun.management.jmxremote.host=localhost",
        ],
    )
    .is_some();
    (remote && !is_local).then_some((open, DEBUGGER))
}

fn node(arguments: &[&[u8]]) -> Option<Wrong> {
    let names: [&[u8]; 3] = [b"--inspect", b"--inspect-brk", b"--inspect-wait"];
    // Options after the script belong to the script.
    let own = arguments.iter().take_while(|argument| argument.starts_with(b"-"));
    let open = own.filter(|argument| {
        let (name, address) = split_value(argument);
        names.contains(&name) && address.is_some_and(is_network)
    });
    open.map(|found| (found.to_vec(), DEBUGGER)).next()
}

fn redis(arguments: &[&[u8]]) -> Option<Wrong> {
    let is_off = values(arguments, &[b"--protected-mode"]).contains(&&b"no"[..]);
    let has_password = !values(arguments, &[b"--requirepass", b"--aclfile"]).is_empty();
    let is_bound = values(arguments, &[b"--bind"]).into_iter().next().is_some_and(is_loopback);
    (is_off && !has_password && !is_bound).then(|| (b"--protected-mode no".to_vec(), NO_PASSWORD))
}

fn mongod(arguments: &[&[u8]]) -> Option<Wrong> {
    Some((flag(arguments, &[b"--noauth"])?, NO_PASSWORD))
}

fn kubernetes(arguments: &[&[u8]]) -> Option<Wrong> {
    if let Some(found) = flag(arguments, &[b"--authorization-mode=AlwaysAllow"]) {
        return Some((found, "allows everything to everyone who gets in"));
    }
    let open = flag(arguments, &[b"--anonymous-auth=true", b"--anonymous-auth"])?;
    // The API server needs it for health checks. RBAC decides about everything else.
    let asks = values(arguments, &[b"--authorization-mode"]).into_iter().next();
    let is_guarded = asks.is_some_and(|mode| mode != b"AlwaysAllow");
    (!is_guarded).then_some((open, NO_PASSWORD))
}

fn etcd(arguments: &[&[u8]]) -> Option<Wrong> {
    let open = flag(arguments, &[b"--client-cert-auth=false"])?;
    let urls = values(arguments, &[b"--listen-client-urls"]).into_iter().next()?;
    let mut addresses = urls.split(|&byte| byte == b',').filter_map(|url| after(url, b"://"));
    addresses.any(|address| !is_loopback(address)).then_some((open, NO_PASSWORD))
}

fn php(arguments: &[&[u8]]) -> Option<Wrong> {
    let address = values(arguments, &[b"-S"]).into_iter().next()?;
    let text = [b"-S ", address].concat();
    is_network(address)
        .then_some((text, "is the test server, which checks nothing, open to the network"))
}

fn gdbserver(arguments: &[&[u8]]) -> Option<Wrong> {
    let is_own = |argument: &&&[u8]| !argument.starts_with(b"-");
    let address = arguments.iter().find(is_own)?;
    let is_network = address.contains(&b':') && !is_loopback(address) && !address.starts_with(b"/");
    is_network.then(|| (address.to_vec(), DEBUGGER))
}

fn xorg(arguments: &[&[u8]]) -> Option<Wrong> {
    let is_local = values(arguments, &[b"-nolisten"]).contains(&&b"tcp"[..]);
    let listens = values(arguments, &[b"-listen"]).contains(&&b"tcp"[..]);
    let found = flag(arguments, &[b"-ac"])?;
    (listens && !is_local).then_some((found, "lets everyone on the network see and type"))
}

fn xvnc(arguments: &[&[u8]]) -> Option<Wrong> {
    let names: [&[u8]; 4] =
        [b"-SecurityTypes", b"--SecurityTypes", b"-securitytypes", b"SecurityTypes"];
    let types = values(arguments, &names).into_iter().next()?;
    let has_none = types.split(|&byte| byte == b',').any(|kind| kind.eq_ignore_ascii_case(b"none"));
    let is_local = arguments.iter().any(|argument| {
        let (name, value) = split_value(argument);
        name.trim_ascii_start().to_ascii_lowercase().ends_with(b"localhost")
            && value.is_none_or(|value| matches!(value, b"1" | b"yes" | b"true" | b"on"))
    });
    (has_none && !is_local).then(|| (b"-SecurityTypes None".to_vec(), NO_PASSWORD))
}

fn jupyter(arguments: &[&[u8]]) -> Option<Wrong> {
    let names: [&[u8]; 3] =
        [b"--NotebookApp.token", b"--ServerApp.token", b"--IdentityProvider.token"];
    let is_empty = |value: &[u8]| matches!(value, b"" | b"''" | b"\"\"");
    let open = arguments.iter().find(|argument| {
        let (name, value) = split_value(argument);
        names.contains(&name) && value.is_some_and(is_empty)
    })?;
    let password: [&[u8]; 2] = [b"--NotebookApp.password", b"--ServerApp.password"];
    let has_password = values(arguments, &password).into_iter().any(|value| !is_empty(value));
    (!has_password).then(|| (open.to_vec(), "lets anyone in to run code"))
}

/// `python -m debugpy --listen 0.0.0.0:5678 app.py`. With a port alone it listens for this host.
fn debugpy(arguments: &[&[u8]]) -> Option<Wrong> {
    let at = arguments.windows(2).position(|pair| pair == [&b"-m"[..], b"debugpy"])?;
    let is_option = |argument: &&[u8]| argument.starts_with(b"-");
    // After the script's name come options of its own.
    if !arguments[..at].iter().all(is_option) {
        return None;
    }
    let [name, address, ..] = arguments[at + 2..] else { return None };
    (name == b"--listen" && is_network(address))
        .then(|| ([b"--listen ", address].concat(), DEBUGGER))
}

fn sshd(arguments: &[&[u8]]) -> Option<Wrong> {
    let is_open = |option: &&&[u8]| {
        let words =
            option.split(|&byte| matches!(byte, b'=' | b' ')).filter(|word| !word.is_empty());
        let words: Vec<_> = words.map(<[u8]>::to_ascii_lowercase).collect();
        words == [b"permitemptypasswords".to_vec(), b"yes".to_vec()]
    };
    let options = values(arguments, &[b"-o"]);
    let found = options.iter().find(is_open).map(|option| [b"-o ", *option].concat());
    found.map(|found| (found, NO_PASSWORD))
}

/// The first argument that is one of these.
fn flag(arguments: &[&[u8]], wanted: &[&[u8]]) -> Option<Vec<u8>> {
    arguments.iter().find(|argument| wanted.contains(argument)).map(|found| found.to_vec())
}

/// The values of an option with any of these names: `--name=value`, `--name value`, `-ovalue`.
fn values<'a>(arguments: &[&'a [u8]], names: &[&[u8]]) -> Vec<&'a [u8]> {
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
fn split_value(argument: &[u8]) -> (&[u8], Option<&[u8]>) {
    match argument.iter().position(|&byte| byte == b'=') {
        Some(at) => (&argument[..at], Some(&argument[at + 1..])),
        None => (argument, None),
    }
}

/// The text after `mark`.
fn after<'t>(text: &'t [u8], mark: &[u8]) -> Option<&'t [u8]> {
    let at = text.windows(mark.len()).position(|part| part == mark)?;
    Some(&text[at + mark.len()..])
}

/// Whether an address, with or without a port, is of a network: `0.0.0.0`, `*`, `[::]`, `10.0.0.1:80`. A
/// name may be this host's.
fn is_network(address: &[u8]) -> bool {
    let host = match address.strip_prefix(b"[") {
        Some(rest) => rest.split(|&byte| byte == b']').next(),
        None if address.starts_with(b"::") => Some(address),
        None => address.split(|&byte| byte == b':').next(),
    };
    let host = host.unwrap_or_default();
    let parsed = std::str::from_utf8(host).ok().and_then(|host| host.parse::<IpAddr>().ok());
    host == b"*" || parsed.is_some_and(|address| !address.is_loopback())
}

/// Whether an address is reachable only from this host.
fn is_loopback(address: &[u8]) -> bool {
    let hosts: [&[u8]; 5] = [b"127.", b"localhost", b"[::1]", b"::1", b"unix:"];
    hosts.iter().any(|host| address.starts_with(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_wrong(line: &str) -> bool {
        let words: Vec<_> = line.split(' ').map(str::as_bytes).collect();
        wrong(words[0], &words[1..]).is_some()
    }

    #[test]
    fn open_doors_are_told_from_their_neighbours() {
        for (open, shut) in [
            ("mariadbd --skip-grant-tables", "mariadbd --skip-name-resolve"),
            ("dockerd -H tcp://0.0.0.0:2375", "dockerd -H tcp://0.0.0.0:2376 --tlsverify"),
            ("dockerd --host=tcp://10.0.0.1:2375", "dockerd -H fd:// -H tcp://127.0.0.1:2375"),
            (
                "java -agentlib:jdwp=transport=dt_socket,server=y,address=*:5005 -jar a.jar",
                "java -agentlib:jdwp=transport=dt_socket,server=y,address=5005 -jar a.jar",
            ),
            (
                "java -Dcom.sun.management.jmxremote.port=9 -Dcom.sun.management.jmxremote.authenticate=false",
                "java -Dcom.sun.management.jmxremote.authenticate=false",
            ),
            ("node --inspect=0.0.0.0:9229 app.js", "node --inspect app.js"),
            ("node --inspect-brk=0.0.0.0 app.js", "node app.js --inspect=0.0.0.0"),
            (
                "redis-server --protected-mode no",
                "redis-server --protected-mode no --bind 127.0.0.1",
            ),
            ("mysqld --skip_grant_tables=1", "mysqld --skip-grant-tables=OFF"),
            ("mysqld --skip-grant_tables=ON", "mysqld --skip-grant-tables --skip-grant-tables=0"),
            ("node --inspect=192.168.1.5:9229 a.js", "node --inspect=127.0.0.2:9229 a.js"),
            ("node --inspect=[2001:db8::1]:9229 a.js", "node --inspect=[::1]:9229 a.js"),
            ("node --inspect=*:1 a.js", "node --inspect=9229 a.js"),
            ("node --inspect=:: a.js", "node --inspect=localhost:9229 a.js"),
            (
                "java -agentlib:jdwp=server=y,address=10.0.0.1:5005",
                "java -agentlib:jdwp=server=y,address=localhost:5005",
            ),
            (
                "python3 -m debugpy --listen 0.0.0.0:5678 a.py",
                "python3 -m debugpy --listen 5678 a.py --listen 0.0.0.0:1",
            ),
            (
                "python3.11 -u -m debugpy --listen 10.0.0.1:1 a.py",
                "python3 a.py -m debugpy --listen 0.0.0.0:5678",
            ),
            ("mongod --noauth", "mongod --auth"),
            ("kubelet --anonymous-auth=true", "kubelet --anonymous-auth=false"),
            (
                "kube-apiserver --authorization-mode=AlwaysAllow",
                "kube-apiserver --anonymous-auth=true --authorization-mode=Node,RBAC",
            ),
            (
                "etcd --client-cert-auth=false --listen-client-urls=http://10.0.0.1:2379",
                "etcd --client-cert-auth=false --listen-client-urls=http://127.0.0.1:2379",
            ),
            ("php -S 0.0.0.0:8000", "php -S localhost:8000"),
            ("gdbserver :9999 prog", "gdbserver localhost:9999 prog"),
            ("Xorg -ac -listen tcp", "Xorg -ac -nolisten tcp"),
            ("Xvnc -SecurityTypes None", "Xvnc -SecurityTypes None -localhost"),
            ("jupyter-lab --ServerApp.token=", "jupyter-lab --ServerApp.token=abc"),
            ("python3 /usr/bin/jupyter-lab --ServerApp.token=''", "python3 /usr/bin/jupyter-lab"),
            ("sshd -D -o PermitEmptyPasswords=yes", "sshd -D -o PermitEmptyPasswords=no"),
        ] {
            assert!(is_wrong(open), "{open}");
            assert!(!is_wrong(shut), "{shut}");
        }
    }

    #[test]
    fn a_title_may_hold_the_arguments() {
        for (title, second) in [
            ("sshd: /usr/sbin/sshd -D -ox=y [listener] 0 of 10-100 startups\0\0", Some("-D")),
            ("sshd: alice@pts/0 -D\0", None),
            ("sshd: /home/x -D\0", None),
            ("/usr/sbin/sshd\0-D\0", Some("-D")),
            ("sshd: /usr/sbin/sshd\0-d\0", Some("-d")),
            ("\0", None),
            ("", None),
        ] {
            let found = own_arguments(title.as_bytes());
            assert_eq!(found.get(1).copied(), second.map(str::as_bytes), "{title}");
        }
    }

    #[test]
    fn arguments_of_any_form_are_no_trouble() {
        for (known, look) in PROGRAMS {
            for name in known {
                let lists: [&[&[u8]]; 4] =
                    [&[], &[b""], &[b"-H", b"-o", b"-S"], &[b"=", b"\xff\n"]];
                for arguments in lists {
                    assert_eq!(look(arguments), None, "{}", escape::text(name));
                }
            }
        }
    }
}
