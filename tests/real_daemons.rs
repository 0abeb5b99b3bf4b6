//! Debian's own sshd, cron, nginx and redis: running, stopped, one too many, as the wrong user, in
//! another PID namespace; each told rightly, in Nagios and mon form.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod support;

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

// Other daemons of the same kind may run beside ours, and are then told as near misses.
use support::{Check, Need, can, open_dir, until};

/// A daemon in the foreground, a child of this test; killed with its guard.
struct Daemon(Child, libc::c_int);

impl Daemon {
    fn start(program: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // SAFETY: prctl is async-signal-safe, and nothing else happens between fork and exec.
        unsafe {
            command.pre_exec(|| {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                Ok(())
            });
        }
        let child = command.spawn().unwrap_or_else(|error| panic!("{program}: {error}"));
        // unshare waits for its child and heeds nothing milder.
        let signal = if program == "unshare" { libc::SIGKILL } else { libc::SIGTERM };
        Self(child, signal)
    }

    /// Asks it to end, as an init script would, and waits.
    fn stop(mut self) {
        self.terminate();
    }

    fn terminate(&mut self) {
        let pid = libc::pid_t::try_from(self.0.id()).unwrap();
        // SAFETY: the child is not reaped before wait(), so the pid is still its own.
        unsafe { libc::kill(pid, self.1) };
        let _ = self.0.wait();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.terminate();
    }
}

/// Waits until the plugin sees it so; then the answer is what it is for good.
fn settled(spec: &str) {
    until(&format!("{spec} is so"), || Check::count([spec]).run().code == Some(0));
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Specs name our own daemons only: those whose parent is this test.
fn ours(spec: &str) -> String {
    format!("{spec},ppid={}", std::process::id())
}

#[test]
fn sshd_running_stopped_and_one_too_many() {
    if !can(Need::Root) || !can(Need::Program("/usr/sbin/sshd")) {
        return;
    }
    let dir = open_dir();
    let key = dir.path().join("key");
    let mut keygen = Command::new("ssh-keygen");
    keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key);
    assert!(keygen.output().unwrap().status.success());
    std::fs::create_dir_all("/run/sshd").unwrap();
    let start = || {
        let port = free_port().to_string();
        let key = key.to_str().unwrap();
        Daemon::start("/usr/sbin/sshd", &["-D", "-f", "/dev/null", "-p", &port, "-h", key])
    };
    let name = ours("sshd,user=root,not-parent=sshd,args~listener");
    let path = ours("/usr/sbin/sshd");
    let first = start();
    settled(&format!("{name}:1-1"));
    Check::count([&format!("{path}:1-1")]).run().ok(&format!("{path} 1"));
    let second = start();
    settled(&format!("{name}:2-2"));
    let spec = format!("{name}:1-1");
    Check::count([&spec]).run().critical_with(&format!("{name} 2 (want 1-1)"));
    second.stop();
    first.stop();
    Check::count([&spec]).run().critical_with(&format!("{name} 0 (want 1-1)"));
    let mon = Check::plugin("check_proccount.monitor").args([&spec]).run();
    mon.code(1);
    assert!(mon.stdout().starts_with(&format!("{name} 0 (want 1-1)")), "{mon}");
}

#[test]
fn cron_is_silence_for_mon_while_it_runs() {
    if !can(Need::Root) || !can(Need::Program("/usr/sbin/cron")) {
        return;
    }
    let spec = format!("{}:1-1", ours("cron,user=root,args~^/usr/sbin/cron"));
    // cron locks its pid file; in a mount namespace of its own it has another.
    let _cron = Daemon::start(
        "unshare",
        &["-m", "sh", "-c", "mount -t tmpfs tmpfs /run && exec /usr/sbin/cron -f"],
    );
    settled(&spec);
    Check::plugin("check_proccount.monitor").args([&spec]).run().code(0).prints("");
}

#[test]
fn nginx_in_a_container_is_not_the_hosts() {
    if !can(Need::Root) || !can(Need::Program("/usr/sbin/nginx")) {
        return;
    }
    let dir = open_dir();
    let config = dir.path().join("nginx.conf");
    let text = format!(
        "daemon off; pid {0}/pid; error_log /dev/null; user www-data; worker_processes 2;\n\
         events {{}} http {{ access_log off; server {{ listen 127.0.0.1:{1}; }} }}\n",
        dir.path().display(),
        free_port()
    );
    std::fs::write(&config, text).unwrap();
    let config = config.to_str().unwrap();
    let all = format!("nginx,args~{config}");
    let master = format!("{all},user=root");
    let host = Daemon::start("/usr/sbin/nginx", &["-c", config]);
    settled(&format!("{master}:1-1"));
    let pid = host.0.id();
    settled(&format!("nginx,user=www-data,ppid={pid}:2-2"));
    host.stop();
    Check::count([&format!("{master}:1-")]).run().critical_with(&format!("{master} 0 (want 1-)"));
    let _contained =
        Daemon::start("unshare", &["--pid", "--fork", "--kill-child", "nginx", "-c", config]);
    until("the contained nginx runs", || {
        let spec = format!("{master}:1-1");
        Check::count(["--containers", "only", &spec]).run().code == Some(0)
    });
    Check::count([&format!("{master}:1-")])
        .run()
        .critical_with(&format!("{master} 0 (want 1-): "))
        .has("1 more in containers");
}

#[test]
fn redis_as_the_wrong_user_is_reported_by_name() {
    if !can(Need::Root) || !can(Need::Program("/usr/bin/redis-server")) {
        return;
    }
    let port = free_port().to_string();
    let start = |user: &str| {
        let redis = ["redis-server", "--bind", "127.0.0.1", "--port", &port, "--save", ""];
        let drop = ["--reuid", user, "--regid", "nogroup", "--clear-groups", "--"];
        Daemon::start("setpriv", &[&drop[..], &redis[..]].concat())
    };
    let of = |user: &str| format!("redis-server,args~:{port}$,user={user}");
    let right = start("redis");
    settled(&format!("{}:1-1", of("redis")));
    right.stop();
    let _wrong = start("nobody");
    settled(&format!("{}:1-1", of("nobody")));
    let text = format!("{} 0 (want 1-1): ", of("redis"));
    Check::count([&format!("{}:1-1", of("redis"))])
        .run()
        .critical_with(&text)
        .has("1 named redis-server runs as nobody");
}
