/* A small daemon that gives up root, rightly or as one reads it in real daemons.
 *
 *     careless right | setuid-first | no-setgroups | seteuid
 *
 * Prints "up" when it has, then waits to be killed; it never outlives its parent. root's own
 * supplementary groups are set first, since a service manager or a login leaves them to a daemon.
 */
#define _GNU_SOURCE
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define USER 33
#define GROUP 33

static int right(void) {
    return setgroups(0, NULL) || setgid(GROUP) || setuid(USER);
}

/* setgid() fails, since nobody is root any more, and nobody looks. */
static int setuid_first(void) {
    setgroups(0, NULL);
    setuid(USER);
    if (setgid(GROUP)) {}
    return 0;
}

static int no_setgroups(void) {
    return setgid(GROUP) || setuid(USER);
}

static int with_seteuid(void) {
    return setgroups(0, NULL) || setgid(GROUP) || seteuid(USER);
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        int (*drop)(void);
    } ways[] = {
        {"right", right},
        {"setuid-first", setuid_first},
        {"no-setgroups", no_setgroups},
        {"seteuid", with_seteuid},
    };
    const gid_t root = 0;
    if (setgroups(1, &root)) return 1;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (argc != 2 || strcmp(argv[1], ways[i].name)) continue;
        if (ways[i].drop()) return 1;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        puts("up");
        fflush(stdout);
        for (;;) pause();
    }
    return 2;
}
