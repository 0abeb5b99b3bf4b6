//! `check_exposure`: each rule by a real process that breaks it, and by its nearest innocent
//! neighbours; what is out of sight; exemptions; and what passes by itself.
//!
//! Other tests run beside these and make offenders of their own, so each test exempts all processes
//! but its own, by PID.

#![allow(
    clippy::expect_used,
    reason = "a helper that fails is a test that fails, but clippy only knows test functions"
)]

mod support;

use std::ffi::{CStr, CString};
use std::fs;
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, chown, lchown, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::mpsc;
use std::time::Duration;

use support::tree::Recorded;
use support::{
    Answer, Check, Installed, NOBODY, Need, Process, Specimen, Tree, between_scans, can,
    copy_executable, unique, until,
};

/// A UID and a GID that nobody has.
const ALICE: u32 = 4_000_001;

/// A check of one process by these rules.
fn check(pid: u32, rules: &str) -> Check {
    Check::plugin("check_exposure")
        .args(["-t", "60", "--rules", rules])
        .args(["--exempt", &format!("not-pid={pid}")])
}

/// A directory of root's that all may enter, outside of `/tmp`.
struct Place(tempfile::TempDir);

impl Place {
    /// `None` if we are not root.
    fn of_root() -> Option<Self> {
        can(Need::Root).then(Self::new)
    }

    fn new() -> Self {
        let dir = tempfile::tempdir_in("/opt").expect("a directory in /opt");
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).expect("its mode");
        Self(dir)
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn dir(&self, path: &str, mode: u32, uid: u32, gid: u32) -> PathBuf {
        let path = self.at(path);
        fs::create_dir(&path).expect("a directory");
        own(&path, mode, uid, gid);
        path
    }

    /// The specimen at `path`, started.
    #[track_caller]
    fn start(&self, path: &str) -> Process {
        let path = self.at(path);
        copy_executable(support::specimen::specimen(), &path);
        own(&path, 0o755, 0, 0);
        Specimen::called("").start_from(&path)
    }
}

fn own(path: &Path, mode: u32, uid: u32, gid: u32) {
    chown(path, Some(uid), Some(gid)).expect("an owner");
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
}

#[test]
fn writable_code_is_what_others_can_replace() {
    if !can(Need::Root) {
        return;
    }
    let daemon = 1;
    for (mode, uid, gid, fault) in [
        (0o755, ALICE, 0, Some(format!("user {ALICE} owns "))),
        (0o757, 0, 0, Some("everyone may write".into())),
        (0o775, 0, daemon, Some("group daemon may write".into())),
        // Nobody is in it.
        (0o775, 0, ALICE, None),
        (0o755, 0, 0, None),
        // Sticky: what is there stays root's.
        (0o1777, 0, 0, None),
    ] {
        let place = Place::new();
        let dir = place.dir("app", mode, uid, gid);
        place.dir("app/bin", 0o755, 0, 0);
        let process = place.start("app/bin/appd");
        for user in [None, Some(NOBODY)] {
            let check = check(process.pid(), "writable-code");
            let answer = user.into_iter().fold(check, Check::by_user).run();
            let Some(fault) = &fault else {
                answer.code(0).has("nothing breaks writable-code; ");
                continue;
            };
            let path = dir.display();
            answer.code(2).has(&format!("appd (pid {}, user root", process.pid()));
            answer.has(&format!("{path}")).has(fault).has(" and can replace what it runs: ch");
        }
    }
}

/// A service may have a group that no user is a member of.
#[test]
fn a_group_without_members_counts_if_a_process_holds_it() {
    let Some(place) = Place::of_root() else { return };
    let deploy = 4_000_007;
    let path = place.dir("app", 0o775, 0, deploy).display().to_string();
    let process = place.start("app/appd");
    let run = |user: Option<u32>| {
        let check = check(process.pid(), "writable-code");
        user.into_iter().fold(check, Check::by_user).run()
    };
    run(None).code(0);
    let (group, nobody) = (deploy.to_string(), NOBODY.to_string());
    let as_root = ["setpriv", "--groups", &group];
    let as_nobody = ["setpriv", "--reuid", &nobody, "--regid", &nobody, "--groups", &group];
    let by_regid = ["setpriv", "--reuid", &nobody, "--regid", &group, "--clear-groups"];
    let contained = [&["unshare", "--pid", "--fork"], &as_nobody[..]].concat();
    // Root's own may do as they please, and a container has files of its own.
    for (command, is_found) in [
        (&as_root[..], false),
        (&contained[..], false),
        (&as_nobody[..], true),
        (&by_regid[..], true),
    ] {
        let holder = Specimen::called("holder").under(command).start();
        for user in [None, Some(NOBODY)] {
            let answer = run(user);
            if is_found {
                let holder = format!("holder (pid {})", holder.pid());
                answer.code(2).has(&format!(
                    "group {deploy}, which {holder} holds, may write {path} and can replace what"
                ));
            } else {
                answer.code(0);
            }
        }
    }
}

#[test]
fn writable_code_is_judged_by_what_runs_and_not_by_its_path() {
    if !can(Need::Root) {
        return;
    }
    // The same path leads to another file in the mount namespace of the process.
    let place = Place::new();
    place.dir("app", 0o755, ALICE, 0);
    copy_executable(support::specimen::specimen(), &place.at("appd"));
    own(&place.at("appd"), 0o755, 0, 0);
    let dir = place.at("app");
    let script = format!(
        "mount -t tmpfs -o mode=755 none {0} && cp -p {1} {0}/appd && exec {0}/appd",
        dir.display(),
        place.at("appd").display()
    );
    let process = Specimen::called(unique()).under(&["unshare", "-m", "sh", "-c", &script]).start();
    check(process.pid(), "writable-code").run().code(0);
}

/// One that runs the host's file speaks for none that runs another file of the same path, whether or not the
/// kernel gives them random addresses.
#[test]
fn two_files_at_one_path_are_judged_each() {
    let Some(place) = Place::of_root() else { return };
    let dir = place.dir("app", 0o755, 0, 0);
    let specimen = support::specimen::specimen();
    copy_executable(specimen, &dir.join("appd"));
    for start in ["exec", "exec setarch -R"] {
        let start = format!("{start} {}/appd", dir.display());
        let _safe = Specimen::called(unique()).under(&["sh", "-c", &start]).start();
        let script = format!(
            "mount -t tmpfs -o mode=777 none {0} && cp -p {1} {0}/appd && {start}",
            dir.display(),
            specimen.display()
        );
        let process = Specimen::called(unique()).under(&["unshare", "-m", "sh", "-c", &script]);
        let process = process.start();
        check(process.pid(), "writable-code").run().code(2).has("everyone may write");
    }
}

/// One whose file lies below a root of its own does not speak for its fork in another.
#[test]
fn a_fork_in_another_root_is_judged_there() {
    let Some(place) = Place::of_root() else { return };
    let app = place.dir("app", 0o755, 0, 0).display().to_string();
    let jail = place.dir("jail", 0o755, 0, 0).display().to_string();
    let fork =
        "$| = 1; if (fork) { wait } else { chroot $ARGV[0]; chdir q(/); print qq(up\n); <STDIN> }";
    let script = format!(
        "mount -t tmpfs none {app} && cp /usr/bin/perl {app}/appd && \
         mkdir -p {jail}{app} && chmod 777 {jail}{app} && touch {jail}{app}/appd && \
         mount --bind {app}/appd {jail}{app}/appd && exec {app}/appd -e '{fork}' {jail}"
    );
    let process = Process::start(Command::new("unshare").args(["-m", "sh", "-c", &script]));
    let pid = child_of(process.pid());
    let root = format!("everyone may write /proc/{pid}/root{app}");
    check(pid, "writable-code").run().code(2).has(&root);
}

/// A check that NRPE runs is in NRPE's mount namespace, which with `PrivateTmp=` is its own.
#[test]
fn an_ordinary_user_in_another_mount_namespace_judges_what_both_see() {
    let Some(place) = Place::of_root() else { return };
    let users = place.dir("users", 0o755, ALICE, 0).display().to_string();
    let process = place.start("users/appd");
    let plugin = Installed::link("check_exposure");
    let check = |covered: &str| {
        let script = format!(
            "mount -t tmpfs -o mode=777 none {covered} && cp /bin/sleep {covered}/appd && \
             exec setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups \"$0\" \"$@\""
        );
        Check::program("/usr/bin/unshare")
            .args(["-m", "sh", "-c", &script, plugin.path().to_str().expect("text"), "-t", "60"])
            .args(["--rules", "writable-code", "--exempt", &format!("not-pid={}", process.pid())])
            .run()
    };
    check("/media").code(2).has(&format!("user {ALICE} owns {users} and can replace what it runs"));
    // Another program lies at its path here, and everyone may replace that one.
    // It is UNKNOWN if no process beside it is judged.
    check(&users).has(" not by writable-code (").lacks("everyone may write");
}

/// So it is where a process has so many mounts that the kernel lists them in parts.
#[test]
fn an_ordinary_user_sees_the_last_mount_of_many() {
    let Some(place) = Place::of_root() else { return };
    let app = place.dir("app", 0o755, 0, 0);
    copy_executable(Path::new("/bin/sleep"), &app.join("appd"));
    let covered = format!(
        "for n in $(seq 80); do mkdir {many}/$n && mount -t tmpfs none {many}/$n; done; \
         mount -t tmpfs -o mode=777 none {app} && cp /bin/sleep {app}/appd && exec {app}/appd 1000",
        many = place.dir("many", 0o755, 0, 0).display(),
        app = app.display(),
    );
    let script = format!(
        "unshare -m sh -c '{covered}' & \
         until [ \"$(readlink /proc/$!/exe)\" = {}/appd ]; do sleep 0.1; done",
        app.display()
    );
    check_by_nobody_after(&script).code(3).has("writable-code cannot judge 1 process: ");
}

/// What `writable-code` says to an ordinary user who sees only the processes that `setup` started, in
/// namespaces of their own.
fn check_by_nobody_after(setup: &str) -> Answer {
    let plugin = Installed::link("check_exposure");
    let script = format!(
        "{setup} && exec setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups \"$0\" \"$@\""
    );
    Check::program("/usr/bin/unshare")
        .args(["-m", "-p", "-f", "--mount-proc", "sh", "-c", &script])
        .args([plugin.path().to_str().expect("text"), "-t", "60", "--rules", "writable-code"])
        .run()
}

/// Whoever can change the link chooses what root runs next time.
#[test]
fn a_link_on_the_way_to_the_executable_counts() {
    let Some(place) = Place::of_root() else { return };
    place.dir("users", 0o755, ALICE, 0);
    place.dir("roots", 0o755, 0, 0);
    // Of a group: where everyone may write, the kernel itself follows no links of others
    // (fs.protected_symlinks).
    place.dir("sticky", 0o1775, 0, 1);
    copy_executable(support::specimen::specimen(), &place.at("roots/appd"));
    own(&place.at("roots/appd"), 0o755, 0, 0);
    let link = |target: &str, path: &str, uid: u32| {
        symlink(place.at(target), place.at(path)).expect("a link");
        lchown(place.at(path), Some(uid), Some(0)).expect("its owner");
    };
    link("roots/appd", "users/appd", 0);
    link("users/appd", "roots/by-users", 0);
    link("roots/appd", "roots/link", 0);
    link("roots/appd", "sticky/roots", 0);
    link("roots/appd", "sticky/users", ALICE);
    for (path, fault) in [
        ("users/appd", Some("users")),
        ("roots/by-users", Some("users")),
        ("roots/link", None),
        ("sticky/roots", None),
        ("sticky/users", Some("sticky/users")),
    ] {
        let process = Specimen::called("").start_from(&place.at(path));
        for user in [None, Some(NOBODY)] {
            let check = check(process.pid(), "writable-code");
            let answer = user.into_iter().fold(check, Check::by_user).run();
            answer.code(if fault.is_some() { 2 } else { 0 });
            if let Some(fault) = fault {
                let owned = place.at(fault).display().to_string();
                answer.has(&format!("user {ALICE} owns {owned} and can replace what it runs"));
            }
        }
    }
    // It may lead elsewhere by now, or nowhere.
    let process = Specimen::called("").start_from(&place.at("users/appd"));
    fs::remove_file(place.at("users/appd")).expect("removed");
    symlink("/nonexistent", place.at("users/appd")).expect("a link");
    check(process.pid(), "writable-code").run().code(2);
}

/// A service with `RootDirectory=` has links that the host lacks.
#[test]
fn a_link_that_only_the_process_sees_counts() {
    let Some(place) = Place::of_root() else { return };
    let root = place.dir("root", 0o755, 0, 0).display().to_string();
    // Others in its control group have the host's root directory.
    place.dir("root/users", 0o755, ALICE, 0);
    for (owner, code) in [(ALICE, 2), (0, 0)] {
        let script = format!(
            "mount -t tmpfs -o mode=755 none {root} && cd {root} && cp -p \"$0\" appd && \
             mkdir users && ln -s ../appd users/appd && chown {owner} users && exec {root}/users/appd"
        );
        let command = ["unshare", "-m", "sh", "-c", &script];
        let process = Specimen::called(unique()).under(&command).start();
        check(process.pid(), "writable-code").run().code(code);
    }
}

/// A script below the root directory of a service's child, where the host has none or a safe one, and the
/// service's main process has the host's.
#[test]
fn a_script_in_another_root_is_not_the_hosts() {
    let Some(place) = Place::of_root() else { return };
    let root = place.dir("root", 0o755, 0, 0);
    place.dir("app", 0o755, 0, 0);
    fs::write(place.at("app/there"), "echo up\nread line\n").expect("a script");
    let _main = Process::start(Command::new("/bin/sh").arg(place.at("app/there")));
    let dir = root.join(place.0.path().strip_prefix("/").expect("absolute"));
    let script = format!(
        "mount --bind / {0} && mount -t tmpfs -o mode=755 none {0}/opt && mkdir -p {1}/app && \
         chown {ALICE} {1}/app && printf 'echo up; read line' | tee {1}/app/there >{1}/app/absent && \
         exec chroot {0} /bin/sh {2}/app/",
        root.display(),
        dir.display(),
        place.0.path().display(),
    );
    for name in ["there", "absent"] {
        let mut command = Command::new("unshare");
        let process = Process::start(command.args(["-m", "sh", "-c", &format!("{script}{name}")]));
        let answer = check(process.pid(), "writable-code").run();
        let owned = format!("/root{}/app ", place.0.path().display());
        answer.code(2).has(&format!("user {ALICE} owns /proc/{}{owned}", process.pid()));
    }
}

/// Who may not see the root directory of a process asks each, since others in its control group may have
/// another one.
#[test]
fn an_ordinary_user_takes_no_script_in_another_root_for_the_hosts() {
    let Some(place) = Place::of_root() else { return };
    let root = place.dir("root", 0o755, 0, 0);
    place.dir("app", 0o755, 0, 0);
    fs::write(place.at("app/run"), "echo up >\"$1/ready\"; read line <\"$1/never\"\n")
        .expect("a script");
    let at = place.0.path().display().to_string();
    // The other root has the same script, where everyone may replace it.
    let script = format!(
        "for dir in bin lib lib64 usr; do \
           [ ! -e /$dir ] || {{ mkdir -p {root}/$dir && mount --rbind /$dir {root}/$dir; }}; \
         done; \
         mkdir -p {root}{at} && cp -a {at}/app {root}{at}/ && chmod 777 {root}{at}/app && \
         mkfifo {at}/ready {at}/never && \
         {{ /bin/sh {at}/app/run {at} & }} && read line <{at}/ready && \
         mkfifo {root}{at}/ready {root}{at}/never && \
         {{ chroot {root} /bin/sh {at}/app/run {at} & }} && read line <{root}{at}/ready",
        root = root.display(),
    );
    let answer = check_by_nobody_after(&script);
    answer.code(0).has(" 2 processes judged, 1 not by writable-code (");
}

/// Anyone may have written the first argument of a set-user-ID program, and a title is no path.
#[test]
fn a_first_argument_counts_only_where_it_is_what_root_ran() {
    let Some(place) = Place::of_root() else { return };
    place.dir("users", 0o755, ALICE, 0);
    copy_executable(support::specimen::specimen(), &place.at("appd"));
    own(&place.at("appd"), 0o755, 0, 0);
    let says = |argv0: &Path, code: i32| {
        let process = Specimen::called("").argv([argv0]).start_from(&place.at("appd"));
        check(process.pid(), "writable-code").run().code(code);
    };
    symlink(place.at("appd"), place.at("users/appd")).expect("a link");
    fs::write(place.at("users/data"), "").expect("a file");
    says(&place.at("users/appd"), 2);
    says(&place.at("users/data"), 0);
    says(&place.at("users/no such"), 0);
    says(Path::new("/tmp/nothing: a title"), 0);
    own(&place.at("appd"), 0o4755, 0, 0);
    says(&place.at("users/appd"), 0);
    own(&place.at("appd"), 0o755, 0, 0);
    if !has_attribute(&place.at("appd"), c"security.capability", &may_set_uid()) {
        return support::lacking("a file system with capabilities at /opt");
    }
    says(&place.at("users/appd"), 0);
}

/// What `setcap cap_setuid=ep` writes (`include/uapi/linux/capability.h`, version 2).
fn may_set_uid() -> Vec<u8> {
    [0x0200_0001_u32, 0x80, 0, 0, 0].iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// An ACL gives a user the right that the mode gives to nobody.
#[test]
fn an_acl_on_a_directory_above_counts() {
    let Some(place) = Place::of_root() else { return };
    let dir = place.dir("app", 0o755, 0, 0);
    place.dir("app/bin", 0o755, 0, 0);
    let process = place.start("app/bin/appd");
    check(process.pid(), "writable-code").run().code(0);
    for (rights, code) in [(7, 2), (5, 0)] {
        if !lets_alice(&dir, rights) {
            return support::lacking("a file system with ACLs at /opt");
        }
        for user in [None, Some(NOBODY)] {
            let check = check(process.pid(), "writable-code");
            let answer = user.into_iter().fold(check, Check::by_user).run();
            answer.code(code);
            if code == 2 {
                let dir = dir.display();
                answer.has(&format!("user {ALICE} may write {dir} by an ACL and can replace"));
                answer.has(&format!(": setfacl -x u:{ALICE} {dir}"));
            }
        }
    }
}

/// What `setfacl -m u:ALICE:RIGHTS` does (`include/uapi/linux/posix_acl_xattr.h`). Returns false if the
/// file system has no ACLs.
fn lets_alice(path: &Path, rights: u16) -> bool {
    let none = u32::MAX;
    let entries =
        [(1, 7, none), (2, rights, ALICE), (4, 5, none), (0x10, rights | 5, none), (0x20, 5, none)];
    let mut acl = 2_u32.to_le_bytes().to_vec();
    for (tag, rights, id) in entries {
        acl.extend(u16::to_le_bytes(tag));
        acl.extend(u16::to_le_bytes(rights));
        acl.extend(u32::to_le_bytes(id));
    }
    has_attribute(path, c"system.posix_acl_access", &acl)
}

/// Gives a file an extended attribute. Returns false if the file system has none of the kind.
fn has_attribute(path: &Path, name: &CStr, value: &[u8]) -> bool {
    let path = CString::new(path.as_os_str().as_bytes()).expect("a path");
    let (name, start) = (name.as_ptr(), value.as_ptr().cast());
    // SAFETY: the strings end in NUL, and the buffer is as long as it says.
    unsafe { libc::setxattr(path.as_ptr(), name, start, value.len(), 0) == 0 }
}

#[test]
fn all_that_is_wrong_on_the_way_is_mended_at_once() {
    let Some(place) = Place::of_root() else { return };
    let app = place.dir("app", 0o775, 0, 1).display().to_string();
    let bin = place.dir("app/bin", 0o777, ALICE, 0).display().to_string();
    let process = place.start("app/bin/appd");
    let answer = check(process.pid(), "writable-code").run();
    answer.code(2).has(&format!(": chmod g-w {app} && chown root {bin} && chmod o-w {bin}\n"));
}

/// A program outside of /usr may bring its own libraries.
#[test]
fn a_library_counts_as_what_its_program_runs() {
    let Some(place) = Place::of_root() else { return };
    copy_executable(Path::new("/bin/sh"), &place.at("appd"));
    own(&place.at("appd"), 0o755, 0, 0);
    let libc = libc_file();
    for (dir, owner) in [("users", ALICE), ("roots", 0)] {
        let copy = place.dir(dir, 0o755, owner, 0).join(libc.file_name().expect("a name"));
        fs::copy(&libc, &copy).expect("a library");
        own(&copy, 0o755, 0, 0);
    }
    let start = |program: &Path, dir: &str| {
        let mut command = Command::new(program);
        command.args(["-c", "echo up; read line"]).env("LD_LIBRARY_PATH", place.at(dir));
        Process::start(&mut command)
    };
    let (ours, systems) = (place.at("appd"), Path::new("/bin/sh"));
    for (program, dir, rules, code) in [
        (ours.as_path(), "users", "writable-code", 2),
        (ours.as_path(), "roots", "writable-code", 0),
        (systems, "users", "writable-code", 0),
        (systems, "users", "writable-code,outdated", 2),
    ] {
        let process = start(program, dir);
        let answer = check(process.pid(), rules).run();
        answer.code(code);
        if code == 2 {
            let users = place.at("users").display().to_string();
            answer.has(&format!("user {ALICE} owns {users} and can replace what it runs"));
        }
    }
    // One that is safe does not speak for another that was started by itself.
    let (_safe, preloaded) = (start(&ours, "roots"), start(&ours, "users"));
    check(preloaded.pid(), "writable-code").run().code(2);
    // One that is exempt does not hide another of the same program, whichever comes first.
    let both = [start(&ours, "users"), start(&ours, "users")];
    for process in &both {
        check(process.pid(), "writable-code").run().code(2);
    }
    // Nor do two execs that the kernel gave the same addresses.
    let fixed = |dir: &str| {
        let mut command = Command::new("setarch");
        command.arg("-R").arg(&ours).args(["-c", "echo up; read line"]);
        Process::start(command.env("LD_LIBRARY_PATH", place.at(dir)))
    };
    let (_safe, preloaded) = (fixed("roots"), fixed("users"));
    check(preloaded.pid(), "writable-code").run().code(2);
    // Nor does it hide its own fork.
    let mut forking = Command::new(&ours);
    forking.args(["-c", "exec 3<&0; (read line <&3) & echo up; read line"]);
    let forking = Process::start(forking.env("LD_LIBRARY_PATH", place.at("users")));
    for pid in [forking.pid(), child_of(forking.pid())] {
        check(pid, "writable-code").run().code(2);
    }
}

/// The kernel gives a long list in parts, and what was loaded first is in one of the last.
#[test]
fn a_library_among_many_counts() {
    let Some(place) = Place::of_root() else { return };
    copy_executable(Path::new("/usr/bin/perl"), &place.at("perl"));
    own(&place.at("perl"), 0o755, 0, 0);
    let libc = libc_file();
    let copy = place.dir("users", 0o755, ALICE, 0).join(libc.file_name().expect("a name"));
    fs::copy(&libc, &copy).expect("a library");
    let mut command = Command::new(place.at("perl"));
    command.args(["-MPOSIX", "-MSocket", "-MEncode", "-MStorable", "-MData::Dumper"]);
    command.args(["-e", "$| = 1; print qq(up\n); <STDIN>"]).env("LD_PRELOAD", &copy);
    let process = Process::start(&mut command);
    let maps = fs::read_to_string(format!("/proc/{}/maps", process.pid())).expect("maps");
    let at = maps.find(copy.to_str().expect("text")).expect("the library");
    assert!(at > 4096, "it is among the first");
    check(process.pid(), "writable-code").run().code(2).has(&format!("user {ALICE} owns "));
}

/// Its owner puts a new one there, for the next start to load.
#[test]
fn a_library_that_was_replaced_counts_and_one_that_was_removed_does_not() {
    let Some(place) = Place::of_root() else { return };
    copy_executable(Path::new("/bin/sh"), &place.at("appd"));
    own(&place.at("appd"), 0o755, 0, 0);
    let libc = libc_file();
    let copy = place.dir("users", 0o755, ALICE, 0).join(libc.file_name().expect("a name"));
    let put = |path: &Path| {
        fs::copy(&libc, path).expect("a library");
        own(path, 0o755, 0, 0);
    };
    put(&copy);
    let mut command = Command::new(place.at("appd"));
    command.args(["-c", "echo up; read line"]).env("LD_LIBRARY_PATH", place.at("users"));
    let process = Process::start(&mut command);
    put(&place.at("new"));
    fs::rename(place.at("new"), &copy).expect("renamed");
    check(process.pid(), "writable-code").run().code(2);
    fs::remove_file(&copy).expect("removed");
    check(process.pid(), "writable-code").run().code(0);
}

/// Drivers of graphics cards map devices that everyone may write.
#[test]
fn a_device_is_no_library() {
    let Some(place) = Place::of_root() else { return };
    let (device, file) = (place.at("zero"), place.at("file"));
    // Containers may not.
    let made = Command::new("mknod").arg(&device).args(["c", "1", "5"]).status();
    if !made.is_ok_and(|made| made.success()) || fs::File::open(&device).is_err() {
        return support::lacking("a device at /opt");
    }
    fs::write(&file, "code").expect("a file");
    copy_executable(support::specimen::specimen(), &place.at("appd"));
    own(&place.at("appd"), 0o755, 0, 0);
    for (path, code) in [(device, 0), (file, 2)] {
        own(&path, 0o666, 0, 0);
        let specimen = Specimen::called("").verb(format!("code={}", path.display()));
        let process = specimen.start_from(&place.at("appd"));
        check(process.pid(), "writable-code").run().code(code);
    }
}

/// The C library that this program runs.
fn libc_file() -> PathBuf {
    let maps = fs::read_to_string("/proc/self/maps").expect("maps");
    let paths = maps.lines().filter_map(|line| line.split_whitespace().nth(5)).map(PathBuf::from);
    let is_it = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("libc.so"))
    };
    paths.into_iter().find(is_it).expect("a C library")
}

#[test]
fn a_script_counts_as_what_its_interpreter_runs() {
    let Some(place) = Place::of_root() else { return };
    place.dir("app", 0o755, ALICE, 0);
    let awk = "BEGIN { print \"up\"; fflush(); getline }\n";
    for (command, text) in [("sh", "echo up\nread line\n"), ("awk -f", awk)] {
        for (script, code) in [("app/job", 2), ("job", 0)] {
            let path = place.at(script);
            fs::write(&path, text).expect("a script");
            own(&path, 0o755, 0, 0);
            let mut words = command.split(' ');
            let mut command = Command::new(words.next().expect("a program"));
            let process = Process::start(command.args(words).arg(&path));
            for user in [None, Some(NOBODY)] {
                let check = check(process.pid(), "writable-code");
                user.into_iter().fold(check, Check::by_user).run().code(code);
            }
        }
    }
}

#[test]
fn only_the_privileged_must_not_run_what_others_can_replace() {
    let Some(place) = Place::of_root() else { return };
    place.dir("app", 0o755, ALICE, 0);
    copy_executable(support::specimen::specimen(), &place.at("app/appd"));
    let user = format!("groups= gid={ALICE},{ALICE},{ALICE} uid={ALICE},{ALICE},{ALICE}");
    // CAP_SETUID is 0x80, CAP_NET_RAW 0x2000.
    let strong = format!("groups= keepcaps uid={ALICE},{ALICE},{ALICE} caps=80,80,0");
    let weak = format!("groups= keepcaps uid={ALICE},{ALICE},{ALICE} caps=2000,2000,0");
    // CAP_MAC_OVERRIDE and CAP_MKNOD.
    let with = |caps: &str| strong.replace("caps=80,80,0", &format!("caps={caps},{caps},0"));
    let (other_mac, disks) = (with("100000000"), with("8000000"));
    for (verbs, code) in [(user, 0), (strong, 2), (weak, 0), (other_mac, 2), (disks, 2)] {
        let verbs = verbs.split(' ');
        let specimen = verbs.fold(Specimen::called(""), Specimen::verb);
        let process = specimen.start_from(&place.at("app/appd"));
        check(process.pid(), "writable-code").run().code(code);
    }
}

#[test]
fn fileless_is_what_no_file_holds() {
    let Some(place) = Place::of_root() else { return };
    let process = place.start("upgraded");
    fs::remove_file(place.at("upgraded")).expect("removed");
    copy_executable(support::specimen::specimen(), &place.at("upgraded"));
    check(process.pid(), "fileless").run().code(0);
    fs::remove_file(place.at("upgraded")).expect("removed");
    let answer = check(process.pid(), "fileless").run();
    answer.code(2).has("upgraded is gone, so it runs what no file holds: if you removed that, put it back and restart it, or end it; if not, keep a copy");

    // Two are one finding, and the advice is about one of them.
    let in_memory = [run_from_memory(), run_from_memory()].map(|process| (process.pid(), process));
    let [first, second] = [in_memory[0].0, in_memory[1].0];
    let answer = Check::plugin("check_exposure")
        .args(["-t", "60", "--rules", "fileless"])
        .args(["--exempt", &format!("not-pid={first},not-pid={second}")])
        .run();
    answer.code(2).has(&format!("(pids {first} and 1 more, "));
    answer.has(&format!(
        "fileless: runs from memory (memfd), from no file: keep a copy of /proc/{first}/exe, find out who \
         started it, and end it"
    ));
}

/// An updater renames the old directory, puts a new one there, and removes the old.
#[test]
fn fileless_is_not_what_is_back_at_the_path_that_started_it() {
    let Some(place) = Place::of_root() else { return };
    place.dir("app", 0o755, 0, 0);
    let process = place.start("app/appd");
    fs::rename(place.at("app"), place.at("app.old")).expect("renamed");
    fs::remove_dir_all(place.at("app.old")).expect("removed");
    check(process.pid(), "fileless").run().code(2);
    place.dir("app", 0o755, 0, 0);
    copy_executable(support::specimen::specimen(), &place.at("app/appd"));
    check(process.pid(), "fileless").run().code(0);
    // Intruders call themselves after other programs.
    place.dir("evil", 0o755, 0, 0);
    copy_executable(support::specimen::specimen(), &place.at("evil/other"));
    for (exe, argv0, code) in
        [("evil/other", place.at("app/appd"), 2), ("evil/sh", "/usr/bin/sh".into(), 2)]
    {
        let copy = place.at(exe);
        copy_executable(support::specimen::specimen(), &copy);
        let process = Specimen::called("").argv([&argv0]).start_from(&copy);
        fs::remove_file(&copy).expect("removed");
        check(process.pid(), "fileless").run().code(code);
    }
}

/// An intruder chooses the first argument, so what counts is the program that it leads to.
#[test]
fn fileless_is_not_excused_by_a_path_to_another_program() {
    let Some(place) = Place::of_root() else { return };
    symlink("/usr/bin/bash", place.at("bash")).expect("a link");
    symlink("nothing", place.at("appd")).expect("a link");
    place.dir("2", 0o755, 0, 0);
    copy_executable(support::specimen::specimen(), &place.at("2/newd"));
    symlink(place.at("2"), place.at("current")).expect("a link");
    place.dir("gone", 0o755, 0, 0);
    for (name, argv0, code) in [
        ("bash", "/opt/../usr/bin/bash".into(), 2),
        ("bash", place.at("bash"), 2),
        ("appd", place.at("appd"), 2),
        ("newd", place.at("current/newd"), 0),
    ] {
        let exe = place.at("gone").join(name);
        let script = format!("exec -a {} \"$0\"", argv0.display());
        // In a mount namespace of its own, paths are below its root.
        for before in [&["bash", "-c"][..], &["unshare", "--mount", "bash", "-c"]] {
            copy_executable(support::specimen::specimen(), &exe);
            let before = [before, &[&script]].concat();
            let process = Specimen::called("").under(&before).start_from(&exe);
            fs::remove_file(&exe).expect("removed");
            check(process.pid(), "fileless").run().code(code);
        }
    }
}

/// Without his home a user could not log in.
#[test]
fn what_lies_in_a_home_is_to_be_moved_and_the_home_stays_its_owners() {
    let Some(place) = Place::of_root() else { return };
    let home = place.dir("home", 0o755, ALICE, 0).display().to_string();
    place.dir("home/bin", 0o755, ALICE, 0);
    let process = place.start("home/bin/appd");
    // Another mount of /etc/passwd knows alice.
    let passwd = place.at("passwd");
    let known = fs::read_to_string("/etc/passwd").expect("users");
    fs::write(&passwd, format!("{known}alice:x:{ALICE}:{ALICE}::{home}:/bin/sh\n"))
        .expect("written");
    let plugin = Installed::link("check_exposure");
    let script = format!("mount --bind {} /etc/passwd && exec \"$0\" \"$@\"", passwd.display());
    let answer = Check::program("/usr/bin/unshare")
        .args(["-m", "sh", "-c", &script, plugin.path().to_str().expect("text"), "-t", "60"])
        .args(["--rules", "writable-code", "--exempt", &format!("not-pid={}", process.pid())])
        .run();
    answer.code(2).has(&format!(
        "user alice owns {home} and can replace what it runs: move it out of {home}, to /usr/local for one"
    ));
    answer.lacks("chown");
}

/// The specimen, from a memfd.
fn run_from_memory() -> Process {
    let specimen = fs::read(support::specimen::specimen()).expect("the specimen");
    // SAFETY: the descriptor is new, and the file its only owner.
    let mut file = unsafe {
        let descriptor = libc::memfd_create(c"x".as_ptr(), 0);
        assert!(descriptor >= 0, "memfd_create");
        fs::File::from_raw_fd(descriptor)
    };
    std::io::Write::write_all(&mut file, &specimen).expect("written");
    let path = PathBuf::from(format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd()));
    Specimen::called("").start_from(&path)
}

#[test]
fn fileless_is_what_lies_where_anyone_may_put_files() {
    if !can(Need::Root) {
        return;
    }
    let shm = tempfile::tempdir_in("/dev/shm").expect("a directory");
    fs::set_permissions(shm.path(), fs::Permissions::from_mode(0o755)).expect("a mode");
    let path = shm.path().join(unique());
    copy_executable(support::specimen::specimen(), &path);
    let start = |uid: u32| {
        let verb = format!("uid={uid},{uid},{uid}");
        Specimen::called("").verb(verb).start_from(&path)
    };
    // Exempt, and judged by nobody, too: a rule that can judge no process at all is UNKNOWN.
    let _witness = start(33);
    // systemd made up 61200 for DynamicUser=.
    for (uid, code) in [(0, 2), (33, 2), (61_200, 2), (NOBODY, 2), (ALICE, 0)] {
        let process = start(uid);
        for user in [None, Some(NOBODY)] {
            let check = check(process.pid(), "fileless");
            let answer = user.into_iter().fold(check, Check::by_user).run();
            answer.code(code);
            if code == 2 {
                answer.has(
                    ", and anyone may put files into /dev/shm/: move it, if it is yours; if not, ",
                );
            }
        }
    }
}

/// Its interpreter lies elsewhere.
#[test]
fn fileless_is_a_script_where_anyone_may_put_files() {
    let Some(place) = Place::of_root() else { return };
    let shm = tempfile::tempdir_in("/dev/shm").expect("a directory");
    fs::set_permissions(shm.path(), fs::Permissions::from_mode(0o755)).expect("a mode");
    for (dir, code) in [(shm.path(), 2), (place.0.path(), 0)] {
        let script = dir.join("job");
        fs::write(&script, "echo up\nread line\n").expect("a script");
        let process = Process::start(Command::new("sh").arg(&script));
        let answer = check(process.pid(), "fileless").run();
        answer.code(code);
        if code == 2 {
            answer.has(&format!("fileless: runs {}, and anyone may put files", script.display()));
            check(process.pid(), "fileless").by_user(NOBODY).run().code(2);
        }
        let process = Process::start(Command::new("sh").arg("./job").current_dir(dir));
        check(process.pid(), "fileless").run().code(code);
    }
}

/// Installers and configuration management keep scripts of root's in `/tmp`, and intruders keep a daemon's
/// there.
#[test]
fn a_script_in_tmp_is_no_fault_of_roots() {
    if !can(Need::Root) {
        return;
    }
    for (dir, file, id, code) in [
        ("rpm-tmp.", "script", 0, 0),
        ("rpm-tmp.", "script", 33, 2),
        ("ansible-tmp-", "AnsiballZ_command.py", 33, 0),
        ("ansible-tmp-", "bot.py", 33, 2),
    ] {
        let dir = tempfile::Builder::new().prefix(dir).tempdir_in("/var/tmp").expect("a directory");
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).expect("a mode");
        let script = dir.path().join(file);
        fs::write(&script, "print('up', flush=True)\ninput()\n").expect("a script");
        let mut command = Command::new("/usr/bin/python3");
        let process = Process::start(command.arg(&script).uid(id).gid(id));
        check(process.pid(), "fileless").run().code(code);
    }
}

#[test]
fn open_args_are_found_on_the_command_line() {
    let start = |argv: &[&str]| Specimen::called(unique()).argv(argv).start();
    let open = start(&["/usr/sbin/mariadbd", "--skip-grant-tables", "--port=1"]);
    let answer = check(open.pid(), "open-args").run();
    answer
        .code(2)
        .has("open-args: --skip-grant-tables lets anyone in without a password; remove it");
    check(open.pid(), "open-args").by_user(NOBODY).run().code(2);
    for argv in [
        &["node", "--inspect=192.168.1.5:9229", "app.js"][..],
        &["/usr/sbin/mysqld", "--skip_grant_tables=1"],
        &["python3", "-m", "debugpy", "--listen", "0.0.0.0:5678", "app.py"],
    ] {
        check(start(argv).pid(), "open-args").run().code(2);
    }
    for argv in [
        &["/usr/sbin/mariadbd", "--port=1"][..],
        &["node", "--inspect=127.0.0.1:9229", "app.js"],
        &["/usr/sbin/mysqld", "--skip_grant_tables=0"],
        &["mysql", "--skip-grant-tables"],
        &["dockerd", "-H", "tcp://10.0.0.1:2376", "--tlsverify"],
        &["node", "app.js", "--inspect=0.0.0.0"],
    ] {
        check(start(argv).pid(), "open-args").run().code(0);
    }
}

/// A title that has the arguments in it is as good as they are; others say nothing.
#[test]
fn open_args_are_found_in_the_title_of_a_real_daemon() {
    if !can(Need::Root) {
        return;
    }
    let sshd = Path::new("/usr/sbin/sshd");
    if !sshd.exists() {
        return support::lacking("sshd");
    }
    let dir = tempfile::tempdir().expect("a directory");
    let key = dir.path().join("key");
    let mut keygen = Command::new("ssh-keygen");
    keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key);
    assert!(keygen.status().expect("ssh-keygen").success());
    // A new mount of /run is its own to write in, and a new network has all ports free.
    let script = "mount -t tmpfs -o mode=755 none /run && mkdir /run/sshd && exec \"$0\" \"$@\"";
    for (option, code) in [("PermitEmptyPasswords=yes", 2), ("PermitEmptyPasswords=no", 0)] {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--net", "sh", "-c", script]).arg(sshd);
        command.args(["-D", "-f", "/dev/null", "-p", "2222", "-h"]).arg(&key);
        let daemon = Killed(command.args(["-o", option]).spawn().expect("unshare"));
        let cmdline = format!("/proc/{}/cmdline", daemon.0.id());
        until("it has its title", || {
            fs::read(&cmdline).is_ok_and(|title| title.starts_with(b"sshd: "))
        });
        let answer = check(daemon.0.id(), "open-args").by_user(NOBODY).run();
        answer.code(code);
        if code == 2 {
            answer.has("open-args: -o PermitEmptyPasswords=yes lets anyone in without a password");
        }
    }
}

/// A child that ends with the test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn nothing_hostile_gets_out() {
    let evil = "--inspect=0.0.0.0:\n|\x1b[31m\u{202e}";
    let process = Specimen::called(unique()).argv(["node", evil]).start();
    let answer = check(process.pid(), "open-args").run();
    answer.code(2).has("--inspect=0.0.0.0:\\n\\x7c\\x1b[31m\\u{202e}");
    let long = format!("--inspect=0.0.0.0:{}", "9".repeat(100_000));
    let process = Specimen::called(unique()).argv(["node", &long]).start();
    check(process.pid(), "open-args").run().code(2);
}

#[test]
fn a_path_of_any_length_and_form_is_no_trouble() {
    let Some(place) = Place::of_root() else { return };
    symlink("loop", place.at("loop")).expect("a link");
    let long = format!("/{}", "x/".repeat(2040));
    let looped = place.at("loop").join("x").to_str().expect("text").to_owned();
    for argv in [["sh", &long], ["sh", &looped], ["python3", "/a\n|b"], ["perl", "-"]] {
        let process = Specimen::called(argv[0]).argv(argv).start();
        check(process.pid(), "writable-code").by_user(NOBODY).run();
    }
}

/// Runs the check where `setup` has made `/run` what it should be.
fn check_with_run(setup: &str, args: &[&str]) -> Answer {
    let plugin = Installed::link("check_exposure");
    let script = format!("mount -t tmpfs -o mode=755 none /run && {setup} && exec \"$0\" \"$@\"");
    let plugin_path = plugin.path().to_str().expect("text");
    Check::program("/usr/bin/unshare")
        .args(["-m", "sh", "-c", &script, plugin_path, "-t", "60"])
        .args(["--rules", "open-socket", "--exempt", "pid=1-"])
        .args(args)
        .run()
}

#[test]
fn a_socket_that_makes_root_is_for_few() {
    let Some(place) = Place::of_root() else { return };
    let path = place.at("docker.sock");
    let socket = UnixListener::bind(&path).expect("a socket");
    let mount =
        |target: &str| format!("touch {target} && mount --bind {} {target}", path.display());
    for (mode, code) in [(0o666, 2), (0o660, 0)] {
        own(&path, mode, 0, 0);
        let answer = check_with_run(&mount("/run/docker.sock"), &[]);
        assert_eq!(answer.counted("open-socket"), u32::from(code == 2));
        answer.code(code);
        if code == 2 {
            answer.has("open-socket: everyone may write /run/docker.sock (mode 0666)");
            answer.has("and so become root: chmod 0660 /run/docker.sock, and see SocketMode= of docker.socket");
            assert!(answer.lines()[1].starts_with("CRITICAL open-socket: everyone "), "{answer}");
            answer.has("; if it is meant, --exempt-rule open-socket:/run/docker.sock\n");
            let check = |args: &[&str]| check_with_run(&mount("/run/docker.sock"), args);
            check(&["--warn-on=open-socket"]).code(1);
            let exemption = "open-socket:/run/docker.sock # for the builders";
            let exempt = check(&["-v", "--exempt-rule", exemption]);
            exempt.code(0).has("processes judged, 1 exempt");
            assert_eq!((exempt.counted("open-socket"), exempt.counted("exempt")), (0, 1));
            exempt.has("exempt by /run/docker.sock (for the builders): open-socket: everyone may");
            let other = check(&["-v", "--exempt-rule", "open-socket:/run/podman/podman.sock"]);
            other.code(2).has("exemption open-socket:/run/podman/podman.sock matches no finding");
        }
    }
    own(&path, 0o666, 0, 0);
    // Nobody gets there.
    let hidden = format!("mkdir -m 700 /run/podman && {}", mount("/run/podman/podman.sock"));
    check_with_run(&hidden, &[]).code(0);
    // Another socket.
    check_with_run(&mount("/run/cups.sock"), &[]).code(0);
    // The question is not heard: the daemon has no connection to accept.
    socket.set_nonblocking(true).expect("a mode");
    assert!(socket.accept().is_err());
    // Nobody listens any more.
    drop(socket);
    check_with_run(&mount("/run/docker.sock"), &[]).code(0);
}

#[test]
fn a_container_with_the_socket_is_the_host() {
    let Some(place) = Place::of_root() else { return };
    let path = place.at("docker.sock");
    let _socket = UnixListener::bind(&path).expect("a socket");
    fs::write(place.at("file"), "").expect("a file");
    let mount = format!("mount --bind {0}/docker.sock {0}/file", place.0.path().display());
    for (setup, code) in [(mount.as_str(), 1), ("true", 0)] {
        let script = format!("{setup} && exec \"$0\" \"$@\"");
        let container = ["unshare", "--mount", "--pid", "--fork", "sh", "-c", &script];
        let process = Specimen::called(unique()).under(&container).start();
        let inside = child_of(process.pid());
        let answer = check(inside, "open-socket").run();
        answer.code(code);
        if code == 1 {
            answer.has("docker.sock is mounted in its container, which can become root");
            check(inside, "open-socket").arg("--crit-on=open-socket").run().code(2);
        }
    }
}

/// The one child of a process.
fn child_of(pid: u32) -> u32 {
    let children = format!("/proc/{pid}/task/{pid}/children");
    let children = fs::read_to_string(children).expect("the children");
    children.trim().parse().expect("one child")
}

#[test]
fn a_privileged_container_is_one_in_the_hosts_user_namespace() {
    if !can(Need::Root) {
        return;
    }
    for (namespaces, code) in
        [(&["--pid", "--fork"][..], 1), (&["--user", "--map-root-user", "--pid", "--fork"], 0)]
    {
        let container = [&["unshare"], namespaces].concat();
        let process = Specimen::called(unique()).under(&container).start();
        let answer = check(child_of(process.pid()), "privileged-container").run();
        answer.code(code);
        if code == 1 {
            answer.has("in a container) privileged-container: holds cap_dac_read_search, ");
            answer.has(" on the host, without a seccomp filter; start the container without");
        }
    }
    let process = Specimen::called(unique()).start();
    check(process.pid(), "privileged-container").run().code(0);
}

#[test]
fn umask_is_about_daemons_and_root() {
    if !can(Need::Root) {
        return;
    }
    let start = |umask: &str, verb: &str| {
        let script = format!("umask {umask}; exec \"$0\" \"$@\"");
        Specimen::called(unique()).verb(verb).under(&["sh", "-c", &script]).start()
    };
    for (umask, verb, code) in [
        ("000", "uid=0,0,0", 1),
        ("000", "uid=33,33,33", 1),
        ("002", "uid=0,0,0", 0),
        ("000", &format!("uid={ALICE},{ALICE},{ALICE}"), 0),
    ] {
        let process = start(umask, verb);
        check(process.pid(), "umask").by_user(NOBODY).run().code(code);
    }
}

#[test]
fn a_secret_on_a_command_line_is_found_and_never_printed() {
    let start = |argv: &[&str]| Specimen::called(unique()).argv(argv).start();
    for argv in [
        &["appd", "--db-password", "hunter2"][..],
        &["appd", "--token=hunter2"],
        &["mysql", "-phunter2"],
        &["appd", "redis://app:hunter2@db/0"],
        &["curl", "-H", "Authorization: Bearer hunter2", "http://h"],
        &["curl", "-H", "X-Api-Key: hunter2", "http://h"],
        &["curl", "-HX-Api-Key: hunter2", "http://h"],
        &["wget", "--header=PRIVATE-TOKEN: hunter2", "http://h"],
        &["curl", "--oauth2-bearer", "hunter2", "http://h"],
        &["docker", "login", "-u", "bob", "-p", "hunter2"],
        &["sh", "-c", "curl -H \"X-Api-Key: hunter2\" http://h"],
        &["appd", "--private-key", "-----BEGIN PRIVATE KEY-----\nhunter2"],
        &["appd", "ghp_hunter2hunter2hunter2"],
    ] {
        let process = start(argv);
        let answer = check(process.pid(), "secret-args").by_user(NOBODY).arg("-vvv").run();
        answer.code(1).has("secret-args: every user may read the secret after ");
        answer.lacks("hunter2");
    }
    // A title that goes on where the kernel cuts the name.
    let name = "abcdefghijklmno";
    let process = Specimen::called(name).argv([format!("{name}: password=hunter2")]).start();
    let answer = check(process.pid(), "secret-args").arg("-vvv").run();
    answer.code(1).lacks("hunter2");
    for argv in [
        &["appd", "--password-file=hunter2"][..],
        &["appd", "--token", "/run/secrets/token"],
        &["appd", "--ssl-key=hunter2"],
        &["curl", "-H", "X-Api-Key: $KEY", "http://h"],
        &["mail", "-s", "password: changed"],
        &["docker", "run", "-p", "8080:80", "nginx"],
        &["etcd", "--initial-cluster-token", "etcd-cluster-1", "--auth-token=simple"],
        &["nats", "--creds", "user.creds", "sub", "x"],
        &["qemu-system-x86_64", "-drive", "file.password-secret=sec0"],
    ] {
        check(start(argv).pid(), "secret-args").run().code(0);
    }
    if can(Need::Root) {
        let process = start(&["appd", "--token=hunter2"]);
        check(process.pid(), "secret-args").with_proc("hidepid=2").run().code(0);
    }
}

#[test]
fn outdated_is_code_that_was_replaced() {
    let Some(place) = Place::of_root() else { return };
    let process = place.start("appd");
    check(process.pid(), "outdated").args(["--grace", "0s"]).run().code(0);
    fs::remove_file(place.at("appd")).expect("removed");
    let answer = check(process.pid(), "outdated").run();
    answer.code(1).has("appd, which was removed at an unknown time; restart it");
    copy_executable(support::specimen::specimen(), &place.at("appd"));
    let answer = check(process.pid(), "outdated").args(["--grace", "0s"]).run();
    answer.code(1).has("appd as it was until ").has("s ago; restart it");
    check(process.pid(), "outdated").run().code(0);
    let refused = Check::plugin("check_exposure").args(["--grace", "1d"]).run();
    refused.code(3).has("--grace does nothing while outdated is off");
}

#[test]
fn loader_env_is_what_others_can_write() {
    let Some(place) = Place::of_root() else { return };
    let open = place.dir("open", 0o755, ALICE, 0).display().to_string();
    let shut = place.dir("shut", 0o755, 0, 0).display().to_string();
    let start = |variable: &str, dir: &str| {
        let script = format!("cd {dir}; exec env {variable} \"$0\" \"$@\"");
        Specimen::called(unique()).under(&["sh", "-c", &script]).start()
    };
    for (variable, dir, code) in [
        (format!("PYTHONPATH=/usr/lib:{open}"), "/", 2),
        (format!("PYTHONPATH={shut}"), "/", 0),
        ("LD_LIBRARY_PATH=/usr/lib:".into(), open.as_str(), 2),
        ("LD_LIBRARY_PATH=/usr/lib:".into(), "/", 0),
        (format!("LD_LIBRARY_PATH='/usr/lib;{open}'"), "/", 2),
        ("LD_LIBRARY_PATH='$PLATFORM/lib'".into(), open.as_str(), 0),
        (format!("BASH_ENV={open}/env"), "/", 2),
        (format!("PHP_INI_SCAN_DIR=:{open}"), "/", 2),
        (format!("LD_PRELOAD='libfrob.so {open}/x.so'"), "/", 2),
        (format!("FROB={open}"), "/", 0),
    ] {
        let process = start(&variable, dir);
        let answer = check(process.pid(), "loader-env").run();
        answer.code(code);
        if code == 2 {
            answer
                .has("loads code from where others can write: ")
                .has("/open and can replace what it runs: chown root ");
        }
    }
    // Whoever starts a set-user-ID program chooses its environment, which the loader does not heed.
    copy_executable(support::specimen::specimen(), &place.at("raised"));
    own(&place.at("raised"), 0o4755, 0, 0);
    let mut command = Command::new(place.at("raised"));
    let process = Process::start(command.env("LD_LIBRARY_PATH", &open));
    check(process.pid(), "loader-env").run().code(0);
    let process = start("PYTHONPATH=/usr/lib", "/");
    let answer = check(process.pid(), "default,loader-env").by_user(NOBODY).run();
    answer.has(" not by ").has("loader-env").has("may not be read; run as root to see)");
    let answer = check(process.pid(), "loader-env").by_user(NOBODY).run();
    answer.code(3).has("loader-env cannot judge ").has("environ may not be read");
}

#[test]
fn a_relative_script_is_below_the_working_directory() {
    let Some(place) = Place::of_root() else { return };
    for (dir, owner, code) in [("open", ALICE, 2), ("shut", 0, 0)] {
        let dir = place.dir(dir, 0o755, owner, 0);
        fs::write(dir.join("job"), "echo up\nread line\n").expect("a script");
        let process = Process::start(Command::new("sh").arg("job").current_dir(&dir));
        check(process.pid(), "writable-code").run().code(code);
    }
}

/// `python -m` looks for a module where it stands. The interpreter may have another name.
#[test]
fn a_module_and_a_script_under_another_name_count() {
    let Some(place) = Place::of_root() else { return };
    let python = Path::new("/usr/bin/python3");
    if !python.exists() {
        return support::lacking("python3");
    }
    for (dir, owner, code) in [("open", ALICE, 2), ("shut", 0, 0)] {
        let dir = place.dir(dir, 0o755, owner, 0);
        fs::write(dir.join("mod.py"), "print('up', flush=True)\ninput()\n").expect("a module");
        let start = |flags: &str| {
            let mut command = Command::new(python);
            Process::start(command.args(flags.split(' ')).current_dir(&dir))
        };
        check(start("-m mod").pid(), "writable-code").run().code(code);
        let script = dir.join("mod.py").display().to_string();
        let renamed = format!("exec -a appd {} {script}", python.display());
        let process = Process::start(Command::new("bash").args(["-c", &renamed]));
        for user in [None, Some(NOBODY)] {
            let check = check(process.pid(), "writable-code");
            user.into_iter().fold(check, Check::by_user).run().code(code);
        }
        // Isolated, it looks only at its own.
        check(start("-Ium timeit -n1 -r1 print('up');input()").pid(), "writable-code")
            .run()
            .code(0);
    }
}

/// Traces a process until it is dropped.
struct Tracer(Option<mpsc::Sender<()>>, Option<std::thread::JoinHandle<()>>);

impl Tracer {
    fn of(process: &Process) -> Self {
        let pid = libc::pid_t::try_from(process.pid()).expect("a pid");
        let (end, ended) = mpsc::channel::<()>();
        let (begin, begun) = mpsc::channel();
        let trace = move || {
            // SAFETY: it reads and writes no memory.
            let seized = unsafe { libc::ptrace(libc::PTRACE_SEIZE, pid, 0, 0) };
            begin.send(seized).expect("the test waits");
            // It is let go when this thread ends.
            let _ = ended.recv();
        };
        let thread = std::thread::spawn(trace);
        assert_eq!(begun.recv(), Ok(0), "ptrace");
        Self(Some(end), Some(thread))
    }
}

impl Drop for Tracer {
    fn drop(&mut self) {
        self.0.take();
        let _ = self.1.take().map(std::thread::JoinHandle::join);
    }
}

#[test]
fn traced_is_what_lasts() {
    if !can(Need::Root) {
        return;
    }
    let process = Specimen::called(unique()).start();
    check(process.pid(), "traced").run().code(0);
    let tracer = Tracer::of(&process);
    for user in [None, Some(NOBODY)] {
        let check = check(process.pid(), "traced");
        let answer = user.into_iter().fold(check, Check::by_user).run();
        answer.code(1).has("traced: traced by ");
        answer.has(", user root); end it if it was forgotten");
    }
    // What ends between the two looks was a crash handler, or gdb's batch.
    let running = between_scans(Duration::from_secs(1), || check(process.pid(), "traced"));
    drop(tracer);
    running.go_on().code(0).has("1 settled after 1 s");
    let user = Specimen::called(unique()).verb(format!("uid={ALICE},{ALICE},{ALICE}")).start();
    let _tracer = Tracer::of(&user);
    check(user.pid(), "traced").run().code(0);
}

#[test]
fn what_is_out_of_sight_is_counted_and_unknown_only_if_it_was_asked_for() {
    let tree = Tree::new();
    // A recorded tree has no files to look at.
    tree.add(&Recorded { exe: None, ..Recorded::new(7, "appd").argv(&["appd"]) });
    let run = |args: &[&str]| {
        let root = ["--proc-root".as_ref(), tree.path().as_os_str()];
        Check::plugin("check_exposure").args(root).args(args).run()
    };
    let answer = run(&[]);
    answer.code(0).has("nothing is exposed; 1 process judged, 1 not by writable-code and fileless");
    answer.has("(exe is missing)");
    for rule in ["fileless", "writable-code"] {
        let answer = run(&["--rules", rule]);
        answer.code(3).has(&format!("{rule} cannot judge 1 process: exe is missing (pid 7)"));
    }
    run(&["--rules", "default,traced"]).code(0);
    run(&["-v"]).has("1 process not judged by writable-code and fileless: exe is missing (pid 7)");
}

#[test]
fn exemptions_and_severities_are_those_of_the_engine() {
    let process = Specimen::called(unique()).argv(["mongod", "--noauth"]).start();
    let pid = process.pid();
    check(pid, "open-args").arg("--warn-on=open-args").run().code(1);
    let by = format!("open-args:pid={pid} # a test");
    let answer = check(pid, "open-args").args(["--exempt-rule", &by, "-v"]).run();
    answer.code(0).has("1 exempt").has(&format!("exempt by pid={pid} (a test)"));
    let file = tempfile::NamedTempFile::new().expect("a file");
    let exempt_from = ["--exempt-from", file.path().to_str().expect("text"), "-v"];
    fs::write(file.path(), format!("open-arg:pid={pid}\n")).expect("the file");
    let answer = check(pid, "open-args").args(exempt_from).run();
    answer.code(2).has("there is no rule 'open-arg', perhaps open-args; a process of that name is");
    fs::write(file.path(), "open-args:gone # was\ntmux: server\n").expect("the file");
    let answer = check(pid, "open-args").args(exempt_from).run();
    answer.code(2).has("exemption open-args:gone (was) matches no finding");
    answer.has("exemption tmux: server matches no finding");
    let run = |args: &[&str]| Check::plugin("check_exposure").args(args).run();
    run(&["--exempt=open-args:appd"]).code(3).has("write --exempt-rule open-args:appd");
    run(&["--exempt=writable-cod:appd"]).code(3).has(
        "there is no rule 'writable-cod', perhaps writable-code; a process of that name is name=",
    );
    run(&["--warn-on=umask"]).code(3).has("--warn-on does nothing while umask is off");
    run(&["--rules=frob"])
        .code(3)
        .has("there is no rule 'frob'; rules are writable-code, fileless");
}

/// What services ask for, and daemons that were started by hand.
#[test]
fn services_are_compared_with_their_files() {
    if !can(Need::Root) || !can(Need::UnitGroups) {
        return;
    }
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut command = Command::new("timeout");
    command.arg("300").arg("bash").arg(tests.join("suggest/host.sh"));
    command.arg(support::check::binary()).arg(tests.join("exposure/units.sh"));
    let done = command.output().expect("host.sh");
    let said = String::from_utf8_lossy(&done.stdout) + String::from_utf8_lossy(&done.stderr);
    if done.status.code() == Some(77) {
        return support::lacking(&said);
    }
    assert!(done.status.success() && !said.contains("WRONG"), "{:?}\n{said}", done.status);
}

#[test]
fn containers_are_left_out_unless_they_are_asked_for() {
    let plugin = Installed::link("check_exposure");
    let help = Command::new(plugin.path()).arg("--help").output().expect("help");
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    assert!(help.contains("[default: exclude]") && !help.contains("[default: include]"), "{help}");
    if !can(Need::Root) {
        return;
    }
    let container = ["unshare", "--pid", "--fork"];
    let script = "exec -a mongod \"$0\" --noauth";
    let command = [&container[..], &["bash", "-c", script]].concat();
    let process = Specimen::called(unique()).under(&command).start();
    let inside = child_of(process.pid());
    check(inside, "open-args").run().code(0);
    for containers in ["include", "only"] {
        check(inside, "open-args").args(["--containers", containers]).run().code(2);
    }
    let host = Specimen::called(unique()).argv(["mongod", "--noauth"]).start();
    check(host.pid(), "open-args").args(["--containers", "only"]).run().code(0);
}

#[test]
fn a_process_that_is_hidden_is_unknown() {
    if !can(Need::Root) {
        return;
    }
    let process = Specimen::called(unique()).start();
    until("it is there", || Path::new(&format!("/proc/{}", process.pid())).exists());
    let answer = check(process.pid(), "open-args").with_proc("hidepid=2").by_user(NOBODY).run();
    answer.code(3).has("hides other users' processes (hidepid=");
}

/// This machine's own systemd, booted in namespaces with a few daemons.
#[test]
fn on_a_host_with_systemd_a_days_work_is_no_alarm_and_each_fault_is() {
    if !can(Need::Root) || !can(Need::UnitGroups) {
        return;
    }
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut command = Command::new("timeout");
    command.arg("300").arg("bash").arg(tests.join("suggest/host.sh"));
    command.arg(support::check::binary()).arg(tests.join("exposure/day.sh"));
    let done = command.output().expect("host.sh");
    let said = String::from_utf8_lossy(&done.stdout) + String::from_utf8_lossy(&done.stderr);
    if done.status.code() == Some(77) {
        return support::lacking(&said);
    }
    assert!(done.status.success() && !said.contains("WRONG"), "{:?}\n{said}", done.status);
}
