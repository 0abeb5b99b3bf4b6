//! `/proc/PID/cmdline`: the arguments of a process, each ended by a NUL, or the title that it wrote
//! over them.

use std::borrow::Cow;

/// The arguments, empty ones included.
pub fn arguments(cmdline: &[u8]) -> impl Iterator<Item = &[u8]> {
    cmdline.strip_suffix(b"\0").unwrap_or(cmdline).split(|&byte| byte == 0)
}

/// The arguments joined by spaces. NULs at the end are dropped: a title shorter than the arguments
/// that it replaced leaves them there.
pub fn joined(cmdline: &[u8]) -> Cow<'_, [u8]> {
    let end = cmdline.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    let cmdline = &cmdline[..end];
    if !cmdline.contains(&0) {
        return Cow::Borrowed(cmdline);
    }
    let mut line = cmdline.to_vec();
    line.iter_mut().filter(|byte| **byte == 0).for_each(|byte| *byte = b' ');
    Cow::Owned(line)
}

/// The program in the first argument. A daemon that set a title may have appended it, after a blank or
/// a colon.
pub fn untitled(argument: &[u8]) -> &[u8] {
    let end = argument.iter().position(|byte| matches!(byte, b' ' | b':'));
    &argument[..end.unwrap_or(argument.len())]
}

/// The name of the program in a first argument, without a login shell's dash.
pub fn program_name(argument: &[u8]) -> &[u8] {
    let name = base_name(argument);
    name.strip_prefix(b"-").unwrap_or(name)
}

/// The part of a path after its last slash.
pub fn base_name(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'/').next().unwrap_or(path)
}
