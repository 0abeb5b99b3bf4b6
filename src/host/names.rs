//! Users and groups by name and number, as the name service of this machine knows them.
//!
//! The service may be LDAP or SSSD. It may be slow, or down. Each id is looked up once a run, and a
//! service that does not answer is not asked again. Then texts show numbers, and a term that needs
//! a name is hidden.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock};

use nix::errno::Errno;
use nix::unistd::{Gid, Group, Uid, User};

use crate::host::patience;
use crate::host::progress::{self, Stage};

/// The name service did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoAnswer;

type Cache = RefCell<HashMap<u32, Result<String, NoAnswer>>>;

thread_local! {
    static USERS: Cache = RefCell::default();
    static GROUPS: Cache = RefCell::default();
}

/// The name of a user for output, or the number if we know no name.
pub fn user(uid: u32) -> String {
    user_for_sure(uid).unwrap_or_else(|NoAnswer| uid.to_string())
}

/// The name of a group for output, or the number if we know no name.
pub fn group(gid: u32) -> String {
    group_for_sure(gid).unwrap_or_else(|NoAnswer| gid.to_string())
}

/// The name of a user, or the number if it has none.
///
/// # Errors
/// If the service does not answer.
pub(crate) fn user_for_sure(uid: u32) -> Result<String, NoAnswer> {
    cached(&USERS, uid, move || Ok(user_by_id(uid)?.map(|user| user.name)))
}

/// The name of a group, or the number if it has none.
///
/// # Errors
/// If the service does not answer.
pub(crate) fn group_for_sure(gid: u32) -> Result<String, NoAnswer> {
    let ask = move || group_in_order(Group::from_gid(Gid::from_raw(gid)));
    cached(&GROUPS, gid, move || Ok(ask()?.map(|group| group.name)))
}

/// The number of a user given by name; a name that is a number and no user's is that number.
///
/// # Errors
/// If `name` is no number and the service does not answer.
pub fn uid(name: &str) -> Result<Option<u32>, NoAnswer> {
    let asked = name.to_owned();
    let found = answer(move || user_in_order(User::from_name(&asked)));
    number(name, found.map(|user| user.map(|user| user.uid.as_raw())))
}

/// The number of a group given by name; a name that is a number and no group's is that number.
///
/// # Errors
/// If `name` is no number and the service does not answer.
pub fn gid(name: &str) -> Result<Option<u32>, NoAnswer> {
    let asked = name.to_owned();
    let found = answer(move || group_in_order(Group::from_name(&asked)));
    number(name, found.map(|group| group.map(|group| group.gid.as_raw())))
}

/// The home directory of a user, if that is known.
pub(crate) fn home(uid: u32) -> Option<PathBuf> {
    answer(move || user_by_id(uid)).ok()?.map(|user| user.dir)
}

/// The names of a group's listed members; `None` if there is no such group.
///
/// # Errors
/// Without an answer.
pub(super) fn listed_members(gid: u32) -> Result<Option<Vec<String>>, NoAnswer> {
    let found = answer(move || group_in_order(Group::from_gid(Gid::from_raw(gid))))?;
    Ok(found.map(|group| group.mem))
}

/// The numbers of all groups that are some user's primary group; root's is left out.
///
/// # Errors
/// Without an answer.
pub(super) fn primary_groups() -> Result<HashSet<u32>, NoAnswer> {
    answer(|| Ok(Some(enumerate_primary_groups())))?.ok_or(NoAnswer)
}

/// A name service may list millions of users. So many are enough.
const MOST_USERS: usize = 1_000_000;

fn enumerate_primary_groups() -> HashSet<u32> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock();
    let mut groups = HashSet::new();
    // SAFETY: setpwent(3) and its kin share state of the C library; the lock keeps other calls out,
    // and the entry is not kept beyond the next call.
    unsafe {
        libc::setpwent();
        for _ in 0..MOST_USERS {
            let Some(user) = libc::getpwent().as_ref() else { break };
            if user.pw_uid != 0 {
                groups.insert(user.pw_gid);
            }
        }
        libc::endpwent();
    }
    groups
}

fn number(name: &str, found: Result<Option<u32>, NoAnswer>) -> Result<Option<u32>, NoAnswer> {
    match (found, name.parse()) {
        (Ok(None) | Err(NoAnswer), Ok(number)) => Ok(Some(number)),
        (found, _) => found,
    }
}

/// A missing answer is not kept, so a later scan may ask again.
fn cached(
    cache: &'static std::thread::LocalKey<Cache>,
    id: u32,
    ask: impl FnOnce() -> nix::Result<Option<String>> + Send + 'static,
) -> Result<String, NoAnswer> {
    if let Some(known) = cache.with_borrow(|cache| cache.get(&id).cloned()) {
        return known;
    }
    progress::enter(Stage::AskingNames);
    let told = patience::names(ask).ok_or(NoAnswer)?;
    let name = told.map(|name| name.unwrap_or_else(|| id.to_string())).map_err(|_| NoAnswer);
    cache.with_borrow_mut(|cache| cache.insert(id, name.clone()));
    name
}

fn answer<T: Send + 'static>(
    ask: impl FnOnce() -> nix::Result<Option<T>> + Send + 'static,
) -> Result<Option<T>, NoAnswer> {
    progress::enter(Stage::AskingNames);
    patience::names(ask).ok_or(NoAnswer)?.map_err(|_| NoAnswer)
}

fn user_by_id(uid: u32) -> nix::Result<Option<User>> {
    user_in_order(User::from_uid(Uid::from_raw(uid)))
}

fn user_in_order(told: nix::Result<Option<User>>) -> nix::Result<Option<User>> {
    static HAS_ROOT: OnceLock<bool> = OnceLock::new();
    in_order(told, &HAS_ROOT, "/etc/passwd", || User::from_uid(Uid::from_raw(0)))
}

fn group_in_order(told: nix::Result<Option<Group>>) -> nix::Result<Option<Group>> {
    static HAS_ROOT: OnceLock<bool> = OnceLock::new();
    in_order(told, &HAS_ROOT, "/etc/group", || Group::from_gid(Gid::from_raw(0)))
}

/// Judges what the name service said. "There is none" counts only if its database is in order,
/// which we take from an entry for the id 0. Without the file, or without a line in nsswitch.conf,
/// the service knows nobody, and says so.
///
/// getpwnam(3) lists further errors by which C libraries may say that there is none. Those of Linux
/// return 0. For glibc any error, even ENOENT, means that a service is out of order
/// (`NSS_STATUS_UNAVAIL` or `_TRYAGAIN` of a module, `nss/getXXbyYY_r.c`).
fn in_order<T>(
    told: nix::Result<Option<T>>,
    has_root: &OnceLock<bool>,
    file: &str,
    root: impl FnOnce() -> nix::Result<Option<T>>,
) -> nix::Result<Option<T>> {
    let look = || lists_root(file) && root().is_ok_and(|root| root.is_some());
    match told? {
        None if !has_root.get_or_init(look) => Err(Errno::ENODATA),
        found => Ok(found),
    }
}

/// Whether a file has an entry for the id 0. We read the file, since systemd's NSS module invents
/// such an entry.
fn lists_root(path: &str) -> bool {
    let text = fs::read(path).unwrap_or_default();
    let mut lines = text.split(|&byte| byte == b'\n');
    lines.any(|line| line.split(|&byte| byte == b':').nth(2) == Some(b"0"))
}
