//! The four states of the protocol, ordered from best to worst: OK, UNKNOWN, WARNING, CRITICAL.

pub use nagiosplugin::ServiceState as State;
