complete -c check_proccount -l spec -d 'Another SPEC, for command definitions that pass options' -r
complete -c check_proccount -l specs-from -d 'Read specs from a file' -r -F
complete -c check_proccount -s w -l warning -d 'WARNING outside of this Nagios range' -r
complete -c check_proccount -s c -l critical -d 'CRITICAL outside of this Nagios range' -r
complete -c check_proccount -s t -l timeout -d 'Give up after this long' -r
complete -c check_proccount -l recheck -d 'Report only what is still wrong after this' -r
complete -c check_proccount -l rechecks -d 'How many times to look again' -r
complete -c check_proccount -l proc-root -d 'The tree of processes: another mount of /proc, or a recorded copy' -r -F
complete -c check_proccount -l lsm -d 'Security system whose labels to read; a recorded copy does not show which' -r -f -a "auto\t''
selinux\t''
apparmor\t''
smack\t''"
complete -c check_proccount -l containers -d 'How to treat processes inside containers (nested PID namespaces)' -r -f -a "exclude\t'Leave them out'
include\t'Count them like all others'
only\t'Count only them'"
complete -c check_proccount -s v -l verbose -d 'Increase verbosity (up to -vvv)'
complete -c check_proccount -l mon -d 'Report as mon\'s monitors do: exit 0 or 1, summary first, nothing when all is well'
complete -c check_proccount -s k -l no-kthreads -d 'Ignore kernel threads'
complete -c check_proccount -s h -l help -d 'Print help (see more with \'--help\')'
complete -c check_proccount -s V -l version -d 'Print version'
