//! mon: the monitors run by the real daemon, asked over its client protocol by moncmd.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::cases::{Cases, ageless, ages_left_out, assert_sound, bearers};
use crate::drop_ins::Host;
use crate::lab::{Answer, Lab, Running, free_port, have, wait_for};

/// `mon:1-1` holds while there is one, so the tests of this file take turns.
static TURN: Mutex<()> = Mutex::new(());

/// What mon knows of a service.
#[derive(Debug)]
struct Status {
    failing: bool,
    /// When it was last checked.
    checked: String,
    summary: String,
    detail: String,
}

struct Mon<'a> {
    lab: &'a Lab,
    port: u16,
    daemon: Running,
}

impl<'a> Mon<'a> {
    fn start(lab: &'a Lab, watches: &str) -> Self {
        let root = lab.root();
        let port = free_port();
        for dir in ["state", "log", "alert.d", "mon.d"] {
            lab.make_dir(dir);
        }
        lab.write_script(
            "alert.d/mail.alert",
            &format!("{{ echo \"== $*\"; cat; }} >> {root}/log/alerts"),
        );
        lab.write("auth.cf", "command section\nlist: all\nget: all\ntest: all\n");
        // randstart of one second is none: without it the first check waits its interval.
        let config = format!(
            "basedir = {root}\ncfbasedir = {root}\nmondir = {root}/mon.d:{root}/plugins\n\
             alertdir = {root}/alert.d\nstatedir = {root}/state\nlogdir = {root}/log\n\
             authfile = {root}/auth.cf\npidfile = {root}/mon.pid\nserverbind = 127.0.0.1\n\
             trapbind = 127.0.0.1\nclientallow = 127.0.0.1\nmaxprocs = 40\n\
             randstart = 1s\n\n{watches}"
        );
        let config = lab.write("mon.cf", config);
        let mut command = lab.daemon("mon");
        command.arg("-c").arg(config).args(["-B", root, "-p", &port.to_string()]);
        command.args(["-t", &free_port().to_string(), "-P"]).arg(lab.path("mon.pid"));
        let daemon = lab.start("mon", &mut command);
        Self { lab, port, daemon }
    }

    /// Asks mon what it knows of the services that it has checked.
    fn list(&self) -> BTreeMap<String, Status> {
        assert!(self.daemon.is_alive(), "{}", self.lab.log("mon.out"));
        let mut ask = self.lab.command("moncmd");
        ask.args(["-s", "127.0.0.1", "-p", &self.port.to_string(), "list", "opstatus"]);
        // Until mon listens, moncmd fails.
        let output = ask.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines().filter_map(parse).collect()
    }

    fn wait_until(
        &self,
        what: &str,
        done: impl Fn(&BTreeMap<String, Status>) -> bool,
    ) -> BTreeMap<String, Status> {
        wait_for(what, 60, || Some(self.list()).filter(&done))
    }
}

/// A line of `list opstatus`: words KEY=VALUE, with `\xx` for odd bytes. None for a
/// service that has not been checked yet.
fn parse(line: &str) -> Option<(String, Status)> {
    let fields: BTreeMap<_, _> = line.split(' ').filter_map(|word| word.split_once('=')).collect();
    fields.get("monitor_duration")?.parse::<f64>().ok().filter(|seconds| *seconds >= 0.0)?;
    let text = |key: &str| unescaped(fields.get(key).unwrap_or(&""));
    let status = Status {
        failing: fields.get("opstatus") == Some(&"0"),
        checked: text("last_check"),
        summary: text("last_summary"),
        detail: text("last_detail"),
    };
    Some((text("service"), status))
}

fn unescaped(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        let code = rest.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        if let Some(byte) = code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            bytes.push(byte);
            rest = &rest[2..];
        } else if let Some((&byte, after)) = rest.split_first() {
            bytes.push(byte);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn service(name: &str, monitor: &str) -> String {
    format!(
        "    service {name}\n        interval 1s\n        monitor {monitor}\n        period\n            \
         alert mail.alert admin\n            upalert mail.alert admin\n"
    )
}

fn installed() -> bool {
    have(&["mon", "moncmd"])
}

#[test]
fn mon_takes_every_answer_whole() {
    if !installed() {
        return;
    }
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let lab = Lab::new();
    let cases = Cases::new(&lab);
    let spec = if bearers("mon") == 0 { "mon" } else { &format!("mon,args~{}", lab.root()) };
    let mut watches = String::from("hostgroup here localhost otherhost\n\nwatch here\n");
    for case in &cases.all {
        let words = case.words.join(" ");
        watches += &service(case.name, &format!("check_proccount.monitor {words} ;;"));
    }
    // Several at once, beside all the others.
    for i in 0..4 {
        watches += &service(&format!("self{i}"), &format!("check_proccount.monitor {spec}:1-1 ;;"));
    }
    // Without ";;" mon appends its hosts, who then pass for processes.
    watches += &service("hosts", &format!("check_proccount.monitor {}:1-1", cases.alive));
    if let Some(plugin) = lab.panicking() {
        lab.make_dir("mon.d");
        lab.write_script(
            "mon.d/panicking.monitor",
            &format!("exec {}.monitor \"$@\"", plugin.display()),
        );
        watches += &service("panic", "panicking.monitor whatever:1- ;;");
    }
    let wanted = watches.matches("service ").count();
    let mon = Mon::start(&lab, &watches);
    let known = mon.wait_until("every service to be checked", |known| known.len() == wanted);

    for case in &cases.all {
        assert_sound(case, &lab.by_hand("check_proccount", &case.words));
        let by_hand = ageless(&lab.by_hand("check_proccount.monitor", &case.words));
        let status = &known[case.name];
        assert_eq!(status.failing, case.state != 0, "{}: {status:?}", case.name);
        if case.state == 0 {
            assert_eq!(by_hand, Answer { code: 0, text: String::new() });
            continue;
        }
        assert_eq!(by_hand.code, 1, "{by_hand:?}");
        let (summary, detail) = by_hand.text.split_once('\n').unwrap();
        assert_eq!(ages_left_out(&status.summary), summary, "{}", case.name);
        let kept = ages_left_out(&status.detail);
        assert_eq!(kept.trim_end(), detail.trim_end(), "{}", case.name);
        assert!(!by_hand.text.contains('|'), "{}: perfdata is not for mon", case.name);
    }
    for i in 0..4 {
        let status = &known[&format!("self{i}")];
        assert!(!status.failing, "{status:?}");
    }
    let hint = &known["hosts"];
    assert!(hint.failing, "{hint:?}");
    assert!(hint.summary.contains("localhost"), "{hint:?}");
    assert!(hint.summary.contains(";;") || hint.detail.contains(";;"), "no hint: {hint:?}");
    if lab.panicking().is_some() {
        let status = &known["panic"];
        assert!(status.failing && status.summary.contains("panic"), "{status:?}");
    }
    // From mon's start on, check after check.
    let mut before = known;
    for _ in 0..3 {
        let is_self = |name: &&String| name.starts_with("self");
        let after = mon.wait_until("mon to be counted again", |after| {
            let mut names = before.keys().filter(is_self);
            names.all(|name| after[name].checked != before[name].checked)
        });
        for name in after.keys().filter(is_self) {
            assert!(!after[name].failing, "{name}: {:?}", after[name]);
        }
        before = after;
    }
}

/// Down, up, down, up: mon's view follows, and its alerts tell why.
#[test]
fn mon_sees_a_failure_and_the_recovery() {
    if !installed() {
        return;
    }
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let lab = Lab::new();
    let name = format!("late{}", lab.root().rsplit('-').next().unwrap());
    let monitor = service("late", &format!("check_proccount.monitor {name}:1-1 ;;"));
    let mon = Mon::start(&lab, &format!("hostgroup here localhost\n\nwatch here\n{monitor}"));
    let is = |failing| {
        move |known: &BTreeMap<String, Status>| {
            known.get("late").is_some_and(|status| status.failing == failing)
        }
    };
    for round in 1..=2 {
        let known = mon.wait_until("the failure", is(true));
        assert!(known["late"].summary.starts_with(&format!("{name} 0 (want 1-1)")), "{known:?}");
        let process = lab.idler(&name, &["sh"]);
        mon.wait_until("the recovery", is(false));
        let alerts = wait_for("the alerts", 60, || {
            let alerts = fs::read_to_string(lab.path("log/alerts")).ok()?;
            (alerts.matches("== ").count() >= 2 * round).then_some(alerts)
        });
        assert!(alerts.contains(&format!("{name} 0 (want 1-1)")), "{alerts}");
        process.stop();
    }
}

#[test]
fn the_shipped_mon_example_works() {
    if !installed() {
        return;
    }
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let lab = Lab::new();
    let shipped = lab.shipped("mon/mon.cf");
    let mut wanted = String::new();
    for line in shipped.lines().filter_map(|line| line.trim().strip_prefix("monitor ")) {
        assert!(line.ends_with(";;"), "{line}");
        let monitor = line.split(' ').next().unwrap();
        writeln!(wanted, "{monitor}").unwrap();
        assert!(Path::new(&lab.plugins()).join(monitor).exists(), "no link {monitor}");
    }
    let mon = Mon::start(&lab, &shipped);
    let known = mon
        .wait_until("every service to be checked", |known| known.len() == wanted.lines().count());
    for (name, status) in known {
        let text = status.summary + &status.detail;
        assert!(!text.contains("usage") && !text.contains("unexpected"), "{name}: {text}");
    }
}

/// A mon.cf with mon's own two monitors of processes; without `;;` mon appends its hosts.
#[test]
fn mon_finds_the_drop_ins_as_the_originals() {
    const ORIGINALS: &str = "/usr/lib/mon/mon-local.d";
    if !installed() || !have(&["/usr/share/doc/libproc-processtable-perl"]) {
        return;
    }
    for (lab, host) in Host::healthy_and_broken() {
        lab.make_dir("mon.d");
        let mut watches = String::from("hostgroup here localhost\n\nwatch here\n");
        let name = &host.daemon;
        let calls = [
            ("daemons", format!("ps.monitor {name}:1-1 httpd:5- ;;"), [0, 1]),
            ("another", "ps.monitor httpd:-5 nosuch:0- ;;".into(), [0, 0]),
            ("hosts", format!("ps.monitor {name}:1-1"), [1, 1]),
            // This machine has no SELinux.
            ("selinux", "selinux.monitor".into(), [1, 1]),
        ];
        for (service_name, call, _) in &calls {
            watches += &service(service_name, &format!("original-{call}"));
            watches += &service(&format!("ours-{service_name}"), call);
        }
        for monitor in ["ps.monitor", "selinux.monitor"] {
            let link = lab.path(&format!("mon.d/original-{monitor}"));
            std::os::unix::fs::symlink(Path::new(ORIGINALS).join(monitor), link).unwrap();
        }
        let mon = Mon::start(&lab, &watches);
        let known = mon.wait_until("every check", |known| known.len() == 2 * calls.len());
        for (service, call, states) in calls {
            let pair = ["", "ours-"].map(|mark| &known[&format!("{mark}{service}")]);
            let failing = pair.map(|status| i32::from(status.failing));
            assert_eq!(failing, [host.expected(states); 2], "{call}: {pair:?}");
            let words = pair.map(|s| s.summary.split_whitespace().collect::<BTreeSet<_>>());
            assert_eq!(words[0], words[1], "{call}: the summary");
        }
    }
}
