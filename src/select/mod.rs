//! Which processes are meant.
//!
//! [`selector`] is the grammar, [`spec`] adds ranges, a [`measure`] and a label, [`spec_files`] reads files
//! of specs, [`population`] leaves out what a check is not about, [`lineage`] finds the check's own
//! processes, `sisters` those of other checks that run at the same moment, and [`exemption`] spares what
//! someone has looked at.
//!
//! Everything here looks at one process at a time. Walks and counts belong to the layer below.

pub mod each;
pub mod exemption;
pub mod lineage;
pub mod lines;
pub mod measure;
pub mod population;
pub(crate) mod ranges;
pub mod selector;
mod sisters;
#[cfg(test)]
mod slips;
pub mod spec;
pub mod spec_files;
