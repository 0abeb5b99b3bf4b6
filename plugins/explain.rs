//! `procwarden explain`: shows how we see a process, and which terms of which specs it satisfies.
//!
//! The output is for people, not for a scheduler: it has no status line, and nothing is cut. Text from
//! processes is escaped all the same.

mod answers;
mod process;
mod spec;
mod verdicts;

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use clap::Parser;
use procwarden::host::patience;
use procwarden::nagios::range::Thresholds;
use procwarden::proc::fact::Missing;
use procwarden::proc::process::{Process, shown_name};
use procwarden::proc::root::{Pid, ProcRoot};
use procwarden::select::lines::Listed;
use procwarden::select::population::{Containers, Population};
use procwarden::select::selector::{Key, Question, Selector, Subject};
use procwarden::select::spec::Spec;
use procwarden::select::spec_files::{self, Placed};
use procwarden::suggest::suggestion::Source;
use procwarden::text::error::Error;
use procwarden::text::escape;

use crate::host_tree::HostTree;
use crate::person::{Act, Outcome};

/// The options, as typed.
#[derive(Debug, Parser)]
#[command(name = "procwarden-explain", bin_name = "procwarden explain", max_term_width = 80)]
#[command(about = "Explain how a process is seen, and what a spec finds")]
#[command(after_help = "Exit status: 0 satisfied, 1 not, 3 error, or not to be seen by this user")]
pub(crate) struct Options {
    /// A PID, a name or path, or a spec such as sshd,user=root:1-
    #[arg(value_name = "PID|NAME|SPEC")]
    what: OsString,

    /// With a PID or NAME, show which specs of this file it satisfies
    ///
    /// In a directory, each file that ends in .specs is read.
    #[arg(long, value_name = "FILE")]
    specs_from: Vec<PathBuf>,

    /// How to treat processes inside containers (nested PID namespaces)
    #[arg(long, value_name = "WHAT", default_value = "exclude")]
    containers: Containers,

    #[command(flatten)]
    tree: HostTree,
}

/// Whether a spec is satisfied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Satisfied {
    Yes,
    No,
    /// A hidden fact would decide it.
    Unknown,
}

impl Satisfied {
    const fn exit_code(self) -> u8 {
        match self {
            Self::Yes => 0,
            Self::No => 1,
            Self::Unknown => 3,
        }
    }
}

/// Everything an explanation is based on.
struct View {
    root: ProcRoot,
    source: Source,
    population: Population,
    /// The specs of `--specs-from`, if there are any.
    specs: Listed<Placed>,
}

impl Act for Options {
    fn act(&self) -> Outcome {
        // Treat as hidden what does not answer.
        patience::begin_with_care();
        let root = self.tree.open()?;
        let mut specs = Listed::default();
        for file in &self.specs_from {
            spec_files::add(&mut specs, file, &|text| read(text, &root))?;
        }
        let source = self.tree.source(&root, || ())?;
        let population = Population::new(self.containers, true);
        let view = View { root, source, population, specs };
        let what = self.what.as_bytes();
        if !what.is_empty() && what.iter().all(u8::is_ascii_digit) {
            return view.process(&escape::text(what));
        }
        let spec = read(what, &view.root)?;
        if is_name(&spec.selector, what) {
            return view.namesakes(&spec.selector);
        }
        if !self.specs_from.is_empty() {
            let why = "a SPEC is explained by itself; --specs-from goes with a PID or a NAME";
            return Err(Error::new(why));
        }
        let (text, satisfied) = spec::explain(&view, &escape::text(what), &spec)?;
        Ok((text, satisfied.exit_code()))
    }
}

fn read(spec: &[u8], root: &ProcRoot) -> Result<Spec, Error> {
    Spec::parse(spec, Subject::Program, Thresholds::default())?.fit_for(Some(root))
}

/// Whether a spec is nothing but a name or a path, without a range or a label.
fn is_name(selector: &Selector, typed: &[u8]) -> bool {
    let [question] = selector.questions() else { return false };
    let is_exact = ["name=", "exe="].iter().any(|key| question.in_words().starts_with(key));
    let is_of_name = matches!(question.key(), Key::Name | Key::Path);
    is_of_name
        && is_exact
        && selector.is_subject(question)
        && selector.text() == escape::text(typed)
}

impl View {
    /// Explains the process with a PID.
    fn process(&self, number: &str) -> Outcome {
        let nobody = || {
            let blindness = self.root.blindness().map(|why| format!("; {why}")).unwrap_or_default();
            Error::new(format!("no process {number} in {}{blindness}", self.root.shown_path()))
        };
        let pid = number.parse().map(Pid).map_err(|_| nobody())?;
        let mut is_listed = false;
        Process::each(&self.root, |process| is_listed |= process.pid() == pid)?;
        let mut process = Process::new(&self.root, pid);
        if process.stat() == Err(Missing::Gone) {
            return Err(nobody());
        }
        if !is_listed {
            return Err(Error::new(format!("{number} is no process, but a thread of one")));
        }
        let (text, satisfied) = self.block(&mut process).ok_or_else(nobody)?;
        Ok((text, satisfied.exit_code()))
    }

    /// Explains each process with a name. If there is none, lists processes with similar names.
    fn namesakes(&self, selector: &Selector) -> Outcome {
        let name: String = selector.questions().iter().map(Question::in_words).collect();
        let (mut blocks, mut alike, mut hidden) = (Vec::new(), Vec::new(), Vec::new());
        let mut satisfied = Satisfied::Yes;
        Process::each(&self.root, |process| match selector.fits(process) {
            Ok(true) => {
                if let Some((text, is)) = self.block(process) {
                    satisfied = satisfied.max(is);
                    blocks.push(text);
                }
            }
            Ok(false) if resembles(process, selector.text()) => {
                alike.push(format!("  {}\n", process::line(process)));
            }
            Err(Missing::Hidden(what)) => {
                let why = what.explained("");
                hidden.push(format!("  {}: {why}\n", process::line(process)));
            }
            _ => {}
        })?;
        let mut text = blocks.join("\n");
        if blocks.is_empty() {
            satisfied = Satisfied::No;
            text = format!("no process is {name}\n");
            push_list(&mut text, "called alike:", &alike);
        }
        push_list(&mut text, "may be, for all that this user can see:", &hidden);
        let blindness = self.root.blindness();
        if let Some(why) = &blindness {
            text += &format!("not all processes can be seen: {why}\n");
        }
        if blocks.is_empty() && (blindness.is_some() || !hidden.is_empty()) {
            satisfied = Satisfied::Unknown;
        }
        Ok((text, satisfied.exit_code()))
    }

    /// Explains one process, and how the specs apply to it. `None` if it has ended.
    fn block(&self, process: &mut Process<'_>) -> Option<(String, Satisfied)> {
        let text = process::of(process, &self.source, &self.population);
        let (verdicts, satisfied) = verdicts::of(&self.specs, process, &self.population).ok()?;
        Some((text + &verdicts, satisfied))
    }
}

/// Whether one name contains the other, ignoring case.
fn resembles(process: &mut Process<'_>, name: &str) -> bool {
    let name = name.trim_start_matches("name=").rsplit('/').next().unwrap_or_default();
    let name = name.to_lowercase();
    let shown = shown_name(process).unwrap_or_default();
    let shown = escape::text(&shown).to_lowercase();
    // Short names are contained in many others.
    let holds = |long: &str, short: &str| short.len() > 2 && long.contains(short);
    holds(&shown, &name) || holds(&name, &shown)
}

/// Appends a title and lines, if there are any.
fn push_list(text: &mut String, title: &str, lines: &[String]) {
    if !lines.is_empty() {
        text.push_str(&format!("{title}\n{}", lines.concat()));
    }
}
