//! POSIX access control lists, as the kernel stores them.

use std::path::Path;

use rustix::fs::lgetxattr;
use rustix::io::Errno;

pub(super) const ACL_USER: u16 = 0x02;
pub(super) const ACL_GROUP_OBJ: u16 = 0x04;
pub(super) const ACL_GROUP: u16 = 0x08;
pub(super) const ACL_MAY_WRITE: u16 = 2;

/// The extended attribute that holds a file's ACL, where it has one.
pub(super) fn acl(path: &Path) -> Result<Option<Vec<u8>>, Errno> {
    // 65,536 bytes is the most that an attribute can hold (xattr(7)).
    let mut acl = vec![0; 64 * 1024];
    match lgetxattr(path, c"system.posix_acl_access", &mut acl) {
        Ok(length) => {
            acl.truncate(length);
            Ok(Some(acl))
        }
        Err(Errno::NODATA | Errno::OPNOTSUPP | Errno::NOENT) => Ok(None),
        Err(errno) => Err(errno),
    }
}

pub(super) struct Entry {
    pub(super) tag: u16,
    pub(super) may_write: bool,
    pub(super) id: u32,
}

/// The entries of an ACL as the kernel hands it out (`include/uapi/linux/posix_acl_xattr.h`): a
/// version, and for each entry tag, rights and id, all little-endian.
pub(super) fn entries(acl: &[u8]) -> Option<impl Iterator<Item = Entry> + '_> {
    let (version, list) = acl.split_first_chunk::<4>()?;
    let is_of_form = u32::from_le_bytes(*version) == 2 && list.len() % 8 == 0;
    let entry = |raw: &[u8]| Entry {
        tag: u16::from_le_bytes([raw[0], raw[1]]),
        may_write: u16::from_le_bytes([raw[2], raw[3]]) & ACL_MAY_WRITE != 0,
        id: u32::from_le_bytes([raw[4], raw[5], raw[6], raw[7]]),
    };
    is_of_form.then(|| list.chunks_exact(8).map(entry))
}
