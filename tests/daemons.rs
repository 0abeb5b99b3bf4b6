//! The plugins at work for the real schedulers: Icinga 2, Nagios 4, NRPE, mon, and
//! `check_by_ssh` with a real sshd.
//!
//! Each test starts the daemon itself, without systemd, on a temporary directory and
//! loopback ports, gives it the definitions that `packaging/` ships, and reads back
//! what it made of the plugins' answers. What every scheduler is asked is one table,
//! `cases`; what a scheduler must hand on is what the plugin says when it is run by
//! hand, to the last byte.
//!
//! The drop-ins are tried as `drop_ins` says: definitions in use, beside the originals.
//!
//! Without its daemon a test is skipped; where `CI` is set that is a failure.
//! `daemons/install-needs.sh` installs them on a Debian.
//!
//! - `PROCWARDEN_UNDER_TEST=FILE` takes another binary than the one cargo built, such
//!   as an installed package's.
//! - `PROCWARDEN_PANICKING=FILE` is one built with `--features test-panic`.
//! - `UPDATE=1` rewrites the generated `procwarden-basket.json`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "daemons/cases.rs"]
mod cases;
#[path = "daemons/definitions.rs"]
mod definitions;
#[path = "daemons/drop_ins.rs"]
mod drop_ins;
#[path = "daemons/icinga2.rs"]
mod icinga2;
#[path = "daemons/lab.rs"]
mod lab;
#[path = "daemons/mon.rs"]
mod mon;
#[path = "daemons/nagios4.rs"]
mod nagios4;
#[path = "support/namespace.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod namespace;
#[path = "daemons/nrpe.rs"]
mod nrpe;
#[path = "support/skip.rs"]
mod skip;
#[path = "daemons/ssh.rs"]
mod ssh;
