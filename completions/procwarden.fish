# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_procwarden_global_optspecs
    string join \n h/help
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
complete -c procwarden -n "__fish_procwarden_needs_command" -f -a "suggest" -d 'Suggest which daemons to monitor on this host'
complete -c procwarden -n "__fish_procwarden_needs_command" -f -a "explain" -d 'Explain how a process is seen, and what a spec finds'
complete -c procwarden -n "__fish_procwarden_needs_command" -f -a "link" -d 'Make the plugins\' links in a directory'
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
