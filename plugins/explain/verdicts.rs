//! Which specs of a file a process satisfies.

use procwarden::proc::fact::{self, Fact, Missing};
use procwarden::proc::process::Process;
use procwarden::select::lines::Listed;
use procwarden::select::population::{Membership, Population};
use procwarden::select::spec_files::Placed;

use super::Satisfied;
use super::answers::{Answers, word};
use super::process;

/// Lists the specs that a process fits or nearly fits, term by term. Malformed specs count as doubtful.
/// Without specs everything is satisfied.
///
/// # Errors
/// If the process has ended.
pub(super) fn of(
    specs: &Listed<Placed>,
    process: &mut Process<'_>,
    population: &Population,
) -> Fact<(String, Satisfied)> {
    let Listed { items: specs, faults } = specs;
    let mut text = String::new();
    if specs.is_empty() && faults.is_empty() {
        return Ok((text, Satisfied::Yes));
    }
    let mut satisfied = if faults.is_empty() { Satisfied::No } else { Satisfied::Unknown };
    let mut others = 0;
    for Placed { place, text: written, spec } in specs {
        let answers = Answers::of(&spec.selector, process)?;
        let fits = counts(&answers, population.membership_for(&spec.selector, process));
        satisfied = match (fits, satisfied) {
            (Ok(true), _) | (_, Satisfied::Yes) => Satisfied::Yes,
            (Err(Missing::Hidden(_)), _) => Satisfied::Unknown,
            _ => satisfied,
        };
        if answers.fit() == Ok(false) && !answers.nearly_fit() {
            others += 1;
            continue;
        }
        let mut said = word(fits).to_owned();
        if answers.fit() == Ok(true) && fits != Ok(true) {
            let membership = population.membership_for(&spec.selector, process);
            let why = process::in_words(membership, population.containers);
            said += &format!(", not counted: {}", why.trim_start_matches("no, "));
        }
        text += &format!("{place}  {written}  {said}\n{}", answers.lines("    ", true));
    }
    text += &match (others, specs.len()) {
        (0, _) => String::new(),
        (others, all) if others == all => format!("none of {all} specs is about it\n"),
        (1, _) => "1 more spec is not about it\n".into(),
        (others, _) => format!("{others} more specs are not about it\n"),
    };
    for fault in faults {
        text += &format!("{fault}\n");
    }
    Ok((text, satisfied))
}

/// Whether the process fits, and a check counts it.
fn counts(answers: &Answers, membership: Fact<Membership>) -> Fact<bool> {
    let is_member = membership.map(|membership| membership == Membership::Member);
    fact::all([answers.fit(), is_member])
}
