//! Suggests specs for the security domains of daemons.

use super::names;
use super::suggestion::Suggestion;
use crate::proc::process::Process;
use crate::proc::root::ProcRoot;

/// Domains that confine nothing, or that a daemon runs in if its policy is missing.
const UNCONFINED: [&str; 6] =
    ["init_t", "initrc_t", "kernel_t", "unconfined", "unconfined_service_t", "unconfined_t"];

/// A spec for each confined daemon, such as `sshd_t,name=sshd,label=sshd in sshd_t:1-`, and a comment
/// for each other one. Empty if no security system labels processes.
pub fn specs(root: &ProcRoot, suggestion: &Suggestion) -> Vec<String> {
    let mut specs = Vec::new();
    for (name, pid) in suggestion.mains() {
        let mut process = Process::new(root, pid);
        // Without a label there is no domain to check.
        let Ok(label) = process.label() else { continue };
        let domain = label.domain;
        let spec = match plain_domain(domain) {
            Some(domain) if UNCONFINED.contains(&domain) => {
                format!("# {name} runs in {domain}, which confines nothing")
            }
            Some(domain) => format!("{domain},name={name},label={name} in {domain}:1-"),
            None => format!("# {name} runs in {}", names::shown(domain)),
        };
        if !specs.contains(&spec) {
            specs.push(spec);
        }
    }
    specs
}

/// A domain, if it may stand in a spec: an SELinux type, or an `AppArmor` profile, which may be a path.
fn plain_domain(domain: &[u8]) -> Option<&str> {
    let rest = domain.strip_prefix(b"/").unwrap_or(domain);
    let is_plain = rest.split(|&byte| byte == b'/').all(|part| names::plain(part).is_some());
    std::str::from_utf8(domain).ok().filter(|_| is_plain)
}
