complete -c check_proccpu -s w -l warning -d 'WARNING outside of this Nagios range' -r
complete -c check_proccpu -s c -l critical -d 'CRITICAL outside of this Nagios range' -r
complete -c check_proccpu -l lifetime-warning -d 'WARNING by CPU time over the whole life' -r
complete -c check_proccpu -l lifetime-critical -d 'CRITICAL by CPU time over the whole life' -r
complete -c check_proccpu -l over -d 'Sample for this long' -r
complete -c check_proccpu -l max-gap -d 'Sample if the last check was longer ago than this' -r
complete -c check_proccpu -l state-dir -d 'Where to keep what the next check needs [default: $MP_STATE_PATH, else /var/lib/procwarden or XDG\'s state home]' -r -F
complete -c check_proccpu -l min-age -d 'Do not judge processes younger than this' -r
complete -c check_proccpu -l per -d 'What to compare with RANGE' -r -f -a "process\t'Each process by itself'
name\t'All that have the same name, together'
user\t'All of the same effective user, together'
unit\t'All of the same systemd unit, together'"
complete -c check_proccpu -l only -d 'Judge only these, such as unit=app.service' -r
complete -c check_proccpu -l exempt -d 'Do not judge these, such as xz,user=backup' -r
complete -c check_proccpu -l exempt-from -d 'Read such selectors from a file' -r -F
complete -c check_proccpu -s t -l timeout -d 'Give up after this long' -r
complete -c check_proccpu -l recheck -d 'Report only what is still wrong after this' -r
complete -c check_proccpu -l rechecks -d 'How many times to look again' -r
complete -c check_proccpu -l containers -d 'How to treat processes inside containers (nested PID namespaces)' -r -f -a "exclude\t'Leave them out'
include\t'Count them like all others'
only\t'Count only them'"
complete -c check_proccpu -l proc-root -d 'The tree of processes: another mount of /proc, or a recorded copy' -r -F
complete -c check_proccpu -l lsm -d 'Security system whose labels to read; a recorded copy does not show which' -r -f -a "auto\t''
selinux\t''
apparmor\t''
smack\t''"
complete -c check_proccpu -l since-last -d 'Measure since the last check; do not wait'
complete -c check_proccpu -l with-children -d 'Add the time of children that ended'
complete -c check_proccpu -l of-machine -d 'RANGEs are in percent of the whole machine'
complete -c check_proccpu -l exempt-regular-users -d 'Do not judge processes of regular users'
complete -c check_proccpu -s v -l verbose -d 'Increase verbosity (up to -vvv)'
complete -c check_proccpu -l mon -d 'Report as mon\'s monitors do: exit 0 or 1, summary first, nothing when all is well'
complete -c check_proccpu -s k -l no-kthreads -d 'Ignore kernel threads'
complete -c check_proccpu -s h -l help -d 'Print help (see more with \'--help\')'
complete -c check_proccpu -s V -l version -d 'Print version'
