//! Decides which processes the check judges: those of its population and of `--only`, unless exempt.

use procwarden::proc::fact::{self, Fact, Missing, unless_gone};
use procwarden::proc::process::Process;
use procwarden::proc::root::ProcRoot;
use procwarden::select::exemption::{Exemption, Exemptions};
use procwarden::select::population::{Containers, Membership, Population};
use procwarden::select::selector::{Key, Selector};
use procwarden::text::error::Error;

use super::per::{Group, Groups, Per};
use super::sample::{NO_GROUP, Role, Sample};

#[derive(Debug)]
pub(super) struct Scope {
    pub(super) population: Population,
    /// A process must fit one of them. Empty: every process does.
    pub(super) only: Vec<Selector>,
    pub(super) exemptions: Exemptions,
    pub(super) per: Per,
}

impl Scope {
    /// Takes a sample now.
    pub(super) fn sample(&mut self, root: &ProcRoot) -> Result<Sample, Error> {
        self.exemptions.start_over();
        let mut groups = Groups::default();
        let mut sample = Sample::take(root, |process| {
            let role = self.role(process)?;
            placed(role, self.per, process, &mut groups)
        })?;
        sample.groups = groups;
        if self.judges_whole_units() {
            sample.read_unit_times(root);
        }
        Ok(sample)
    }

    /// Whether units are always judged as a whole. Only then can the kernel's count be used: it includes
    /// all processes.
    pub(super) fn judges_whole_units(&self) -> bool {
        let exempt = self.exemptions.all().iter().map(Exemption::selector);
        let mut questions = self.only.iter().chain(exempt).flat_map(Selector::questions);
        self.per == Per::Unit
            && self.population.containers == Containers::Include
            && questions.all(|question| question.key() == Key::Unit)
    }

    /// What a process is to the check.
    fn role(&mut self, process: &mut Process<'_>) -> Fact<Role> {
        // A process that starts in the future would be too young to be judged forever.
        if let Err(missing) = process.age() {
            // No need to measure it, if it is certainly exempt or not included.
            let is_out = matches!(self.includes(process), Ok(false));
            return if is_out { Ok(Role::Outside) } else { self.exempt(process)?.ok_or(missing) };
        }
        match self.known_role(process) {
            Err(Missing::Hidden(hidden)) => Ok(Role::Doubtful(hidden)),
            role => role,
        }
    }

    fn known_role(&mut self, process: &mut Process<'_>) -> Fact<Role> {
        if self.population.membership(process)? != Membership::Member {
            return Ok(Role::Outside);
        }
        let included = unless_gone(self.includes(process))?;
        if included == Ok(false) {
            return Ok(Role::Outside);
        }
        if let Some(exempt) = self.exempt(process)? {
            return Ok(exempt);
        }
        included.map(|_| Role::Judged).map_err(Missing::Hidden)
    }

    fn includes(&self, process: &mut Process<'_>) -> Fact<bool> {
        if self.only.is_empty() {
            return Ok(true);
        }
        fact::any(self.only.iter().map(|selector| selector.fits(process)))
    }

    fn exempt(&mut self, process: &mut Process<'_>) -> Fact<Option<Role>> {
        let place = self.exemptions.which(process)?;
        // An exemption with a larger index works, but the report can't name it.
        Ok(place.map(|at| Role::Exempt(u16::try_from(at).unwrap_or(u16::MAX))))
    }
}

/// The role of a process, and the index of its group. If its group is hidden, it may belong to any.
fn placed(
    role: Role,
    per: Per,
    process: &mut Process<'_>,
    groups: &mut Groups,
) -> Fact<(Role, u32)> {
    if !matches!(role, Role::Judged | Role::Doubtful(_)) {
        return Ok((role, NO_GROUP));
    }
    Ok(match unless_gone(Group::of(per, process))? {
        Ok(None) => (role, NO_GROUP),
        Ok(Some(group)) => (role, groups.place(group)),
        Err(hidden) => (Role::Doubtful(hidden), groups.place(Group::Unplaced(per))),
    })
}
