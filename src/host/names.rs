//! Users and groups by name and number, as the name service of this machine knows them.
//!
//! The service may be LDAP or SSSD, slow, or down: each id is asked for once a run, and one that
//! does not answer is not asked again. Then texts show numbers, and what hangs on a name is hidden.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;

use users::os::unix::UserExt;

use crate::host::patience;
use crate::host::progress::{self, Stage};

/// The name service did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoAnswer;

type Cache = RefCell<HashMap<u32, String>>;

thread_local! {
    static USERS: Cache = RefCell::default();
    static GROUPS: Cache = RefCell::default();
}

/// The name of a user, or the number where it has none that we know: for output.
pub fn user(uid: u32) -> String {
    user_for_sure(uid).unwrap_or_else(|NoAnswer| uid.to_string())
}

/// The name of a group, or the number where it has none that we know: for output.
pub fn group(gid: u32) -> String {
    group_for_sure(gid).unwrap_or_else(|NoAnswer| gid.to_string())
}

/// The name of a user, or the number where it has none.
///
/// # Errors
/// Without an answer.
pub fn user_for_sure(uid: u32) -> Result<String, NoAnswer> {
    cached(&USERS, uid, move || {
        users::get_user_by_uid(uid).map(|user| user.name().to_string_lossy().into_owned())
    })
}

/// The name of a group, or the number where it has none.
///
/// # Errors
/// Without an answer.
pub fn group_for_sure(gid: u32) -> Result<String, NoAnswer> {
    cached(&GROUPS, gid, move || {
        users::get_group_by_gid(gid).map(|group| group.name().to_string_lossy().into_owned())
    })
}

/// The number of a user given by name; a name that is a number and no user's is that number.
///
/// # Errors
/// Without an answer.
pub fn uid(name: &str) -> Result<Option<u32>, NoAnswer> {
    let asked = name.to_owned();
    let found = answer(move || users::get_user_by_name(&asked).map(|user| user.uid()))?;
    Ok(found.or_else(|| name.parse().ok()))
}

/// The number of a group given by name; a name that is a number and no group's is that number.
///
/// # Errors
/// Without an answer.
pub fn gid(name: &str) -> Result<Option<u32>, NoAnswer> {
    let asked = name.to_owned();
    let found = answer(move || users::get_group_by_name(&asked).map(|group| group.gid()))?;
    Ok(found.or_else(|| name.parse().ok()))
}

/// The home directory of a user, if that is known.
pub fn home(uid: u32) -> Option<PathBuf> {
    answer(move || users::get_user_by_uid(uid).map(|user| user.home_dir().to_owned())).ok()?
}

fn cached(
    cache: &'static std::thread::LocalKey<Cache>,
    id: u32,
    ask: impl FnOnce() -> Option<String> + Send + 'static,
) -> Result<String, NoAnswer> {
    if let Some(known) = cache.with_borrow(|cache| cache.get(&id).cloned()) {
        return Ok(known);
    }
    let name = answer(ask)?.unwrap_or_else(|| id.to_string());
    cache.with_borrow_mut(|cache| cache.insert(id, name.clone()));
    Ok(name)
}

fn answer<T: Send + 'static>(ask: impl FnOnce() -> T + Send + 'static) -> Result<T, NoAnswer> {
    progress::enter(Stage::AskingNames);
    patience::names(ask).ok_or(NoAnswer)
}
