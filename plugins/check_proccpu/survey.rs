//! One walk over all processes that reads how much CPU each has used so far, and what each is to the
//! check. It costs one read of `stat` a process, and what the exemptions ask for.

use std::time::Duration;

use procwarden::proc::doubts::Doubts;
use procwarden::proc::fact::{Fact, Missing};
use procwarden::proc::process::Process;
use procwarden::proc::root::ProcRoot;
use procwarden::select::exemption::Exemptions;
use procwarden::select::population::{Population, Standing};
use procwarden::text::error::Error;

use super::clock::{self, Clock};
use super::sample::{Reading, Role, Sample};

/// What it takes to survey a tree.
#[derive(Debug)]
pub(super) struct Surveyor<'r> {
    pub(super) root: &'r ProcRoot,
    pub(super) population: Population,
    pub(super) clock: Clock,
}

/// A sample in which every process has its role, and what could not be read for it.
#[derive(Clone, Debug, Default)]
pub(super) struct Census {
    pub(super) sample: Sample,
    /// Those that could not be measured.
    pub(super) unreadable: Doubts,
    /// How many were listed.
    pub(super) listed: u64,
}

impl Surveyor<'_> {
    /// Reads all processes as the beginning of a window.
    pub(super) fn baseline(&self) -> Result<Sample, Error> {
        let nobody_asks = |_: &mut Process<'_>| Ok(Role::Outside);
        Ok(self.walk(nobody_asks)?.sample)
    }

    /// Reads all processes as the end of a window, and sorts them by what they are to the check.
    pub(super) fn census(&self, exemptions: &mut Exemptions) -> Result<Census, Error> {
        exemptions.start_over();
        self.walk(|process| self.role(exemptions, process))
    }

    fn role(&self, exemptions: &mut Exemptions, process: &mut Process<'_>) -> Fact<Role> {
        let exempt = |exemptions: &mut Exemptions, process: &mut Process<'_>| {
            let place = exemptions.which(process)?;
            // More exemptions than this have no name, and still their effect.
            Ok(place.map(|at| Role::Exempt(u16::try_from(at).unwrap_or(u16::MAX))))
        };
        if let Err(hidden) = process.stat() {
            // What is exempt for certain need not be measured.
            return exempt(exemptions, process)?.ok_or(hidden);
        }
        let role = match self.population.standing(process) {
            Ok(Standing::Member) => exempt(exemptions, process),
            Ok(_) => return Ok(Role::Outside),
            Err(missing) => Err(missing),
        };
        match role {
            Err(Missing::Hidden(hidden)) => Ok(Role::Doubtful(hidden)),
            role => Ok(role?.unwrap_or(Role::Judged)),
        }
    }

    fn walk(
        &self,
        mut role_of: impl FnMut(&mut Process<'_>) -> Fact<Role>,
    ) -> Result<Census, Error> {
        let mut census = Census::default();
        let mut readings = Vec::new();
        let taken = self.clock.now();
        census.listed = Process::each(self.root, |process| {
            let began = micros_since(taken.awake);
            let stat = process.stat();
            let ended = micros_since(taken.awake);
            match (role_of(process), stat) {
                (Ok(role), Ok(stat)) => readings.push(Reading {
                    pid: process.pid().0,
                    ppid: stat.ppid,
                    start: stat.start,
                    own: stat.cpu_ticks,
                    children: stat.children_ticks,
                    began,
                    ended,
                    role,
                }),
                (Err(Missing::Hidden(hidden)), _) => census.unreadable.add(process.pid(), hidden),
                (Err(Missing::Gone), _) | (Ok(_), Err(_)) => {}
            }
        })?;
        census.sample = Sample::new(taken, readings);
        Ok(census)
    }
}

/// Saturating: no walk takes an hour.
fn micros_since(moment: Duration) -> u32 {
    let passed = clock::awake().saturating_sub(moment);
    u32::try_from(passed.as_micros()).unwrap_or(u32::MAX)
}
