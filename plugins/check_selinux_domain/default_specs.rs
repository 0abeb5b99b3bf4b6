//! The default specs for each security system.

use procwarden::host::security::System;
use procwarden::text::error::Error;

/// Why there are none, if we don't know the security system.
pub(super) const UNCLEAR: &str = "cannot tell which security system labels the processes; \
                                  name it with --lsm";

/// By the name of the system. With SELinux, one process belongs in `init_t`, and none in the domains
/// where a daemon runs if its policy is missing. With AppArmor, no process should be in complain mode.
const SPECS: [(&str, &[&str]); 2] = [
    ("selinux", &["init_t:1-1", "initrc_t:0-0", "unconfined_service_t:0-0", "unlabeled_t:0-0"]),
    ("apparmor", &["mode=complain:0-0"]),
];

/// The default specs of a system.
pub(super) fn of(system: Option<System>) -> Result<&'static [&'static str], Error> {
    let system = system.ok_or_else(|| Error::new(format!("{UNCLEAR}, or write specs")))?;
    let found = SPECS.iter().find(|(name, _)| *name == system.name());
    found.map(|(_, specs)| *specs).ok_or_else(|| {
        let title = system.title();
        Error::new(format!(
            "{title} has no label that every host should use or avoid; write specs, such as _:1-"
        ))
    })
}

/// All of them for `--help`. Each list gets its own line, so that it is not wrapped.
pub(super) fn in_words() -> String {
    let of_each = SPECS.iter().filter_map(|(name, specs)| {
        let title = System::named(name)?.title();
        Some(format!("for {title}\n{}", specs.join(" ")))
    });
    of_each.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use procwarden::nagios::range::Thresholds;
    use procwarden::select::selector::Subject;
    use procwarden::select::spec::Spec;

    #[test]
    fn every_default_spec_is_one_of_a_known_system() {
        for (name, specs) in SPECS {
            assert!(System::named(name).is_some());
            for spec in specs {
                Spec::parse(spec.as_bytes(), Subject::Domain, Thresholds::default()).unwrap();
            }
        }
        assert!(of(System::named("smack")).is_err());
    }
}
