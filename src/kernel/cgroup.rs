//! The systemd unit that a control group path names.
//!
//! Only the system manager's own unit counts: the first that is no slice. A user may make a control
//! group called `ssh.service` below `user@1000.service`, and must not pass for the real one by it.

/// The unit in the text of `/proc/PID/cgroup`: in version 1's `name=systemd` hierarchy, else in
/// version 2's.
pub fn unit(text: &[u8]) -> Option<&[u8]> {
    let hierarchies: [&[u8]; 2] = [b"name=systemd", b""];
    hierarchies.into_iter().find_map(|hierarchy| unit_of_path(path_in(hierarchy, text)?))
}

/// The path in one hierarchy, by its line's second field (cgroups(7)); `None` if there is no such
/// hierarchy.
pub(crate) fn path_in<'t>(hierarchy: &[u8], text: &'t [u8]) -> Option<&'t [u8]> {
    text.split(|&byte| byte == b'\n').find_map(|line| {
        let mut fields = line.splitn(3, |&byte| byte == b':').skip(1);
        (fields.next()? == hierarchy).then(|| fields.next())?
    })
}

fn unit_of_path(path: &[u8]) -> Option<&[u8]> {
    let parts = path.split(|&byte| byte == b'/');
    // A path out of our own control group namespace begins with "..".
    let mut parts = parts.filter(|part| !part.is_empty() && *part != b"..");
    unit_of_group(parts.find(|part| !is_slice(part))?)
}

/// Whether a group of this name is a slice, which holds units and other slices.
pub(crate) fn is_slice(group: &[u8]) -> bool {
    group.ends_with(b".slice")
}

/// The unit that a group of this name, outside of any other unit, stands for.
pub(crate) fn unit_of_group(group: &[u8]) -> Option<&[u8]> {
    // systemd puts a "_" before names that the kernel would take for its own files.
    let name = group.strip_prefix(b"_").unwrap_or(group);
    let (_, kind) = name.split_at(name.iter().rposition(|&byte| byte == b'.')?);
    matches!(kind, b".service" | b".scope" | b".socket" | b".mount" | b".swap").then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_part_that_is_no_slice_is_the_unit() {
        let cases: [(&[u8], Option<&[u8]>); 10] = [
            (b"0::/system.slice/ssh.service\n", Some(b"ssh.service")),
            (b"0::/init.scope\n", Some(b"init.scope")),
            (
                b"12:cpu:/x.service\n1:name=systemd:/system.slice/cron.service\n0::/\n",
                Some(b"cron.service"),
            ),
            (
                b"0::/system.slice/system-postgresql.slice/postgresql@15-main.service/sub\n",
                Some(b"postgresql@15-main.service"),
            ),
            (
                b"0::/user.slice/user-1000.slice/user@1000.service/app.slice/ssh.service\n",
                Some(b"user@1000.service"),
            ),
            (b"0::/\n", None),
            (b"1:name=systemd:/\n0::/system.slice/cron.service\n", Some(b"cron.service")),
            // As seen from within another control group namespace.
            (b"0::/../../system.slice/ssh.service\n", Some(b"ssh.service")),
            (b"0::/lxc/web/init.scope\n", None),
            (b"", None),
        ];
        for (text, expected) in cases {
            assert_eq!(unit(text), expected, "{}", crate::text::escape::text(text));
        }
    }
}
