//! The systemd unit that a control group path names.
//!
//! The unit is the first part of the path that is not a slice. A user can create a control group named
//! `ssh.service`, but only below `user@1000.service`, so it never counts as the real unit.

use std::mem;

use crate::kernel::word::parse_number;

/// The hierarchies that may hold units, first match first: systemd's own in version 1, then version 2.
const HIERARCHIES: [&[u8]; 2] = [b"name=systemd", b""];

/// Whether the text has the form of `/proc/PID/cgroup`: one line `ID:CONTROLLERS:PATH` per hierarchy. A
/// group's name can't contain a newline (`cgroup_mkdir` in kernel/cgroup/cgroup.c).
pub(crate) fn is_of_form(text: &[u8]) -> bool {
    let Some(text) = text.strip_suffix(b"\n") else { return false };
    let mut seen = [false; HIERARCHIES.len()];
    text.split(|&byte| byte == b'\n').all(|line| {
        let Some((id, hierarchy, path)) = fields(line) else { return false };
        let place = HIERARCHIES.iter().position(|known| *known == hierarchy);
        let is_second = place.is_some_and(|at| mem::replace(&mut seen[at], true));
        !is_second && parse_number(id).is_some() && path.starts_with(b"/")
    })
}

/// ID, controllers and path of a line.
fn fields(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let mut fields = line.splitn(3, |&byte| byte == b':');
    Some((fields.next()?, fields.next()?, fields.next()?))
}

/// The unit in the text of `/proc/PID/cgroup`.
pub fn unit(text: &[u8]) -> Option<&[u8]> {
    HIERARCHIES.into_iter().find_map(|hierarchy| unit_of_path(path_in(hierarchy, text)?))
}

/// The path in the hierarchy with these controllers, the line's second field (cgroups(7)).
pub(crate) fn path_in<'t>(hierarchy: &[u8], text: &'t [u8]) -> Option<&'t [u8]> {
    let mut lines = text.split(|&byte| byte == b'\n').filter_map(fields);
    lines.find(|line| line.1 == hierarchy).map(|line| line.2)
}

/// Prefixes of the scopes in which known runtimes put a container (`docker-ID.scope`).
const SCOPES: [&[u8]; 4] = [b"docker-", b"libpod-", b"crio-", b"cri-containerd-"];

/// Prefixes of the scopes of podman's and CRI-O's monitors, which are no containers.
const MONITORS: [&[u8]; 2] = [b"libpod-conmon-", b"crio-conmon-"];

/// Groups that hold one group per container: runtimes without systemd, LXC and Kubernetes.
const HOLDERS: [&[u8]; 5] = [b"docker", b"libpod_parent", b"kubepods", b"kubepods.slice", b"lxc"];

/// Whether a process with this `/proc/PID/cgroup` is in a container of a known runtime. `own` is the
/// reader's: its groups do not count, as the reader may be in a container, too.
pub fn is_in_container(text: &[u8], own: &[u8]) -> bool {
    // On a host that has both, a runtime may use either.
    HIERARCHIES.into_iter().any(|hierarchy| {
        let own = path_in(hierarchy, own).unwrap_or_default();
        path_in(hierarchy, text).is_some_and(|path| is_containers(path, own))
    })
}

fn is_containers(path: &[u8], own: &[u8]) -> bool {
    let mut its = parts(path).peekable();
    for part in parts(own) {
        if its.next_if_eq(&part).is_none() {
            break;
        }
    }
    let is_container = |part: &[u8]| {
        let is_scope =
            part.ends_with(b".scope") && SCOPES.iter().any(|name| part.starts_with(name));
        let is_monitor = MONITORS.iter().any(|name| part.starts_with(name));
        (is_scope && !is_monitor) || part.starts_with(b"lxc.payload")
    };
    let mut above: &[u8] = b"";
    its.any(|part| is_container(part) || HOLDERS.contains(&mem::replace(&mut above, part)))
}

fn parts(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|&byte| byte == b'/').filter(|part| !part.is_empty())
}

fn unit_of_path(path: &[u8]) -> Option<&[u8]> {
    // A path that leads out of our control group namespace begins with "..".
    let mut parts = parts(path).filter(|part| *part != b"..");
    unit_of_group(parts.find(|part| !is_slice(part))?)
}

/// The CPU time in the text of a version 2 group's `cpu.stat`, in microseconds. It counts all present
/// and past processes in the group and below it (Documentation/admin-guide/cgroup-v2.rst).
pub(crate) fn cpu_micros(text: &[u8]) -> Option<u64> {
    let mut lines = text.split(|&byte| byte == b'\n');
    lines.find_map(|line| parse_number(line.strip_prefix(b"usage_usec ")?))
}

/// Whether a group of this name is a slice. Slices hold units and other slices.
pub(crate) fn is_slice(group: &[u8]) -> bool {
    group.ends_with(b".slice")
}

/// The unit that a group of this name belongs to, if it lies in no other unit.
pub(crate) fn unit_of_group(group: &[u8]) -> Option<&[u8]> {
    // systemd prefixes "_" to names that would collide with the kernel's own files.
    let name = group.strip_prefix(b"_").unwrap_or(group);
    let (_, kind) = name.split_at(name.iter().rposition(|&byte| byte == b'.')?);
    matches!(kind, b".service" | b".scope" | b".socket" | b".mount" | b".swap").then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_group_is_its_usage() {
        let text = b"usage_usec 22912174021\nuser_usec 18192374559\nsystem_usec 4719799461\n";
        assert_eq!(cpu_micros(text), Some(22_912_174_021));
        for text in [&b""[..], b"usage_usec", b"usage_usec x\n", b"usage 1\n"] {
            assert_eq!(cpu_micros(text), None);
        }
    }

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
            // Seen from another control group namespace.
            (b"0::/../../system.slice/ssh.service\n", Some(b"ssh.service")),
            (b"0::/lxc/web/init.scope\n", None),
            (b"", None),
        ];
        for (text, expected) in cases {
            assert!(is_of_form(text) || text.is_empty());
            assert_eq!(unit(text), expected, "{}", crate::text::escape::text(text));
        }
    }

    #[test]
    fn containers_are_below_us_and_in_a_runtimes_group() {
        let is = |path: &str, own: &str| {
            let text = |path| format!("0::{path}\n").into_bytes();
            is_in_container(&text(path), &text(own))
        };
        for path in [
            "/system.slice/docker-0123abcd.scope",
            "/machine.slice/libpod-0123.scope/container",
            "/docker/0123abcd",
            "/kubepods.slice/kubepods-burstable.slice/cri-containerd-0123.scope",
            "/lxc/web/init.scope",
            "/lxc.payload.web/init.scope",
        ] {
            assert!(is(path, "/user.slice"), "{path}");
            assert!(!is(path, path), "{path}: we are in it, too");
        }
        for path in [
            "/",
            "/system.slice/docker.service",
            "/system.slice/docker-clean.service",
            "/machine.slice/libpod-conmon-0123.scope",
            "/docker",
            "/lxc.monitor.web",
        ] {
            assert!(!is(path, "/user.slice"), "{path}");
        }
        assert!(!is("/docker/0123/system.slice/cron.service", "/docker/0123/init.scope"));
        // Version 1 of systemd's hierarchy does not know of it.
        assert!(is_in_container(b"1:name=systemd:/\n0::/docker/0123abcd\n", b"0::/\n"));
    }

    #[test]
    fn garbage_is_of_no_form() {
        for text in [
            "",
            "\n",
            "garbage\n",
            "0::/system.slice/ssh.service",
            "0::system.slice/ssh.service\n",
            "0::/a.service\n\n",
            "0::/a.service\n0::/b.service\n",
            "x::/a.service\n",
            "-1::/a.service\n",
            "0:/a.service\n",
        ] {
            assert!(!is_of_form(text.as_bytes()), "{text:?}");
        }
    }
}
