/* sleepers N [UID]: N idle processes named svc0 to svc199, which die with this one; with UID, every third
 * is that user's. Prints "up" when all are there, then waits for the end of its input. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    int n = argc > 1 ? atoi(argv[1]) : 0, uid = argc > 2 ? atoi(argv[2]) : 0;
    pid_t parent = getpid();
    for (int i = 0; i < n; i++) {
        pid_t pid = fork();
        if (pid < 0) {
            perror("fork");
            return 1;
        }
        if (pid == 0) {
            char name[16];
            snprintf(name, sizeof name, "svc%d", i % 200);
            prctl(PR_SET_NAME, name);
            if (uid && i % 3 == 0 && (setgid(uid) || setuid(uid)))
                _exit(1);
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            if (getppid() != parent)
                _exit(0);
            for (;;)
                pause();
        }
    }
    puts("up");
    fflush(stdout);
    while (getchar() != EOF)
        ;
}
