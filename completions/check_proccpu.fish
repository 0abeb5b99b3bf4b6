complete -c check_proccpu -s t -l timeout -d 'End with UNKNOWN after this long, whatever hangs' -r
complete -c check_proccpu -l recheck -d 'When something is wrong, look again after this long; only what stands is reported' -r
complete -c check_proccpu -l rechecks -d 'How many times to look again' -r
complete -c check_proccpu -l containers -d 'What to do with processes in nested PID namespaces' -r -f -a "exclude\t'They are left out'
include\t'They count like all others'
only\t'Only they count'"
complete -c check_proccpu -l proc-root -d 'The tree of processes: another mount of /proc, or a recorded copy' -r -F
complete -c check_proccpu -l lsm -d 'Whose labels processes have; a recorded copy doesn\'t tell' -r -f -a "auto\t''
selinux\t''
apparmor\t''
smack\t''"
complete -c check_proccpu -s v -l verbose -d 'Say more; twice and three times, still more'
complete -c check_proccpu -l mon -d 'Report as mon\'s monitors do: exit 0 or 1, summary first, nothing when all is well'
complete -c check_proccpu -s k -l no-kthreads -d 'Leave kernel threads out'
complete -c check_proccpu -s h -l help -d 'Print help (see more with \'--help\')'
