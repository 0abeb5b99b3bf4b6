//! What holds for the parsers whatever bytes they are given. Each function is a law: it takes the
//! bytes and panics where the law is broken. `tests/laws.rs` tries them on thousands of inputs,
//! `fuzz/` on millions.

use std::fs;
use std::path::Path;

use procwarden::host::unit_file::{Account, UnitFiles};
use procwarden::kernel::secret;
use procwarden::kernel::stat::Stat;
use procwarden::kernel::status::{Ids, Status};
use procwarden::kernel::{cgroup, cmdline, interpreter, statm};
use procwarden::nagios::range::{Range, Thresholds};
use procwarden::nagios::report::{Finding, Report};
use procwarden::nagios::state::State;
use procwarden::select::exemption::Exemption;
use procwarden::select::selector::{Question, Selector, Subject};
use procwarden::select::spec::Spec;
use procwarden::text::error::Error;
use procwarden::text::escape;
use procwarden::text::number::{Interval, Unit};

/// Fit for output: one line, and nothing in it that cuts the line or turns it round.
#[track_caller]
fn clean(text: &str) {
    let zero_width =
        |c| matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2064}' | '\u{feff}');
    let turns = |c| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let cuts = |c: char| c.is_control() || matches!(c, '|' | '\u{2028}' | '\u{2029}');
    assert!(!text.contains(|c| cuts(c) || turns(c) || zero_width(c)), "{text:?}");
}

/// What the scheduler gets of an error is clean.
#[track_caller]
fn told(error: &Error) {
    let findings = vec![Finding { state: State::Unknown, text: error.to_string() }];
    let output = Report { title: "X", findings, ..Report::default() }.nagios();
    clean(output.trim_end_matches('\n'));
}

/// Escaped text is clean and shows what is fit for output as it is.
pub fn escaped(bytes: &[u8]) {
    let text = escape::text(bytes);
    clean(&text);
    if bytes.iter().all(|byte| matches!(byte, b' '..=b'~') && !b"\\|".contains(byte)) {
        assert_eq!(text.as_bytes(), bytes);
    }
    for limit in [3, 10] {
        let bounded = escape::bounded(bytes, limit);
        assert!(bounded.chars().count() <= limit, "{bounded:?}");
        assert_eq!(bounded, escape::shortened(&text, limit));
    }
}

/// What a selector asks, in words.
fn questions(selector: &Selector) -> Vec<String> {
    selector.questions().iter().map(Question::in_words).collect()
}

/// Errors and labels are clean, and a spec printed with any range is read as the same spec.
pub fn spec(bytes: &[u8]) {
    for subject in [Subject::Program, Subject::Domain] {
        let read = |text: &[u8]| Spec::parse(text, subject, Thresholds::default());
        let spec = match read(bytes) {
            Ok(spec) => spec,
            Err(error) => {
                told(&error);
                continue;
            }
        };
        let asked = questions(&spec.selector);
        assert!((!asked.is_empty() || spec.measure.is_some()) && !spec.label.is_empty());
        for words in &asked {
            clean(words);
        }
        let text = spec.selector.text();
        clean(&spec.label);
        clean(text);
        assert!(spec.thresholds != Thresholds::default(), "it is OK with any number");
        if spec.measure.is_some() {
            continue;
        }
        let was_escaped = text.contains('\\');
        for range in ["1-1", "0-0", "2-3:1-5"] {
            let printed = format!("{text}:{range}");
            let again = read(printed.as_bytes());
            if !was_escaped {
                let again = again.unwrap_or_else(|error| panic!("{printed:?}: {error}"));
                assert_eq!(again.selector.text(), text, "{printed:?}");
                assert_eq!(questions(&again.selector), asked, "{printed:?}");
            }
        }
    }
}

/// What is shown is clean, and the reason is no part of the selector.
pub fn exemption(bytes: &[u8]) {
    match Exemption::parse(bytes) {
        Err(error) => told(&error),
        Ok(exemption) => {
            let shown = exemption.to_string();
            clean(&shown);
            assert_eq!(exemption.matched(), 0);
            let with_reason = [bytes, b" # why"].concat();
            let is_mark = |part: &[u8]| matches!(part, [b' ' | b'\t', b'#', b' ' | b'\t']);
            if with_reason.windows(3).position(is_mark) == Some(bytes.len()) {
                let with_reason = Exemption::parse(&with_reason).expect("a reason is no error");
                assert_eq!(with_reason.to_string(), format!("{shown} (why)"));
            }
        }
    }
}

/// A range that was read is printed as one that is read as the same, in both notations.
pub fn range(text: &str) {
    match Range::parse(text) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(range) => assert_eq!(Range::parse(&range.to_string()), Ok(range), "{text:?}"),
    }
    if let Ok(range) = Range::of_spec(text) {
        assert_eq!(Range::of_spec(&range.wanted()), Ok(range), "{text:?}");
        assert_eq!(Range::parse(&range.to_string()), Ok(range), "{text:?}");
    }
}

/// Whatever lies between two numbers, the state is the one that all values between have. If the ranges
/// end at whole numbers, the whole ones decide.
pub fn state_between(warning: Option<Range>, critical: Option<Range>, from: u8, to: u8) {
    let thresholds = Thresholds { warning, critical };
    let state = |eighths: u16| thresholds.state(f64::from(eighths) / 8.0);
    let (from, to) = (u16::from(from), u16::from(to));
    if from > to {
        return;
    }
    let agree =
        |step: usize| (from * 8..=to * 8).step_by(step).all(|n| state(n) == state(from * 8));
    let found = thresholds.state_between(from.into(), to.into());
    assert!(found == State::Unknown || found == state(from * 8) && agree(1), "{thresholds:?}");
    let are_whole = [warning, critical].into_iter().flatten().all(|r| !r.to_string().contains('.'));
    if are_whole {
        assert_eq!(found != State::Unknown, agree(8), "{from} to {to} against {thresholds:?}");
    }
}

/// An interval holds its own ends, and is read again from its numbers.
pub fn interval(text: &str) {
    for unit in [Unit::Count, Unit::Bytes, Unit::Seconds, Unit::Percent] {
        let Ok(interval) = Interval::parse(text, unit) else { continue };
        let Interval { min, max } = interval;
        let ends = || [min, max].into_iter().flatten();
        assert!(ends().count() > 0 && ends().all(f64::is_finite), "{text:?}");
        assert!(ends().all(|end| end >= 0.0 && interval.contains(end)), "{text:?}");
        let shown = |end: Option<f64>| end.map(|end| end.to_string()).unwrap_or_default();
        let printed = format!("{}-{}", shown(min), shown(max));
        assert_eq!(Interval::parse(&printed, unit), Ok(interval), "{text:?}");
    }
}

/// The fields of `/proc/PID/stat` behind the name.
pub const STAT: &str = " S 1 812 812 0 -1 4194560 1 2 3 4 50 7 11 13 20 0 3 0 4242 8192000 300 \
                        18446744073709551615 1 1 0 0 0 0\n";

/// A name of any bytes shifts no field, and is found whole, unless it is longer than the kernel's.
pub fn stat_name(name: &[u8]) {
    let line = [b"812 (", name, b")", STAT.as_bytes()].concat();
    if name.len() > 63 {
        assert_eq!(Stat::parse(&line), None);
        return;
    }
    let stat = Stat::parse(&line).expect("a line of the kernel's form");
    assert_eq!((stat.state, stat.ppid, stat.session, stat.flags), (b'S', 1, 812, 4_194_560));
    assert_eq!((stat.cpu_ticks, stat.children_ticks, stat.threads), (57, 24, 3));
    assert_eq!((stat.pid, stat.start, stat.vsize), (812, 4242, 8_192_000));
    assert_eq!(Stat::name(&line), Some(name));
}

/// A line of any bytes is read without a panic, and depends on nothing but the number before the
/// name's end.
pub fn stat_line(line: &[u8]) {
    let name_end = line.iter().rposition(|&byte| byte == b')').unwrap_or(0);
    let without_name = [b"1 (x", &line[name_end..]].concat();
    if let Some(stat) = Stat::parse(line) {
        let other = Stat::parse(&without_name).expect("the same but for the name");
        assert_eq!(Stat { pid: stat.pid, ..other }, stat);
    }
    let _ = (Stat::name(line), statm::Pages::parse(line));
}

/// A `/proc/PID/status` behind its `Name:` line.
pub const STATUS: &str = "Umask:\t0022\nState:\tS (sleeping)\nTgid:\t812\nPid:\t812\nPPid:\t1\n\
    Uid:\t1\t33\t3\t4\nGid:\t5\t6\t7\t8\nFDSize:\t64\nGroups:\t0 33 1000 \nNSpid:\t812\n\
    Threads:\t1\nCapInh:\t0000000000000000\nCapPrm:\t0000000002000000\nCapEff:\t0000000000000000\n\
    CapBnd:\t000001ffffffffff\nCapAmb:\t0000000000000002\nNoNewPrivs:\t1\nSeccomp:\t0\n";

/// A name of any bytes, which the kernel writes with `\n` and `\\` escaped, passes for no line.
pub fn status_name(name: &[u8]) {
    let mut text = b"Name:\t".to_vec();
    for byte in name {
        match byte {
            b'\n' => text.extend(b"\\n"),
            b'\\' => text.extend(b"\\\\"),
            byte => text.push(*byte),
        }
    }
    text.push(b'\n');
    text.extend(STATUS.bytes());
    let status = Status::parse(&text).expect("a text of the kernel's form");
    assert_eq!(status.uid, Ids { real: 1, effective: 33, saved: 3, filesystem: 4 });
    assert_eq!(status.gid, Ids { real: 5, effective: 6, saved: 7, filesystem: 8 });
    let groups = status.groups(&text).expect("its groups").collect::<Vec<_>>();
    assert_eq!(groups, [0, 33, 1000]);
    assert_eq!((status.pid_namespaces, status.is_alive()), (1, Some(true)));
    let held = status.held.expect("its capabilities").any().to_string();
    assert_eq!(held, "cap_dac_override, cap_sys_time");
    assert_eq!(status.no_new_privs, Some(true));
}

/// A text of any bytes is read without a panic.
pub fn status_text(text: &[u8]) {
    if let Some(status) = Status::parse(text) {
        let _ = (status.is_alive(), status.held.map(|held| held.any().to_string()));
        let _ = status.groups(text).map(Iterator::count);
    }
}

/// A unit is one name of a kind that systemd has, and no user makes another one below his own.
pub fn cgroup(text: &[u8]) {
    if let Some(unit) = cgroup::unit(text) {
        assert!(!unit.contains(&b'/') && !unit.contains(&b'\n'));
        let kinds: [&[u8]; 5] = [b".service", b".scope", b".socket", b".mount", b".swap"];
        assert!(kinds.iter().any(|kind| unit.ends_with(kind)));
    }
    let own = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let posing = [b"0::/user.slice/user-1000.slice/user@1000.service/", own, b"\n"].concat();
    assert_eq!(cgroup::unit(&posing), Some(&b"user@1000.service"[..]));
}

/// No byte of the arguments is lost, and a line has no NUL.
pub fn cmdline(bytes: &[u8]) {
    let arguments: Vec<&[u8]> = cmdline::arguments(bytes).collect();
    let joined = arguments.join(&0);
    assert_eq!(joined, bytes.strip_suffix(b"\0").unwrap_or(bytes));
    let line = cmdline::joined(bytes);
    assert!(!line.contains(&0) && line.len() <= bytes.len());
    assert!(!cmdline::base_name(bytes).contains(&b'/'));
    if let Some(program) = interpreter::program(bytes) {
        assert!(arguments.iter().any(|argument| argument.ends_with(program.base_name())));
    }
    let _ = interpreter::shell_has_work(bytes);
}

/// Whatever stands around it, a secret is covered, and what is shown is clean.
pub fn secret(before: &[u8], after: &[u8]) {
    const VALUE: &[u8] = b"hunter2";
    let names: [(&[u8], &[u8]); 6] = [
        (b"--db-password=", b""),
        (b"--token\0", b""),
        (b"PGPASSWORD=", b""),
        (b"redis://me:", b"@host/"),
        (b"mysql\0-p", b""),
        (b"redis-cli\0-a\0", b""),
    ];
    for (name, end) in names {
        let line = [before, b"\0", name, VALUE, end, b"\0", after].concat();
        let shown = secret::covered(&line);
        let is_shown = shown.windows(VALUE.len()).any(|part| part == VALUE);
        assert!(!is_shown, "{:?}", line.escape_ascii().to_string());
        clean(&escape::text(&shown));
        let mut at = 0;
        for secret in secret::secrets(&line) {
            assert!(secret.name.start < secret.value.start && at <= secret.value.start);
            assert!(secret.value.start < secret.value.end && secret.value.end <= line.len());
            at = secret.value.start;
        }
    }
}

/// A unit file of any bytes is read without a panic, and a later file has the last word.
pub fn unit_file(dir: &Path, text: &[u8]) {
    let services = dir.join("etc/systemd/system");
    let drop_ins = services.join("x.service.d");
    fs::create_dir_all(&drop_ins).expect("a directory");
    fs::write(services.join("x.service"), text).expect("a file");
    fs::write(drop_ins.join("last.conf"), "[Service]\nUser=zelda\n").expect("a file");
    let unit = UnitFiles::below(dir).service("x.service").expect("files that may be read");
    if let Some(unit) = unit {
        assert_eq!(unit.asks.account, Some(Account::Named("zelda".into())));
        clean(&escape::path(&unit.path));
    }
}
