//! A closer look at the few specs that need an explanation: which processes fit, and which only
//! just don't.
//!
//! Counting keeps nothing of a process. If a verdict needs an explanation, we walk the processes
//! once more, so the cost of naming them is paid only then.

use std::collections::{BTreeMap, BTreeSet};

use crate::count::crowd::Crowd;
use crate::count::culprit;
use crate::count::lasting::Lasting;
use crate::count::scan::Target;
use crate::count::sieve::Sieve;
use crate::count::value::in_words;
use crate::proc::describe;
use crate::proc::fact::Missing;
use crate::proc::process::Process;
use crate::proc::root::{Pid, ProcRoot};
use crate::select::measure::{How, Measure};
use crate::select::population::{Containers, Membership, Population};
use crate::select::selector::{Key, Neighbour, Question, Selector};
use crate::text::error::Error;
use crate::text::escape;

/// How many processes are described for each selector.
const MOST: usize = 20;

/// So many are named one by one in the first line; more of several names are counted by name.
const FEW: usize = 3;

/// What a closer look at one selector found.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// Descriptions of processes that fit, at most 20, the most interesting first.
    pub fitting: Vec<String>,
    /// Who they are, for the first line.
    pub culprits: Vec<String>,
    best: Vec<Fitting>,
    /// Each that fits, with its parent.
    families: Vec<(Pid, Pid)>,
    crowd: Crowd,
    /// How many more fit.
    pub more: u64,
    /// Descriptions of near misses and why each doesn't fit, at most 20.
    pub near: Vec<String>,
    /// Whether the selector asks for a unit, and no process of the host is in one.
    lacks_units: bool,
    /// What is wrong with the pid files that are asked for.
    pid_files: Vec<String>,
    reasons: BTreeMap<Reason, Reasoned>,
    neighbours: BTreeMap<Neighbour, u64>,
}

/// A process that fits.
#[derive(Clone, Copy, Debug)]
struct Fitting {
    pid: Pid,
    /// What was measured of it.
    value: Option<f64>,
    /// The most interesting process has the greatest.
    rank: f64,
}

/// Near misses are counted together if they fail for the same reason.
type Reason = (String, String);

#[derive(Clone, Debug, Default)]
struct Reasoned {
    /// Each with its parent.
    processes: Vec<(Pid, Pid)>,
    plural: String,
}

impl Look {
    /// First what would fit if the spec had no typo, `perhaps sshd (2 processes)`; then `2 named
    /// sshd run as alice`, the most frequent first.
    pub fn near_misses(&self) -> Vec<String> {
        let nearest = self.neighbours.first_key_value();
        let perhaps = nearest.map(|(neighbour, &count)| {
            format!("perhaps {} ({})", neighbour.term, describe::processes(count))
        });
        let mut reasons: Vec<_> = self.reasons.iter().collect();
        reasons.sort_by_key(|(_, reasoned)| std::cmp::Reverse(reasoned.processes.len()));
        let reasons =
            reasons.into_iter().map(
                |((name, one), Reasoned { processes, plural })| match processes.as_slice() {
                    [(pid, _)] => format!("1 named {name} {one} (pid {pid})"),
                    several => format!("{} named {name} {plural}", several.len()),
                },
            );
        let no_unit = self.lacks_units.then(|| "no process here is in a unit".to_owned());
        let of_files = self.pid_files.iter().cloned();
        of_files.chain(no_unit).chain(perhaps).chain(reasons).collect()
    }

    fn take(&mut self, target: Target<'_>, population: &Population, process: &mut Process<'_>) {
        let selector = target.selector;
        match selector.fits(process) {
            Ok(true) => {}
            Err(Missing::Gone) => return,
            Ok(false) | Err(Missing::Hidden(_)) => {
                if let Some(key) = turned_down_by(selector, process) {
                    self.miss(key, selector, population, process);
                }
                return;
            }
        }
        match population.membership_for(selector, process) {
            Ok(Membership::Member) => {}
            Ok(Membership::Zombie) => return self.push_near(selector, process, "a zombie"),
            Ok(Membership::Elsewhere) => {
                let place = match population.containers {
                    Containers::Exclude => "in a container; --containers include counts it",
                    _ => "outside of containers; --containers include counts it",
                };
                return self.push_near(selector, process, place);
            }
            _ => return,
        }
        if Self::is_meant(target, process) {
            self.fit(target, process);
        }
    }

    /// Whether a process that fits is one of those that the verdict is about.
    fn is_meant(target: Target<'_>, process: &mut Process<'_>) -> bool {
        let is_of_group = match (target.each, target.group) {
            (Some(each), Some(group)) => each.group_of(process).as_ref() == Ok(group),
            _ => true,
        };
        let mut lasts = || Lasting::new(target.selector).take(target.before, process, Ok(()));
        is_of_group && (!target.lasting || lasts() == Ok(true))
    }

    /// Keeps it if it tells more than the last of those that are kept: where something is measured, by
    /// its value; else the youngest, since what ran before is seldom what is too many.
    fn fit(&mut self, Target { selector, measure, .. }: Target<'_>, process: &mut Process<'_>) {
        let value = measure.and_then(|measure| measure.of(process).ok());
        let rank = match measure {
            Some(Measure { how: How::Min, .. }) => value.map(|value| -value),
            Some(_) => value,
            None => process.age().ok().map(|age| -age),
        };
        let rank = rank.unwrap_or(f64::NEG_INFINITY);
        if let Ok(stat) = process.stat() {
            self.families.push((process.pid(), Pid(stat.ppid)));
        }
        let place = self.best.partition_point(|other| other.rank >= rank);
        self.best.insert(place, Fitting { pid: process.pid(), value, rank });
        if self.best.len() > MOST {
            self.best.pop();
            self.more += 1;
        }
        if measure.is_none() && !selector.names_one_program() {
            self.crowd.add(process, selector.asks_for_zombies());
        }
    }

    /// Leaves out of the near misses what belongs to those that fit: the master of workers, the workers of a
    /// master.
    fn drop_other_halves(&mut self) {
        let (fitting, parents): (BTreeSet<Pid>, BTreeSet<Pid>) =
            self.families.iter().copied().unzip();
        self.reasons.retain(|_, reasoned| {
            reasoned
                .processes
                .retain(|(pid, parent)| !parents.contains(pid) && !fitting.contains(parent));
            !reasoned.processes.is_empty()
        });
    }

    /// Puts those that were kept into words.
    fn describe(&mut self, Target { selector, measure, .. }: Target<'_>, root: &ProcRoot) {
        if self.best.is_empty() {
            self.pid_files = selector.complaints_of_pid_files(root);
        }
        let mut process = Process::new(root, Pid(0));
        for (at, &Fitting { pid, value, .. }) in self.best.iter().enumerate() {
            process.move_to(pid);
            // The line begins with the first one's CPU time. A second reading would differ a little.
            let is_told = |measure: &Measure| measure.key == Key::Cpu && measure.how != How::Sum;
            let measured = measure.filter(|measure| at > 0 || !is_told(measure)).zip(value);
            let claim = if selector.believes(&mut process) { " (by its own claim)" } else { "" };
            let shown = measured.map(|(measure, value)| format!("{}, ", measure.shown(value)));
            let shown = shown.unwrap_or_default();
            self.fitting.push(format!("{shown}{}{claim}", described(selector, &mut process)));
            self.culprits.push(
                labelled_culprit(selector, &mut process)
                    .unwrap_or_else(|| culprit::in_words(selector, measured, &mut process)),
            );
        }
        let are_dead = selector.asks_for_zombies();
        if are_dead || self.best.len() > FEW {
            let crowd = self.crowd.in_words(root, are_dead);
            if !crowd.is_empty() && !selector.asks_for_label() {
                self.culprits = crowd;
            }
        }
    }

    fn seek(&mut self, selector: &Selector, population: &Population, process: &mut Process<'_>) {
        let Some(neighbour) = selector.neighbour(process) else { return };
        if population.membership_for(selector, process) == Ok(Membership::Member) {
            *self.neighbours.entry(neighbour).or_default() += 1;
        }
    }

    fn push_near(&mut self, selector: &Selector, process: &mut Process<'_>, why: &str) {
        if self.near.len() < MOST {
            self.near.push(format!("{} ({why})", described(selector, process)));
        }
    }

    fn miss(
        &mut self,
        key: Key,
        selector: &Selector,
        population: &Population,
        process: &mut Process<'_>,
    ) {
        if population.membership(process) != Ok(Membership::Member) {
            return;
        }
        let name = describe::name(process);
        let (Ok(one), Ok(plural)) = (in_words(key, process, false), in_words(key, process, true))
        else {
            return;
        };
        self.push_near(selector, process, &one);
        let parent = process.stat().map_or(Pid(0), |stat| Pid(stat.ppid));
        let reasoned = self.reasons.entry((name, one)).or_default();
        reasoned.processes.push((process.pid(), parent));
        reasoned.plural = plural;
    }
}

fn described(selector: &Selector, process: &mut Process<'_>) -> String {
    if selector.asks_for_label() { describe::labelled(process) } else { describe::process(process) }
}

/// Names a process for the first line, if the selector asks for labels and not for names; with its
/// domain, if the selector doesn't say that either.
fn labelled_culprit(selector: &Selector, process: &mut Process<'_>) -> Option<String> {
    if !selector.asks_for_label() {
        return None;
    }
    let names_domain = |question: &Question| question.key() == Key::Domain;
    let domain = match process.label() {
        Ok(label) if !selector.questions().iter().any(names_domain) => {
            format!(", {}", escape::bounded(label.domain, 64))
        }
        _ => String::new(),
    };
    let name = describe::name(process);
    Some(format!("{name} (pid {}{domain})", process.pid()))
}

/// The key that rejected a process, although the selector's subject fits it.
fn turned_down_by(selector: &Selector, process: &mut Process<'_>) -> Option<Key> {
    let subject = selector.questions().iter().find(|question| selector.is_subject(question))?;
    if subject.answer(process) != Ok(true) {
        return subject.is_namesake(process).then(|| subject.key());
    }
    let rest = selector.questions().iter().filter(|question| !selector.is_subject(question));
    rest.filter(|question| question.answer(process) == Ok(false)).map(Question::key).next()
}

/// Looks at all processes for each target. For the targets in the places `lonely`, which nothing
/// fits, also looks for neighbours.
///
/// # Errors
/// When the processes can't be listed.
pub fn closely(
    root: &ProcRoot,
    population: &Population,
    targets: &[Target<'_>],
    lonely: &[usize],
) -> Result<Vec<Look>, Error> {
    let mut looks = vec![Look::default(); targets.len()];
    if targets.is_empty() {
        return Ok(looks);
    }
    let selectors: Vec<&Selector> = targets.iter().map(|target| target.selector).collect();
    let sieve = Sieve::new(selectors.iter().copied().enumerate());
    let of_units: Vec<_> = selectors.iter().map(|selector| selector.units().is_some()).collect();
    // On most hosts the first process is in a unit, and then no other is asked.
    let mut lacks_units = of_units.contains(&true) && root.blindness().is_none();
    Process::each(root, |process| {
        lacks_units = lacks_units && is_in_no_unit(process);
        for at in sieve.places(process) {
            looks[at].take(targets[at], population, process);
        }
        for &at in lonely {
            looks[at].seek(selectors[at], population, process);
        }
    })?;
    for (at, (target, look)) in targets.iter().zip(&mut looks).enumerate() {
        look.lacks_units = lacks_units && of_units[at];
        look.drop_other_halves();
        look.describe(*target, root);
    }
    Ok(looks)
}

/// Whether it certainly is in no unit. A process that has ended is in none.
fn is_in_no_unit(process: &mut Process<'_>) -> bool {
    match process.unit() {
        Ok(unit) => unit.is_none(),
        Err(missing) => missing == Missing::Gone,
    }
}
