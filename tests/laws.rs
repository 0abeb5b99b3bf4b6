//! The laws of `laws/` on random input: words of each grammar, mixed with any bytes. A failure shows
//! the smallest input that breaks the law. `fuzz/` tries the same laws for longer.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a law that can't be tried is one that is broken"
)]
#![allow(unreachable_pub, reason = "fuzz/ has the laws in another crate")]

#[path = "laws/parsers.rs"]
mod parsers;
#[path = "laws/recorded.rs"]
mod recorded;
mod support;

use procwarden::nagios::range::Range;
use procwarden::select::selector::KEYS;
use proptest::collection::vec;
use proptest::prelude::*;

use support::{Check, open_dir};

fn one_of(words: Vec<String>) -> impl Strategy<Value = Vec<u8>> {
    prop::sample::select(words).prop_map(String::into_bytes)
}

/// Some of `words`, signs and any bytes, in any order.
fn mixed(words: Vec<String>) -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![6 => one_of(words), 2 => "[ -~]".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 1..4), 1 => "\\PC".prop_map(String::into_bytes)];
    vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn of(words: &str) -> Vec<String> {
    words.split(' ').map(str::to_owned).collect()
}

/// Words of specs and exemptions.
fn spec_words() -> Vec<String> {
    let mut words = of("sshd root /usr/sbin/cron , , ,, = ~ : : - not- # label= ^a|b$ yes RSD");
    words.extend([" # ", " ", "1", "1-", "-5", "1-2", "0-0", "5k"].map(str::to_owned));
    words.extend(KEYS.iter().flat_map(|row| [format!("{}=", row.name), format!("{}~", row.name)]));
    words
}

fn secret_words() -> Vec<String> {
    of(
        "\0 \0 = : @ :// -p -u --user --password --no-password --token= password mysql curl redis-cli sshpass \
        http://a:b@c ' \" \n env A=1 -",
    )
}

fn numbers() -> impl Strategy<Value = String> {
    let words =
        of("0 1 5 10 1.5 007 1e5 999999999999999999999 . : : - - @ ~ + k M G s m h d % nan");
    let mixed = mixed(words).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    prop_oneof![mixed, RANGE, "[0-9]{0,3}-[0-9]{0,3}[kMG%smhd]?"]
}

const RANGE: &str = "@?(~:|[0-9](\\.5)?:|:)?([0-9]|1[0-9]|[0-9]\\.5)?";

fn any_range() -> impl Strategy<Value = Option<Range>> {
    RANGE.prop_map(|text| Range::parse(&text).ok())
}

/// A change to one of the kernel's files, small or large.
fn edit() -> impl Strategy<Value = recorded::Edit> {
    let words = of(
        "sshd ( ) \n \0 \t 0 1 -1 99999999999999999999 Uid: Gid: Groups: Z kthreadd | PROCCOUNT",
    );
    let put = prop_oneof![2 => one_of(words.clone()), 1 => mixed(words), 1 => Just(Vec::new())];
    let cut = prop_oneof![4 => Just(0), 4 => 0_u16..20, 1 => Just(u16::MAX)];
    (any::<u8>(), cut, put)
}

/// A file of the kernel's, changed in a few places.
fn damaged(text: String) -> impl Strategy<Value = Vec<u8>> {
    vec(edit(), 1..4).prop_map(move |edits| {
        let mut bytes = text.clone().into_bytes();
        for edit in &edits {
            recorded::edit(&mut bytes, edit);
        }
        bytes
    })
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn escaped_text_is_clean(bytes in mixed(of("a \\ \\x41 | \n \u{202e}"))) {
        parsers::escaped(&bytes);
    }

    #[test]
    fn specs_mean_what_they_print(bytes in mixed(spec_words())) {
        parsers::spec(&bytes);
    }

    #[test]
    fn exemptions_are_shown_clean(bytes in mixed(spec_words())) {
        parsers::exemption(&bytes);
    }

    #[test]
    fn ranges_mean_what_they_print(text in numbers()) {
        parsers::range(&text);
        parsers::interval(&text);
    }

    #[test]
    fn a_state_holds_for_all_counts_between(
        warning in any_range(), critical in any_range(), from in 0_u8..25, more in 0_u8..25,
    ) {
        parsers::state_between(warning, critical, from, from + more);
    }

    #[test]
    fn no_name_shifts_a_field(name in mixed(of("( ) S 1 -1 \n Uid:\t0\t0\t0\t0 Groups: NoNewPrivs:\t0"))) {
        parsers::stat_name(&name);
        parsers::status_name(&name);
    }

    #[test]
    fn damaged_files_are_read(
        stat in damaged(format!("812 (sshd){}", parsers::STAT)),
        status in damaged(format!("Name:\tsshd\n{}", parsers::STATUS)),
    ) {
        parsers::stat_line(&stat);
        parsers::status_text(&status);
    }

    #[test]
    fn no_user_makes_a_unit_of_the_systems(
        text in mixed(of("0::/ 1:name=systemd:/ / .. \n a.slice _b.service ssh.service -.mount")),
    ) {
        parsers::cgroup(&text);
    }

    #[test]
    fn command_lines_of_any_bytes_are_read(
        bytes in mixed(of("\0 \0 /usr/bin/python3 python3 -m -c perl -we sh java -cp Main -jar x.py env A=1 -")),
    ) {
        parsers::cmdline(&bytes);
    }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn no_secret_is_shown(before in mixed(secret_words()), after in mixed(secret_words())) {
        parsers::secret(&before, &after);
    }

    #[test]
    fn unit_files_of_any_bytes_are_read(
        text in mixed(of("[Service]\n \n [Unit]\n [ ] User= DynamicUser= yes ExecStart= \\\n \\ \r\n \0 # ; %i %% \" ' \
            CapabilityBoundingSet= ~ CAP_CHOWN ReadOnlyPaths= / SystemCallFilter= Type=oneshot")),
    ) {
        let dir = open_dir();
        parsers::unit_file(dir.path(), &text);
    }
}

proptest! {
    #![proptest_config(cases(30))]

    #[test]
    fn a_recorded_tree_of_any_bytes_gets_one_verdict(edits in vec((any::<u8>(), edit()), 1..8)) {
        let tree = open_dir();
        recorded::write(tree.path(), &edits);
        recorded::counted(tree.path());
        let root = ["--proc-root".as_ref(), tree.path().as_os_str()];
        // `run` sees that exit code and output are those of a report.
        let answer = Check::count(root).arg("-vvv").args(recorded::specs()).run();
        recorded::lawful(answer.stdout());
        for plugin in ["check_proccpu", "check_privdrop"] {
            Check::plugin(plugin).args(root).arg("-vvv").run().lacks("internal error");
        }
        let check = Check::plugin("check_selinux_domain").args(root);
        check.args(["--lsm", "selinux", "sshd_t"]).run().lacks("internal error");
    }
}
