complete -c check_privdrop -l exempt -d 'Exempt processes by a selector' -r
complete -c check_privdrop -l exempt-rule -d 'Exempt them from one rule only' -r
complete -c check_privdrop -l exempt-from -d 'Read exemptions from a file' -r -F
complete -c check_privdrop -l allow-caps -d 'Capabilities that any process may hold' -r
complete -c check_privdrop -l privileged-groups -d 'Groups that are as good as root' -r
complete -c check_privdrop -s t -l timeout -d 'Give up after this long' -r
complete -c check_privdrop -l recheck -d 'Report only what is still wrong after this' -r
complete -c check_privdrop -l rechecks -d 'How many times to look again' -r
complete -c check_privdrop -l containers -d 'How to treat processes inside containers (nested PID namespaces)' -r -f -a "exclude\t'Leave them out'
include\t'Count them like all others'
only\t'Count only them'"
complete -c check_privdrop -l proc-root -d 'The tree of processes: another mount of /proc, or a recorded copy' -r -F
complete -c check_privdrop -l lsm -d 'Security system whose labels to read; a recorded copy does not show which' -r -f -a "auto\t''
selinux\t''
apparmor\t''
smack\t''"
complete -c check_privdrop -l rules -d 'Rules to apply' -r
complete -c check_privdrop -l warn-on -d 'Rules that make it WARNING' -r
complete -c check_privdrop -l crit-on -d 'Rules that make it CRITICAL' -r
complete -c check_privdrop -l strict -d 'Also judge daemons that keep root by design'
complete -c check_privdrop -s v -l verbose -d 'Increase verbosity (up to -vvv)'
complete -c check_privdrop -l mon -d 'Report as mon\'s monitors do: exit 0 or 1, summary first, nothing when all is well'
complete -c check_privdrop -s k -l no-kthreads -d 'Ignore kernel threads'
complete -c check_privdrop -s h -l help -d 'Print help (see more with \'--help\')'
complete -c check_privdrop -s V -l version -d 'Print version'
