/* measure COMMAND...: runs it with its output thrown away, and prints CPU seconds (user and system),
 * wall seconds and peak memory in KiB. A small program of its own, since a child's peak begins with
 * that of whoever forked it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval t) { return t.tv_sec + t.tv_usec / 1e6; }

int main(int argc, char **argv)
{
    struct timespec start, end;
    struct rusage used;
    if (argc < 2)
        return 2;
    clock_gettime(CLOCK_MONOTONIC, &start);
    pid_t pid = vfork();
    if (pid == 0) {
        int null = open("/dev/null", O_WRONLY);
        dup2(null, 1);
        dup2(null, 2);
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    wait4(pid, NULL, 0, &used);
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%f %f %ld\n", seconds(used.ru_utime) + seconds(used.ru_stime),
           end.tv_sec - start.tv_sec + (end.tv_nsec - start.tv_nsec) / 1e9, used.ru_maxrss);
}
