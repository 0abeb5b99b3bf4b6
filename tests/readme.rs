//! The words are true: the README's commands run as they stand there, and what pages and examples name is
//! there.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod support;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use regex::Regex;

use support::check::Check;
use support::tree::{Recorded, Tree};
use support::{Need, can, lacking};

/// Begins what a command of the README printed.
const MARK: &str = "\n==> ";

/// Lines of the README's `sh` blocks below this heading that are no comments.
fn commands(heading: &str) -> Vec<&'static str> {
    let (_, readme) = include_str!("../README.md").split_once(heading).unwrap();
    let blocks = readme.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.flat_map(str::lines).filter(|line| !line.starts_with('#')).collect()
}

/// What a reader does from the first suggestion to the last check, in that order, on a scratch copy
/// of this machine. All processes are its own, and one of them is a daemon.
#[test]
fn the_way_through_the_readme_works() {
    if !can(Need::Root) || !can(Need::PidNamespace) || !can(Need::MountNamespace) {
        return;
    }
    let links = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let binary = env!("CARGO_BIN_EXE_procwarden");
    let made = Command::new(binary).arg("link").arg(links.path()).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    let commands = commands("## Let it suggest");
    assert!(commands.len() >= 15, "{commands:?}");
    // The daemon is young, and nothing is in a unit.
    let mut script = format!(
        "cp $(command -v sleep) /usr/local/sbin/procwarden-tour
        procwarden-tour 1000 &
        procwarden() {{
            subcommand=$1 && shift
            [ $subcommand != suggest ] || set -- --min-age 1s \"$@\"
            {binary} $subcommand \"$@\"
        }}
        PATH=$PATH:{}
        for try in $(seq 600); do procwarden suggest | grep -q ^procwarden-tour && break; sleep 0.1; done\n",
        links.path().display()
    );
    for command in &commands {
        script.push_str(&format!("echo '{MARK}{command}'; {command} 2>&1; echo \"=> $?\"\n"));
    }
    let source = env!("CARGO_MANIFEST_DIR");
    let mut scratch = Command::new(Path::new(source).join("tests/packages/scratch.sh"));
    scratch.args([source, "unshare", "--cgroup", "bash", "-c", &script]);
    let output = scratch.output().unwrap();
    if output.status.code() == Some(77) {
        lacking("overlayfs");
        return;
    }
    let text = String::from_utf8(output.stdout).unwrap();
    let said = text.split(MARK).skip(1).collect::<Vec<_>>();
    assert_eq!(said.len(), commands.len(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    for (command, said) in commands.iter().zip(said) {
        let is_right = if command.starts_with("check_") {
            let verdicts = ["is OK: ", "is WARNING: ", "is CRITICAL: "];
            verdicts.iter().any(|verdict| said.contains(verdict))
        } else {
            said.ends_with("=> 0\n")
        };
        assert!(is_right, "{said}");
    }
    let suggested = "PROCCOUNT is OK: procwarden-tour 1, ";
    assert!(text.contains(suggested), "{text}");
}

#[test]
fn the_first_command_is_a_check_of_this_machine() {
    let first = commands("## Try it")[0];
    let arguments = first.split_once("-- ").unwrap().1.split(' ').collect::<Vec<_>>();
    let mut text = String::new();
    // A machine that tests have been busy on may be slow to reap their dead.
    let give_up = Instant::now() + Duration::from_secs(60);
    while !text.starts_with("PROCCOUNT is OK: user=root ") {
        assert!(Instant::now() < give_up, "{text}");
        let mut check = Command::new(env!("CARGO_BIN_EXE_procwarden"));
        text = String::from_utf8(check.args(&arguments).output().unwrap().stdout).unwrap();
    }
}

/// What packages install names no file that only the source has.
#[test]
fn what_is_installed_names_what_is_installed() {
    let is_source =
        Regex::new(r"(?m)(^|[\s`(])((docs|packaging|tests|benches|fuzz|src)/[\w.]|CONTRIBUTING)");
    let is_source = is_source.unwrap();
    let not_installed = ["packaging/README.md", "packaging/debian/", "packaging/test-package.sh"];
    for file in texts(&["man", "README.md", "CHANGELOG.md", "packaging"]) {
        if not_installed.iter().any(|place| file.0.starts_with(place)) {
            continue;
        }
        let found = is_source.find(&file.1).map(|found| found.as_str());
        assert_eq!(found, None, "{}", file.0);
    }
}

/// Whoever follows a path or a page's name finds it in the package.
#[test]
fn installed_files_that_are_named_are_there() {
    let ours = Regex::new(r"/usr/(share|lib)/(doc/)?procwarden(/[\w./-]+)?").unwrap();
    let page = Regex::new(r"\b(procwarden(-\w+)?|check_(proc|priv|expo|selinux)\w+)\**\((\d)\)");
    let page = page.unwrap();
    let packages = installed();
    for (file, text) in texts(&["README.md", "man", "packaging", "src", "plugins", "Cargo.toml"]) {
        // Pages are written in these, and rendered.
        if file.ends_with(".7") || file.ends_with(".8") {
            continue;
        }
        for found in ours.find_iter(&text).map(|found| found.as_str().trim_end_matches(['.', '/']))
        {
            let is_there = |path: &String| {
                path.strip_prefix(found)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            let is_in_each = packages.iter().all(|installed| installed.iter().any(is_there));
            assert!(is_in_each, "{file}: {found} is not in each package");
        }
        for found in page.captures_iter(&text).filter(|found| &found[1] != "check_procs") {
            let path = format!("man/{}.{}", &found[1], &found[4]);
            assert!(repository().join(&path).is_file(), "{file}: {} is no page", &found[0]);
        }
    }
}

/// The paths that the words in the source name, from the top, from where the code is, or from where they stand.
#[test]
fn source_files_that_are_named_are_there() {
    let path = Regex::new(
        r"(?:\]\(|`)((?:\.\./)?(?:[\w-]+/)*[\w-]+\.(?:md|rs|sh|py|svg|toml|c|te|cfg|conf|cf|json|cil))[)`]",
    );
    let path = path.unwrap();
    let top = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "docs"];
    let below = ["packaging/README.md", "tests/vm/README.md", "fuzz/README.md"];
    for (file, text) in texts(&[top.as_slice(), &below].concat()) {
        let here = repository().join(&file);
        for found in path.captures_iter(&text).map(|found| found[1].to_owned()) {
            let tops = ["", "plugins", "src"].map(|top| repository().join(top));
            let from = tops.iter().map(AsRef::as_ref).chain(here.parent());
            let is_there = from.into_iter().any(|from: &Path| from.join(&found).exists());
            // A bare name may be of any file, and `x.rs` is one to come.
            let is_exempt = !found.contains('/')
                || found.contains("/x.rs")
                || found == "tests/file.rs"
                || found.contains("check_x.");
            assert!(is_there || is_exempt, "{file}: {found} is not there");
        }
    }
}

/// The example files are right as they stand, and with the lines that wait in them as comments.
#[test]
fn examples_are_understood() {
    let tree = Tree::new();
    let label = |label: &str| Some(format!("system_u:system_r:{label}:s0").into_bytes());
    tree.add(&Recorded { label: label("init_t"), ..Recorded::new(1, "systemd") });
    tree.add(&Recorded { label: label("sshd_t"), ..Recorded::new(7, "sshd") });
    let commented_out = Regex::new(r"(?m)^#(\S)").unwrap();
    // Each begins with the plugin and the option that it is for.
    let heading = Regex::new(r"for (check_\w+) (--[a-z]+-from):").unwrap();
    for file in [
        "nrpe/daemons",
        "examples/domains",
        "examples/cpu",
        "examples/privdrop",
        "examples/exposure",
    ] {
        let file = format!("packaging/{file}");
        let text = std::fs::read_to_string(repository().join(&file)).unwrap();
        let found = heading.captures(&text).unwrap_or_else(|| panic!("{file}: no heading"));
        let (plugin, option) = (&found[1], &found[2]);
        let waiting = commented_out.replace_all(&text, "$1").into_owned();
        for (text, may_be_unknown) in [(&text, false), (&waiting, file.ends_with("domains"))] {
            let copy = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(copy.path(), text).unwrap();
            let check = Check::plugin(plugin).args(["--lsm", "selinux", option]).arg(copy.path());
            let needs_limit = file.ends_with("cpu");
            let check = if needs_limit { check.args(["--lifetime-warning", "100"]) } else { check };
            let said = check.arg("--proc-root").arg(tree.path()).run().first_line().to_owned();
            let is_right = !said.contains("UNKNOWN") || may_be_unknown;
            assert!(is_right, "{file}: {said}");
        }
    }
}

/// The files that these are or hold, with their text.
fn texts(places: &[&str]) -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for place in places {
        let path = repository().join(place);
        if path.is_dir() {
            for entry in std::fs::read_dir(&path).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                texts.extend(self::texts(&[&format!("{place}/{name}")]));
            }
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            texts.push(((*place).to_owned(), text));
        }
    }
    texts
}

/// The paths of each package's files, without the links to the program.
fn installed() -> [Vec<String>; 2] {
    let (deb, rpm) =
        include_str!("../Cargo.toml").split_once("[package.metadata.generate-rpm]").unwrap();
    [deb, rpm].map(assets)
}

fn assets(package: &str) -> Vec<String> {
    let asset = Regex::new(r#"source = "([^"]*)", dest = "/?([^"]*)""#).unwrap();
    // A script that is installed makes this one.
    let mut installed = vec!["/usr/lib/procwarden/drop-in".to_owned()];
    for found in asset.captures_iter(package) {
        let (source, dest) = (Path::new(&found[1]), format!("/{}", &found[2]));
        let name = source.file_name().unwrap().to_str().unwrap();
        let Some((before, after)) = name.split_once('*') else {
            let is_dir = dest.ends_with('/');
            installed.push(if is_dir { format!("{dest}{name}") } else { dest });
            continue;
        };
        let Ok(entries) = repository().join(source.parent().unwrap()).read_dir() else { continue };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let names = names.filter(|name| name.starts_with(before) && name.ends_with(after));
        installed.extend(names.map(|name| format!("{dest}{name}")));
    }
    installed
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_readme_is_read_in_one_go() {
    let readme = include_str!("../README.md");
    assert!(readme.lines().count() < 200);
}
