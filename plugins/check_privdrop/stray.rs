//! Finds a thread whose credentials differ from the leader's.
//!
//! In the kernel, credentials belong to a thread. The C library's `setuid()` changes those of all
//! threads. A raw system call changes those of one thread, and so does `capset()`.

use procwarden::kernel::capability::Capabilities;
use procwarden::kernel::file::File;
use procwarden::kernel::status::{Held, Ids};
use procwarden::proc::fact::{Cause, Fact, Hidden, Missing};
use procwarden::proc::process::Process;

const LINE_MISSING: Missing =
    Missing::Hidden(Hidden { file: File::Status, cause: Cause::Malformed });

/// How a thread differs from the leader: other ids, more capabilities.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stray {
    pub(crate) uid: Option<Ids>,
    pub(crate) gid: Option<Ids>,
    pub(crate) groups: Option<Vec<u32>>,
    pub(crate) capabilities: Capabilities,
}

/// The credentials of a thread.
struct Credentials {
    uid: Ids,
    gid: Ids,
    groups: Vec<u32>,
    held: Capabilities,
}

impl Stray {
    /// The first thread of `process` with other ids or more capabilities than the leader.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub(crate) fn of(process: &mut Process<'_>) -> Fact<Option<Self>> {
        match process.status()?.threads {
            None => return Err(LINE_MISSING),
            Some(1) => return Ok(None),
            _ => {}
        }
        let first = Credentials::of(process)?;
        let mut hidden = None;
        for thread in process.threads()?.into_iter().filter(|&thread| thread != process.pid()) {
            match Credentials::of(&mut process.thread(thread)) {
                Ok(other) => match Self::between(&first, other) {
                    stray if stray == Self::default() => {}
                    stray => return Ok(Some(stray)),
                },
                // It has ended.
                Err(Missing::Gone) => {}
                Err(why) => hidden = Some(why),
            }
        }
        hidden.map_or(Ok(None), Err)
    }

    fn between(first: &Credentials, other: Credentials) -> Self {
        Self {
            uid: (other.uid != first.uid).then_some(other.uid),
            gid: (other.gid != first.gid).then_some(other.gid),
            groups: (other.groups != first.groups).then_some(other.groups),
            capabilities: other.held.without(first.held),
        }
    }
}

impl Credentials {
    fn of(thread: &mut Process<'_>) -> Fact<Self> {
        let status = thread.status()?;
        Ok(Self {
            uid: status.uid,
            gid: status.gid,
            groups: thread.groups()?.collect(),
            held: status.held.map(Held::any).ok_or(LINE_MISSING)?,
        })
    }
}
