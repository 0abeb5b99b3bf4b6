//! `check_procs`, the original and the drop-in, side by side: random command lines on random sets of
//! real processes. Each disagreement must be one where the original is known to be wrong.
//!
//! A set lives in a PID namespace of its own, so that nothing else is counted: this very program runs
//! again there, as process 2, makes the set from its seed, and asks both programs.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]
#![allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::process::{Command, Stdio};

use support::{Installed, Need, Process, Specimen, can, write_script};

const ORIGINAL: &str = "/usr/lib/nagios/plugins/check_procs";

/// How many sets there are, and how many questions are put to each.
const SETS: u64 = 24;
const QUESTIONS: usize = 45;

/// A generator of numbers that repeats itself (xorshift64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n as u64).unwrap()
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// Why the two may disagree about a process.
#[derive(Clone, Copy, Debug, Default)]
struct Traits {
    zombie: bool,
    /// Its name is longer than the kernel keeps.
    long: bool,
    /// Its `comm` holds blanks, or its arguments what ps does not print as it is.
    odd: bool,
    leaderless: bool,
}

/// A set of processes, and what is special about some of them.
struct Set {
    traits: BTreeMap<u32, Traits>,
    _processes: Vec<Process>,
    _dir: tempfile::TempDir,
}

const NAMES: [&str; 8] = [
    "sshd",
    "cron",
    "a-name-of-many-letters",
    "carbon-relay.py",
    "tmux: server",
    "x.y",
    "worker",
    "a-name-of-many-others",
];

const USERS: [&str; 3] = ["0,0,0", "33,33,33", "0,1,0"];

fn make_set(dice: &mut Dice) -> Set {
    let dir = support::open_dir();
    let mut set = BTreeMap::new();
    let mut processes = Vec::new();
    for number in 0..6 + dice.below(7) {
        let name = *dice.one(&NAMES);
        let mut specimen = Specimen::called(name);
        let mut traits =
            Traits { long: name.len() > 15, odd: name.contains(' '), ..Traits::default() };
        match dice.below(10) {
            0 => specimen = specimen.argv([name, "--config", "/etc/x.conf", "-D"]),
            1 => specimen = specimen.argv([&format!("/usr/sbin/{name}"), "  two  blanks "]),
            2 => {
                specimen = specimen.argv([name, "caf\u{e9}", "\u{1}"]);
                traits.odd = true;
            }
            3 => {
                specimen = specimen.argv(["[kworker/0:0]"]).verb("name=kworker/0:0H");
                traits.odd = true;
            }
            4 => specimen = specimen.verb(format!("title={name}: worker process {number}")),
            // What the grammar of specs would take for a slip of the pen.
            5 => specimen = specimen.argv([name, "-Duser=root", "=b|c", "\"quoted\"", "~x,y:1-1"]),
            _ => {}
        }
        match dice.below(12) {
            0 | 1 => specimen = specimen.verb(format!("zombie={}", &name[..name.len().min(15)])),
            2 => specimen = specimen.verb("threads=2"),
            3 => specimen = specimen.verb("setsid"),
            4 => specimen = specimen.verb("nice=5"),
            5 => specimen = specimen.verb("nice=-5").verb("setsid"),
            6 => specimen = specimen.verb("rss=40"),
            7 => specimen = specimen.verb("vsz=3000"),
            8 => specimen = specimen.verb("used=300"),
            9 => {
                specimen = specimen.verb("leaderless");
                traits.leaderless = true;
            }
            _ => {}
        }
        specimen = specimen.verb(format!("uid={}", dice.one(&USERS)));
        let process = specimen.start();
        for &child in &process.children {
            set.insert(child, Traits { zombie: true, ..traits });
        }
        if dice.chance(10) {
            process.signal(libc::SIGSTOP);
        }
        set.insert(process.pid(), traits);
        processes.push(process);
    }
    let script = dir.path().join("a-script");
    write_script(&script, "#!/usr/bin/perl\n$| = 1; print \"up\\n\"; sleep 1000;\n");
    processes.push(Process::start(&mut Command::new(&script)));
    processes.push(Process::start(Command::new("perl").arg(&script)));
    Set { traits: set, _processes: processes, _dir: dir }
}

/// Who does not do what a question asks for, since it is a mistake, or unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Refusal {
    /// Both of them.
    Both,
    /// The drop-in: what can only be a mistake.
    Ours,
    /// The original: what it lacks.
    Theirs,
}

/// A command line in the making.
#[derive(Default)]
struct Question {
    words: Vec<OsString>,
    operands: Vec<OsString>,
    refusals: Vec<(Refusal, &'static str)>,
    names_programs: bool,
    long: bool,
    reads_args: bool,
    any_state: bool,
    no_kthreads: bool,
    measures: bool,
}

impl Question {
    /// An option, written in one of the ways that getopt knows.
    fn option(&mut self, dice: &mut Dice, letter: Option<&str>, long: &str, value: &str) {
        let short = letter.filter(|_| !value.starts_with('-') || value.len() < 2);
        let short = short.filter(|_| dice.chance(60));
        let cut = if dice.chance(30) { unambiguous(long) } else { long };
        match (short, dice.chance(50)) {
            (Some(letter), true) if !value.is_empty() => {
                self.words.push(format!("-{letter}{value}").into());
            }
            (Some(letter), _) => self.words.extend([format!("-{letter}").into(), value.into()]),
            (None, true) => self.words.push(format!("--{cut}={value}").into()),
            (None, false) => self.words.extend([format!("--{cut}").into(), value.into()]),
        }
    }

    fn refused(&mut self, by: Refusal, why: &'static str) {
        self.refusals.push((by, why));
    }
}

/// An abbreviation that both programs know.
fn unambiguous(long: &str) -> &str {
    match long {
        "warning" => "wa",
        "critical" => "cr",
        "metric" => "me",
        "status" => "stat",
        "command" => "comm",
        "argument-array" => "arg",
        "ereg-argument-array" => "ereg",
        "ppid" => "pp",
        _ => long,
    }
}

const RANGES: [&str; 22] = [
    "5", "0", "1:", "1:1", "3:10", ":10", "~:5", "@5", "@0:20", ":", "1e1", "0x10", "2:", "100",
    "1.5", "@1.5:7.2", "-5:5", "~:-1", "@3:", "inf", "-0", "1e3:",
];
const JUNK: [&str; 8] = ["foo", "~", "5,9", "5-10", "5%", "@", "1:2:3", "-"];
const BAD: [&str; 6] = ["10:5", "-1", "8:2", "-inf", "nan", ":-1"];

fn ask(dice: &mut Dice, set: &Set) -> Question {
    let mut question = Question::default();
    let q = &mut question;
    ask_for_ranges(q, dice);
    ask_for_names(q, dice);
    ask_for_state(q, dice);
    if dice.chance(20) {
        let (user, why) = *dice.one(&[
            ("root", None),
            ("0", None),
            ("33", None),
            ("daemon", None),
            ("www-data", None),
            ("4242", Some((Refusal::Theirs, "-u of a number without a name"))),
            ("no-such-user", Some((Refusal::Both, "-u without a user"))),
        ]);
        q.refusals.extend(why);
        q.option(dice, Some("u"), "user", user);
    }
    if dice.chance(15) {
        let pids: Vec<_> = set.traits.keys().map(ToString::to_string).chain(["1".into()]).collect();
        let pid = dice.one(&pids).clone();
        q.option(dice, Some("p"), "ppid", &pid);
    }
    for (letter, long, values) in [
        ("z", "vsz", ["1", "50000", "3000000"]),
        ("r", "rss", ["1", "20000", "1000000"]),
        ("P", "pcpu", ["0", "0.0", "200"]),
    ] {
        if dice.chance(8) {
            let value = *dice.one(&values);
            q.option(dice, Some(letter), long, value);
        }
    }
    if dice.chance(30) {
        let metric = *dice.one(&["PROCS", "VSZ", "RSS", "CPU", "ELAPSED"]);
        q.measures = metric != "PROCS";
        q.option(dice, Some("m"), "metric", metric);
    }
    if dice.chance(20) {
        q.words.push((*dice.one(&["-k", "-kT", "-Tk"])).into());
        q.no_kthreads = true;
    }
    if dice.chance(10) {
        q.words.push((*dice.one(&["-T", "--traditional", "--traditional-filter"])).into());
    }
    ask_for_trouble(q, dice);
    // Operands may stand anywhere, and come in their order.
    let at = dice.below(2) * q.words.len();
    let operands = std::mem::take(&mut q.operands);
    q.words.splice(at..at, operands);
    q.words.push("-vv".into());
    question
}

fn ask_for_ranges(q: &mut Question, dice: &mut Dice) {
    let mut empty = 0;
    let mut given = 0;
    for (letter, long) in [("w", "warning"), ("c", "critical")] {
        if !dice.chance(70) {
            continue;
        }
        given += 1;
        let range = match dice.below(30) {
            0 => {
                q.refused(Refusal::Ours, "junk in a range");
                *dice.one(&JUNK)
            }
            1 => {
                q.refused(Refusal::Both, "a range upside down");
                *dice.one(&BAD)
            }
            2..=4 => {
                empty += 1;
                ""
            }
            _ => *dice.one(&RANGES),
        };
        q.option(dice, Some(letter), long, range);
    }
    if given > 0 && empty == given {
        q.refused(Refusal::Ours, "ranges that are all empty");
    }
    if given == 0 && dice.chance(60) {
        let operands = [*dice.one(&RANGES), *dice.one(&RANGES)];
        if operands.iter().any(|range| range.starts_with('-')) {
            q.refused(Refusal::Both, "an operand like an option");
        }
        q.operands.extend(operands.map(OsString::from));
        if dice.chance(10) {
            q.operands.extend(["S".into(), "8".into()]);
            q.refused(Refusal::Ours, "four operands");
        }
    }
}

fn ask_for_names(q: &mut Question, dice: &mut Dice) {
    if dice.chance(40) {
        let names = [
            "a-name-of-many-",
            "tmux:",
            "0:0H",
            "perl",
            "a-script",
            "nosuch",
            "kworker/0:0H",
            "ps",
            "=x",
            "\"cron\"",
            "x.*",
        ];
        let name = if dice.chance(60) { *dice.one(&NAMES) } else { *dice.one(&names) };
        q.names_programs = true;
        q.long = name.len() > 15;
        q.option(dice, Some("C"), "command", name);
        if dice.chance(5) {
            q.option(dice, Some("C"), "command", "another");
            q.refused(Refusal::Ours, "-C twice");
        }
    }
    if dice.chance(25) {
        let parts = [
            "/",
            "sshd",
            "--config",
            "worker process",
            "[",
            "blanks",
            "a",
            "no such text",
            "",
            "user=root",
            "-Duser=",
            "=b|c",
            "\"quoted\"",
            "x,y:1-1",
            "~x",
            " ",
            "\\",
            "*",
        ];
        let part = *dice.one(&parts);
        q.reads_args = true;
        q.names_programs |= !part.is_empty();
        q.option(dice, Some("a"), "argument-array", part);
        if dice.chance(5) {
            q.option(dice, Some("a"), "argument-array", "another");
            q.refused(Refusal::Ours, "-a twice");
        }
    }
    if dice.chance(25) {
        let expressions = [
            "^/",
            "sshd|cron",
            ".*-D$",
            "\\d+",
            "^[^ ]+ --",
            "(x|y)\\.conf",
            "[[:digit:]]$",
            "a{2}",
            "worker process [0-9]+$",
            "[.]y",
            "^(/usr)?/sbin",
            "blanks$",
            "user=(root|x)",
            "=b.c \"",
            "^(sshd|cron|x[.]y)( |$)",
            "(x,y):[0-9]-1",
            "[=]b|~x",
            "a+?b*$",
        ];
        let bad = ["(", "[a", "*x", "a{2", "a\\"];
        (q.names_programs, q.reads_args) = (true, true);
        let expression = match dice.below(12) {
            0 => {
                q.refused(Refusal::Both, "no expression");
                *dice.one(&bad)
            }
            1 => {
                q.refused(Refusal::Ours, "an expression without a translation");
                *dice.one(&["(a)\\1", "\\bx", "a^b"])
            }
            _ => *dice.one(&expressions),
        };
        q.option(dice, None, "ereg-argument-array", expression);
    }
}

fn ask_for_state(q: &mut Question, dice: &mut Dice) {
    if !dice.chance(30) {
        return;
    }
    let (state, any) = match dice.below(12) {
        0 => ("RSZDT", true),
        1 => ("sS", true),
        2 => {
            q.refused(Refusal::Ours, "-s of no state");
            ("foo", false)
        }
        _ => (*dice.one(&["Z", "S", "T", "s", "Ss", "l", "N", "<", "Sl", "D", "S<s", "+"]), false),
    };
    q.any_state = any;
    q.option(dice, Some("s"), "status", state);
}

/// What only one of them knows, or neither.
fn ask_for_trouble(q: &mut Question, dice: &mut Dice) {
    if !dice.chance(12) {
        return;
    }
    let (words, by, why): (&[&str], _, _) = *dice.one(&[
        (&["-X", "cron,worker"][..], Refusal::Theirs, "-X"),
        (&["--state=S"], Refusal::Theirs, "--state"),
        (&["--frob"], Refusal::Both, "an unknown option"),
        (&["-y"], Refusal::Both, "an unknown option"),
        (&["-p", "1x"], Refusal::Both, "no number"),
        (&["-z", "50k"], Refusal::Both, "no number"),
        (&["-P", "12.5%"], Refusal::Both, "no number"),
        (&["-m", "procs"], Refusal::Both, "no metric"),
        (&["-t", "5x"], Refusal::Both, "no number"),
        (&["-t", "0"], Refusal::Ours, "-t 0"),
        (&["-p", "-1"], Refusal::Ours, "a negative -p"),
        (&["-P", "1.5.5"], Refusal::Ours, "two dots"),
        (&["--elapsed=5"], Refusal::Ours, "--elapsed"),
    ]);
    let is_state = |word: &OsString| {
        let word = word.to_string_lossy();
        word.starts_with("-s") || word.starts_with("--st")
    };
    if why == "--state" && q.words.iter().any(is_state) {
        return;
    }
    q.words.extend(words.iter().map(OsString::from));
    q.refused(by, why);
}

/// What one of the programs answered.
#[derive(Clone, Debug)]
struct Answer {
    code: i32,
    status: String,
    pids: BTreeSet<u32>,
    /// Those called `ps`.
    ps: BTreeSet<u32>,
    text: String,
}

fn answer(program: &std::path::Path, words: &[OsString]) -> Answer {
    let output = Command::new(program)
        .args(words)
        .env("LC_ALL", "C")
        .env_remove("SPECIMEN")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (mut pids, mut ps) = (BTreeSet::new(), BTreeSet::new());
    for line in text.lines().filter(|line| line.starts_with("Matched: ")) {
        let pid = line.split(" pid=").nth(1).and_then(|rest| rest.split(' ').next());
        let pid = pid.and_then(|pid| pid.parse().ok()).unwrap_or_else(|| panic!("{line}"));
        pids.insert(pid);
        if line.contains(" prog=ps args=/bin/ps ") {
            ps.insert(pid);
        }
    }
    let is_status = |line: &&str| {
        !["Matched: ", "CMD: ", "Ignore "].iter().any(|start| line.starts_with(start))
    };
    // The original hands on the | of a filter, where performance data would begin.
    let status = text.lines().find(is_status).unwrap_or_default().replace("=b|c", "=b,c");
    Answer { code: output.status.code().unwrap_or(-1), status, pids, ps, text }
}

/// Why this process may be counted by one and not by the other, if it may.
fn reason(
    pid: u32,
    q: &Question,
    set: &Set,
    ours: &Answer,
    theirs: &Answer,
) -> Option<&'static str> {
    let only_ours = ours.pids.contains(&pid);
    let traits = set.traits.get(&pid).copied().unwrap_or_default();
    match pid {
        _ if theirs.ps.contains(&pid) => Some("its own ps is counted"),
        1 if q.no_kthreads => Some("-k leaves process 1 out"),
        2 => Some("its parent is left out"),
        _ if traits.zombie && q.names_programs && !only_ours => Some("zombies are no daemons"),
        _ if traits.leaderless => Some("a dead leader is no dead process"),
        _ if q.any_state && only_ours => Some("-s of several states"),
        _ if traits.long && q.long && only_ours => Some("names over 15 bytes"),
        _ if traits.odd && (q.reads_args || q.names_programs) => Some("raw bytes"),
        _ => None,
    }
}

/// Asks both; returns the reasons for what they disagree about, or what has none.
fn compare_once(
    drop_in: &Installed,
    question: &Question,
    set: &Set,
) -> Result<BTreeSet<&'static str>, String> {
    let theirs = answer(ORIGINAL.as_ref(), &question.words);
    let ours = answer(drop_in.path(), &question.words);
    compare(question, set, &ours, &theirs).map_err(|why| {
        format!(
            "{why}\n{:?}\n--- original ({}):\n{}\n--- drop-in ({}):\n{}\n--- {:?}",
            question.words, theirs.code, theirs.text, ours.code, ours.text, set.traits
        )
    })
}

/// Runs the call of `check_proccount` that the drop-in says comes to the same, as a shell does. Few
/// questions have none: those for too little CPU time, and names that end like a range.
fn the_call_printed_agrees(
    drop_in: &Installed,
    proccount: &Installed,
    question: &Question,
) -> Result<&'static str, String> {
    let ours = answer(drop_in.path(), &question.words);
    if question.refusals.iter().any(|(by, _)| *by != Refusal::Theirs) {
        return Ok("no call for a mistake");
    }
    let call = ours.text.lines().find_map(|line| line.strip_prefix("the same as: "));
    let Some(call) = call else { return Ok("no call that is the same") };
    let words =
        ["-c".into(), format!("PATH={}:$PATH; exec {call}", proccount.dir().display()).into()];
    let theirs = answer("/bin/sh".as_ref(), &words);
    if ours.code == theirs.code {
        return Ok("a call that is the same");
    }
    let (words, ours, theirs) = (&question.words, &ours.text, theirs.text);
    Err(format!("another state\n{words:?}\n{ours}--- {call}\n{theirs}"))
}

/// Compares both answers; `Err` if they disagree without a known reason.
fn compare(
    q: &Question,
    set: &Set,
    ours: &Answer,
    theirs: &Answer,
) -> Result<BTreeSet<&'static str>, String> {
    let mut reasons = BTreeSet::new();
    if let Some(&(_, why)) = q.refusals.iter().find(|(by, _)| *by != Refusal::Theirs) {
        let by_both = q.refusals.iter().any(|(by, _)| *by == Refusal::Both);
        let is_refusal = ours.code == 3 && ours.text.lines().count() == 1;
        let agree = !by_both || theirs.code == 3;
        return if is_refusal && agree {
            Ok([why].into())
        } else {
            Err(format!("not refused: {why}"))
        };
    }
    if let Some(&(_, why)) = q.refusals.first() {
        let fits = ours.code != 3 && theirs.code == 3;
        return if fits { Ok([why].into()) } else { Err(format!("not taken: {why}")) };
    }
    for &pid in ours.pids.symmetric_difference(&theirs.pids) {
        let why = reason(pid, q, set, ours, theirs);
        reasons.insert(why.ok_or_else(|| format!("process {pid} without a reason"))?);
    }
    let of_a_dead_leader = |pid: &u32| set.traits.get(pid).is_some_and(|traits| traits.leaderless);
    if q.measures && ours.pids.iter().any(of_a_dead_leader) {
        reasons.insert("a dead leader has sizes");
    }
    if reasons.is_empty() {
        if ours.code != theirs.code || nameless(&ours.status) != nameless(&theirs.status) {
            return Err("different status lines".into());
        }
    } else if filters(&ours.status) != filters(&theirs.status) {
        return Err("different filters".into());
    }
    Ok(reasons)
}

/// A status line without the names in brackets, and how many these are: the original cuts them.
fn nameless(status: &str) -> (String, usize) {
    let (text, perfdata) = status.split_once(" | ").unwrap_or((status, ""));
    let names = text.ends_with(']').then(|| text.rfind(" [")).flatten();
    let (text, names) = text.split_at(names.unwrap_or(text.len()));
    (format!("{text}|{perfdata}"), names.matches(", ").count())
}

/// What a status line says of the processes, without their number and state.
fn filters(status: &str) -> (String, String) {
    let (text, _) = nameless(status);
    let metric = text.split(' ').next().unwrap_or_default();
    let filters = text.split('|').next().and_then(|text| text.split_once(" with "));
    (metric.to_owned(), filters.map_or(String::new(), |(_, filters)| filters.to_owned()))
}

/// Runs in a namespace of its own; see [`the_original_and_the_drop_in_agree`].
#[test]
#[ignore = "runs only where the other test starts it"]
fn inside() {
    let seed: u64 = std::env::var("DROP_IN_SEED").unwrap().parse().unwrap();
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let drop_in = Installed::link("check_procs");
    let proccount = Installed::link("check_proccount");
    let set = make_set(&mut dice);
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    for number in 0..QUESTIONS {
        let question = ask(&mut dice, &set);
        if number % 5 == 0 {
            let mut same = the_call_printed_agrees(&drop_in, &proccount, &question);
            for _ in 0..2 {
                same = same.or_else(|_| the_call_printed_agrees(&drop_in, &proccount, &question));
            }
            let said = same.unwrap_or_else(|why| panic!("set {seed}, question {number}: {why}"));
            *seen.entry(said).or_default() += 1;
        }
        let mut compared = compare_once(&drop_in, &question, &set);
        // Sizes and shares of CPU time move: only what stays is a disagreement.
        for _ in 0..2 {
            compared = compared.or_else(|_| compare_once(&drop_in, &question, &set));
        }
        let reasons = compared.unwrap_or_else(|why| panic!("set {seed}, question {number}: {why}"));
        if reasons.is_empty() {
            *seen.entry("the same").or_default() += 1;
        }
        for why in reasons {
            *seen.entry(why).or_default() += 1;
        }
    }
    for (why, times) in seen {
        println!("SEEN {times} {why}");
    }
}

#[test]
fn the_original_and_the_drop_in_agree() {
    if !can(Need::Root) || !can(Need::PidNamespace) || !can(Need::Program(ORIGINAL)) {
        return;
    }
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let next = std::sync::atomic::AtomicU64::new(1);
    let work = || {
        let mut told = Vec::new();
        loop {
            let seed = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            if seed > SETS {
                return told;
            }
            told.push(run_inside(seed));
        }
    };
    let told = std::thread::scope(|scope| {
        let workers = [scope.spawn(work), scope.spawn(work)];
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect::<Vec<_>>()
    });
    for line in told.iter().flat_map(|told| told.lines()) {
        let Some((times, why)) = line.strip_prefix("SEEN ").and_then(|l| l.split_once(' ')) else {
            continue;
        };
        *seen.entry(why.to_owned()).or_default() += times.parse::<u32>().unwrap();
    }
    println!("{seen:#?}");
    // Otherwise the questions have become too odd to mean anything.
    assert!(seen["the same"] > 300, "{seen:#?}");
    let [calls, none] =
        ["a call that is the same", "no call that is the same"].map(|said| seen.get(said).copied());
    assert!(calls.unwrap_or(0) > 10 * none.unwrap_or(0), "{seen:#?}");
    assert!(SETS * QUESTIONS as u64 >= 1000);
}

fn run_inside(seed: u64) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "inside", "--ignored", "--nocapture"])
        .env("DROP_IN_SEED", seed.to_string())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "DROP_IN_SEED={seed}\n{text}\n{errors}");
    text
}
