//! `procwarden suggest`: on recorded hosts of every state, on hostile ones, and on this machine.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod suggest {
    mod booted;
    mod files;
    mod live;
    mod recorded;
    mod trees;
}
mod support;
