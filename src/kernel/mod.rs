//! The kernel's files, parsed.
//!
//! Every parser takes bytes. It returns `None` for what no kernel writes, never a default. No I/O
//! happens here, so everything can be tested on any bytes.

pub mod capability;
pub mod cgroup;
pub mod cmdline;
pub mod comm;
pub mod file;
pub mod interpreter;
pub mod limits;
pub mod maps;
pub mod mountinfo;
pub(crate) mod pidfd;
pub mod ps;
pub mod secret;
pub mod stat;
pub mod statm;
pub mod status;
pub(crate) mod tcp;
pub(crate) mod word;
