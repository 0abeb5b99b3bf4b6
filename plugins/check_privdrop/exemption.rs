//! The built-in exemptions.

use procwarden::rules::exemption::RuleExemption;

use super::rules::Rules;

/// Daemons that keep root by design, and so break rules without a fault.
///
/// Each needs root again, to act as one user after another or to restart its workers. In between it
/// drops root with `seteuid()` and `setegid()`. They are widespread, so warnings about them would soon be
/// ignored. The first line counts them as exempt, `-v` shows them, and `--strict` judges them.
///
/// docs/privdrop-daemons.md shows what they look like. No line uses `user=`, which is an error on a
/// machine without that user. The user names come from Debian's and Fedora's packages and from upstream.
const BUILT_IN: [&str; 5] = [
    "gid-root,uid-regain,caps,no-new-privs:atd,user~^daemon$ # takes root back to run a job as its owner",
    "gid-root,uid-regain,caps,no-new-privs:local,user~^postfix$,parent=master # takes root back to deliver to a mailbox as its owner",
    "uid-regain,caps,no-new-privs:nrpe,user~^(nagios|nrpe|icinga)$ # keeps root to remove its PID file in the end",
    "gid-root,uid-regain,caps,no-new-privs:varnishd,user~^(vcache|varnish)$ # takes root back to start its worker, which has dropped it",
    "uid-regain,caps,no-new-privs:squid,user~^(proxy|squid)$ # takes root back to open ports and log files anew",
];

/// The exemptions of every run without `--strict`.
pub(crate) fn built_in() -> Vec<RuleExemption<Rules>> {
    RuleExemption::built_in(&BUILT_IN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_are_built_in_can_be_read_and_have_a_reason() {
        let built_in = built_in();
        assert_eq!(built_in.len(), BUILT_IN.len());
        for RuleExemption { exemption, .. } in built_in {
            assert!(exemption.to_string().ends_with(')'), "{exemption}");
        }
    }
}
