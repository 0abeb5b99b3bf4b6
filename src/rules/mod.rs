//! Rules that each process keeps or breaks.
//!
//! A plugin names its rules ([`set`]) and answers two questions as a [`judge`]: does this process break
//! any, and what does it look like? The engine does the rest. [`survey`] judges every process, applies
//! exemptions ([`exemption`]) and rechecks. `group` merges processes that look the same into one
//! finding. `report` renders text and performance data.
//!
//! Nothing here knows a particular rule.

pub mod case;
pub mod exemption;
mod group;
pub mod judge;
mod report;
pub mod set;
pub mod severities;
pub mod sight;
pub mod survey;
pub mod verdict;
