//! What we read of a host outside `/proc/PID`: its users and groups, its security systems.
//!
//! This layer does I/O. It records [`progress`] for the time limit, and has [`patience`] with
//! whatever may not answer. It knows no process: reading one belongs to the layer below.

pub mod clock;
pub mod login_defs;
pub mod members;
pub mod names;
pub(crate) mod open;
pub mod patience;
pub mod pid_file;
pub mod progress;
pub mod security;
pub(crate) mod steps;
pub mod unit_file;
pub mod writers;
