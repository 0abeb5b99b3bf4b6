/* What one look at a process costs, for each process of this machine: the least of five rounds, in
 * microseconds, as rows of a table. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int pids[100000];
static int count;
static char path[64];
static char text[4096];

static void read_file(int pid, const char *file)
{
    snprintf(path, sizeof path, "%d/%s", pid, file);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)!read(fd, text, sizeof text);
        close(fd);
    }
}

static void comm(int pid) { read_file(pid, "comm"); }
static void stat_(int pid) { read_file(pid, "stat"); }
static void status(int pid) { read_file(pid, "status"); }
static void cmdline(int pid) { read_file(pid, "cmdline"); }

static void read_link(int pid, const char *link)
{
    snprintf(path, sizeof path, "%d/%s", pid, link);
    (void)!readlink(path, text, sizeof text);
}

static void exe(int pid) { read_link(pid, "exe"); }
static void ns(int pid) { read_link(pid, "ns/pid_for_children"); }

static void ns_lstat(int pid)
{
    struct stat found;
    snprintf(path, sizeof path, "%d/ns/pid_for_children", pid);
    (void)!lstat(path, &found);
}

static void owner(int pid)
{
    struct statx found;
    snprintf(path, sizeof path, "%d/", pid);
    (void)!statx(AT_FDCWD, path, 0, STATX_UID | STATX_GID, &found);
}

static void pidfd(int pid) { close((int)syscall(SYS_pidfd_open, pid, 0)); }

/* fdinfo of a number shows what is open under it, so that it is opened once. */
static void pidfd_info(int pid)
{
    static int info = -1, number = -1;
    struct pollfd watched = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
    if (watched.fd != number) {
        close(info);
        number = watched.fd;
        snprintf(path, sizeof path, "self/fdinfo/%d", number);
        info = open(path, O_RDONLY | O_CLOEXEC);
    }
    (void)!pread(info, text, sizeof text, 0);
    poll(&watched, 1, 0);
    close(watched.fd);
}

static void session(int pid) { (void)!getsid(pid); }

static const struct {
    const char *name;
    void (*look)(int pid);
} steps[] = {
    {"open, read, close `comm`", comm},
    {"open, read, close `stat`", stat_},
    {"open, read, close `status`", status},
    {"open, read, close `cmdline`", cmdline},
    {"readlink `ns/pid_for_children`: alive, and in our PID namespace", ns},
    {"lstat of the same: it is there", ns_lstat},
    {"readlink `exe`: alive", exe},
    {"pidfd_open, close: there", pidfd},
    {"the same with its `fdinfo` and a poll: alive, and in our PID namespace", pidfd_info},
    {"statx of the directory: its owner", owner},
    {"getsid: a system call and no path", session},
};

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(void)
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    while (proc && count < 100000 && (entry = readdir(proc)))
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
            pids[count++] = atoi(entry->d_name);
    if (!count || chdir("/proc"))
        return 1;
    for (size_t at = 0; at < sizeof steps / sizeof *steps; at++) {
        double least = 1e9;
        for (int round = 0; round < 5; round++) {
            double start = seconds();
            for (int n = 0; n < count; n++)
                steps[at].look(pids[n]);
            double took = seconds() - start;
            least = took < least ? took : least;
        }
        printf("| %s | %.1f |\n", steps[at].name, least / count * 1e6);
    }
}
