//! A name that could not be looked up is not a name that does not exist: what hangs on it is unknown, and
//! texts show the number. The host's /etc and its name service are replaced for the plugin alone.

#![allow(
    clippy::expect_used,
    reason = "a helper that fails is a test that fails, but clippy only knows test functions"
)]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use support::tree::Recorded;
use support::{Answer, Check, Installed, Need, Tree, can, open_dir};

/// A user and a group that no machine has.
const STRANGER: u32 = 70_999;

const PASSWD: &str = "root:x:0:0::/:/bin/sh\nalice:x:1000:1000::/:/bin/sh\n";
const GROUP: &str = "root:x:0:\nshadow:x:42:\n";

/// A host with two processes: one of alice's (pid 5) in her group, one of the stranger's (pid 6).
struct Host {
    etc: tempfile::TempDir,
    tree: Tree,
}

impl Host {
    /// Its name service is `services`, as nsswitch.conf(5) has them.
    fn new(services: &str) -> Self {
        let (etc, tree) = (open_dir(), Tree::new());
        for (pid, id) in [(5, 1000), (6, STRANGER)] {
            tree.add(&Recorded { uid: [id; 4], gid: [id; 4], ..Recorded::new(pid, "pwd") });
        }
        let host = Self { etc, tree };
        host.write("nsswitch.conf", &format!("passwd: {services}\ngroup: {services}\n"));
        host.write("passwd", PASSWD);
        host.write("group", GROUP);
        host
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.etc.path().join(file), text).expect("a file of /etc");
    }

    fn remove(&self, file: &str) {
        fs::remove_file(self.etc.path().join(file)).expect("a file of /etc");
    }

    /// Runs a plugin there; the test's module of the name service says `says`.
    #[track_caller]
    fn run(&self, says: &str, plugin: &str, args: &[&str]) -> Answer {
        let plugin = Installed::link(plugin);
        let tree = self.tree.path().to_str().expect("text");
        let line = plugin.shell(&[&["--proc-root", tree], args].concat());
        let command = format!("mount --bind {} /etc && {line}", self.etc.path().display());
        Check::program("unshare")
            .args(["-m", "sh", "-c", &command])
            .env("LD_LIBRARY_PATH", module())
            .env("NSS_SAYS", says)
            .run()
    }

    #[track_caller]
    fn count(&self, says: &str, spec: &str) -> Answer {
        self.run(says, "check_proccount", &[spec])
    }
}

/// The directory of the module `test`.
fn module() -> &'static Path {
    static DIR: std::sync::OnceLock<tempfile::TempDir> = std::sync::OnceLock::new();
    let make = || {
        let dir = open_dir();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/nss.c");
        let mut cc = Command::new("cc");
        cc.args(["-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o"]);
        let done = cc.arg(dir.path().join("libnss_test.so.2")).arg(source).output();
        let done = done.expect("these tests need a C compiler called cc");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        dir
    };
    DIR.get_or_init(make).path()
}

fn may_run() -> bool {
    can(Need::Root) && can(Need::MountNamespace)
}

const TERMS: [&str; 4] =
    ["pwd,user~^bob$:0-0", "pwd,not-user~^bob$:2-2", "pwd,group~^bob$:0-0", "pwd,ruser~^bob$:0-0"];

#[test]
fn what_the_service_knows_not_to_exist_has_no_name() {
    if !may_run() {
        return;
    }
    for (services, says) in [("files", ""), ("files test", "N0"), ("files nosuch", "")] {
        let host = Host::new(services);
        for spec in TERMS.into_iter().chain(["pwd,user~^alice$:1-1", "pwd,user~^70999$:1-1"]) {
            host.count(says, spec).code(0);
        }
        host.count(says, "pwd,user=bob").unknown().has("there is no user 'bob'");
        host.run(says, "check_privdrop", &["--rules=groups"]).code(0);
    }
}

/// LDAP is down, or a daemon of the service is (ECONNREFUSED, ENOENT, EAGAIN).
#[test]
fn what_a_service_out_of_order_does_not_know_is_unknown() {
    if !may_run() {
        return;
    }
    let host = Host::new("files test");
    for says in ["U111", "U2", "T11"] {
        for spec in TERMS.into_iter().chain(["pwd,user=bob:0-0"]) {
            host.count(says, spec).unknown().has("the name service does not answer (pid ");
        }
        // What the files know they still know, and a number needs no name.
        host.count(says, "pwd,user=alice:1-1").code(0);
        host.count(says, "pwd,user=70999:1-1").code(0);
        host.count(says, "pwd,user~^alice$:1-").code(0);
        // Texts show the number.
        host.run(says, "check_proccount", &["-v", "pwd:2-2"]).code(0).has("pid 6 pwd, user 70999");
        let answer = host.run(says, "check_privdrop", &["--rules=groups"]);
        answer.code(3).has("the name service does not answer");
        let named = ["--rules=groups", "--privileged-groups=shadow"];
        host.run(says, "check_privdrop", &named).code(0);
    }
}

#[test]
fn without_a_database_nobody_is_known_not_to_exist() {
    if !may_run() {
        return;
    }
    // systemd's module makes up root where no file has it.
    for services in ["files", "files systemd", "nosuch"] {
        let host = Host::new(services);
        let is_unknown = || {
            for spec in TERMS {
                host.count("", spec)
                    .unknown()
                    .has("/etc/passwd and /etc/group have an entry for 0");
            }
            host.run("", "check_privdrop", &["--rules=groups"]).code(3);
        };
        if services == "nosuch" {
            is_unknown();
            continue;
        }
        for file in ["passwd", "group"] {
            host.write(file, "");
        }
        is_unknown();
        for file in ["passwd", "group"] {
            host.remove(file);
        }
        is_unknown();
        host.write("passwd", PASSWD);
        host.write("group", GROUP);
        host.count("", TERMS[0]).code(0);
    }
}
