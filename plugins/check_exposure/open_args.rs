//! `open-args`: an option disables authentication, or opens a debugger to everyone.

mod debuggers;
mod logins;
mod options;

use procwarden::kernel::cmdline::{arguments, base_name, program_name, untitled};
use procwarden::kernel::interpreter::{Program, is_interpreter, program};
use procwarden::proc::fact::Fact;
use procwarden::proc::process::Process;
use procwarden::text::escape;

use super::answer::Answer;
use super::inspector::Inspector;
use super::stray::is_version;

pub(crate) fn ask(inspector: &Inspector, process: &mut Process<'_>) -> Fact<Answer> {
    let comm = process.comm()?;
    let cmdline = process.cmdline()?;
    if cmdline.is_empty() {
        return Ok(Answer::NotAsked);
    }
    let is_known = |name: &[u8]| {
        look_for(&PROGRAMS, name).is_some() || look_for(&INTERPRETERS, name).is_some()
    };
    let is_plain = || Ok(looks(cmdline, b"").is_empty());
    if inspector.are_plain.answer(cmdline, is_plain)? && !is_known(comm.as_bytes()) {
        return Ok(Answer::NotAsked);
    }
    let looks = looks(cmdline, comm.as_bytes());
    let flaw = looks.into_iter().find_map(|(look, options)| look(&options));
    Ok(Answer::of(flaw.map(|(option, what)| {
        let option = escape::bounded(&option, 80);
        format!("{option} {what}; remove it and restart")
    })))
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

/// Finds a dangerous option among arguments.
type Look = fn(&[&[u8]]) -> Option<Wrong>;

/// Programs, and the modules of interpreters, with options of their own.
const PROGRAMS: [(&[&[u8]], Look); 23] = [
    (&[b"mysqld", b"mariadbd"], logins::mysqld),
    (&[b"dockerd"], logins::dockerd),
    (&[b"podman"], logins::podman),
    (&[b"redis-server", b"valkey-server", b"keydb-server"], logins::redis),
    (&[b"mongod"], logins::mongod),
    (&[b"kubelet", b"kube-apiserver"], logins::kubernetes),
    (&[b"etcd"], logins::etcd),
    (&[b"cockroach"], logins::cockroach),
    (&[b"Xorg", b"X", b"Xvfb", b"Xephyr", b"Xnest"], logins::xorg),
    (&[b"Xvnc", b"Xtigervnc", b"x0vncserver", b"X0tigervnc", b"x0tigervncserver"], logins::xvnc),
    (&[b"x11vnc"], logins::x11vnc),
    (
        &[
            b"jupyter",
            b"jupyter-lab",
            b"jupyter-notebook",
            b"jupyter-server",
            b"jupyter_server",
            b"jupyterlab",
            b"notebook",
        ],
        logins::jupyter,
    ),
    (&[b"code-server"], logins::code_server),
    (&[b"sshd"], logins::sshd),
    (&[b"dropbear"], logins::dropbear),
    (&[b"debugpy"], debuggers::debugpy),
    (&[b"debugpy.adapter"], debuggers::debugpy_adapter),
    (&[b"gdbserver"], debuggers::gdbserver),
    (&[b"dlv"], debuggers::dlv),
    (&[b"lldb-server"], debuggers::lldb_server),
    (
        &[
            b"chrome",
            b"chromium",
            b"chromium-browser",
            b"google-chrome",
            b"chrome-headless-shell",
            b"headless_shell",
        ],
        debuggers::chrome,
    ),
    (&[b"qemu-kvm", b"kvm"], debuggers::qemu),
    // The name of its machine follows.
    (&[b"qemu-system"], debuggers::qemu),
];

/// Interpreters, whose options come before the program that they run.
const INTERPRETERS: [(&[&[u8]], Look); 3] = [
    (&[b"java", b"jsvc", b"jsvc.exec"], debuggers::java),
    (&[b"node", b"nodejs", b"deno", b"bun"], debuggers::node),
    (&[b"php"], logins::php),
];

/// The looks that concern a process, each with the arguments to look at. If its first argument is no
/// name that we know, its `comm` may be.
fn looks<'a>(cmdline: &'a [u8], comm: &[u8]) -> Vec<(Look, Vec<&'a [u8]>)> {
    let arguments = own_arguments(cmdline);
    let name = program_name(untitled(arguments.first().copied().unwrap_or_default()));
    let options = arguments.get(1..).unwrap_or_default();
    let mut looks = Vec::new();
    if let Some(look) = look_for(&PROGRAMS, name).or_else(|| look_for(&PROGRAMS, comm)) {
        looks.push((look, options.to_vec()));
    }
    let program = if is_interpreter(name) { program(cmdline) } else { None };
    let end = program.map_or(arguments.len(), |program| program.at);
    let of_interpreter = look_for(&INTERPRETERS, name).or_else(|| look_for(&INTERPRETERS, comm));
    if let Some(look) = of_interpreter {
        looks.push((look, arguments[1..end.max(1)].to_vec()));
    }
    // debugpy's adapter is a directory in its package.
    let name_of = |program: Program<'a>| {
        let is_adapter = program.text.ends_with(b"debugpy/adapter");
        if is_adapter { b"debugpy.adapter" } else { program.base_name() }
    };
    if let Some(look) = program.and_then(|program| look_for(&PROGRAMS, name_of(program))) {
        looks.push((look, arguments.get(end + 1..).unwrap_or_default().to_vec()));
    }
    looks
}

/// The look for a program of this name, which a version may follow: `php8.2`.
fn look_for(known: &[(&[&[u8]], Look)], name: &[u8]) -> Option<Look> {
    let name = if name.starts_with(b"qemu-system-") { b"qemu-system" } else { name };
    // Most processes have none of these names, and few begin like one.
    let is_it = |known: &&[u8]| known.first() == name.first() && is_version(name, known);
    let is_it = |names: &[&[u8]]| names.iter().any(is_it);
    known.iter().find(|(names, _)| is_it(names)).map(|(_, look)| *look)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of arguments between blanks.
    fn is_wrong(line: &str) -> bool {
        let cmdline = line.replace(' ', "\0") + "\0";
        looks(cmdline.as_bytes(), b"").into_iter().any(|(look, options)| look(&options).is_some())
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
    fn each_program_has_spellings_of_its_own() {
        for (open, shut) in [
            ("mysqld --skip-grant", "mysqld --skip-group"),
            ("mysqld --enable-skip-grant-tables", "mysqld --disable-skip-grant-tables"),
            ("dockerd -H 0.0.0.0:2375", "dockerd -H :2375"),
            (
                "dockerd -H tcp://h:2376 --tlsverify=false",
                "dockerd -H tcp://h:2376 --tlsverify=true",
            ),
            ("podman system service -t 0 tcp:0.0.0.0:8", "podman system service tcp:localhost:8"),
            (
                "java -agentpath:/x/libjdwp.so=server=y,address=*:5 -jar a",
                "java -jar a -agentlib:jdwp=server=y,address=*:5",
            ),
            (
                "java -Xrunjdwp:address=*:5,server=y A",
                "java -Xrunjdwp:address=10.0.0.1:5,server=n A",
            ),
            (
                "java -Dcom.sun.management.jmxremote.port=9 -Dcom.sun.management.jmxremote.authenticate=False",
                "java -Dcom.sun.management.jmxremote.port=9 -Dcom.sun.management.jmxremote.authenticate=false \
                 -Dcom.sun.management.jmxremote.ssl.need.client.auth=true",
            ),
            (
                "node -r ts/register --inspect=0.0.0.0 a.js",
                "node -r ts/register a.js --inspect=0.0.0.0",
            ),
            ("node --inspect --inspect-port=0.0.0.0:9 a.js", "node --inspect-port=0.0.0.0:9 a.js"),
            ("deno run --inspect=0.0.0.0:9229 a.ts", "deno run a.ts --inspect=0.0.0.0:9229"),
            (
                "redis-server --protected-mode no --bind 127.0.0.1 10.0.0.1",
                "redis-server --protected-mode no --bind 127.0.0.1 -::1",
            ),
            (
                "redis-server --Protected-Mode NO --requirepass  --port 1",
                "redis-server --protected-mode no --port 0",
            ),
            ("kubelet --anonymous-auth=1", "kubelet --anonymous-auth=f"),
            (
                "kube-apiserver --authorization-mode RBAC,AlwaysAllow",
                "kube-apiserver --authorization-mode RBAC",
            ),
            (
                "etcd -client-cert-auth=0 -listen-client-urls http://127.0.0.1:2,http://10.0.0.1:2",
                "etcd --client-cert-auth=false --listen-client-urls unix://x",
            ),
            ("php8.2 --server [::]:80", "php8.2 a.php -S 0.0.0.0:80"),
            ("gdbserver --wrapper env A=b:c -- :9 prog", "gdbserver --wrapper env A=b:c -- - prog"),
            ("gdbserver --multi tcp:0.0.0.0:9", "gdbserver tcp:localhost:9 prog"),
            ("dlv exec --headless --listen=:2345 x", "dlv exec --listen=:2345 x"),
            ("lldb-server-14 g *:1234 -- x", "lldb-server g localhost:1234 -- x"),
            (
                "chromium --remote-debugging-address=0.0.0.0 --remote-debugging-port=9",
                "chromium --remote-debugging-port=9",
            ),
            ("qemu-system-x86_64 -m 1 -s", "qemu-system-x86_64 -gdb tcp:127.0.0.1:1"),
            (
                "Xvnc -SecurityTypes=VncAuth,TLSNone",
                "Xvnc -SecurityTypes None -interface 127.0.0.1",
            ),
            ("x11vnc -nopw -forever", "x11vnc -nopw -localhost"),
            ("x11vnc -nopw", "x11vnc -nopw -rfbauth /etc/x11vnc.pass"),
            ("python3 -u /usr/bin/jupyter lab --ServerApp.token ", "python3 -m jupyterlab"),
            (
                "python3 -m debugpy --wait-for-client --listen 0.0.0.0:5 a.py",
                "python3 -m debugpy --connect 10.0.0.1:5 a.py",
            ),
            ("node /usr/lib/code-server --auth none", "code-server --auth password"),
            ("cockroach start --insecure", "cockroach sql --insecure"),
            (
                "sshd -Do PermitEmptyPasswords=yes",
                "sshd -o PermitEmptyPasswords=no -oPermitEmptyPasswords=yes",
            ),
            ("dropbear -FB -p 22", "dropbear -F -P /B"),
        ] {
            assert!(is_wrong(open), "{open}");
            assert!(!is_wrong(shut), "{shut}");
        }
    }

    #[test]
    fn where_it_listens_and_what_else_it_asks_for_counts() {
        for (open, shut) in [
            ("dockerd -H tcp://localhost.example.com:1", "dockerd -H tcp://LOCALHOST:1"),
            ("dockerd -H tcp://127.example.com:1", "dockerd -H tcp://127.1:1"),
            ("dockerd -H tcp://[fe80::1]:1", "dockerd -H tcp://[::ffff:127.0.0.1]:1"),
            ("php -S 0:8000", "php -S ip6-localhost:8000"),
            ("node --inspect=:::9229 a.js", "node --inspect=0 a.js"),
            (
                "node --inspect=127.0.0.1:1 --inspect=0.0.0.0:1 a.js",
                "node --inspect=0.0.0.0:1 --inspect=127.0.0.1:1 a.js",
            ),
            ("node --inspect=0.0.0.0 --inspect-port=9 a.js", "node --inspect-port=0.0.0.0 a.js"),
            // A package's script fills a new database so.
            ("mysqld --skip-grant-tables --user=mysql", "mysqld --bootstrap --skip-grant-tables"),
            ("mongod --bind_ip_all", "mongod --bind_ip_all --auth"),
            ("mongod --bind_ip localhost,10.0.0.5", "mongod --bind_ip 127.0.0.1,::1"),
            ("mongod --bind_ip=0.0.0.0", "mongod -f /etc/mongod.conf --bind_ip=0.0.0.0"),
            (
                "cockroach start --insecure --listen-addr=localhost --sql-addr=:26257",
                "cockroach start --insecure --listen-addr=localhost:26257",
            ),
            (
                "java -agentlib:jdwp=server=y,address=*:5,allow=*",
                "java -agentlib:jdwp=server=y,address=*:5,allow=127.0.0.1",
            ),
            ("jsvc.exec -agentlib:jdwp=server=y,address=*:1 A", "jsvc.exec -cwd / A"),
            (
                "python3 /x/debugpy/adapter --for-server 4 --host 0.0.0.0 --port 5",
                "python3 /x/debugpy/adapter --for-server 4 --host 127.0.0.1 --port 5",
            ),
            ("dlv exec --headless -l :2345 x -- -a", "dlv exec --headless x -- --listen=:80"),
            ("Xephyr :1 -ac -listen tcp", "Xephyr :1 -ac"),
            ("Xvnc -securityTypes none", "Xvnc -SecurityTypes None -query host -inetd"),
            (
                "Xvnc -SecurityTypes VncAuth -SecurityTypes None",
                "Xvnc -SecurityTypes None -SecurityTypes VncAuth",
            ),
            (
                "Xvnc -SecurityTypes None -desktop localhost",
                "Xvnc -SecurityTypes None -rfbport -1 -rfbunixpath /run/x",
            ),
            ("X0tigervnc -SecurityTypes None", "X0tigervnc -SecurityTypes None -localhost"),
            ("x11vnc --nopw", "x11vnc -nopw --localhost"),
            ("x11vnc -nopw -shared", "x11vnc -nopw -allow 127.0.0.1"),
            (
                "jupyter lab --LabApp.token=''",
                "jupyter lab --IdentityProvider.token= --PasswordIdentityProvider.hashed_password=x",
            ),
            (
                "python3 -m jupyter_server --ServerApp.token=",
                "jupyter lab --ServerApp.token= --ServerApp.sock=/run/j",
            ),
            ("code-server --auth=none", "code-server --socket /run/c --auth none"),
            ("kubelet --anonymous-auth=true -v 2", "kubelet --anonymous-auth=true --config=/k"),
            ("kvm -monitor telnet::4,server,nowait", "kvm -monitor tcp:127.0.0.1:4,server"),
            ("kvm -qmp tcp:0.0.0.0:4,server=on", "kvm -qmp tcp:10.0.0.1:4"),
            (
                "chromium-browser --remote-debugging-address=0.0.0.0 --remote-debugging-port=9",
                "chromium-browser --remote-debugging-address=127.0.0.1 --remote-debugging-port=9",
            ),
        ] {
            assert!(is_wrong(open), "{open}");
            assert!(!is_wrong(shut), "{shut}");
        }
        let is_wrong = |cmdline: &[u8]| {
            looks(cmdline, b"").into_iter().any(|(look, options)| look(&options).is_some())
        };
        assert!(is_wrong(b"redis-server\0--protected-mode no\0"));
        assert!(!is_wrong(b"redis-server\0--protected-mode no\0--requirepass x\0"));
        assert!(is_wrong(b"sshd\0-o\0PermitEmptyPasswords\tyes\0"));
    }

    #[test]
    fn a_daemon_under_another_name_is_known_by_its_comm() {
        let is_wrong = |cmdline: &[u8], comm| {
            looks(cmdline, comm).into_iter().any(|(look, options)| look(&options).is_some())
        };
        assert!(is_wrong(b"db\0--noauth\0", b"mongod"));
        assert!(!is_wrong(b"db\0--noauth\0", b"db"));
        let title = b"sshd: /usr/sbin/sshd -D -o PermitEmptyPasswords yes [listener]\0\0";
        assert!(is_wrong(title, b"sshd"));
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
        for (known, look) in PROGRAMS.into_iter().chain(INTERPRETERS) {
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
