//! Sorts processes by name before a hundred selectors look at each.

use crate::kernel::comm::Comm;
use crate::kernel::interpreter::is_interpreter;
use crate::proc::process::Process;
use crate::select::selector::Selector;

/// Rejects most processes by comparing one number. The kernel keeps 15 bytes of a name, which fit
/// in a 16-byte number. So a scan for a hundred names costs about as much as a scan for one.
pub(crate) struct Sieve {
    names: Vec<Option<u128>>,
}

/// What the sieve knows about one process.
#[derive(Clone, Copy)]
pub(crate) enum Passed {
    /// Nothing: all selectors must look.
    Unknown,
    /// Its name: only selectors for that name, or for no particular name, must look.
    Named(u128),
}

impl Sieve {
    pub(crate) fn new(selectors: &[&Selector]) -> Self {
        Self { names: selectors.iter().map(|s| s.only_comm().and_then(packed)).collect() }
    }

    pub(crate) fn passed(&self, process: &mut Process<'_>) -> Passed {
        if self.names.iter().all(Option::is_none) {
            return Passed::Unknown;
        }
        match process.comm() {
            // An interpreter also goes by the name of its script.
            Ok(comm) if !is_interpreter(comm.as_bytes()) => {
                packed(comm.as_bytes()).map_or(Passed::Unknown, Passed::Named)
            }
            _ => Passed::Unknown,
        }
    }

    pub(crate) fn lets_through(&self, at: usize, passed: Passed) -> bool {
        match (self.names[at], passed) {
            (Some(wanted), Passed::Named(name)) => wanted == name,
            _ => true,
        }
    }
}

/// A name as a number, if it is short enough.
fn packed(name: &[u8]) -> Option<u128> {
    let mut bytes = [0; 16];
    // The kernel does not cut the names of kernel threads.
    if name.len() > Comm::CUT {
        return None;
    }
    bytes.get_mut(..name.len())?.copy_from_slice(name);
    Some(u128::from_ne_bytes(bytes))
}
