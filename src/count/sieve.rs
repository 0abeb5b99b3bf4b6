//! Sorts processes by name before a hundred selectors look at each.

use crate::kernel::comm::Comm;
use crate::kernel::interpreter::is_interpreter;
use crate::proc::process::Process;
use crate::select::selector::Selector;

/// Chooses the selectors that must look at a process. The kernel keeps 15 bytes of a name, which fit
/// in a 16-byte number, and sorted numbers are searched fast. So a scan for a hundred names costs
/// about as much as a scan for one.
pub(crate) struct Sieve {
    /// The selectors for one name, by that name: their places.
    by_name: Vec<(u128, usize)>,
    /// The places of all others.
    rest: Vec<usize>,
}

impl Sieve {
    /// A sieve for the selectors, each with its place.
    pub(crate) fn new<'s>(selectors: impl Iterator<Item = (usize, &'s Selector)>) -> Self {
        let (mut by_name, mut rest) = (Vec::new(), Vec::new());
        for (at, selector) in selectors {
            match selector.only_comm().and_then(packed) {
                Some(name) => by_name.push((name, at)),
                None => rest.push(at),
            }
        }
        by_name.sort_unstable();
        Self { by_name, rest }
    }

    /// The places of the selectors that must look at `process`. They include those for any name if its own
    /// is hidden, or if it is an interpreter: that also goes by the name of its script.
    pub(crate) fn places(&self, process: &mut Process<'_>) -> impl Iterator<Item = usize> + '_ {
        let comm = (!self.by_name.is_empty()).then(|| process.comm().ok()).flatten();
        let comm = comm.filter(|comm| !is_interpreter(comm.as_bytes()));
        let named = match comm.and_then(|comm| packed(comm.as_bytes())) {
            Some(name) => {
                let start = self.by_name.partition_point(|(other, _)| *other < name);
                let length = self.by_name[start..].iter().take_while(|(it, _)| *it == name).count();
                &self.by_name[start..start + length]
            }
            None => &self.by_name,
        };
        self.rest.iter().copied().chain(named.iter().map(|(_, at)| *at))
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
