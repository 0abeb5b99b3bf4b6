//! `/proc/PID/cmdline`: the arguments of a process, each ended by a NUL, or the title that it wrote
//! over them.

use std::borrow::Cow;

/// The arguments, empty ones included.
pub fn arguments(cmdline: &[u8]) -> impl Iterator<Item = &[u8]> {
    cmdline.strip_suffix(b"\0").unwrap_or(cmdline).split(|&byte| byte == 0)
}

/// The arguments as one line: a space for each NUL between them. Those at the end go: they are what
/// a title has left of the arguments.
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

/// What stands before a title: a daemon's may go on in the same argument, after a blank or colon.
pub fn untitled(argument: &[u8]) -> &[u8] {
    let end = argument.iter().position(|byte| matches!(byte, b' ' | b':'));
    &argument[..end.unwrap_or(argument.len())]
}

/// What follows a path's last slash.
pub fn base_name(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'/').next().unwrap_or(path)
}
