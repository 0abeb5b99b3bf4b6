//! What the schedulers read: states, ranges, perfdata, reports.
//!
//! This layer implements the protocols of the Monitoring Plugins and of mon. It knows nothing of
//! processes: a report could be about disks.

pub mod perfdata;
pub mod range;
pub mod report;
pub mod state;
