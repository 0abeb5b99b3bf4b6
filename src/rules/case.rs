//! A process that breaks a rule, or may break one. Each recheck updates it.

use bitflags::Flags;

use crate::count::recheck::Judged;
use crate::nagios::state::State;
use crate::proc::describe;
use crate::proc::fact::{Fact, Hidden, unless_gone};
use crate::proc::process::Process;
use crate::proc::root::Pid;
use crate::rules::judge::{Judge, Subject, VerdictOf};
use crate::rules::set::RuleSet;
use crate::rules::severities::Severities;
use crate::rules::verdict::Verdict;

/// A process and what is wrong with it.
#[derive(Debug)]
pub struct Case<J: Judge> {
    /// How bad it is.
    pub state: State,
    /// Its PID.
    pub pid: Pid,
    /// When it started; `None` if no scan could see it.
    start: Option<u64>,
    /// What was wrong in every scan.
    pub verdict: VerdictOf<J>,
    /// What findings show of it; `None` if no rule is certainly broken.
    pub subject: Option<Subject<J::Looks>>,
    /// Its unit or parent; `None` if no rule is certainly broken.
    pub place: Option<String>,
}

impl<J: Judge> Clone for Case<J> {
    fn clone(&self) -> Self {
        Self {
            verdict: self.verdict.clone(),
            subject: self.subject.clone(),
            place: self.place.clone(),
            ..*self
        }
    }
}

impl<J: Judge> Judged for Case<J> {
    fn state(&self) -> State {
        self.state
    }
}

impl<J: Judge> Case<J> {
    /// Describes the process, if the verdict says that it breaks a rule.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub(crate) fn new(process: &mut Process<'_>, verdict: VerdictOf<J>, judge: &J) -> Fact<Self> {
        let is_broken = !verdict.broken.is_empty();
        Ok(Self {
            state: state(&verdict, judge.severities()),
            pid: process.pid(),
            start: start(process)?,
            subject: is_broken.then(|| Subject::of(process, judge, &verdict)).transpose()?,
            place: if is_broken { describe::place(process) } else { None },
            verdict,
        })
    }

    /// A process whose judge could see nothing.
    pub(crate) fn unseen(pid: Pid, hidden: Hidden, judge: &J) -> Self {
        let verdict = hidden_verdict(hidden, judge);
        Self { state: State::Unknown, pid, start: None, verdict, subject: None, place: None }
    }

    /// Judges the process with this case's PID again. Keeps what is still wrong with the same process.
    pub(crate) fn look_again(&mut self, process: &mut Process<'_>, judge: &J) {
        let (was_broken, was_doubtful) = (self.verdict.broken, self.verdict.doubtful);
        let now = match unless_gone(self.seen_again(process, judge)) {
            Ok(Ok(verdict)) => verdict,
            Ok(Err(hidden)) => hidden_verdict(hidden, judge),
            Err(_) => Verdict::default(),
        };
        let maybe = was_broken.union(was_doubtful).intersection(now.broken.union(now.doubtful));
        let broken = was_broken.intersection(now.broken);
        let hidden = now.hidden.or(self.verdict.hidden);
        self.verdict = Verdict { broken, doubtful: maybe.difference(broken), hidden, ..now };
        if let Ok(subject) = Subject::of(process, judge, &self.verdict) {
            self.subject = Some(subject);
            self.place = describe::place(process);
        }
        self.state = state(&self.verdict, judge.severities());
    }

    /// What is wrong with it now. Nothing, if the PID was reused, the process is a zombie, or no rule
    /// is about it any more.
    fn seen_again(&mut self, process: &mut Process<'_>, judge: &J) -> Fact<VerdictOf<J>> {
        // If either start is hidden, assume the same process.
        let now = start(process)?;
        let is_another = now.zip(self.start).is_some_and(|(now, then)| now != then);
        self.start = self.start.or(now);
        let verdict = judge.judge(process)?.filter(|_| !is_another);
        let lives = process.is_alive() != Ok(false);
        Ok(verdict.filter(|_| lives).unwrap_or_default())
    }
}

/// Every rule that is on becomes doubtful.
fn hidden_verdict<J: Judge>(hidden: Hidden, judge: &J) -> VerdictOf<J> {
    let mut verdict = VerdictOf::<J>::default();
    verdict.doubt(judge.severities().on, hidden);
    verdict
}

fn state<R: RuleSet, E>(verdict: &Verdict<R, E>, severities: &Severities<R>) -> State {
    let known = severities.state_of(verdict.broken, verdict.swapped);
    if verdict.doubtful.is_empty() { known } else { known.max(State::Unknown) }
}

/// When a process started; `None` if that is hidden.
fn start(process: &mut Process<'_>) -> Fact<Option<u64>> {
    Ok(unless_gone(process.stat())?.ok().map(|stat| stat.start))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::fs;

    use super::*;
    use crate::kernel::file::File;
    use crate::proc::fact::{Cause, Missing};
    use crate::proc::root::ProcRoot;
    use crate::rules::set::tests::Three;

    /// Finds the first rule broken, or is blind.
    struct Strict {
        severities: Severities<Three>,
        is_blind: Cell<bool>,
    }

    impl Judge for Strict {
        type Rules = Three;
        type Evidence = ();
        type Looks = ();
        const ALL_WELL: &'static str = "";

        fn severities(&self) -> &Severities<Three> {
            &self.severities
        }

        fn judge(&self, _: &mut Process<'_>) -> Fact<Option<VerdictOf<Self>>> {
            if self.is_blind.get() {
                let hidden = Hidden { file: File::Status, cause: Cause::Denied };
                return Err(Missing::Hidden(hidden));
            }
            Ok(Some(Verdict { broken: Three::ONE, ..Verdict::default() }))
        }

        fn looks(&self, _: &mut Process<'_>, _: &VerdictOf<Self>) -> Fact<()> {
            Ok(())
        }

        fn shown(&self, (): &()) -> String {
            String::new()
        }

        fn causes(&self, _: Three, (): &(), _: Pid) -> String {
            String::new()
        }
    }

    /// If its start, or everything, is hidden in one scan, it is still the same process.
    #[test]
    fn a_finding_stands_while_something_of_it_is_hidden() {
        let tree = tempfile::tempdir().unwrap();
        let of = |file: &str| tree.path().join("7").join(file);
        fs::create_dir(tree.path().join("7")).unwrap();
        let status = "Name:\tbadd\nState:\tS (sleeping)\nTgid:\t7\nPid:\t7\nPPid:\t1\n\
                      Uid:\t33\t33\t33\t33\nGid:\t0\t0\t0\t0\nGroups:\t33\nNSpid:\t7\nThreads:\t1\n";
        fs::write(of("status"), status).unwrap();
        fs::write(of("comm"), "badd\n").unwrap();
        let start_at = |start: u32| {
            let zeros = |count| vec!["0"; count].join(" ");
            let stat = format!("7 (badd) S {} {start} {}\n", zeros(18), zeros(30));
            fs::write(of("stat"), stat).unwrap();
        };
        let root = ProcRoot::open(tree.path()).unwrap();
        let severities = Severities {
            on: Three::all(),
            named: Three::empty(),
            warnings: Three::TWO,
            chosen: Three::empty(),
        };
        let judge = Strict { severities, is_blind: Cell::new(false) };
        let see = || Process::new(&root, Pid(7));
        let verdict = judge.judge(&mut see()).unwrap().unwrap();
        let mut case = Case::new(&mut see(), verdict, &judge).unwrap();
        assert_eq!((case.state, case.start), (State::Critical, None));
        start_at(500);
        case.look_again(&mut see(), &judge);
        assert_eq!((case.state, case.start), (State::Critical, Some(500)));
        fs::remove_file(of("stat")).unwrap();
        case.look_again(&mut see(), &judge);
        assert_eq!((case.state, case.start), (State::Critical, Some(500)));
        judge.is_blind.set(true);
        case.look_again(&mut see(), &judge);
        assert_eq!(case.state, State::Unknown);
        judge.is_blind.set(false);
        start_at(600);
        case.look_again(&mut see(), &judge);
        assert_eq!(case.state, State::Ok);
    }
}
