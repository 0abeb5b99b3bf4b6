//! Whether an AppArmor profile is for the program that a process runs.

use super::Process;
use super::executable::{link_of, undeleted};
use crate::kernel::cmdline::{arguments, untitled};
use crate::kernel::comm::Comm;
use crate::kernel::file::File;
use crate::proc::fact::{Cause, Fact, Hidden, Missing};

impl Process<'_> {
    /// Whether a loaded profile that refuses something is for its program. Where the executable is hidden,
    /// an absolute `argv[0]` is taken at its word, and a name that fits no profile is a no.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub(crate) fn is_profiled(&mut self) -> Fact<bool> {
        let root = self.root();
        if !root.is_procfs() {
            return Err(Missing::Hidden(Hidden { file: File::Profiles, cause: Cause::Absent }));
        }
        let programs = root.labelling().programs()?;
        let hidden = match link_of(self) {
            Ok(None) => return Ok(false),
            Ok(Some(link)) => return programs.include(undeleted(link)).ok_or(UNTOLD),
            Err(Missing::Gone) => return Err(Missing::Gone),
            Err(hidden) => hidden,
        };
        let claim = arguments(self.cmdline()?).next().unwrap_or_default();
        if claim.starts_with(b"/") {
            return programs.include(untitled(claim)).ok_or(UNTOLD);
        }
        let comm = self.comm()?;
        let is_cut = comm.as_bytes().len() == Comm::CUT;
        if is_cut || programs.may_include(comm.as_bytes()) {
            return Err(hidden);
        }
        Ok(false)
    }
}

const UNTOLD: Missing = Missing::Hidden(Hidden { file: File::Profiles, cause: Cause::Untold });
