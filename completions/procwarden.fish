# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_procwarden_global_optspecs
    string join \n h/help V/version
end

function __fish_procwarden_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_procwarden_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_procwarden_using_subcommand
    set -l cmd (__fish_procwarden_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c procwarden -n "__fish_procwarden_needs_command" -s h -l help -d 'Print help'
complete -c procwarden -n "__fish_procwarden_needs_command" -s V -l version -d 'Print version'
complete -c procwarden -n "__fish_procwarden_needs_command" -f -a "suggest" -d 'Suggest which daemons to monitor on this host'
complete -c procwarden -n "__fish_procwarden_needs_command" -f -a "explain" -d 'Explain how a process is seen, and what a spec finds'
complete -c procwarden -n "__fish_procwarden_needs_command" -f -a "link" -d 'Make the plugins\' links in a directory'
complete -c procwarden -n "__fish_procwarden_needs_command" -f -a "check_proccount" -d 'Check that daemons run, as whom, and how many of them'
complete -c procwarden -n "__fish_procwarden_needs_command" -f -a "check_proccpu" -d 'Check that no process burns CPU when it should not'
complete -c procwarden -n "__fish_procwarden_needs_command" -f -a "check_privdrop" -d 'Check that no process has given up root only halfway'
complete -c procwarden -n "__fish_procwarden_needs_command" -f -a "check_selinux_domain" -d 'Check that security domains hold the right processes'
complete -c procwarden -n "__fish_procwarden_needs_command" -f -a "check_exposure" -d 'Check that no configuration error exposes a process'
complete -c procwarden -n "__fish_procwarden_using_subcommand suggest" -s o -l output -d 'Create this file instead of printing' -r -F
complete -c procwarden -n "__fish_procwarden_using_subcommand suggest" -l format -d 'Print the check for this scheduler' -r -f -a "specs\t''
icinga2\t''
director\t''
nagios\t''
nrpe\t''
mon\t''"
complete -c procwarden -n "__fish_procwarden_using_subcommand suggest" -l compare -d 'Show what a file of specs lacks, and which of its lines match nothing' -r -F
complete -c procwarden -n "__fish_procwarden_using_subcommand suggest" -l min-age -d 'Comment out daemons that started less than this long ago' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand suggest" -l units-from -d 'Read what systemd says from a file' -r -F
complete -c procwarden -n "__fish_procwarden_using_subcommand suggest" -l proc-root -d 'The tree of processes: another mount of /proc, or a recorded copy' -r -F
complete -c procwarden -n "__fish_procwarden_using_subcommand suggest" -l all -d 'Create the files that the plugins need, in the directory of -o'
complete -c procwarden -n "__fish_procwarden_using_subcommand suggest" -l no-systemd -d 'Do not ask systemd; judge by control groups alone'
complete -c procwarden -n "__fish_procwarden_using_subcommand suggest" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c procwarden -n "__fish_procwarden_using_subcommand suggest" -s V -l version -d 'Print version'
complete -c procwarden -n "__fish_procwarden_using_subcommand explain" -l specs-from -d 'With a PID or NAME, show which specs of this file it satisfies' -r -F
complete -c procwarden -n "__fish_procwarden_using_subcommand explain" -l containers -d 'How to treat processes inside containers (nested PID namespaces)' -r -f -a "exclude\t'Leave them out'
include\t'Count them like all others'
only\t'Count only them'"
complete -c procwarden -n "__fish_procwarden_using_subcommand explain" -l units-from -d 'Read what systemd says from a file' -r -F
complete -c procwarden -n "__fish_procwarden_using_subcommand explain" -l proc-root -d 'The tree of processes: another mount of /proc, or a recorded copy' -r -F
complete -c procwarden -n "__fish_procwarden_using_subcommand explain" -l no-systemd -d 'Do not ask systemd; judge by control groups alone'
complete -c procwarden -n "__fish_procwarden_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c procwarden -n "__fish_procwarden_using_subcommand explain" -s V -l version -d 'Print version'
complete -c procwarden -n "__fish_procwarden_using_subcommand link" -l mon -d 'Make the links that mon calls, which end in .monitor'
complete -c procwarden -n "__fish_procwarden_using_subcommand link" -l drop-in -d 'Name them like the programs that Procwarden stands in for, as for a scheduler that calls these'
complete -c procwarden -n "__fish_procwarden_using_subcommand link" -s h -l help -d 'Print help'
complete -c procwarden -n "__fish_procwarden_using_subcommand link" -s V -l version -d 'Print version'
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccount" -l spec -d 'Another SPEC, for command definitions that pass options' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccount" -l specs-from -d 'Read specs from a file' -r -F
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccount" -s w -l warning -d 'WARNING outside of this Nagios range' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccount" -s c -l critical -d 'CRITICAL outside of this Nagios range' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccount" -s t -l timeout -d 'Give up after this long' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccount" -l recheck -d 'Report only what is still wrong after this' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccount" -l rechecks -d 'How many times to look again' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccount" -l proc-root -d 'The tree of processes: another mount of /proc, or a recorded copy' -r -F
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccount" -l lsm -d 'Security system whose labels to read; a recorded copy does not show which' -r -f -a "auto\t''
selinux\t''
apparmor\t''
smack\t''"
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccount" -l containers -d 'How to treat processes inside containers (nested PID namespaces)' -r -f -a "exclude\t'Leave them out'
include\t'Count them like all others'
only\t'Count only them'"
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccount" -s v -l verbose -d 'Increase verbosity (up to -vvv)'
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccount" -l mon -d 'Report as mon\'s monitors do: exit 0 or 1, summary first, nothing when all is well'
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccount" -s k -l no-kthreads -d 'Ignore kernel threads'
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccount" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccount" -s V -l version -d 'Print version'
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccpu" -s w -l warning -d 'WARNING outside of this Nagios range' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccpu" -s c -l critical -d 'CRITICAL outside of this Nagios range' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccpu" -l lifetime-warning -d 'WARNING by CPU time over the whole life' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccpu" -l lifetime-critical -d 'CRITICAL by CPU time over the whole life' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccpu" -l over -d 'Sample for this long' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccpu" -l max-gap -d 'Sample if the last check was longer ago than this' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccpu" -l state-dir -d 'Where to keep what the next check needs [default: $MP_STATE_PATH, else /var/lib/procwarden or XDG\'s state home]' -r -F
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccpu" -l min-age -d 'Do not judge processes younger than this' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccpu" -l per -d 'What to compare with RANGE' -r -f -a "process\t'Each process by itself'
name\t'All that have the same name, together'
user\t'All of the same effective user, together'
unit\t'All of the same systemd unit, together'"
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccpu" -l only -d 'Judge only these, such as unit=app.service' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccpu" -l exempt -d 'Do not judge these, such as xz,user=backup' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccpu" -l exempt-from -d 'Read such selectors from a file' -r -F
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccpu" -s t -l timeout -d 'Give up after this long' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccpu" -l recheck -d 'Report only what is still wrong after this' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccpu" -l rechecks -d 'How many times to look again' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccpu" -l containers -d 'How to treat processes inside containers (nested PID namespaces)' -r -f -a "exclude\t'Leave them out'
include\t'Count them like all others'
only\t'Count only them'"
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccpu" -l proc-root -d 'The tree of processes: another mount of /proc, or a recorded copy' -r -F
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccpu" -l lsm -d 'Security system whose labels to read; a recorded copy does not show which' -r -f -a "auto\t''
selinux\t''
apparmor\t''
smack\t''"
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccpu" -l since-last -d 'Measure since the last check; do not wait'
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccpu" -l with-children -d 'Add the time of children that ended'
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccpu" -l of-machine -d 'RANGEs are in percent of the whole machine'
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccpu" -l exempt-regular-users -d 'Do not judge processes of regular users'
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccpu" -s v -l verbose -d 'Increase verbosity (up to -vvv)'
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccpu" -l mon -d 'Report as mon\'s monitors do: exit 0 or 1, summary first, nothing when all is well'
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccpu" -s k -l no-kthreads -d 'Ignore kernel threads'
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccpu" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c procwarden -n "__fish_procwarden_using_subcommand check_proccpu" -s V -l version -d 'Print version'
complete -c procwarden -n "__fish_procwarden_using_subcommand check_privdrop" -l exempt -d 'Exempt processes by a selector' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_privdrop" -l exempt-rule -d 'Exempt them from one rule only' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_privdrop" -l exempt-from -d 'Read exemptions from a file' -r -F
complete -c procwarden -n "__fish_procwarden_using_subcommand check_privdrop" -l allow-caps -d 'Capabilities that any process may hold' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_privdrop" -l privileged-groups -d 'Groups that are as good as root' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_privdrop" -s t -l timeout -d 'Give up after this long' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_privdrop" -l recheck -d 'Report only what is still wrong after this' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_privdrop" -l rechecks -d 'How many times to look again' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_privdrop" -l containers -d 'How to treat processes inside containers (nested PID namespaces)' -r -f -a "exclude\t'Leave them out'
include\t'Count them like all others'
only\t'Count only them'"
complete -c procwarden -n "__fish_procwarden_using_subcommand check_privdrop" -l proc-root -d 'The tree of processes: another mount of /proc, or a recorded copy' -r -F
complete -c procwarden -n "__fish_procwarden_using_subcommand check_privdrop" -l lsm -d 'Security system whose labels to read; a recorded copy does not show which' -r -f -a "auto\t''
selinux\t''
apparmor\t''
smack\t''"
complete -c procwarden -n "__fish_procwarden_using_subcommand check_privdrop" -l rules -d 'Rules to apply' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_privdrop" -l warn-on -d 'Rules that make it WARNING' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_privdrop" -l crit-on -d 'Rules that make it CRITICAL' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_privdrop" -l strict -d 'Also judge daemons that keep root by design'
complete -c procwarden -n "__fish_procwarden_using_subcommand check_privdrop" -s v -l verbose -d 'Increase verbosity (up to -vvv)'
complete -c procwarden -n "__fish_procwarden_using_subcommand check_privdrop" -l mon -d 'Report as mon\'s monitors do: exit 0 or 1, summary first, nothing when all is well'
complete -c procwarden -n "__fish_procwarden_using_subcommand check_privdrop" -s k -l no-kthreads -d 'Ignore kernel threads'
complete -c procwarden -n "__fish_procwarden_using_subcommand check_privdrop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c procwarden -n "__fish_procwarden_using_subcommand check_privdrop" -s V -l version -d 'Print version'
complete -c procwarden -n "__fish_procwarden_using_subcommand check_selinux_domain" -l spec -d 'Another SPEC, for command definitions that pass options' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_selinux_domain" -l specs-from -d 'Read specs from a file' -r -F
complete -c procwarden -n "__fish_procwarden_using_subcommand check_selinux_domain" -s w -l warning -d 'WARNING outside of this Nagios range' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_selinux_domain" -s c -l critical -d 'CRITICAL outside of this Nagios range' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_selinux_domain" -s t -l timeout -d 'Give up after this long' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_selinux_domain" -l recheck -d 'Report only what is still wrong after this' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_selinux_domain" -l rechecks -d 'How many times to look again' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_selinux_domain" -l containers -d 'How to treat processes inside containers (nested PID namespaces)' -r -f -a "exclude\t'Leave them out'
include\t'Count them like all others'
only\t'Count only them'"
complete -c procwarden -n "__fish_procwarden_using_subcommand check_selinux_domain" -l proc-root -d 'The tree of processes: another mount of /proc, or a recorded copy' -r -F
complete -c procwarden -n "__fish_procwarden_using_subcommand check_selinux_domain" -l lsm -d 'Security system whose labels to read; a recorded copy does not show which' -r -f -a "auto\t''
selinux\t''
apparmor\t''
smack\t''"
complete -c procwarden -n "__fish_procwarden_using_subcommand check_selinux_domain" -l enforcing -d 'CRITICAL unless the policy is enforced'
complete -c procwarden -n "__fish_procwarden_using_subcommand check_selinux_domain" -l no-permissive-domains -d 'CRITICAL if a domain in use is permissive'
complete -c procwarden -n "__fish_procwarden_using_subcommand check_selinux_domain" -l no-unconfined -d 'CRITICAL if a process runs unconfined though AppArmor has a profile for its program'
complete -c procwarden -n "__fish_procwarden_using_subcommand check_selinux_domain" -l absent-ok -d 'OK if no such security system is active'
complete -c procwarden -n "__fish_procwarden_using_subcommand check_selinux_domain" -s v -l verbose -d 'Increase verbosity (up to -vvv)'
complete -c procwarden -n "__fish_procwarden_using_subcommand check_selinux_domain" -l mon -d 'Report as mon\'s monitors do: exit 0 or 1, summary first, nothing when all is well'
complete -c procwarden -n "__fish_procwarden_using_subcommand check_selinux_domain" -s k -l no-kthreads -d 'Ignore kernel threads'
complete -c procwarden -n "__fish_procwarden_using_subcommand check_selinux_domain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c procwarden -n "__fish_procwarden_using_subcommand check_selinux_domain" -s V -l version -d 'Print version'
complete -c procwarden -n "__fish_procwarden_using_subcommand check_exposure" -l exempt -d 'Exempt processes by a selector' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_exposure" -l exempt-rule -d 'Exempt them from one rule only' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_exposure" -l exempt-from -d 'Read exemptions from a file' -r -F
complete -c procwarden -n "__fish_procwarden_using_subcommand check_exposure" -l grace -d 'How long replaced code may run' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_exposure" -s t -l timeout -d 'Give up after this long' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_exposure" -l recheck -d 'Report only what is still wrong after this' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_exposure" -l rechecks -d 'How many times to look again' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_exposure" -l proc-root -d 'The tree of processes: another mount of /proc, or a recorded copy' -r -F
complete -c procwarden -n "__fish_procwarden_using_subcommand check_exposure" -l lsm -d 'Security system whose labels to read; a recorded copy does not show which' -r -f -a "auto\t''
selinux\t''
apparmor\t''
smack\t''"
complete -c procwarden -n "__fish_procwarden_using_subcommand check_exposure" -l containers -d 'How to treat processes inside containers (nested PID namespaces)' -r -f -a "exclude\t'Leave them out'
include\t'Count them like all others'
only\t'Count only them'"
complete -c procwarden -n "__fish_procwarden_using_subcommand check_exposure" -l rules -d 'Rules to apply' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_exposure" -l warn-on -d 'Rules that make it WARNING' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_exposure" -l crit-on -d 'Rules that make it CRITICAL' -r
complete -c procwarden -n "__fish_procwarden_using_subcommand check_exposure" -s v -l verbose -d 'Increase verbosity (up to -vvv)'
complete -c procwarden -n "__fish_procwarden_using_subcommand check_exposure" -l mon -d 'Report as mon\'s monitors do: exit 0 or 1, summary first, nothing when all is well'
complete -c procwarden -n "__fish_procwarden_using_subcommand check_exposure" -s k -l no-kthreads -d 'Ignore kernel threads'
complete -c procwarden -n "__fish_procwarden_using_subcommand check_exposure" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c procwarden -n "__fish_procwarden_using_subcommand check_exposure" -s V -l version -d 'Print version'
