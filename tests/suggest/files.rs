//! Where the text goes, and in which words.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use std::process::{Command, Output};

use super::super::support::check::{Check, binary};
use super::super::support::tree::{Recorded, Tree};

fn host() -> Tree {
    let tree = Tree::new();
    let cgroup = "0::/system.slice/a.service\n".to_owned();
    tree.add(&Recorded { cgroup, ..Recorded::new(10, "alpha") });
    tree
}

fn suggest(tree: &Tree, args: &[&str]) -> Output {
    let mut command = Command::new(binary());
    command.args(["suggest", "--proc-root"]).arg(tree.path()).args(args).output().unwrap()
}

fn printed(output: &[u8]) -> &str {
    std::str::from_utf8(output).unwrap()
}

#[test]
fn a_file_is_made_and_never_overwritten() {
    let (tree, dir) = (host(), tempfile::tempdir().unwrap());
    let path = dir.path().join("daemons");
    let shown = path.to_str().unwrap();
    let done = suggest(&tree, &["-o", shown]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    assert!(printed(&done.stdout).starts_with(&format!("made {shown}: 2 specs for 1 daemon;")));
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(&format!("--specs-from {shown} --recheck 5\n")), "{text}");
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o133, 0, "data, for all to read");

    let done = suggest(&tree, &["-o", shown]);
    assert_eq!(done.status.code(), Some(3), "{done:?}");
    assert!(printed(&done.stderr).contains("is not overwritten"), "{done:?}");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);

    let (link, target) = (dir.path().join("link"), dir.path().join("target"));
    symlink(&target, &link).unwrap();
    let done = suggest(&tree, &["-o", link.to_str().unwrap()]);
    assert_eq!(done.status.code(), Some(3), "{done:?}");
    assert!(!target.exists());
}

#[test]
fn a_file_that_cannot_be_written_is_taken_away() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let (tree, dir) = (host(), tempfile::tempdir().unwrap());
    let path = dir.path().join("daemons");
    let limited = Command::new("sh")
        .args(["-c", "ulimit -f 0; exec \"$0\" suggest --proc-root \"$1\" -o \"$2\""])
        .args([binary(), tree.path(), &path])
        .output()
        .unwrap();
    assert_eq!(limited.status.code(), Some(3), "{limited:?}");
    assert!(!path.exists());
}

#[test]
fn every_format_says_the_same() {
    let tree = host();
    let spec = "alpha,user=root,not-parent=alpha,label=alpha:1-1";
    for (format, parts) in [
        ("specs", vec![spec]),
        ("icinga2", vec!["vars.daemons = [\n\t\"", spec, "\"\n]\n"]),
        ("director", vec!["{\n  \"vars\": {\n    \"daemons\": [\n", spec]),
        ("nagios", vec!["define service {", "check_procwarden_nrpe!check_daemons"]),
        (
            "nrpe",
            vec![
                "\ncommand[check_daemons]=",
                "/check_proccount --specs-from /etc/procwarden/daemons --recheck 5\n",
            ],
        ),
        (
            "mon",
            vec![
                "monitor check_proccount.monitor --specs-from /etc/procwarden/daemons --recheck 5 ;;\n",
            ],
        ),
    ] {
        let done = suggest(&tree, &["--format", format]);
        assert_eq!(done.status.code(), Some(0), "{done:?}");
        for part in parts {
            assert!(printed(&done.stdout).contains(part), "{format}: {}", printed(&done.stdout));
        }
    }
}

#[test]
fn what_is_wrong_is_an_error() {
    let tree = host();
    for (args, part) in [
        (vec!["--frob"], "unexpected argument '--frob'"),
        (vec!["--format", "zabbix"], "invalid value 'zabbix'"),
        (vec!["--compare", "/nonexistent"], "cannot read /nonexistent"),
        (vec!["--units-from", "/dev/null"], "/dev/null: it describes no unit"),
        (vec!["-o", "/nonexistent/daemons"], "create its directory first"),
    ] {
        let done = suggest(&tree, &args);
        assert_eq!(done.status.code(), Some(3), "{done:?}");
        assert!(printed(&done.stderr).contains(part), "{done:?}");
        assert!(done.stdout.is_empty(), "{done:?}");
    }
    let help = suggest(&tree, &["--help"]);
    assert_eq!(help.status.code(), Some(0), "{help:?}");
    assert!(printed(&help.stdout).contains("--compare <FILE>"), "{help:?}");
}

#[test]
fn all_files_are_made_that_this_host_needs() {
    let tree = host();
    let cgroup = "0::/system.slice/busy.service\n".to_owned();
    let busy = Recorded { cgroup, label: Some(b"busy_t".to_vec()), ..Recorded::new(11, "busy") };
    tree.add(&Recorded { times: [2_000_000, 0], ..busy });
    let context = b"system_u:system_r:gamma_t:s0\0".to_vec();
    let cgroup = "0::/system.slice/gamma.service\n".to_owned();
    let gamma = Recorded { cgroup, label: Some(context), ..Recorded::new(12, "gamma") };
    tree.add(&Recorded { uid: [0, 33, 0, 33], gid: [33; 4], ..gamma });
    let dir = tempfile::tempdir().unwrap();
    let shown = dir.path().to_str().unwrap();
    let done = suggest(&tree, &["--all", "-o", shown]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let read = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap_or_default();
    assert!(read("daemons").contains(&format!("--specs-from {shown}/daemons --recheck 5\n")));
    assert!(
        read("cpu").ends_with("\n\nbusy,user=root  # 40 % of a core over 13h\n"),
        "{}",
        read("cpu")
    );
    let line = "\n\nuid-regain:gamma,user=www-data  # uid 0/33/0 gid 33/33/33 groups none\n";
    assert!(read("privdrop").ends_with(line), "{}", read("privdrop"));
    let line = "\ngamma_t,name=gamma,label=gamma in gamma_t:1-\n";
    assert!(read("domains").ends_with(line), "{}", read("domains"));

    // A file that is there is kept, and the others are made.
    fs::remove_file(dir.path().join("cpu")).unwrap();
    fs::write(dir.path().join("daemons"), "alpha\n").unwrap();
    let done = suggest(&tree, &["--all", "-o", shown]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let said = printed(&done.stdout);
    assert!(said.starts_with(&format!("kept {shown}/daemons, which is there already\n")), "{said}");
    assert!(said.contains(&format!("\nmade {shown}/cpu\n")), "{said}");
    assert_eq!(read("daemons"), "alpha\n");
}

/// A check that names a file of exemptions works where nothing needs one. Without a spec there is
/// nothing to check.
#[test]
fn files_without_a_line_are_of_use_or_not_made() {
    let (tree, dir) = (host(), tempfile::tempdir().unwrap());
    let done = suggest(&tree, &["--all", "-o", dir.path().to_str().unwrap()]);
    assert!(printed(&done.stdout).contains("\nno domains: no daemon here is confined"), "{done:?}");
    for (plugin, file) in [("check_proccpu", "cpu"), ("check_privdrop", "privdrop")] {
        let path = dir.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.ends_with("\n\n# Nothing here needs an exemption now.\n"), "{text}");
        let check = Check::plugin(plugin).arg("--proc-root").arg(tree.path());
        let check = if file == "cpu" { check.args(["--lifetime-warning", "100"]) } else { check };
        check.arg("--exempt-from").arg(path).run().code(0);
    }
}
