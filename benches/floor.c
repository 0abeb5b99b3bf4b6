/* floor [FILE...]: the least work that reads FILE of every process: getdents64, then openat, read
 * and close of PID/FILE (readlinkat for exe). It parses nothing and keeps nothing. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static char entries[65536], content[8192];

static void read_one(int proc, const char *pid, const char *file)
{
    char path[320];
    snprintf(path, sizeof path, "%s/%s", pid, file);
    if (strcmp(file, "exe") == 0) {
        if (readlinkat(proc, path, content, sizeof content) < 0)
            content[0] = 0;
        return;
    }
    int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (read(fd, content, sizeof content) < 0)
        content[0] = 0;
    close(fd);
}

int main(int argc, char **argv)
{
    int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    long n, processes = 0;
    while ((n = syscall(SYS_getdents64, proc, entries, sizeof entries)) > 0) {
        for (long at = 0; at < n;) {
            struct dirent64 *entry = (struct dirent64 *)(entries + at);
            at += entry->d_reclen;
            if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
                continue;
            processes++;
            for (int i = 1; i < argc; i++)
                read_one(proc, entry->d_name, argv[i]);
        }
    }
    printf("%ld\n", processes);
}
