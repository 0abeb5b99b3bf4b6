//! Who is not counted: the plugin, what wraps it, and what an agent forked for this one check. The
//! agent's own process is.

mod support;

use std::fs::OpenOptions;
use std::os::unix::fs::symlink;
use std::process::Command;

use support::agent::Manner;
use support::tree::Recorded;
use support::{
    Agent, Check, Installed, NOBODY, Need, Process, Sleeping, Specimen, Tree, can, fifo,
    number_named, open_dir, unique, until, until_asleep, wait, write_script,
};

/// The command lines of the plugin and of what wraps it all hold the mark that is looked for.
fn mark() -> (String, String) {
    let mark = unique();
    (format!("args~{mark}:0-0"), format!("args~{mark},label=it:1-1"))
}

#[test]
fn the_plugin_does_not_see_itself() {
    if !can(Need::Alone) {
        return;
    }
    let (none, one) = mark();
    Check::count([&none]).run().code(0);
    Check::count([&one]).run().critical_with("it 0 (want 1-1)");
}

/// It is `check_proccount` to the kernel too. So are the plugins of the tests beside this one, whose
/// parent is not this shell.
#[test]
fn the_plugin_does_not_see_its_own_name() {
    let plugin = Installed::link("check_proccount");
    let command = format!("{} check_proccount,ppid=$$:0-0; exit $?", plugin.path().display());
    Check::program("/bin/sh").args(["-c", &command]).run().code(0);
}

/// dash replaces itself by its last command, unless something follows.
#[test]
fn a_wrapping_shell_is_not_seen() {
    if !can(Need::Alone) {
        return;
    }
    let plugin = Installed::link("check_proccount");
    for tail in ["", "; exit $?", " 2>&1; exit $?"] {
        let (none, _) = mark();
        let command = format!("{}{tail}", plugin.shell(&[&none]));
        Check::program("/bin/sh").args(["-c", &command]).run().code(0);
    }
    let (none, _) = mark();
    let inner = plugin.shell(&[&none]).replace('\'', "");
    let nested = format!("sh -c '{inner}; exit $?'; exit $?");
    Check::program("/bin/sh").args(["-c", &nested]).run().code(0);
}

#[test]
fn a_wrapping_script_is_not_seen() {
    if !can(Need::Alone) {
        return;
    }
    let plugin = Installed::link("check_proccount");
    let script = plugin.dir().join("wrapper");
    let (none, _) = mark();
    write_script(&script, &format!("#!/bin/sh\n{} \"$@\"\nexit $?\n", plugin.path().display()));
    Check::program(&script).arg(&none).run().code(0);
}

/// It stays alive beside us, and its command line is ours.
#[test]
fn a_program_that_runs_programs_is_not_seen() {
    let (none, _) = mark();
    let plugin = Installed::link("check_proccount");
    Check::program("timeout").arg("50").arg(plugin.path()).arg(&none).run().code(0);
}

/// A daemon that happens to be told of in somebody's shell is still counted.
#[test]
fn other_shells_are_seen() {
    let name = unique();
    let script = format!("echo up; read line; : {name}");
    let _shell = Process::start(Command::new("/bin/sh").args(["-c", &script]));
    Check::count([format!("args~{name}:1-1")]).run().code(0);
}

#[test]
fn a_wrapper_of_the_daemons_own_name_is_not_the_daemon() {
    let name = unique();
    let plugin = Installed::link("check_proccount");
    let wrapper = plugin.dir().join(&name);
    write_script(&wrapper, &format!("#!/bin/sh\n{} \"$@\"\nexit $?\n", plugin.path().display()));
    let _daemon = Specimen::called(&name).start();
    let answer = Check::program(&wrapper).arg(format!("{name}:1-1")).run();
    answer.ok(&format!("{name} 1"));
}

/// A process of the name that has nothing to do with the check is not mistaken for a wrapper.
#[test]
fn a_sibling_of_the_name_is_counted() {
    let name = unique();
    let _daemons = [Specimen::called(&name).start(), Specimen::called(&name).start()];
    Check::count([format!("{name}:2-2")]).run().ok(&format!("{name} 2"));
}

// ---- other checks ----

/// The arguments of a check that finds nothing, and so sleeps before it looks again.
fn patient(mark: &str) -> [String; 5] {
    ["--recheck", "50", "-t", "60", &format!("args~{mark}")].map(str::to_owned)
}

#[test]
fn another_check_is_no_match() {
    let mark = unique();
    let _other = Check::count(patient(&mark)).start();
    let _sleeping = Sleeping::check(&mark);
    Check::count([format!("args~{mark},label=it:1-")]).run().critical_with("it 0 (want 1-)");
    Check::count([format!("name~^check_,args~{mark}:0-0")]).run().code(0);
}

#[test]
fn a_check_of_another_kind_is_no_match() {
    let mark = unique();
    let exempt = format!("args~{mark}");
    let args = ["-c", "1000000", "--over", "50", "-t", "60", "--exempt", &exempt];
    let _other = Check::plugin("check_proccpu").args(args).start();
    let _sleeping = Sleeping::check(&mark);
    Check::count([format!("args~{mark}:0-0")]).run().code(0);
}

/// A name is no expression: whoever counts checks gets them.
#[test]
fn other_checks_are_counted_by_name() {
    let mark = unique();
    let plugin = Installed::link("check_proccount");
    // A bare name: an exact value with a term inside would be refused.
    let args = ["--recheck", "50", "-t", "60", &mark];
    let other = Check::program(plugin.path()).args(args).start();
    until_asleep(other.pid());
    let line = format!("{} {}", plugin.path().display(), args.join(" "));
    Check::count([format!("check_proccount,args={line},label=it:1-1")]).run().ok("it 1");
    let either = format!("check_proccount,args={line},args~{mark},label=it:1-1");
    Check::count([either]).run().ok("it 1");
}

#[test]
fn what_wraps_another_check_is_no_match() {
    let mark = unique();
    let plugin = Installed::link("check_proccount");
    let args = patient(&mark);
    let command = plugin.shell(&args.each_ref().map(String::as_str));
    let _other = Check::program("/bin/sh").args(["-c", &format!("{command}; exit $?")]).start();
    let _sleeping = Sleeping::check(&mark);
    Check::count([format!("args~{mark},label=it:1-")]).run().critical_with("it 0 (want 1-)");
}

#[test]
fn an_agents_forks_for_another_check_are_no_match() {
    // Others' executables may be hidden, and then an expression may fit their long names.
    if !can(Need::Root) {
        return;
    }
    let (name, mark) = (unique(), unique());
    let mut agent = Agent::start(&name, Manner::Nrpe);
    let plugin = Installed::link("check_proccount");
    agent.send(&format!("{} {}", plugin.path().display(), patient(&mark).join(" ")));
    let _sleeping = Sleeping::check(&mark);
    until("the agent and two forks are left", || number_named(&name) == 3);
    Check::count([format!("name~^{name}$,label=it:1-1")]).run().ok("it 1");
}

/// To look for trouble is another matter than to count: there a check is a process like any other.
#[test]
fn other_checks_are_judged_like_all_processes() {
    if !can(Need::Root) {
        return;
    }
    let mark = unique();
    let plugin = Installed::copy("check_proccount");
    let _other = Check::program("setpriv")
        .args(["--reuid=65534", "--clear-groups"])
        .arg(plugin.path())
        .args(patient(&mark))
        .start();
    let _sleeping = Sleeping::check(&mark);
    let privdrop = plugin.dir().join("check_privdrop");
    symlink(plugin.path(), &privdrop).expect("a link to the same file");
    let answer = Check::program(privdrop).args(["--exempt", &format!("not-args~{mark}")]).run();
    answer.code(2).has("check_proccount (pid ").has("gid-root");
}

/// Between the start of the shell and that of the plugin, and between their ends.
#[test]
fn a_command_line_that_names_the_plugin_is_unknown() {
    let plugin = Installed::link("check_proccount");
    let mark = unique();
    let script = format!("echo up; read line; {}; exit $?", plugin.shell(&[&mark]));
    let _shell = Process::start(Command::new("/bin/sh").args(["-c", &script]));
    let spec = format!("args~{mark},label=it:1-");
    let run = || Check::program(plugin.path()).arg(&spec).run();
    run().unknown().has("it 0 to 1").has("names this program");
    let _daemon = Specimen::called(unique()).argv(["daemon", &mark]).start();
    run().ok("it 1 to 2");
}

/// Never by name: that anyone may give himself.
#[test]
fn a_stranger_that_is_called_like_a_plugin_is_counted() {
    let mark = unique();
    let argv = ["/usr/lib/nagios/plugins/check_proccpu", &format!("args~{mark}")];
    let _stranger = Specimen::called("check_proccpu").argv(argv).start();
    let run = || Check::count([format!("args~{mark},label=it:0-0")]);
    run().run().critical_with("it 1 (want 0-0)");
    if can(Need::Root) {
        run().by_user(NOBODY).run().critical_with("it 1 (want 0-0)");
    }
}

/// Whether a process of another user runs our file is nobody's to know, unless its size tells.
#[test]
fn another_users_check_is_unknown() {
    if !can(Need::Root) {
        return;
    }
    let plugin = Installed::copy("check_proccount");
    let mark = unique();
    let _roots = Check::program(plugin.path()).args(patient(&mark)).start();
    let _sleeping = Sleeping::check(&mark);
    let spec = format!("args~{mark},label=it:1-");
    let run = || Check::program(plugin.path()).arg(&spec).by_user(NOBODY).run();
    run().unknown().has("it 0 to 1").has("exe may not be read");
    let _daemon = Specimen::called(unique()).argv(["daemon", &mark]).start();
    run().ok("it 1 to 2");
}

// ---- agents ----

/// The main process was started this moment, as everything forked for the check was; often in the
/// same tick of the kernel's clock, hence several of them.
#[test]
fn an_agent_that_just_started_counts_itself_once() {
    let plugin = Installed::link("check_proccount");
    let expect_one = |mut agent: Agent, manner, name: &str| {
        let answer = agent.run(plugin.path(), &[&format!("{name}:1-1")]);
        assert_eq!(answer.code, Some(0), "{manner:?}\n{answer}");
        answer.lawful().ok(&format!("{name} 1"));
    };
    for manner in [Manner::Mon, Manner::Nrpe] {
        for _ in 0..8 {
            let name = unique();
            expect_one(Agent::start(&name, manner), manner, &name);
            let name = unique();
            let by_hand = Agent::start_in_the_foreground(&name, manner);
            expect_one(by_hand, manner, &name);
        }
    }
}

#[test]
fn an_agent_that_runs_for_a_while_counts_itself_once() {
    for manner in [Manner::Mon, Manner::Nrpe] {
        let name = unique();
        let plugin = Installed::link("check_proccount");
        let mut agent = Agent::start(&name, manner);
        until("the agent is old", || wait::age(agent.process().pid()) > 5.0);
        let answer = agent.run(plugin.path(), &[&format!("{name}:1-1")]);
        assert_eq!(answer.code, Some(0), "{manner:?}\n{answer}");
        answer.lawful();
    }
}

/// By its command line the agent is the same: its forks have it too.
#[test]
fn forks_of_an_agent_are_left_out_of_every_selector() {
    // Others' executables may be hidden, and then an expression may fit their long names.
    if !can(Need::Root) || !can(Need::Alone) {
        return;
    }
    let name = unique();
    let plugin = Installed::link("check_proccount");
    let mut agent = Agent::start(&name, Manner::Nrpe);
    let exe = agent.process().exe();
    let exe = exe.display();
    for spec in [format!("{exe}:1-1"), format!("args~/{name}$:1-1"), format!("name~^{name}$:1-1")] {
        agent.run(plugin.path(), &[&spec]).lawful().code(0);
    }
}

/// Icinga 2 and Nagios keep workers: no fork for the check, however direct an ancestor. Several of
/// them, since a worker is often forked in the tick of the kernel's clock that its main process
/// started in.
#[test]
fn a_worker_that_an_agent_keeps_counts() {
    let plugin = Installed::link("check_proccount");
    let agents: Vec<(String, Agent)> = (0..8)
        .map(|_| unique())
        .map(|name| (name.clone(), Agent::start(name, Manner::Worker)))
        .collect();
    for (name, mut agent) in agents {
        let worker = agent.process().only_child();
        until("the worker is old", || wait::age(worker) > 5.0);
        let answer = agent.run(plugin.path(), &[&format!("{name}:2-2")]);
        answer.lawful().ok(&format!("{name} 2"));
    }
}

/// Two agents of one name: the other one's process does not make ours a fork.
#[test]
fn two_agents_of_one_name_are_two() {
    let name = unique();
    let plugin = Installed::link("check_proccount");
    let mut first = Agent::start(&name, Manner::Nrpe);
    let _second = Agent::start(&name, Manner::Nrpe);
    first.run(plugin.path(), &[&format!("{name}:2-2")]).lawful().ok(&format!("{name} 2"));
}

/// Started by hand from one terminal. Neither forked the other, and both are old.
#[test]
fn two_agents_of_one_session_are_two() {
    for manner in [Manner::Mon, Manner::Nrpe] {
        let name = unique();
        let plugin = Installed::link("check_proccount");
        let mut first = Agent::start_in_the_foreground(&name, manner);
        let second = Agent::start_in_the_foreground(&name, manner);
        until("the agents are old", || wait::age(second.process().pid()) > 5.0);
        let answer = first.run(plugin.path(), &[&format!("{name}:2-2")]);
        assert_eq!(answer.code, Some(0), "{manner:?}\n{answer}");
        answer.lawful().ok(&format!("{name} 2"));
    }
}

/// A slow check of another kind runs beside ours; its forks are no daemons either.
#[test]
fn forks_for_another_check_are_not_counted() {
    let name = unique();
    let plugin = Installed::link("check_proccount");
    let mut agent = Agent::start(&name, Manner::Nrpe);
    // It ends when nobody holds the pipe any more.
    let dir = open_dir();
    let pipe = dir.path().join("pipe");
    fifo(&pipe);
    let _held = OpenOptions::new().read(true).write(true).open(&pipe).expect("the pipe");
    let other = unique();
    let cat = dir.path().join(&other);
    symlink("/bin/cat", &cat).expect("a link");
    agent.send(&format!("exec {} {}", cat.display(), pipe.display()));
    until("the other check runs", || number_named(&other) == 1 && number_named(&name) == 3);
    let answer = agent.run(plugin.path(), &[&format!("{name}:1-1")]);
    answer.lawful().ok(&format!("{name} 1"));
}

#[test]
fn an_agent_is_found_at_fault_too() {
    let name = unique();
    let plugin = Installed::link("check_proccount");
    let mut agent = Agent::start(&name, Manner::Nrpe);
    let answer = agent.run(plugin.path(), &[&format!("{name}:2-2")]);
    answer.lawful().critical_with(&format!("{name} 1 (want 2-2)"));
}

// ---- other worlds ----

/// In a recorded tree a pid of ours is somebody else.
#[test]
fn nobody_is_left_out_of_a_recorded_tree() {
    let tree = Tree::new();
    let ours = std::process::id();
    tree.add(&Recorded::new(1, "pwd")).add(&Recorded { ppid: 1, ..Recorded::new(ours, "pwd") });
    Check::tree(&tree, ["pwd:2-2"]).run().ok("pwd 2");
}

/// A /proc of the same kernel, mounted elsewhere, shows the plugin too.
#[test]
fn the_plugin_does_not_see_itself_through_another_mount() {
    if !can(Need::Root) || !can(Need::Alone) || !can(Need::MountNamespace) {
        return;
    }
    let (none, _) = mark();
    let dir = open_dir();
    let plugin = Installed::link("check_proccount");
    let root = dir.path().display();
    let command = format!(
        "mount -t proc proc {root} && {}; exit $?",
        plugin.shell(&["--proc-root", &root.to_string(), &none])
    );
    Check::program("unshare").args(["-m", "sh", "-c", &command]).run().code(0);
}
