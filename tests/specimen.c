/* A specimen: a real process of a wanted kind, for tests to find.
 *
 * The verbs come from the command line, or, so that the command line is free to say anything at
 * all, from the environment variable SPECIMEN, separated by \x1f. They are done from left to right:
 *
 *     specimen name=foo groups=33 gid=33,33,33 uid=33,33,33 fsuid=0 nnp
 *
 * `try-VERB` carries on when VERB is refused, as a careless daemon does. When all is done it prints
 * "up" and waits to be killed; before that, a line "child PID" for each child it made. It never
 * outlives its parent. The table at the end lists the verbs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static char *title_area;
static size_t title_room;
static char *argv_end;
static int leaderless;
static void (*serve_with)(char *command);

/* ---- small tools ---- */

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char *form, ...) {
    va_list rest;
    va_start(rest, form);
    fputs("specimen: ", stderr);
    vfprintf(stderr, form, rest);
    fputc('\n', stderr);
    _exit(1);
}

static void say(const char *form, ...) {
    va_list rest;
    va_start(rest, form);
    vprintf(form, rest);
    fflush(stdout);
}

/* The kernel forgets the wish at every fork and every change of credentials, and keeps it by
 * thread: hence the many calls. */
static void die_with_parent(void) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static long number(const char *text, char **rest) {
    errno = 0;
    long value = strtol(text, rest, 0);
    if (errno || *rest == text) die("not a number: %s", text);
    return value;
}

static long one(const char *text) {
    char *rest;
    long value = number(text, &rest);
    if (*rest) die("junk after the number: %s", text);
    return value;
}

/* Reads up to `room` numbers, separated by commas, and says how many there were. */
static size_t several(const char *text, long *out, size_t room) {
    size_t n = 0;
    char *rest = (char *)text;
    while (*rest) {
        if (n == room) die("too many numbers: %s", text);
        out[n++] = number(rest, &rest);
        if (*rest == ',') rest++;
        else if (*rest) die("junk after the number: %s", text);
    }
    return n;
}

static void three(const char *text, long *out) {
    if (several(text, out, 3) != 3) die("not REAL,EFFECTIVE,SAVED: %s", text);
}

static void thread(void *(*work)(void *), void *argument) {
    pthread_t id;
    int error = pthread_create(&id, NULL, work, argument);
    if (error) die("pthread_create: %s", strerror(error));
}

static void snooze(long ms) {
    struct timespec left = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&left, &left) && errno == EINTR) {}
}

static void burn_for(long ms) {
    struct timespec start, now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
    do clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    while ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 < ms);
}

static void *rest_for_ever(void *unused) {
    die_with_parent();
    for (;;) pause();
    return unused;
}

/* Waits until the kernel shows the first thread of a process as dead. */
static void until_leader_is_dead(pid_t pid) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    for (;;) {
        char text[512] = "";
        FILE *stat = fopen(path, "r");
        if (!stat || !fgets(text, sizeof text, stat)) die("cannot read %s", path);
        fclose(stat);
        char *state = strrchr(text, ')');
        if (state && state[2] == 'Z') return;
        snooze(1);
    }
}

/* ---- names ---- */

static int set_name(char *value) {
    return prctl(PR_SET_NAME, value);
}

static int set_title(char *value) {
    size_t length = strlen(value);
    if (length >= title_room) die("title too long: %zu bytes for %zu", length, title_room);
    memset(title_area, 0, argv_end - title_area);
    memcpy(title_area, value, length + 1);
    return 0;
}

/* ---- credentials ---- */

static int set_uid(char *value) {
    long id[3];
    three(value, id);
    return setresuid(id[0], id[1], id[2]);
}

static int set_gid(char *value) {
    long id[3];
    three(value, id);
    return setresgid(id[0], id[1], id[2]);
}

static int set_groups(char *value) {
    long id[64];
    gid_t group[64];
    size_t n = several(value, id, 64);
    for (size_t i = 0; i < n; i++) group[i] = id[i];
    return setgroups(n, group);
}

/* setfsuid() and setfsgid() never fail, they only do nothing: ask again to know. */
static int set_fsuid(char *value) {
    long id = one(value);
    setfsuid(id);
    return (errno = EPERM, setfsuid(-1) == id) ? 0 : -1;
}

static int set_fsgid(char *value) {
    long id = one(value);
    setfsgid(id);
    return (errno = EPERM, setfsgid(-1) == id) ? 0 : -1;
}

static int set_caps(char *value) {
    uint64_t set[3];
    char *rest = value;
    for (int i = 0; i < 3; i++) {
        set[i] = strtoull(rest, &rest, 16);
        if (*rest != (i < 2 ? ',' : '\0')) die("not EFFECTIVE,PERMITTED,INHERITABLE: %s", value);
        rest++;
    }
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    for (int i = 0; i < 2; i++) {
        data[i].effective = set[0] >> 32 * i;
        data[i].permitted = set[1] >> 32 * i;
        data[i].inheritable = set[2] >> 32 * i;
    }
    return syscall(SYS_capset, &head, data);
}

static int raise_ambient(char *value) {
    return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, one(value), 0, 0);
}

static int keep_caps(char *value) {
    (void)value;
    return prctl(PR_SET_KEEPCAPS, 1);
}

static int no_new_privs(char *value) {
    (void)value;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* ---- children ---- */

static int make_zombie(char *value) {
    pid_t child = fork();
    if (child < 0) return -1;
    if (child == 0) {
        if (*value) prctl(PR_SET_NAME, value);
        _exit(0);
    }
    siginfo_t info;
    if (waitid(P_PID, child, &info, WEXITED | WNOWAIT)) return -1;
    say("child %d\n", child);
    return 0;
}

/* It waits for a child that has its memory, and can't be woken but to be killed: state D. */
static int get_stuck(char *unused) {
    pid_t child = vfork();
    if (child == 0) {
        die_with_parent();
        if (write(1, "up\n", 3) != 3) _exit(1);
        for (;;) pause();
    }
    return unused ? -1 : 0;
}

static void *tell_number(void *pipe) {
    pid_t self = (pid_t)syscall(SYS_gettid);
    if (write(*(int *)pipe, &self, sizeof self) != sizeof self) die("write: %s", strerror(errno));
    return rest_for_ever(NULL);
}

/* The kernel asks a tracer before a thread may end. */
static int make_undead(char *value) {
    int told[2];
    pid_t child = pipe(told) ? -1 : fork();
    if (child < 0) return -1;
    if (child == 0) {
        if (*value) prctl(PR_SET_NAME, value);
        thread(tell_number, &told[1]);
        rest_for_ever(NULL);
    }
    pid_t second;
    if (read(told[0], &second, sizeof second) != sizeof second) return -1;
    if (ptrace(PTRACE_SEIZE, second, NULL, PTRACE_O_TRACEEXIT)) return -1;
    int status;
    if (kill(child, SIGKILL) || waitpid(second, &status, __WALL) != second) return -1;
    if (!WIFSTOPPED(status)) die("thread %d was not held up", second);
    until_leader_is_dead(child);
    say("child %d\n", child);
    return 0;
}

static int fork_here(char *value) {
    (void)value;
    pid_t self = getpid(), child = fork();
    if (child < 0) return -1;
    if (child == 0) {
        die_with_parent();
        if (getppid() != self) _exit(1);
        say("child %d\n", getpid());
        return 0;
    }
    waitpid(child, NULL, 0);
    _exit(0);
}

static void *fork_for_ever(void *ms) {
    for (;;) {
        pid_t child = fork();
        if (child < 0) die("fork: %s", strerror(errno));
        if (child == 0) {
            die_with_parent();
            burn_for((long)ms);
            _exit(0);
        }
        waitpid(child, NULL, 0);
    }
}

static int fork_loop(char *value) {
    thread(fork_for_ever, (void *)one(value));
    return 0;
}

/* ---- work and memory ---- */

static void *spin(void *unused) {
    die_with_parent();
    for (volatile unsigned long n = 0;; n++) {}
    return unused;
}

static int burn(char *value) {
    for (long n = one(value); n > 0; n--) thread(spin, NULL);
    return 0;
}

static void *pulse_for_ever(void *times) {
    long *ms = times;
    die_with_parent();
    for (;;) {
        burn_for(ms[0]);
        snooze(ms[1]);
    }
    return NULL;
}

static int pulse(char *value) {
    static long ms[2];
    if (several(value, ms, 2) != 2) die("not BURN,SLEEP: %s", value);
    thread(pulse_for_ever, ms);
    return 0;
}

static int used(char *value) {
    burn_for(one(value));
    return 0;
}

static int more_threads(char *value) {
    for (long n = one(value); n > 0; n--) thread(rest_for_ever, NULL);
    return 0;
}

static volatile int has_strayed;

static void *stray_for_ever(void *uid) {
    long id = (long)uid;
    if (syscall(SYS_setresuid, id, id, id)) die("setresuid: %s", strerror(errno));
    has_strayed = 1;
    return rest_for_ever(NULL);
}

static int stray(char *value) {
    thread(stray_for_ever, (void *)one(value));
    while (!has_strayed) snooze(1);
    return 0;
}

static int be_nice(char *value) {
    return setpriority(PRIO_PROCESS, 0, one(value));
}

static char *map(char *value) {
    size_t size = one(value) << 20;
    char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                    -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

static int map_only(char *value) {
    return map(value) ? 0 : -1;
}

static int map_and_touch(char *value) {
    char *at = map(value);
    if (!at) return -1;
    memset(at, 1, (size_t)one(value) << 20);
    return 0;
}

static int share(char *value) {
    size_t size = (size_t)one(value) << 20;
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) return -1;
    memset(at, 1, size);
    return 0;
}

static int map_code(char *value) {
    int file = open(value, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    void *at = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
    close(file);
    return at == MAP_FAILED ? -1 : 0;
}

static int open_files(char *value) {
    for (long files = one(value); files > 0; files--)
        if (dup(0) < 0) return -1;
    return 0;
}

static int limit_files(char *value) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit)) return -1;
    limit.rlim_cur = (rlim_t)one(value);
    return setrlimit(RLIMIT_NOFILE, &limit);
}

/* ---- how it ends ---- */

static void *end_after(void *ms) {
    snooze((long)ms);
    _exit(0);
}

static int live(char *value) {
    thread(end_after, (void *)one(value));
    return 0;
}

static int lose_leader(char *value) {
    (void)value;
    leaderless = 1;
    return 0;
}

/* "up" comes from the thread that stays, once the kernel shows the leader as dead. */
static void *outlive_leader(void *unused) {
    die_with_parent();
    until_leader_is_dead(getpid());
    say("up\n");
    return rest_for_ever(unused);
}

/* ---- agents: a line on stdin is a check to run ---- */

static int code_of(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* As mon does: fork, exec, no shell; words are split at spaces. */
static void serve_mon(char *command) {
    pid_t child = fork();
    if (child < 0) die("fork: %s", strerror(errno));
    if (child == 0) {
        char *word[32], *rest = NULL;
        size_t n = 0;
        for (char *w = strtok_r(command, " ", &rest); w && n < 31; w = strtok_r(NULL, " ", &rest))
            word[n++] = w;
        word[n] = NULL;
        unsetenv("SPECIMEN");
        execv(word[0], word);
        die("%s: %s", word[0], strerror(errno));
    }
    int status;
    waitpid(child, &status, 0);
    say("code %d\n", code_of(status));
}

/* As NRPE does: forked twice, so that the daemon is no ancestor, once more, then popen(). */
static void serve_nrpe(char *command) {
    pid_t first = fork();
    if (first < 0) die("fork: %s", strerror(errno));
    if (first > 0) {
        waitpid(first, NULL, 0);
        return;
    }
    if (fork() > 0) _exit(0);
    pid_t handler = fork();
    if (handler > 0) {
        waitpid(handler, NULL, 0);
        _exit(0);
    }
    unsetenv("SPECIMEN");
    FILE *plugin = popen(command, "r");
    if (!plugin) die("popen: %s", strerror(errno));
    char text[4096];
    size_t n;
    while ((n = fread(text, 1, sizeof text, plugin)) > 0) fwrite(text, 1, n, stdout);
    say("code %d\n", code_of(pclose(plugin)));
    _exit(0);
}

static int new_session(char *value) {
    (void)value;
    return setsid() < 0 ? -1 : 0;
}

static int serve(char *value) {
    if (!strcmp(value, "mon")) serve_with = serve_mon;
    else if (!strcmp(value, "nrpe")) serve_with = serve_nrpe;
    else die("serve=%s: mon or nrpe", value);
    return 0;
}

/* ---- the verbs ---- */

static const struct verb {
    const char *name;
    int (*run)(char *value);
    const char *help;
} verbs[] = {
    {"name", set_name, "BYTES: the comm"},
    {"title", set_title, "BYTES: written over argv"},
    {"uid", set_uid, "REAL,EFFECTIVE,SAVED by setresuid()"},
    {"gid", set_gid, "REAL,EFFECTIVE,SAVED by setresgid()"},
    {"groups", set_groups, "GID,...: by setgroups(); empty for none"},
    {"fsuid", set_fsuid, "UID"},
    {"fsgid", set_fsgid, "GID"},
    {"caps", set_caps, "EFFECTIVE,PERMITTED,INHERITABLE: masks in hex"},
    {"ambient", raise_ambient, "N: raise this capability"},
    {"keepcaps", keep_caps, "keep the permitted ones over the next setuid()"},
    {"nnp", no_new_privs, "no new privileges"},
    {"zombie", make_zombie, "[BYTES]: a dead child of that name, never reaped"},
    {"stuck", get_stuck, "in state D for ever; the last verb"},
    {"undead", make_undead, "[BYTES]: a killed child of that name, whose second thread cannot end"},
    {"fork", fork_here, "the child does what follows, the parent only waits"},
    {"forkloop", fork_loop, "MS: for ever a child that burns so long"},
    {"burn", burn, "N: busy threads; the leader sleeps"},
    {"pulse", pulse, "BURN,SLEEP: milliseconds, for ever"},
    {"used", used, "MS: burn so much, then go on"},
    {"threads", more_threads, "N: threads more, asleep"},
    {"stray", stray, "UID: a thread that has these ids alone, by a raw system call"},
    {"nice", be_nice, "N"},
    {"vsz", map_only, "MB: mapped, not touched"},
    {"rss", map_and_touch, "MB: mapped and touched"},
    {"shared", share, "MB: the same, shared with whom it forks"},
    {"code", map_code, "PATH: a file mapped to be executed, as libraries are"},
    {"files", open_files, "N: descriptors more"},
    {"maxfiles", limit_files, "N: the soft limit of descriptors"},
    {"life", live, "MS: then exit(0)"},
    {"leaderless", lose_leader, "the leader exits, a thread stays"},
    {"setsid", new_session, "a session of its own, as daemons have"},
    {"serve", serve, "mon|nrpe: run the check on each line of stdin as that agent does"},
    {"wait", NULL, "nothing: that is what comes last anyway"},
};

static void perform(char *word) {
    int may_fail = !strncmp(word, "try-", 4);
    if (may_fail) word += 4;
    char *value = strchr(word, '=');
    size_t length = value ? (size_t)(value - word) : strlen(word);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strlen(verbs[i].name) != length || memcmp(verbs[i].name, word, length)) continue;
        int failed = verbs[i].run && verbs[i].run(value ? value + 1 : "");
        int error = errno;
        die_with_parent();
        if (failed && !may_fail) die("%s: %s", word, strerror(error));
        return;
    }
    fprintf(stderr, "specimen: no such verb: %s\n", word);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        fprintf(stderr, "  %-10s %s\n", verbs[i].name, verbs[i].help);
    _exit(1);
}

/* Verbs outlive the memory that `title` writes over. */
static char **words(int argc, char **argv) {
    char *all = getenv("SPECIMEN");
    size_t n = 0, room = 1;
    for (char *c = all; c && *c; c++) room += *c == '\x1f';
    char **list = calloc(room + argc + 1, sizeof *list);
    if (!list) die("no memory");
    if (!all) {
        for (int i = 1; i < argc; i++) list[n++] = strdup(argv[i]);
        return list;
    }
    char *copy = strdup(all), *rest = NULL;
    for (char *w = strtok_r(copy, "\x1f", &rest); w; w = strtok_r(NULL, "\x1f", &rest))
        list[n++] = w;
    return list;
}

static char *end_of(char *text) {
    return text + strlen(text) + 1;
}

int main(int argc, char **argv) {
    pid_t parent = getppid();
    die_with_parent();
    if (getppid() != parent) return 1;

    char **list = words(argc, argv);
    title_area = argv[0];
    argv_end = end_of(argv[argc - 1]);
    char *end = argv_end;
    for (char **e = environ; *e; e++)
        if (*e == end) end = end_of(*e);
    title_room = end - title_area;

    for (char **word = list; *word; word++) perform(*word);

    if (leaderless) {
        thread(outlive_leader, NULL);
        syscall(SYS_exit, 0);
    }
    say("up\n");
    if (serve_with) {
        char line[8192];
        while (fgets(line, sizeof line, stdin)) {
            line[strcspn(line, "\n")] = '\0';
            serve_with(line);
        }
        return 0;
    }
    rest_for_ever(NULL);
}
