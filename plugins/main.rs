//! Procwarden's only binary. It runs the plugin whose name it is called by.
//!
//! This file only selects the plugin. Each plugin is a module. What two plugins need is in the library.

mod check_exposure;
mod check_privdrop;
mod check_proccount;
mod check_proccpu;
mod check_selinux_domain;
mod drop_in;
mod explain;
mod footing;
#[cfg(test)]
mod generated;
mod host_tree;
mod link;
#[cfg(test)]
mod named;
mod own_name;
mod person;
mod suggest;

use std::ffi::{OsStr, OsString};
use std::path::Path;

use procwarden::plugin::runner::{self, Plugin};
use procwarden::text::error::Error;
use procwarden::text::escape;

// The unwinder, from the archive that every gcc has beside its shared library: one library less to load at each
// start.
#[cfg(target_env = "gnu")]
#[link(name = "gcc_eh")]
unsafe extern "C" {}

/// All plugins. Dispatch, help, links, manual pages and packages follow this table.
const PLUGINS: [Plugin; 5] = [
    check_proccount::PLUGIN,
    check_proccpu::PLUGIN,
    check_privdrop::PLUGIN,
    check_selinux_domain::PLUGIN,
    check_exposure::PLUGIN,
];

/// A plugin called by its name with this suffix reports to mon.
const MON_ENDING: &str = ".monitor";

fn main() {
    let mut arguments = std::env::args_os();
    let called = arguments.next().unwrap_or_default();
    // The whole file name, because check_proccount.old is not the plugin.
    let called = Path::new(&called).file_name().unwrap_or_default().to_owned();
    footing::end(act_as(&called, arguments.collect()))
}

fn act_as(called: &OsStr, mut arguments: Vec<OsString>) -> u8 {
    if let Some((plugin, mon)) = plugin_called(called) {
        return runner::run(plugin, arguments, mon);
    }
    if let Some(drop_in) = drop_in::named(called) {
        return runner::stand_in(drop_in, arguments);
    }
    if called.is_empty() || called == env!("CARGO_PKG_NAME") {
        if arguments.is_empty() {
            return own_name::help();
        }
        let first = arguments.remove(0);
        if let Some((plugin, mon)) = plugin_called(&first) {
            return runner::run(plugin, arguments, mon);
        }
        if let Some(drop_in) = drop_in::named(&first) {
            return runner::stand_in(drop_in, arguments);
        }
        return own_name::run(&first, &arguments);
    }
    let name = escape::bounded(called.as_encoded_bytes(), 100);
    let names: Vec<_> = PLUGINS.iter().map(|plugin| plugin.name).collect();
    let mon = name.ends_with(MON_ENDING);
    let error = format!("there is no plugin '{name}'; there are {}", names.join(", "));
    runner::refuse("PROCWARDEN", &Error::new(error), mon)
}

fn plugin_called(name: &OsStr) -> Option<(Plugin, bool)> {
    let name = name.to_str()?;
    let (name, mon) = name.strip_suffix(MON_ENDING).map_or((name, false), |name| (name, true));
    PLUGINS.into_iter().find(|plugin| plugin.name == name).map(|plugin| (plugin, mon))
}
