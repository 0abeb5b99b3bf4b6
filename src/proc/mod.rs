//! A tree of processes, and one process in it, read lazily and honestly.
//!
//! [`root`] opens and lists the tree, [`process`] reads one process, and [`fact`] is what comes of a
//! read: a value, gone, or hidden. [`doubts`] counts processes that hidden facts keep from being judged.
//! [`labelling`] knows how the tree is labelled, [`describe`] makes text of a process.
//!
//! Nothing here decides which processes are meant, or how many are right.

pub mod describe;
pub mod doubts;
pub mod fact;
pub mod labelling;
pub mod process;
pub mod root;
