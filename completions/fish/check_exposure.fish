complete -c check_exposure -l exempt -d 'Exempt processes by a selector' -r
complete -c check_exposure -l exempt-rule -d 'Exempt them from one rule only' -r
complete -c check_exposure -l exempt-from -d 'Read exemptions from a file' -r -F
complete -c check_exposure -l grace -d 'How long replaced code may run' -r
complete -c check_exposure -s t -l timeout -d 'Give up after this long' -r
complete -c check_exposure -l recheck -d 'Report only what is still wrong after this' -r
complete -c check_exposure -l rechecks -d 'How many times to look again' -r
complete -c check_exposure -l proc-root -d 'The tree of processes: another mount of /proc, or a recorded copy' -r -F
complete -c check_exposure -l lsm -d 'Security system whose labels to read; a recorded copy does not show which' -r -f -a "auto\t''
selinux\t''
apparmor\t''
smack\t''"
complete -c check_exposure -l containers -d 'How to treat processes inside containers (nested PID namespaces)' -r -f -a "exclude\t'Leave them out'
include\t'Count them like all others'
only\t'Count only them'"
complete -c check_exposure -l rules -d 'Rules to apply' -r
complete -c check_exposure -l warn-on -d 'Rules that make it WARNING' -r
complete -c check_exposure -l crit-on -d 'Rules that make it CRITICAL' -r
complete -c check_exposure -s v -l verbose -d 'Increase verbosity (up to -vvv)'
complete -c check_exposure -l mon -d 'Report as mon\'s monitors do: exit 0 or 1, summary first, nothing when all is well'
complete -c check_exposure -s k -l no-kthreads -d 'Ignore kernel threads'
complete -c check_exposure -s h -l help -d 'Print help (see more with \'--help\')'
complete -c check_exposure -s V -l version -d 'Print version'
