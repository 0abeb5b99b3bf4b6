/* Processes whose /proc/PID/cmdline does not answer, for tests to find.
 *
 *     blocked NAME COUNT UID
 *
 * That file shares a lock with all that changes a process's memory. A page of a file that is never
 * delivered holds it: we are the file system (FUSE) and do not answer. A thread of each victim reads
 * such a page, by way of /proc/self/mem, which keeps the lock for reading while it waits; the main
 * thread wants it for writing, and the kernel lets no reader pass it.
 *
 * Prints "child PID" for each victim, and "up" when all of them are blocked. With this process, the
 * file system ends, and its victims with it: when its parent ends, or after two minutes, since
 * whoever looks at all command lines of the machine, as ps does, waits for them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int fuse;
static char *page;
static volatile pid_t reader;

static void check(int fine, const char *what) {
    if (fine) return;
    fprintf(stderr, "blocked: %s: %s\n", what, strerror(errno));
    _exit(1);
}

static void die_with_parent(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
}

/* ---- the file system: one file, of which nothing can be read ---- */

static void answer(uint64_t unique, int error, void *body, size_t length) {
    char text[256];
    struct fuse_out_header head = {sizeof head + length, error, unique};
    memcpy(text, &head, sizeof head);
    if (length) memcpy(text + sizeof head, body, length);
    check(write(fuse, text, head.len) == (ssize_t)head.len, "the answer");
}

static void serve(void) {
    static char request[1 << 17];
    check(read(fuse, request, sizeof request) > 0, "a request");
    struct fuse_in_header *head = (void *)request;
    struct fuse_init_out init = {.major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 4096};
    struct fuse_attr_out attr = {.attr_valid = 3600, .attr = {.ino = 1, .size = 4096, .mode = S_IFREG | 0644, .nlink = 1}};
    struct fuse_open_out open = {.open_flags = FOPEN_KEEP_CACHE};
    switch (head->opcode) {
    case FUSE_INIT: answer(head->unique, 0, &init, sizeof init); break;
    case FUSE_GETATTR: answer(head->unique, 0, &attr, sizeof attr); break;
    case FUSE_OPEN: answer(head->unique, 0, &open, sizeof open); break;
    case FUSE_READ: case FUSE_FORGET: case FUSE_INTERRUPT: break;
    default: answer(head->unique, -ENOSYS, NULL, 0);
    }
}

static void *serve_for_ever(void *unused) {
    for (;;) serve();
    return unused;
}

static void mount_here(const char *place) {
    char options[80];
    fuse = open("/dev/fuse", O_RDWR);
    check(fuse >= 0, "/dev/fuse");
    check(!unshare(CLONE_NEWNS), "a mount namespace");
    check(!mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "a private one");
    sprintf(options, "fd=%d,rootmode=100644,user_id=0,group_id=0,allow_other", fuse);
    check(!mount("blocked", place, "fuse", 0, options), "the mount");
}

/* ---- the victims ---- */

/* The letter in `stat`, or a question mark. */
static int state_of(const char *pid, const char *task) {
    char path[80], text[512] = "";
    snprintf(path, sizeof path, "/proc/%s/task/%s/stat", pid, task);
    int file = open(path, O_RDONLY);
    if (file < 0) return '?';
    ssize_t n = read(file, text, sizeof text - 1);
    close(file);
    char *name_end = n > 0 ? strrchr(text, ')') : NULL;
    return name_end ? name_end[2] : '?';
}

static void *read_page(void *unused) {
    char byte;
    int memory = open("/proc/self/mem", O_RDONLY);
    check(memory >= 0, "/proc/self/mem");
    reader = syscall(SYS_gettid);
    pread(memory, &byte, 1, (off_t)(uintptr_t)page);
    return unused;
}

static void be_blocked(const char *place, const char *name, uid_t uid, volatile char *ready) {
    pthread_t id;
    char task[16];
    int file = open(place, O_RDONLY);
    struct stat size;
    /* Only who asks learns that the file has a page. */
    check(file >= 0 && !fstat(file, &size), place);
    prctl(PR_SET_NAME, name);
    if (uid) check(!setresgid(uid, uid, uid) && !setresuid(uid, uid, uid), "the user");
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_DUMPABLE, 1);
    page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
    check(page != MAP_FAILED, "mmap");
    check(!pthread_create(&id, NULL, read_page, NULL), "a thread");
    while (!reader) usleep(1000);
    snprintf(task, sizeof task, "%d", reader);
    while (!strchr("SD", state_of("self", task))) usleep(1000);
    *ready = 1;
    mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    _exit(0);
}

int main(int argc, char **argv) {
    check(argc == 4, "NAME COUNT UID");
    int count = atoi(argv[2]);
    pid_t self = getpid(), victims[64];
    pthread_t id;
    check(count > 0 && count <= 64, "COUNT");
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(120);
    mount_here(argv[0]);
    /* Each victim says when it goes to be blocked: before, it may wait for something else. */
    volatile char *ready = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    check(ready != MAP_FAILED, "shared memory");
    check(!pthread_create(&id, NULL, serve_for_ever, NULL), "a thread");
    for (int n = 0; n < count; n++) {
        victims[n] = fork();
        check(victims[n] >= 0, "fork");
        if (victims[n] == 0) {
            /* Held open here, it would keep the file system alive. */
            close(fuse);
            die_with_parent(self);
            be_blocked(argv[0], argv[1], atoi(argv[3]), &ready[n]);
        }
        printf("child %d\n", victims[n]);
    }
    for (int n = 0; n < count; n++) {
        char pid[16];
        snprintf(pid, sizeof pid, "%d", victims[n]);
        while (!ready[n] || state_of(pid, pid) != 'D') usleep(1000);
    }
    puts("up");
    fflush(stdout);
    for (;;) pause();
}
