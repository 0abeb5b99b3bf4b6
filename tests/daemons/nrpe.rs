//! NRPE: the plugins run by a real server, asked for by a real `check_nrpe`.

use std::net::TcpStream;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::cases::{Case, Cases, ageless, ages_left_out, assert_panicked, assert_sound, bearers};
use crate::drop_ins::{self, Host};
use crate::lab::{Answer, Lab, PLUGIN_DIR, Running, answer, free_port, have, wait_for};

const CHECK_NRPE: &str = "/usr/lib/nagios/plugins/check_nrpe";

/// `nrpe:1-1` holds while there is one, so the tests of this file take turns.
static TURN: Mutex<()> = Mutex::new(());

struct Nrpe {
    port: u16,
    // Ends before the turn does: fields are dropped in this order.
    _daemon: Running,
    _turn: MutexGuard<'static, ()>,
}

impl Nrpe {
    /// Starts a server with these commands, and the shipped ones.
    fn start(lab: &Lab, commands: &str, shipped: &str) -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let port = free_port();
        lab.make_dir("nrpe.d");
        lab.write("nrpe.d/procwarden.cfg", shipped);
        let config = lab.write(
            "nrpe.cfg",
            format!(
                "server_address=127.0.0.1\nserver_port={port}\nallowed_hosts=127.0.0.1\n\
                 nrpe_user={user}\nnrpe_group={group}\n\
                 log_file={root}/nrpe.log\ndisable_syslog=1\npid_file={root}/nrpe.pid\n\
                 dont_blame_nrpe=0\ncommand_timeout=20\ninclude_dir={root}/nrpe.d\n{commands}\n",
                root = lab.root(),
                user = lab.user(),
                group = lab.group(),
            ),
        );
        let mut command = lab.daemon("/usr/sbin/nrpe");
        let daemon = lab.start("nrpe", command.arg("-c").arg(config).arg("-f"));
        wait_for("NRPE to listen", 60, || {
            assert!(daemon.is_alive(), "{}{}", lab.log("nrpe.out"), lab.log("nrpe.log"));
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        Self { port, _daemon: daemon, _turn: turn }
    }

    fn ask(&self, command: &str, options: &[&str]) -> Answer {
        let mut check = Command::new(CHECK_NRPE);
        check.args(["-H", "127.0.0.1", "-t", "25", "-p", &self.port.to_string()]);
        answer(check.args(options).args(["-c", command]))
    }
}

fn installed() -> bool {
    have(&["nrpe", CHECK_NRPE])
}

#[test]
fn nrpe_hands_on_every_answer_whole() {
    if !installed() {
        return;
    }
    let lab = Lab::new();
    let cases = Cases::new(&lab);
    let plugin = lab.plugins().join("check_proccount");
    let line = |case: &Case| {
        let words = case.words.join(" ");
        format!("command[{}]={} {words}\n", case.name, plugin.display())
    };
    let mut commands: String = cases.all.iter().map(line).collect();
    if let Some(panicking) = lab.panicking() {
        commands += &format!("command[panic]={} {}:1-1\n", panicking.display(), cases.alive);
    }
    let nrpe = Nrpe::start(&lab, &commands, "");
    for case in &cases.all {
        let by_hand = lab.by_hand("check_proccount", &case.words);
        assert_sound(case, &by_hand);
        let said = ageless(&nrpe.ask(case.name, &[]));
        assert_eq!(said, ageless(&by_hand), "{}", case.name);
        // 1,023 bytes: the first line's text always, its perfdata unless there are many.
        let short = nrpe.ask(case.name, &["-2"]);
        assert_eq!(short.code, case.state, "{short:?}");
        let first = by_hand.text.lines().next().unwrap();
        let kept = if first.len() < 1023 { first } else { first.split('|').next().unwrap() };
        let (kept, short) = (ages_left_out(kept), ages_left_out(&short.text));
        assert!(short.starts_with(&kept), "{}: v2 cut {kept} to {short}", case.name);
    }
    if lab.panicking().is_some() {
        assert_panicked(&nrpe.ask("panic", &[]));
        assert_panicked(&nrpe.ask("panic", &["-2"]));
    }
}

/// What NRPE forks for a check bears its own name, and must not be counted.
#[test]
fn nrpe_counts_itself_once_through_itself() {
    if !installed() {
        return;
    }
    let lab = Lab::new();
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    // On a machine that is monitored there is one more; then tell them apart.
    let spec = if bearers("nrpe") == 0 { "nrpe" } else { &format!("nrpe,args~{}", lab.root()) };
    drop(turn);
    let plugin = lab.plugins().join("check_proccount");
    let commands = format!("command[self]={} {spec}:1-1\n", plugin.display());
    let nrpe = Nrpe::start(&lab, &commands, "");
    let expected = format!("PROCCOUNT is OK: {spec} 1|'{spec}'=1;;1:1;0\n");
    let ask = || {
        let said = nrpe.ask("self", &[]);
        assert_eq!((said.code, said.text.split('|').next()), (0, expected.split('|').next()));
    };
    (0..30).for_each(|_| ask());
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..10).for_each(|_| ask()));
        }
    });
}

#[test]
fn the_shipped_nrpe_commands_work() {
    if !installed() {
        return;
    }
    let lab = Lab::new();
    let cases = Cases::new(&lab);
    // The lists that ship are about daemons that this machine need not have.
    let alive = format!("{}:1-1", cases.alive);
    let list = lab.write("daemons", format!("# what runs here\n\n{alive}\n"));
    let shipped = lab
        .shipped("nrpe/procwarden.cfg")
        .replace("sshd,user=root,not-parent=sshd,args~listener,label=sshd:1-1", &alive)
        .replace("/etc/procwarden/daemons", list.to_str().unwrap())
        .replace("#command[", "command[")
        .replace("$ARG1$", &alive);
    assert!(!shipped.contains(PLUGIN_DIR));
    let nrpe = Nrpe::start(&lab, "", &shipped);
    let verdict = |command: &str| nrpe.ask(command, &[]);
    for command in ["check_daemons", "check_proccount"] {
        let said = verdict(command);
        assert_eq!(said.code, 0, "{command}: {said:?}");
        assert!(said.text.starts_with("PROCCOUNT is OK: "), "{command}: {said:?}");
    }
    // How the machine does, nobody knows; but no command may be misread.
    let text = lab.shipped("nrpe/procwarden.cfg");
    let fixed = text.lines().filter_map(|line| line.strip_prefix("command[")?.split_once("]="));
    for (command, line) in fixed {
        let plugin = line.split(' ').next().unwrap().rsplit('/').next().unwrap();
        let title = plugin.strip_prefix("check_").unwrap().to_uppercase();
        let said = verdict(command);
        assert!(said.text.starts_with(&format!("{title} is ")), "{command}: {said:?}");
        let misread = said.text.contains("usage") || said.text.contains("unexpected");
        assert!(!misread, "{command}: {said:?}");
    }
    // Debian's NRPE takes no arguments, and says so rather than drop them.
    assert_ne!(nrpe.ask("check_proccount", &["-a", "x"]).code, 0);
}

/// What `nrpe.cfg` brings, also the example that takes arguments, with what an admin puts there.
#[test]
fn the_commands_of_nrpe_cfg_find_the_drop_in_as_the_original() {
    let Some(examples) = drop_ins::installed("/etc/nagios/nrpe.cfg") else { return };
    if !installed() {
        return;
    }
    for (lab, host) in Host::healthy_and_broken() {
        let lines = examples.lines().map(|line| line.trim_start_matches('#'));
        let lines =
            lines.filter(|line| line.starts_with("command[") && line.contains("/check_procs"));
        let lines: Vec<_> = lines.collect();
        let arguments = format!("-w 1:2 -c 1:2 -C {} -a x.conf", host.daemon);
        let [warning, critical] = drop_ins::ZOMBIE_LIMITS;
        let lines = lines.join("\n").replace("$ARG1$", &arguments);
        let lines = lines.replace("-w 5 -c 10 -s Z", &format!("-w {warning} -c {critical} -s Z"));
        let nrpe = Nrpe::start(&lab, &drop_ins::doubled(&lab, &lines, "command[", "ours_"), "");
        for (command, states) in
            [("check_zombie_procs", [0, 2]), ("check_total_procs", [0, 2]), ("check_procs", [0, 2])]
        {
            let answers = ["", "ours_"].map(|mark| nrpe.ask(&format!("{mark}{command}"), &[]));
            let codes = answers.each_ref().map(|answer| answer.code);
            assert_eq!(codes, [host.expected(states); 2], "{command}: {answers:?}");
        }
    }
}
