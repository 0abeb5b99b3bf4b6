//! What every scheduler is asked: one table of cases, and the processes they are about.

use std::collections::BTreeMap;
use std::fs;

use regex::Regex;

use crate::lab::{Answer, Lab, Running};

/// A call of `check_proccount`, and the state it must end in.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) words: Vec<String>,
    pub(crate) state: i32,
}

/// The cases, and the processes that must go on living while they are tried.
pub(crate) struct Cases {
    pub(crate) all: Vec<Case>,
    /// A name that one process bears.
    pub(crate) alive: String,
    /// A name that no process bears.
    pub(crate) gone: String,
    _processes: Vec<Running>,
}

/// How many failing specs make the longest output.
const MANY: usize = 300;

/// What a hostile process would like to see among the perfdata.
const FORGERY: &str = "forged";

impl Cases {
    pub(crate) fn new(lab: &Lab) -> Self {
        // Tests run side by side, so names are told apart by the lab's own.
        let tag = lab.root().rsplit('-').next().unwrap().to_owned();
        let (alive, gone) = (format!("up{tag}"), format!("down{tag}"));
        let (crowd, forger) = (format!("crowd{tag}"), format!("forger{tag}"));
        let mut processes = vec![lab.idler(&alive, &["sh"])];
        processes.extend((0..3).map(|_| lab.idler(&format!("m{tag}"), &["sh", &crowd])));
        processes.extend(forgers(lab, &forger));

        // A "+" keeps the pattern from matching the command lines that it stands in.
        let (in_crowd, in_forger) = (format!("crow+d{tag}"), format!("forge+r{tag}"));
        let specs: Vec<_> = (0..MANY).map(|i| format!("{gone}-number-{i:03}:1-")).collect();
        let specs =
            lab.write("many.specs", format!("# {MANY} that do not run\n\n{}\n", specs.join("\n")));
        let specs = specs.to_str().unwrap();
        let tree = hanging_tree(lab);

        let case = |name, state, words: &[&str]| Case {
            name,
            state,
            words: words.iter().map(|&word| word.to_owned()).collect(),
        };
        let all = vec![
            case("ok", 0, &[&format!("{alive}:1-1")]),
            case("warning", 1, &[&format!("{alive}:2-:1-")]),
            case("critical", 2, &[&format!("{gone}:1-")]),
            case("usage", 3, &["frob=1"]),
            case("no-user", 3, &[&format!("{alive},user=nosuchuser:1-")]),
            case(
                "several",
                2,
                &[
                    &format!("{alive}:1-1"),
                    &format!("{gone}:1-"),
                    &format!("{alive}:2-:1-"),
                    &format!("{alive},ppid=1:0-0"),
                ],
            ),
            case("lines", 2, &["-v", &format!("args~{in_crowd}:0-1")]),
            case("longest", 2, &["--specs-from", specs]),
            case("hang", 3, &["--proc-root", &tree, "-t", "4", "whatever:1-"]),
            case("forged", 2, &["-v", &format!("args~{in_forger}:0-0")]),
        ];
        Self { all, alive, gone, _processes: processes }
    }
}

/// Processes whose names and words are made to be taken for the plugin's own.
fn forgers(lab: &Lab, marker: &str) -> Vec<Running> {
    ["x|'forged'=1", "y\n|'forged'=2", "z'forged'=3;;1:", "\x1b[2Kforged=4", "OK|forged=5 \r\n"]
        .iter()
        .map(|name| lab.idler(name, &["sh", marker, "| 'forged'=6;;;\nOK: | 'forged'=7"]))
        .collect()
}

/// A recorded tree where one process's `comm` is a FIFO that nobody ever writes to.
fn hanging_tree(lab: &Lab) -> String {
    let tree = lab.make_dir("tree");
    let pid = lab.make_dir("tree/4242");
    lab.write("tree/uptime", "1000.00 2000.00\n");
    lab.write("tree/stat", "cpu 0 0 0 0 0 0 0 0 0 0\nbtime 1700000000\n");
    for file in ["comm", "stat", "status", "cmdline", "cgroup"] {
        let path = pid.join(file);
        let made = lab.command("mkfifo").arg(&path).status().unwrap();
        assert!(made.success(), "mkfifo {}", path.display());
    }
    tree.to_str().unwrap().to_owned()
}

/// The contract that a plugin's own output has to keep, whoever hands it on.
pub(crate) fn assert_sound(case: &Case, answer: &Answer) {
    let Answer { code, text } = answer;
    let name = case.name;
    assert_eq!(*code, case.state, "{name}: {text}");
    let state = ["OK", "WARNING", "CRITICAL", "UNKNOWN"][usize::try_from(*code).unwrap()];
    let (first, rest) = text.split_once('\n').expect("a whole line");
    let (status, perfdata) = first.split_once('|').unwrap_or((first, ""));
    assert!(status.starts_with(&format!("PROCCOUNT is {state}: ")), "{name}: {first}");
    assert!(status.len() < 512, "{name}: {} bytes of text: {status}", status.len());
    assert!(text.len() <= 4096, "{name}: {} bytes", text.len());
    assert!(text.ends_with('\n'), "{name}: the last line is not ended: {text}");
    assert!(!perfdata.contains('|') && !rest.contains('|'), "{name}: a second |: {text}");
    let odd = text.chars().find(|c| c.is_control() && *c != '\n');
    assert_eq!(odd, None, "{name}: {text:?}");
    assert!(!perfdata.contains(FORGERY), "{name}: {first}");
    match name {
        // One spec, one item; the forgers' names are in the lines below.
        "forged" => {
            assert_eq!(labels(perfdata).len(), 1, "{first}");
            assert!(rest.contains(FORGERY), "they should be shown, escaped: {text}");
        }
        "several" => assert_eq!(labels(perfdata).len(), 4, "{first}"),
        "lines" => assert!(rest.lines().count() >= 3, "an offender a line: {text}"),
        "longest" => assert!(text.len() > 3000, "only {} bytes: {text}", text.len()),
        _ => {}
    }
}

/// The labels of a perfdata string, in order, without their quotes.
pub(crate) fn labels(perfdata: &str) -> Vec<String> {
    values(perfdata).into_iter().map(|(label, _)| label).collect()
}

/// Labels and values of a perfdata string, without the thresholds.
pub(crate) fn values(perfdata: &str) -> Vec<(String, String)> {
    let value = |item: String| item.split(';').next().unwrap().to_owned();
    items(perfdata).into_iter().map(|(label, item)| (label, value(item))).collect()
}

/// Labels of a perfdata string, and what is said of each.
pub(crate) fn items(perfdata: &str) -> Vec<(String, String)> {
    let mut rest = perfdata.trim();
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (label, after) = match rest.strip_prefix('\'') {
            Some(quoted) => quoted.split_once("'=").expect("a closing quote"),
            None => rest.split_once('=').expect("a label"),
        };
        let (item, after) = after.split_once(' ').unwrap_or((after, ""));
        found.push((label.to_owned(), item.to_owned()));
        rest = after;
    }
    found
}

/// An answer without the ages of processes, which grow between two calls.
pub(crate) fn ageless(answer: &Answer) -> Answer {
    Answer { code: answer.code, text: ages_left_out(&answer.text) }
}

/// The same of a text.
pub(crate) fn ages_left_out(text: &str) -> String {
    Regex::new(r"\bup \d+[smhd]").unwrap().replace_all(text, "up some time").into_owned()
}

/// A status line's text and its perfdata.
pub(crate) fn split(first: &str) -> (&str, &str) {
    first.split_once('|').unwrap_or((first, ""))
}

/// What the plugin that panics must say, and never an OK.
pub(crate) fn assert_panicked(answer: &Answer) {
    assert_eq!(answer.code, 3, "{answer:?}");
    assert!(answer.text.starts_with("PROCCOUNT is UNKNOWN: "), "{answer:?}");
    assert_eq!(answer.text.lines().count(), 1, "one line: {answer:?}");
}

/// The processes of this machine whose `comm` is `name`.
pub(crate) fn bearers(name: &str) -> usize {
    let entries = fs::read_dir("/proc").unwrap();
    entries
        .filter_map(|entry| fs::read(entry.ok()?.path().join("comm")).ok())
        .filter(|comm| comm.strip_suffix(b"\n") == Some(name.as_bytes()))
        .count()
}

/// The example services of a shipped file: their names, and the titles of the plugins that they call.
/// `pattern` finds a name, and then the plugin without `check_`.
pub(crate) fn examples(lab: &Lab, shipped: &str, pattern: &str) -> Vec<(String, String)> {
    let found = Regex::new(pattern).unwrap();
    let found =
        found.captures_iter(shipped).map(|found| (found[1].to_owned(), found[2].to_owned()));
    let ours = found.filter(|(_, plugin)| lab.plugins().join(format!("check_{plugin}")).exists());
    ours.map(|(name, plugin)| (name, plugin.to_uppercase())).collect()
}

/// Each example service was answered by its plugin, which understood the call.
pub(crate) fn assert_understood(
    examples: &[(String, String)],
    known: &BTreeMap<String, (Answer, String)>,
) {
    for (name, title) in examples {
        let text = &known[name].0.text;
        assert!(text.starts_with(&format!("{title} is ")), "{name}: {text}");
        assert!(!text.contains("usage") && !text.contains("unexpected"), "{name}: {text}");
    }
}
