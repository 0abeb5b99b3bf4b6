complete -c check_proccount -l spec -d 'Another SPEC, for command definitions that pass options' -r
complete -c check_proccount -l specs-from -d 'Read specs from a file, one a line, # begins a comment; of a directory, from each file that ends in .specs' -r -F
complete -c check_proccount -s w -l warning -d 'Nagios range outside of which the state is WARNING' -r
complete -c check_proccount -s c -l critical -d 'Nagios range outside of which the state is CRITICAL' -r
complete -c check_proccount -s t -l timeout -d 'End after this long, whatever hangs, with what is known by then' -r
complete -c check_proccount -l recheck -d 'When something is wrong, look again after this long; report only what persists' -r
complete -c check_proccount -l rechecks -d 'How many times to look again' -r
complete -c check_proccount -l proc-root -d 'The tree of processes: another mount of /proc, or a recorded copy' -r -F
complete -c check_proccount -l lsm -d 'Security system whose labels to read; a recorded copy doesn\'t tell which' -r -f -a "auto\t''
selinux\t''
apparmor\t''
smack\t''"
complete -c check_proccount -l containers -d 'What to do with processes in nested PID namespaces [default: exclude]' -r -f -a "exclude\t'They are left out'
include\t'They count like all others'
only\t'Only they count'"
complete -c check_proccount -s v -l verbose -d 'Say more; up to three times'
complete -c check_proccount -l mon -d 'Report as mon\'s monitors do: exit 0 or 1, summary first, nothing when all is well'
complete -c check_proccount -s k -l no-kthreads -d 'Leave kernel threads out'
complete -c check_proccount -s h -l help -d 'Print help (see more with \'--help\')'
complete -c check_proccount -s V -l version -d 'Print version'
