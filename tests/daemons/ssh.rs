//! `check_by_ssh`: the plugins called through a real sshd on loopback.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::unistd::{User, geteuid};

use crate::cases::{Cases, ageless, assert_panicked, assert_sound};
use crate::lab::{Answer, Lab, PLUGIN_DIR, Running, answer, free_port, have, wait_for};

const CHECK_BY_SSH: &str = "/usr/lib/nagios/plugins/check_by_ssh";
const SSHD: &str = "/usr/sbin/sshd";

/// An sshd that lets the calling user in, by a key made for the occasion.
struct Ssh {
    port: u16,
    key: PathBuf,
    user: String,
    _daemon: Running,
}

impl Ssh {
    fn start(lab: &Lab) -> Self {
        // The login is the caller's own: nobody has no shell to log in with.
        let user = User::from_uid(geteuid()).unwrap().unwrap().name;
        if geteuid().is_root() {
            // Run by root, sshd insists on it; where no service made it, nobody has.
            fs::create_dir_all("/run/sshd").unwrap();
        }
        let dir = lab.path("ssh");
        fs::create_dir(&dir).unwrap();
        for key in ["host", "login"] {
            let mut make = Command::new("ssh-keygen");
            make.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(dir.join(key));
            assert!(make.status().unwrap().success());
        }
        let (port, dir_text) = (free_port(), dir.display());
        let config = dir.join("sshd_config");
        let text = format!(
            "ListenAddress 127.0.0.1:{port}\nHostKey {dir_text}/host\nPidFile none\n\
             AuthorizedKeysFile {dir_text}/login.pub\nStrictModes no\nUsePAM no\n\
             PasswordAuthentication no\nPermitRootLogin prohibit-password\n"
        );
        fs::write(&config, text).unwrap();
        let mut command = Command::new("setsid");
        command.args([SSHD, "-f"]).arg(&config).args(["-D", "-e"]);
        let daemon = lab.start("sshd", &mut command);
        wait_for("sshd to listen", 60, || {
            assert!(daemon.is_alive(), "{}", lab.log("sshd.out"));
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        Self { port, key: dir.join("login"), user, _daemon: daemon }
    }

    /// Runs the shipped Nagios command for ssh, with what only a test needs put in.
    fn ask(&self, plugin: &Path, words: &[String]) -> Answer {
        let shipped = fs::read_to_string(crate::lab::repository("packaging/nagios/procwarden.cfg"));
        let shipped = shipped.unwrap();
        let mut lines = shipped.lines().filter_map(|l| l.trim().strip_prefix("command_line"));
        let line = lines.find(|line| line.contains("check_by_ssh")).unwrap().trim();
        let options = format!(
            "{CHECK_BY_SSH} -p {} -l {} -i {} -o IdentitiesOnly=yes -o StrictHostKeyChecking=no \
             -o UserKnownHostsFile=/dev/null",
            self.port,
            self.user,
            self.key.display()
        );
        let there = format!("{} {}", plugin.display(), words.join(" "));
        let line = line
            .replace("$USER1$/check_by_ssh", &options)
            .replace("$HOSTADDRESS$", "127.0.0.1")
            .replace("$ARG1$", &there);
        assert!(!line.contains('$') && !line.contains(PLUGIN_DIR) || line.contains(CHECK_BY_SSH));
        answer(Command::new("sh").arg("-c").arg(line))
    }
}

#[test]
fn check_by_ssh_hands_on_every_answer_whole() {
    if !have(&["sshd", "ssh-keygen", CHECK_BY_SSH]) {
        return;
    }
    let lab = Lab::new();
    let cases = Cases::new(&lab);
    let ssh = Ssh::start(&lab);
    for case in &cases.all {
        let by_hand = lab.by_hand("check_proccount", &case.words);
        assert_sound(case, &by_hand);
        let said = ssh.ask(&lab.plugins().join("check_proccount"), &case.words);
        assert_eq!(ageless(&said), ageless(&by_hand), "{}", case.name);
    }
    if let Some(plugin) = lab.panicking() {
        assert_panicked(&ssh.ask(&plugin, &[]));
    }
}
