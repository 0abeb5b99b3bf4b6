//! What the schedulers read: states, ranges, perfdata, reports.
//!
//! This layer speaks the Monitoring Plugins protocol, and mon's. It knows nothing of processes: a
//! report could be about disks.

pub mod perfdata;
pub mod range;
pub mod report;
pub mod state;
