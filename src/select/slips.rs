//! The measure of slips: every one-character slip in a valid spec is refused, means the same, or is
//! plainly another question. None may become a question that is OK for ever since no process answers
//! it.

use std::collections::BTreeMap;

use crate::host::security::System;
use crate::nagios::range::Thresholds;
use crate::nagios::state::State;
use crate::select::selector::{Key, Subject};
use crate::select::spec::Spec;

/// Specs of all forms; the users are on every host.
const PROGRAMS: [&str; 28] = [
    "bash:0-0",
    "bash,user=root:0-0",
    "name=bash,uid=0:0-0",
    "name~^bash$:0-0",
    "tmux: server:0-0",
    "/usr/sbin/sshd:0-0",
    "exe=/bin/sh,user=root:0-0",
    "args~catalina:0-0",
    "sshd,args~-D,not-user=root:0-0",
    "user=root,user=daemon:0-0",
    "user~^www,gid=1-:0-0",
    "ppid=1,group=daemon:0-0",
    "bash,not-parent=sshd:0-0",
    "state=D,age=1m-:0-0",
    "state=Z,label=zombies:0-0",
    "cpu=50%-,rss=1G-:0-0",
    "threads=10-20:0-0",
    "unit=ssh.service:0-0",
    "container=yes,deleted=yes:0-0",
    "context=system_u:system_r:initrc_t:s0:0-0",
    "cron:1-2:1-5",
    "cron:0-2:0-5",
    "sshd:1-",
    "java,sum=anon:-6G:-8G",
    "each=user,sum=threads:-400",
    "state=D,lasting=yes:0-0",
    "sshd,pidfile=/run/sshd.pid:1-1",
    "max=age,user=root:-4h",
];

/// The same for `check_selinux_domain`.
const DOMAINS: [&str; 4] = [
    "unconfined_service_t:0-0",
    "initrc_t,level=s0-s0:c0.c9:0-0",
    "mode=complain:0-0",
    "permissive=yes,label=permissive domains:0-0",
];

/// What a slip has become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Refused,
    Same,
    Another(&'static str),
    NoticedAtOnce,
    OkForEver,
}

#[test]
fn no_slip_is_ok_for_ever() {
    let programs = PROGRAMS.iter().map(|text| (*text, Subject::Program));
    let specs: Vec<_> =
        programs.chain(DOMAINS.iter().map(|text| (*text, Subject::Domain))).collect();
    let mut table = BTreeMap::<Class, Vec<String>>::new();
    for (class, text) in classes(&specs) {
        table.entry(class).or_default().push(text);
    }
    let sum: usize = table.values().map(Vec::len).sum();
    println!("{sum} one-character slips in {} specs", specs.len());
    for (class, slips) in &table {
        let example = &slips[slips.len() / 2];
        println!("{:6} {}, such as {example:?}", slips.len(), in_words(*class));
    }
    assert_eq!(table.get(&Class::OkForEver), None);
    assert_eq!(table.get(&Class::NoticedAtOnce), None);
}

fn in_words(class: Class) -> String {
    match class {
        Class::Refused => "are refused".into(),
        Class::Same => "mean the same".into(),
        Class::Another(what) => format!("are plainly another {what}"),
        Class::NoticedAtOnce => "are something else, and alert without a process".into(),
        Class::OkForEver => "are something else, and OK for ever".into(),
    }
}

/// The slips of all specs, on all cores.
fn classes(specs: &[(&str, Subject)]) -> Vec<(Class, String)> {
    let of_spec = |&(text, subject): &(&str, Subject)| {
        let right = read(text, subject).unwrap_or_else(|| panic!("{text} is right"));
        let slips = slips(text).into_iter();
        slips.map(|slip| (class(&right, &slip, subject), slip)).collect::<Vec<_>>()
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = specs
            .chunks(specs.len().div_ceil(4))
            .map(|some| scope.spawn(move || some.iter().flat_map(of_spec).collect::<Vec<_>>()))
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    })
}

/// Every text that one deletion, insertion, replacement or swap makes of `text`.
fn slips(text: &str) -> Vec<String> {
    let keyboard = || (' '..='~').chain(['\t', '\0', '§']);
    let right: Vec<char> = text.chars().collect();
    let mut all = Vec::new();
    let mut push = |change: &dyn Fn(&mut Vec<char>)| {
        let mut slip = right.clone();
        change(&mut slip);
        all.push(slip.into_iter().collect::<String>());
    };
    for at in 0..=right.len() {
        keyboard().for_each(|sign| push(&|slip| slip.insert(at, sign)));
    }
    for at in 0..right.len() {
        push(&|slip| {
            slip.remove(at);
        });
        keyboard().for_each(|sign| push(&|slip| slip[at] = sign));
        if at > 0 {
            push(&|slip| slip.swap(at - 1, at));
        }
    }
    all.retain(|slip| slip != text);
    all.sort();
    all.dedup();
    all
}

/// Reads a spec on a host with SELinux, or with AppArmor if it asks for a mode.
fn read(text: &str, subject: Subject) -> Option<Spec> {
    let spec = Spec::parse(text.as_bytes(), subject, Thresholds::default()).ok()?;
    let has = |key: Key| spec.selector.questions().iter().any(|question| question.key() == key);
    let system = System::named(if has(Key::Mode) { "apparmor" } else { "selinux" }).unwrap();
    let mut questions = spec.selector.questions().iter();
    questions.all(|question| question.fault_of_label(system).is_none()).then_some(spec)
}

fn class(right: &Spec, slip: &str, subject: Subject) -> Class {
    let Some(spec) = read(slip, subject) else {
        return Class::Refused;
    };
    match (differences(right, &spec).as_slice(), spec.thresholds.state(0.0)) {
        ([], _) => Class::Same,
        ([Some(what)], _) => Class::Another(what),
        (_, State::Ok) => Class::OkForEver,
        _ => Class::NoticedAtOnce,
    }
}

/// What a slip has changed; `None` for a change that is not plain to see.
fn differences(right: &Spec, slip: &Spec) -> Vec<Option<&'static str>> {
    let terms = |spec: &Spec| {
        let questions = spec.selector.questions().iter();
        questions.flat_map(crate::select::selector::Question::terms).collect::<Vec<_>>()
    };
    let (mut before, mut after) = (terms(right), terms(slip));
    let same: Vec<_> = before.iter().filter(|term| after.contains(term)).cloned().collect();
    before.retain(|term| !same.contains(term));
    after.retain(|term| !same.contains(term));
    let mut all = Vec::new();
    match (before.as_slice(), after.as_slice()) {
        ([], []) => {}
        ([before], [after]) => all.push(plain(before, after)),
        _ => return vec![None, None],
    }
    if right.measure != slip.measure {
        all.push(Some("measure"));
    }
    if right.each != slip.each {
        all.push(Some("group"));
    }
    if right.lasting != slip.lasting {
        all.push(None);
    }
    let counts = || (0..30).map(f64::from);
    let differs = |count| right.thresholds.state(count) != slip.thresholds.state(count);
    let is_measured = right.measure.is_some() && right.thresholds != slip.thresholds;
    if is_measured || counts().any(differs) {
        let ranges =
            |spec: &Spec| (spec.thresholds.warning.is_some(), spec.thresholds.critical.is_some());
        all.push((ranges(right) == ranges(slip)).then_some("number"));
    }
    let has_more = |spec: &Spec| spec.measure.is_some() || spec.each.is_some() || spec.lasting;
    let is_implied = |spec: &Spec| {
        let (label, text) = (spec.label.as_str(), spec.selector.text());
        if has_more(spec) { label.contains(text) } else { label == text }
    };
    let written = |spec: &Spec| (!is_implied(spec)).then(|| spec.label.clone());
    if written(right) != written(slip) {
        all.push(Some("label"));
    }
    all
}

type Term = (Key, bool, String);

/// What one term has become, if it asks for the same sort of thing.
fn plain(before: &Term, after: &Term) -> Option<&'static str> {
    let sort = |term: &Term| term.2.split('(').next().unwrap_or_default().to_owned();
    let what = match (after.0, sort(after).as_str()) {
        (_, "Matches") => "regular expression",
        (Key::Name | Key::Parent, _) => "name",
        (Key::Exe | Key::Path | Key::Pidfile, _) => "path",
        (Key::Args, _) => "command line",
        (_, "Id") => "user or group",
        (_, "Within") => "number",
        (_, "Letters") => "state letter",
        (Key::Unit, _) => "unit",
        _ => "security label",
    };
    let is_same_key = before.0 == after.0 && before.1 == after.1;
    if before.2 == after.2 && before.1 == after.1 {
        return Some("key");
    }
    let is_path = before.0 == Key::Name && after.0 == Key::Path;
    (is_same_key || is_path).then_some(what)
}
