//! Users and groups by name and number, as the name service of this machine knows them.
//!
//! The service may be LDAP or SSSD, and slow: each id is asked for once a run, and the watchdog
//! knows that we ask.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::host::progress::{self, Stage};

thread_local! {
    static USERS: RefCell<HashMap<u32, String>> = RefCell::default();
    static GROUPS: RefCell<HashMap<u32, String>> = RefCell::default();
}

/// The name of a user, or the number where it has none.
pub fn user(uid: u32) -> String {
    cached(&USERS, uid, || {
        users::get_user_by_uid(uid).map(|user| user.name().to_string_lossy().into_owned())
    })
}

/// The name of a group, or the number where it has none.
pub fn group(gid: u32) -> String {
    cached(&GROUPS, gid, || {
        users::get_group_by_gid(gid).map(|group| group.name().to_string_lossy().into_owned())
    })
}

/// The number of a user given by name; a name that is a number and no user's is that number.
pub fn uid(name: &str) -> Option<u32> {
    progress::enter(Stage::AskingNames);
    users::get_user_by_name(name).map(|user| user.uid()).or_else(|| name.parse().ok())
}

/// The number of a group given by name; a name that is a number and no group's is that number.
pub fn gid(name: &str) -> Option<u32> {
    progress::enter(Stage::AskingNames);
    users::get_group_by_name(name).map(|group| group.gid()).or_else(|| name.parse().ok())
}

fn cached(
    cache: &'static std::thread::LocalKey<RefCell<HashMap<u32, String>>>,
    id: u32,
    ask: impl FnOnce() -> Option<String>,
) -> String {
    if let Some(known) = cache.with_borrow(|cache| cache.get(&id).cloned()) {
        return known;
    }
    progress::enter(Stage::AskingNames);
    let name = ask().unwrap_or_else(|| id.to_string());
    cache.with_borrow_mut(|cache| cache.insert(id, name.clone()));
    name
}
