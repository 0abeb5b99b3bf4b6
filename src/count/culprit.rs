//! Who it is, for the first line: a process and the few facts that lead to the cause.

use crate::host::names;
use crate::proc::describe;
use crate::proc::process::Process;
use crate::select::measure::Measure;
use crate::select::selector::{Key, Kind, Question, Selector, quantity};
use crate::text::escape;
use crate::text::number::{self, span};

/// Longest user in the first line, in characters.
const LONGEST: usize = 64;

/// `pid 812 (9.1 GiB, up 3d, cron.service, user root)`, or if the selector names no program
/// `cron (pid 812, …)`. What the selector says already is left out, and what may not be read.
pub(super) fn in_words(
    selector: &Selector,
    measured: Option<(Measure, f64)>,
    process: &mut Process<'_>,
) -> String {
    let asks = |keys: &[Key]| selector.questions().iter().any(|q| keys.contains(&q.key()));
    let pid = process.pid();
    let mut facts: Vec<String> = Vec::new();
    facts.extend(measured.map(|(measure, value)| measure.shown(value)));
    facts.extend(judged(selector, process));
    if asks(&[Key::Deleted]) {
        facts.extend(fate_of_file(process));
    }
    let is_age_told = measured.is_some_and(|(measure, _)| measure.key == Key::Age);
    if !is_age_told && !asks(&[Key::Age]) {
        facts.extend(process.age().ok().map(|age| format!("up {}", span(age))));
    }
    if !asks(&[Key::Unit]) {
        facts.extend(describe::place(process));
    }
    if !asks(&[Key::User, Key::Uid]) {
        let owner = process.owner().ok();
        facts.extend(owner.map(|owner| {
            let user = names::user(owner.uid);
            format!("user {}", escape::bounded(user.as_bytes(), LONGEST))
        }));
    }
    if selector.names_one_program() {
        format!("pid {pid} ({})", facts.join(", "))
    } else {
        facts.insert(0, format!("pid {pid}"));
        format!("{} ({})", describe::name(process), facts.join(", "))
    }
}

/// The amounts that the selector asks about: `rss 8.2 GiB`.
fn judged(selector: &Selector, process: &mut Process<'_>) -> Vec<String> {
    let keys = selector.questions().iter().map(Question::key).filter(|key| !key.is_id());
    let amounts = keys.filter_map(|key| match key.row().kind {
        Kind::Number(unit) => Some((key, unit, quantity(key, process).ok()?)),
        _ => None,
    });
    amounts
        .map(|(key, unit, value)| format!("{} {}", key.name(), number::shown(value, unit)))
        .collect()
}

/// What became of the file that it runs.
fn fate_of_file(process: &mut Process<'_>) -> Option<String> {
    match process.age_of_successor().ok()? {
        Some(seconds) => Some(format!("its file replaced {} ago", span(seconds))),
        None => Some("its file removed".into()),
    }
}
