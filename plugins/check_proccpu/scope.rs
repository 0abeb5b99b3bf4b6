//! Which processes the check judges: those of its population, of `--only`, and no exempt ones.

use procwarden::proc::fact::{self, Fact, Missing, unless_gone};
use procwarden::proc::process::Process;
use procwarden::proc::root::ProcRoot;
use procwarden::select::exemption::Exemptions;
use procwarden::select::population::{Population, Standing};
use procwarden::select::selector::Selector;
use procwarden::text::error::Error;

use super::sample::{Role, Sample};

#[derive(Debug)]
pub(super) struct Scope {
    pub(super) population: Population,
    /// A process must fit one of them; without any, all do.
    pub(super) only: Vec<Selector>,
    pub(super) exemptions: Exemptions,
}

impl Scope {
    /// Refuses labels that no process can have.
    pub(super) fn check_for(&self, root: &ProcRoot) -> Result<(), Error> {
        self.exemptions.check_for(root)?;
        let only = self.only.iter().map(|selector| selector.check_for(root));
        only.collect::<Result<(), Error>>().map_err(|error| error.at("--only"))
    }

    /// The end of a window.
    pub(super) fn sample(&mut self, root: &ProcRoot) -> Result<Sample, Error> {
        self.exemptions.start_over();
        Sample::take(root, |process| self.role(process))
    }

    /// What a process is to the check.
    fn role(&mut self, process: &mut Process<'_>) -> Fact<Role> {
        // A process that starts in the future would be too young to be judged, for ever.
        if let Err(missing) = process.age() {
            // It need not be measured if it is certainly exempt, or none of those that are judged.
            let is_out = matches!(self.includes(process), Ok(false));
            return if is_out { Ok(Role::Outside) } else { self.exempt(process)?.ok_or(missing) };
        }
        match self.known_role(process) {
            Err(Missing::Hidden(hidden)) => Ok(Role::Doubtful(hidden)),
            role => role,
        }
    }

    fn known_role(&mut self, process: &mut Process<'_>) -> Fact<Role> {
        if self.population.standing(process)? != Standing::Member {
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
        // An exemption in a later place has its effect, but the report can't name it.
        Ok(place.map(|at| Role::Exempt(u16::try_from(at).unwrap_or(u16::MAX))))
    }
}
