//! The shipped definitions against the plugins' own options: they cannot drift apart.

use std::collections::BTreeSet;
use std::fs;

use crate::lab::{Lab, answer, repository};

/// Not for a scheduler: they speak to people and to mon.
const LEFT_OUT: [&str; 3] = ["--help", "--version", "--mon"];

/// The long options that `--help` tells of.
fn options(lab: &Lab, plugin: &str) -> BTreeSet<String> {
    let help = answer(lab.command(lab.plugins().join(plugin)).arg("--help")).text;
    let lines = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    lines
        .filter_map(|line| {
            line.split([' ', ',', '=', '<', '[']).find(|word| word.starts_with("--"))
        })
        .map(|word| word.trim_end_matches('.').to_owned())
        .collect()
}

#[test]
fn every_option_is_reachable_from_icinga2() {
    let lab = Lab::new();
    let text = fs::read_to_string(repository("packaging/icinga2/procwarden.conf")).unwrap();
    for block in text.split("object CheckCommand \"").skip(1) {
        let name = block.split('"').next().unwrap();
        let defined: BTreeSet<_> = block
            .lines()
            .filter_map(|line| line.trim().strip_prefix('"')?.split('"').next())
            .filter(|key| key.starts_with("--"))
            .map(str::to_owned)
            .collect();
        let mut real = options(&lab, &format!("check_{name}"));
        // Reached by $..._verbosity$, since it counts.
        assert!(real.remove("--verbose") && block.contains("\"verbosity\""), "{name}: {real:?}");
        real.retain(|option| !LEFT_OUT.contains(&option.as_str()));
        assert_eq!(defined, real, "{name}: packaging/icinga2/procwarden.conf and --help differ");
        let described = block.matches("description = ").count();
        assert_eq!(described, defined.len() + 1, "{name}: an argument without description");
    }
}
