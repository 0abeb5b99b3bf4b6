//! Decides which processes a check is about at all: running ones, of the host or of containers,
//! with or without kernel threads, and never the check's own.

use std::cell::OnceCell;

use crate::proc::fact::Fact;
use crate::proc::process::Process;
use crate::select::lineage::Lineage;
use crate::select::selector::Selector;
use crate::select::sisters::Sisters;

/// How to treat processes in nested PID namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Containers {
    /// Leave them out.
    Exclude,
    /// Count them like all others.
    Include,
    /// Count only them.
    Only,
}

/// Whether a check counts a process, and if not, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// The check counts it.
    Member,
    /// Ended, but not yet waited for.
    Zombie,
    /// On the other side of `--containers`.
    Elsewhere,
    /// A kernel thread, while these are excluded.
    KernelThread,
    /// The check itself, or started for it. For a selector with expressions, also any other check.
    Own,
}

/// The processes that a check is about.
#[derive(Debug)]
pub struct Population {
    /// What is done with containers.
    pub containers: Containers,
    kernel_threads: bool,
    namesakes: bool,
    lineage: OnceCell<Lineage>,
    sisters: OnceCell<Sisters>,
}

impl Population {
    /// All that run, limited by containers and kernel threads.
    pub const fn new(containers: Containers, kernel_threads: bool) -> Self {
        Self {
            containers,
            kernel_threads,
            namesakes: true,
            lineage: OnceCell::new(),
            sisters: OnceCell::new(),
        }
    }

    /// Excludes other processes that have the name we were called by.
    #[must_use]
    pub fn without_namesakes(self) -> Self {
        Self { namesakes: false, ..self }
    }

    /// Whether the check counts `process`.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn membership(&self, process: &mut Process<'_>) -> Fact<Membership> {
        self.membership_for(&Selector::everything(), process)
    }

    /// Whether the check counts `process`, which fits `selector`. A selector may ask for zombies or
    /// containers itself. One that searches names or arguments finds no other check.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn membership_for(
        &self,
        selector: &Selector,
        process: &mut Process<'_>,
    ) -> Fact<Membership> {
        let root = process.root();
        let lineage = self.lineage.get_or_init(|| Lineage::of_this_check(root));
        if lineage.includes(process)
            || (selector.names_programs() && lineage.includes_fork(process))
        {
            return Ok(Membership::Own);
        }
        let sisters = || self.sisters.get_or_init(|| Sisters::of_this_check(root));
        let by_expression = selector.finds_by_expression(process);
        // First, since this look can answer the next questions, too.
        let may_be_sister = (by_expression || !self.namesakes) && sisters().may_be_one(process);
        if by_expression && may_be_sister {
            // It will be needed where the file is hidden, and has the other answers.
            let _ = process.status();
        }
        if self.containers != Containers::Include && !selector.asks_for_containers() {
            let wanted = self.containers == Containers::Only;
            if process.is_contained()? != wanted {
                return Ok(Membership::Elsewhere);
            }
        }
        if !selector.asks_for_zombies() && !process.is_alive()? {
            return Ok(Membership::Zombie);
        }
        if !self.kernel_threads && process.is_kernel_thread()? {
            return Ok(Membership::KernelThread);
        }
        let is_sister = if by_expression {
            sisters().include(process)?
        } else {
            may_be_sister && lineage.is_namesake(process) && sisters().is_one(process)?
        };
        if is_sister {
            return Ok(Membership::Own);
        }
        Ok(Membership::Member)
    }
}
