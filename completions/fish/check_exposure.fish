complete -c check_exposure -l exempt -d 'Leave out the processes of a selector, such as name=x,user=y' -r
complete -c check_exposure -l exempt-rule -d 'Leave them out for one rule only' -r
complete -c check_exposure -l exempt-from -d 'Read exemptions from a file: [RULE:]SELECTOR # REASON, one a line' -r -F
complete -c check_exposure -l grace -d 'How long code that was replaced may run, for the rule outdated [default: 1d]' -r
complete -c check_exposure -s t -l timeout -d 'End after this long, whatever hangs, with what is known by then' -r
complete -c check_exposure -l recheck -d 'When something is wrong, look again after this long; report only what persists' -r
complete -c check_exposure -l rechecks -d 'How many times to look again' -r
complete -c check_exposure -l containers -d 'What to do with processes in nested PID namespaces [default: include]' -r -f -a "exclude\t'They are left out'
include\t'They count like all others'
only\t'Only they count'"
complete -c check_exposure -l proc-root -d 'The tree of processes: another mount of /proc, or a recorded copy' -r -F
complete -c check_exposure -l lsm -d 'Security system whose labels to read; a recorded copy doesn\'t tell which' -r -f -a "auto\t''
selinux\t''
apparmor\t''
smack\t''"
complete -c check_exposure -l rules -d 'Rules to apply: writable-code, fileless, open-args, open-socket, secret-args, traced (\'default\'), outdated, privileged-container, loader-env, umask (\'all\')' -r
complete -c check_exposure -l warn-on -d 'Rules that make it WARNING, besides secret-args, traced, outdated, privileged-container, umask' -r
complete -c check_exposure -l crit-on -d 'Rules that make it CRITICAL: by default all but secret-args, traced, outdated, privileged-container, umask' -r
complete -c check_exposure -s v -l verbose -d 'Say more; up to three times'
complete -c check_exposure -l mon -d 'Report as mon\'s monitors do: exit 0 or 1, summary first, nothing when all is well'
complete -c check_exposure -s k -l no-kthreads -d 'Leave kernel threads out'
complete -c check_exposure -s h -l help -d 'Print help (see more with \'--help\')'
complete -c check_exposure -s V -l version -d 'Print version'
