//! Whether a group lends its rights to anyone: a group-writable file of a group without members is as
//! safe as root's.
//!
//! A member is listed in the group, or has it as primary group. The name service lists the users of
//! `/etc/passwd` and often, but not always, those of a directory (LDAP, SSSD). A group that
//! `/etc/group` does not have comes from such a directory, and counts as one that has members.

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::fs;

use crate::host::names::{self, NoAnswer};

/// Which groups have members, asked once for each group.
#[derive(Debug, Default)]
pub(crate) struct Members {
    known: RefCell<HashMap<u32, Result<bool, NoAnswer>>>,
    primary: OnceCell<Result<HashSet<u32>, NoAnswer>>,
    local: OnceCell<HashSet<u32>>,
}

impl Members {
    /// Whether anyone but root is a member of the group. Group 0 is root's own, whoever is in it.
    ///
    /// # Errors
    /// When the name service does not answer.
    pub(crate) fn has_others(&self, gid: u32) -> Result<bool, NoAnswer> {
        if gid == 0 {
            return Ok(false);
        }
        if let Some(known) = self.known.borrow().get(&gid) {
            return *known;
        }
        let found = self.find(gid);
        self.known.borrow_mut().insert(gid, found);
        found
    }

    fn find(&self, gid: u32) -> Result<bool, NoAnswer> {
        let listed = names::listed_members(gid)?;
        let exists = listed.is_some();
        if listed.is_some_and(|names| names.iter().any(|name| name != "root")) {
            return Ok(true);
        }
        let is_local = || self.local.get_or_init(local_groups).contains(&gid);
        if exists && !is_local() {
            return Ok(true);
        }
        let primary = self.primary.get_or_init(names::primary_groups).as_ref();
        primary.map(|groups| groups.contains(&gid)).map_err(|silence| *silence)
    }
}

/// The numbers of the groups in `/etc/group`.
fn local_groups() -> HashSet<u32> {
    let text = fs::read("/etc/group").unwrap_or_default();
    let number = |line: &[u8]| {
        let digits = line.split(|&byte| byte == b':').nth(2)?;
        std::str::from_utf8(digits).ok()?.parse().ok()
    };
    text.split(|&byte| byte == b'\n').filter_map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_has_members_if_someone_lists_it_or_starts_with_it() {
        let members = Members::default();
        // root's own; daemon's primary group; one that nobody has.
        assert_eq!(
            [0, 1, 3_999_999_999].map(|gid| members.has_others(gid)),
            [Ok(false), Ok(true), Ok(false)]
        );
    }
}
