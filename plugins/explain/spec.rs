//! Explains a spec: which processes fit it, which nearly fit, and which term excludes each.

use procwarden::count::headcount::Headcount;
use procwarden::count::look;
use procwarden::count::scan::Target;
use procwarden::nagios::state::State;
use procwarden::proc::fact::Missing;
use procwarden::proc::process::Process;
use procwarden::select::population::{Membership, Population};
use procwarden::select::spec::Spec;
use procwarden::text::error::Error;

use super::answers::Answers;
use super::{Satisfied, View, process, push_list};

/// The processes that a spec concerns, as text.
#[derive(Default)]
struct Found {
    fitting: Vec<String>,
    /// Those that may fit: something is hidden.
    uncertain: Vec<String>,
    /// Those that fit but are not counted.
    uncounted: Vec<String>,
    near: Vec<String>,
}

/// Explains a spec; `written` is its text.
///
/// # Errors
/// If the processes can't be listed.
pub(super) fn explain(
    view: &View,
    written: &str,
    spec: &Spec,
) -> Result<(String, Satisfied), Error> {
    let mut found = Found::default();
    Process::each(&view.root, |process| found.take(spec, &view.population, process))?;
    let blindness = view.root.blindness();
    let headcount = Headcount::take(&view.root, &view.population, std::slice::from_ref(spec))?;
    let (state, number) = headcount.verdict(0);
    let mut text = format!("{written}: {number}, {state}\n");
    text += &format!("read as {}\n", spec.in_words());
    if let Some(why) = blindness {
        text += &format!("not all processes can be seen: {why}\n");
    }
    push_list(&mut text, "fit:", &found.fitting);
    push_list(&mut text, "may fit, for all that this user can see:", &found.uncertain);
    push_list(&mut text, "fit, and are not counted:", &found.uncounted);
    push_list(&mut text, "nearly fit:", &found.near);
    let looks = look::closely(&view.root, &view.population, &[Target::of(spec)], &[])?;
    let in_short: Vec<_> = looks.iter().flat_map(look::Look::near_misses).collect();
    if !in_short.is_empty() {
        text += &format!("in short: {}\n", in_short.join(", "));
    }
    Ok((
        text,
        match state {
            State::Ok => Satisfied::Yes,
            State::Warning | State::Critical => Satisfied::No,
            State::Unknown => Satisfied::Unknown,
        },
    ))
}

impl Found {
    fn take(&mut self, spec: &Spec, population: &Population, process: &mut Process<'_>) {
        // It has ended.
        let Ok(answers) = Answers::of(&spec.selector, process) else { return };
        let fits = answers.fit();
        if fits == Ok(false) && !answers.nearly_fit() {
            return;
        }
        let membership = population.membership_for(&spec.selector, process);
        let line = format!("  {}\n", process::line(process));
        let with_terms = || line.clone() + &answers.lines("    ", false);
        let counted = process::in_words(membership, population.containers);
        let with_standing = || format!("{line}    {counted}\n");
        match (fits, membership) {
            (_, Err(Missing::Gone)) => {}
            (Ok(true), Ok(Membership::Member)) => self.fitting.push(line),
            (Ok(true), Err(_)) => self.uncertain.push(with_standing()),
            (Ok(true), Ok(_)) => self.uncounted.push(with_standing()),
            (Err(_), Ok(Membership::Member) | Err(_)) => self.uncertain.push(with_terms()),
            (Ok(false), Ok(Membership::Member)) => self.near.push(with_terms()),
            _ => {}
        }
    }
}
