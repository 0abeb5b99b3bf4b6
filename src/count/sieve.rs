//! Sorts processes by name before a hundred selectors look at each.

use crate::kernel::interpreter::is_interpreter;
use crate::proc::process::{Comm, Process};
use crate::select::selector::Selector;

/// Turns most processes down for most of many specs by comparing one number: what the kernel keeps of
/// a name fits in 16 bytes, and a scan for a hundred names should cost what a scan for one does.
pub(crate) struct Sieve {
    names: Vec<Option<u128>>,
}

/// What the sieve knows of one process.
#[derive(Clone, Copy)]
pub(crate) enum Passed {
    /// Nothing: all selectors must look.
    Unknown,
    /// Only those that want this name, or no certain one.
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
            // An interpreter has the name of what it runs, too.
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
    // A kernel thread's name may be longer, and was not cut.
    if name.len() > Comm::LONGEST {
        return None;
    }
    bytes.get_mut(..name.len())?.copy_from_slice(name);
    Some(u128::from_ne_bytes(bytes))
}
