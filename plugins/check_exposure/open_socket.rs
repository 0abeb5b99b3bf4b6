//! `open-socket`: everyone may write to a socket that starts containers or virtual machines.
//!
//! Whoever may write to it can become root: they start a container with the host's `/` in it. libvirt's
//! sockets are excluded. Everyone may write to them on purpose, and polkit decides what they may do.

use std::cell::RefCell;
use std::collections::HashMap;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::{fs, io};

use procwarden::kernel::mountinfo::{Mount, location, mounts};
use procwarden::proc::fact::Fact;
use procwarden::proc::process::Process;
use procwarden::rules::judge::HostFinding;
use procwarden::text::escape;

use super::answer::{Answer, Flaw};
use super::inspector::Inspector;
use super::rules::Rules;

/// The socket that is mounted in each container, by the text of the control groups.
pub(crate) type Mounts = RefCell<HashMap<Vec<u8>, Option<String>>>;

/// A container with the socket can become root, too. Some are meant to, so this is a WARNING.
pub(crate) fn ask(inspector: &Inspector, process: &mut Process<'_>) -> Fact<Answer> {
    if !inspector.who.is_contained(process)? {
        return Ok(Answer::NotAsked);
    }
    if !inspector.who.is_in_containers_group(process)? {
        return Ok(in_container(mounted(process.mountinfo()?)));
    }
    // All processes in a container's group have the same mounts.
    let container = process.cgroup()?.to_vec();
    if let Some(known) = inspector.mounts.borrow().get(&container) {
        return Ok(in_container(known.clone()));
    }
    let ours = process.root().own_mounts();
    let theirs = process.mountinfo()?;
    let mounted = mounted(theirs).or_else(|| with_run(ours, theirs));
    inspector.mounts.borrow_mut().insert(container, mounted.clone());
    Ok(in_container(mounted))
}

fn in_container(socket: Option<String>) -> Answer {
    socket.map_or(Answer::Kept, |path| {
        let text = format!(
            "{path} is mounted in its container, which can become root of this host by it; leave it out, \
             or exempt it"
        );
        Answer::Broken(Flaw { text, is_swapped: true })
    })
}

/// The socket among the mounts of a process: a mount's root or mount point ends in its path.
fn mounted(mountinfo: &[u8]) -> Option<String> {
    let mut fields = mountinfo
        .split(|&byte| byte == b'\n')
        .flat_map(|line| line.split(|&byte| byte == b' ').skip(3).take(2));
    let is_socket = |path: &&[u8]| {
        SOCKETS.iter().any(|socket| {
            // Bind mounts show the path relative to the file system: /docker.sock of /run.
            let below_run = socket.strip_prefix("/run").unwrap_or(socket);
            path.ends_with(below_run.as_bytes())
        })
    };
    fields.find(is_socket).map(|path| escape::bounded(path, 120))
}

/// The socket in the host's `/run`, if that is mounted as a whole (`docker run -v /run:/run`). While a runtime
/// sets a container up, it still has the host's root, which does not count.
fn with_run(ours: &[u8], theirs: &[u8]) -> Option<String> {
    if location(ours, b"/") == location(theirs, b"/") {
        return None;
    }
    let is_run = |mount: &Mount<'_>| matches!(mount.point, b"/run" | b"/var/run");
    let is_shown = |path: &&&str| {
        let place = location(ours, path.as_bytes());
        place.is_some_and(|place| mounts(theirs).filter(is_run).any(|run| run.shows(&place)))
            && is_socket(Path::new(path))
    };
    SOCKETS.iter().find(is_shown).map(|path| (*path).to_owned())
}

fn is_socket(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.file_type().is_socket())
}

/// The sockets of daemons that start containers and virtual machines.
const SOCKETS: [&str; 9] = [
    DOCKER,
    "/run/containerd/containerd.sock",
    "/run/k3s/containerd/containerd.sock",
    "/run/crio/crio.sock",
    PODMAN,
    "/var/lib/lxd/unix.socket",
    "/var/snap/lxd/common/lxd/unix.socket",
    "/var/lib/incus/unix.socket",
    "/run/incus/unix.socket",
];

const DOCKER: &str = "/run/docker.sock";
const PODMAN: &str = "/run/podman/podman.sock";

/// The permission of others to write (inode(7)).
const OTHERS_WRITE: u32 = 0o002;

/// What is wrong with the sockets of this host.
pub(crate) fn on_host() -> Vec<HostFinding<Rules>> {
    let found = |path: &&str| {
        let text = flaw(Path::new(path))?;
        Some(HostFinding { rule: Rules::OPEN_SOCKET, subject: (*path).to_owned(), text })
    };
    SOCKETS.iter().filter_map(found).collect()
}

fn flaw(path: &Path) -> Option<String> {
    let found = fs::metadata(path).ok()?;
    let mode = found.permissions().mode();
    if !found.file_type().is_socket() || mode & OTHERS_WRITE == 0 || !is_reachable(path) {
        return None;
    }
    if is_left_over(path) {
        return None;
    }
    // A restart makes it anew as the unit says.
    let unit = match path.to_str() {
        Some(DOCKER) => ", and see SocketMode= of docker.socket",
        Some(PODMAN) => ", and see SocketMode= of podman.socket",
        _ => "",
    };
    let path = escape::path(path);
    Some(format!(
        "everyone may write {path} (mode {:04o}) and so become root: chmod 0660 {path}{unit}",
        mode & 0o7777
    ))
}

/// Whether a daemon that has ended left the socket behind. The kernel says so before it compares the
/// kinds of the sockets: the daemon, whose socket is a stream, notices nothing.
fn is_left_over(path: &Path) -> bool {
    let asked = UnixDatagram::unbound().and_then(|socket| socket.connect(path));
    asked.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

/// Whether everyone may search every directory of the path, and of the path that its links lead to.
fn is_reachable(path: &Path) -> bool {
    const OTHERS_SEARCH: u32 = 0o001;
    let may_search = |dir: &Path| {
        fs::metadata(dir).is_ok_and(|found| found.permissions().mode() & OTHERS_SEARCH != 0)
    };
    let is_open = |path: &Path| path.ancestors().skip(1).all(may_search);
    is_open(path) && fs::canonicalize(path).is_ok_and(|real| is_open(&real))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_into_a_closed_directory_is_not_reachable() {
        let host = tempfile::tempdir().unwrap();
        let (shut, link) = (host.path().join("shut"), host.path().join("link"));
        fs::create_dir(&shut).unwrap();
        fs::write(shut.join("socket"), "").unwrap();
        std::os::unix::fs::symlink(shut.join("socket"), &link).unwrap();
        let set_mode = |path: &Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        };
        set_mode(host.path(), 0o755);
        for (mode, is_open) in [(0o755, true), (0o700, false)] {
            set_mode(&shut, mode);
            assert_eq!(is_reachable(&link), is_open);
        }
    }

    #[test]
    fn a_mounted_socket_is_found_and_its_neighbours_are_not() {
        let line = |root: &str, at: &str| format!("513 500 0:23 {root} {at} rw - tmpfs tmpfs rw\n");
        let found = |text: String| mounted(text.as_bytes());
        assert_eq!(
            found(line("/docker.sock", "/var/run/docker.sock")).as_deref(),
            Some("/docker.sock")
        );
        assert!(found(line("/x", "/run/containerd/containerd.sock")).is_some());
        assert_eq!(found(line("/", "/") + &line("/dev/log", "/dev/log")), None);
        assert_eq!(found("garbage\n| \u{ff}".into()), None);
    }
}
